// How punctual is a cell? A timer fires every 100 ms and each time the delay is printed. The demo locks the system's
// configuration while it runs, and refuses the first request to shut down.
//
// Parameters: unlocked (other cells may come and go meanwhile), pollute-cache (evict the cache before each tick), led-reg
// and led-pin (toggle a pin at each tick).
import {
  allocate,
  CELL_RUNNING,
  CELL_RUNNING_LOCKED,
  CELL_SHUT_DOWN,
  calibrateTsc,
  hasSmiCounter,
  MSG_NONE,
  MSG_RECONFIG_COMPLETED,
  MSG_SHUTDOWN_REQUEST,
  mmioRead32,
  mmioWrite32,
  parameterBool,
  parameterInt,
  pendingMessage,
  print,
  println,
  REPLY_RECEIVED,
  REPLY_REQUEST_DENIED,
  REPLY_UNKNOWN,
  readSmiCount,
  readTscNs,
  reply,
  setCellState,
  setTimer,
  startTimer,
  waitForInterrupt,
} from "jailhouse-ts/inmate";

const TIMER_VECTOR: u32 = 32;
const MS: i64 = 1000000;
const FIRST_TICK: i64 = 1 * MS;
const PERIOD: i64 = 100 * MS;
const WIDTH: u32 = 6;
const POLLUTED_SIZE: u32 = 0x40000;
const CACHE_LINE: u32 = 64;

let expected: i64 = 0;
let min: i64 = i64.MAX_VALUE;
let max: i64 = i64.MIN_VALUE;
let polluted: u32 = 0;
let ledRegister: u64 = 0;
let ledMask: u32 = 0;
let countsSmis: bool = false;
let refusesShutdown: bool = true;

function polluteCache(): void {
  for (let i: u32 = 0; i < POLLUTED_SIZE; i += CACHE_LINE) {
    store<u32>(polluted + i, load<u32>(polluted + i) + 1);
  }
}

function tick(): void {
  const jitter = <i64>readTscNs() - expected;
  if (jitter < min) min = jitter;
  if (jitter > max) max = jitter;
  print("Timer fired, jitter: ").signed(jitter, WIDTH);
  print(" ns, min: ").signed(min, WIDTH);
  print(" ns, max: ").signed(max, WIDTH).text(" ns");
  if (countsSmis) print(", SMIs: ").unsigned(readSmiCount());
  println();
  if (ledRegister != 0) mmioWrite32(ledRegister, mmioRead32(ledRegister) ^ ledMask);
  expected += PERIOD;
  setTimer(expected - <i64>readTscNs());
}

/** Answers what the hypervisor asks; true when the demo has to end. */
function handleMessage(): bool {
  switch (pendingMessage()) {
    case MSG_NONE:
      return false;
    case MSG_SHUTDOWN_REQUEST:
      if (!refusesShutdown) return true;
      println("Rejecting first shutdown request - try again!");
      refusesShutdown = false;
      reply(REPLY_REQUEST_DENIED);
      return false;
    case MSG_RECONFIG_COMPLETED:
      reply(REPLY_RECEIVED);
      return false;
    default:
      reply(REPLY_UNKNOWN);
      return false;
  }
}

function readParameters(): void {
  if (parameterBool("pollute-cache", false)) {
    polluted = allocate(POLLUTED_SIZE);
    println("Cache pollution enabled");
  }
  ledRegister = <u64>parameterInt("led-reg", 0);
  ledMask = (<u32>1) << (<u32>parameterInt("led-pin", 0));
}

export function main(): void {
  setCellState(parameterBool("unlocked", false) ? CELL_RUNNING : CELL_RUNNING_LOCKED);
  readParameters();
  countsSmis = hasSmiCounter();
  if (countsSmis) print("Initial number of SMIs: ").unsigned(readSmiCount()).line();

  const hz = calibrateTsc();
  print("Calibrated TSC frequency: ")
    .unsigned(hz / 1000)
    .text(".")
    .padded(hz % 1000, 3)
    .text(" kHz")
    .line();
  const khz = startTimer(TIMER_VECTOR, tick);
  print("Calibrated APIC frequency: ").unsigned(khz).text(" kHz").line();

  expected = <i64>readTscNs() + FIRST_TICK;
  setTimer(FIRST_TICK);
  do {
    waitForInterrupt();
    if (polluted != 0) polluteCache();
  } while (!handleMessage());

  println("Stopped APIC demo");
  setCellState(CELL_SHUT_DOWN);
}
