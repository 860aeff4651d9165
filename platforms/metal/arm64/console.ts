// The debug console, a PL011 (Arm PrimeCell UART, DDI 0183), which Linux has as well and has set up. Bytes that come with the lock
// are queued; whoever has printed sends them once the lock is free, and waits at most FLUSH for a line that takes nothing.

import {
  CONSOLE_ADDRESS,
  CONSOLE_TYPE,
  CONSOLE_TYPE_PL011,
  SYS_DEBUG_CONSOLE,
} from "../../../abi/config.ts";
import { RING_TAIL } from "../../../abi/console.ts";
import { CONSOLE_FRESH_LINE } from "../../../abi/platform.ts";
import { consolePage, heapBase } from "../../../hypervisor/exports.ts";
import { PAGE } from "../pool.ts";
import { acquire, give } from "../spin.ts";
import * as hw from "./hw.ts";
import { deviceRead, deviceWrite } from "./hw.ts";
import { now } from "./time.ts";

/** Registers: data, and flags with "the transmit FIFO is full". */
const PL011_DATA: u64 = 0x00;
const PL011_FLAGS: u64 = 0x18;
const FLAG_FULL: u64 = 0x20;
/** Nanoseconds for which a line that takes nothing is waited for. */
const FLUSH: u64 = 2_000_000_000;
/** Bytes of the queue, a power of two. */
const QUEUE_SIZE: u32 = 0x8000;
const CR: u32 = 0x0d;
const LF: u32 = 0x0a;

@unmanaged
class State {
  /** Bytes sent and bytes put in so far, modulo 2^32. */
  head: u32;
  end: u32;
  /** Held by whoever sends. */
  sending: u32;
  /** Tail of the console page when it was published last. */
  tail: u32;
}

const STATE: usize = memory.data(16, 4);
const QUEUE: usize = memory.data(0x8000, 4);

function state(): State {
  return changetype<State>(STATE);
}

/** Address of the system configuration in the core's memory. */
export function configAddress(): u32 {
  return (<u32>heapBase() + PAGE - 1) & ~(PAGE - 1);
}

/** One more byte; the newest is lost when there is no room. */
function push(byte: u32): void {
  const end = state().end;
  if (end - hw.loadAcquire(STATE) >= QUEUE_SIZE) return;
  store<u8>(QUEUE + (end & (QUEUE_SIZE - 1)), <u8>byte);
  hw.storeRelease(STATE + offsetof<State>("end"), end + 1);
}

/** The waist's putConsole. Linux may have left its line unfinished, so each of ours begins with an end of line. */
export function putConsole(description: usize, byte: u32): void {
  if (<u32>hw.coreRead(<u32>description + CONSOLE_TYPE, 2) !== CONSOLE_TYPE_PL011) return;
  if (byte !== CONSOLE_FRESH_LINE) {
    push(byte);
    return;
  }
  if (state().head !== state().end) return;
  push(CR);
  push(LF);
}

/** Sends what is queued, in its order. Without the lock. */
export function flushConsole(): void {
  const lock = STATE + offsetof<State>("sending");
  acquire(lock);
  const uart = hw.coreRead(configAddress() + SYS_DEBUG_CONSOLE + CONSOLE_ADDRESS, 8);
  const start = now();
  let head = state().head;
  while (head !== hw.loadAcquire(STATE + offsetof<State>("end"))) {
    if (!(deviceRead(uart + PL011_FLAGS, 4) & FLAG_FULL)) {
      deviceWrite(uart + PL011_DATA, 4, load<u8>(QUEUE + (head & (QUEUE_SIZE - 1))));
      hw.storeRelease(STATE, ++head);
    } else if (now() - start > FLUSH) break;
  }
  give(lock);
}

/** Copies the console page to where the root cell sees it, if something has been printed. With the core's lock. */
export function publishConsole(): void {
  const page = <u32>consolePage();
  if (!page) return;
  const tail = <u32>hw.coreRead(page + RING_TAIL, 4);
  if (tail === state().tail) return;
  state().tail = tail;
  hw.publishConsole(page, PAGE);
}

/** Prints a line of ASCII characters on the debug console only, and sends it. */
export function say(line: string): void {
  const address = changetype<usize>(line);
  const bytes = load<u32>(address - 4);
  const console = configAddress() + SYS_DEBUG_CONSOLE;
  for (let offset: u32 = 0; offset < bytes; offset += 2)
    putConsole(console, load<u16>(address + offset));
  putConsole(console, CR);
  putConsole(console, LF);
  flushConsole();
}
