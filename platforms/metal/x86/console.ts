// The hypervisor's console: the page that the root cell sees; the debug console; and lines of the platform's own, while it takes
// over. The EFI framebuffer is not driven: a configuration that names it has the console page only.
//
// Rule: the hypervisor never waits for a device while it holds the lock, and never stops a CPU for longer than a millisecond.
// At 115200 baud a byte takes 87 us, and a report of 20 lines 100 ms. So the waist's putConsole, called with the lock, puts
// bytes into a queue, which is memory; outside of the lock they are sent, a slice of SLICE at a time. Who sends:
// - A CPU that has nothing to do, until the queue is empty: one that is parked, so above all the one whose violation
//   has just been reported. It follows requests in between.
// - A CPU of the root cell, a slice at each exit, and a slice whenever it would halt: while something is queued HLT and MWAIT
//   exit, and count as done; its interrupts come in between.
// - A CPU that has printed, a slice. If something is left it kicks a CPU of the root cell, which then goes on as above.
// - Who takes over or leaves, and who stops for good: everything, within FLUSH.
// One CPU sends at a time; others do not wait for it. Cells that have not printed are never held up.
//
// Nothing is lost because the line is slow: while the queue is more than half full no hypercall is carried out. Its CPU
// sends a slice and executes it again, so interrupts come in between, and a cell prints as fast as the line is. The other half is
// for reports and warnings, which are a few for each CPU; were it full as well, bytes would be dropped, and a line says so.
// A line that does not exist takes everything at once, or is given up (uart.ts).

import {
  CONSOLE_ADDRESS,
  CONSOLE_FLAG_MMIO,
  CONSOLE_FLAGS,
  CONSOLE_TYPE,
  CONSOLE_TYPE_8250,
  SYS_DEBUG_CONSOLE,
} from "../../../abi/config.ts";
import { RING_CONTENT, RING_SIZE, RING_TAIL } from "../../../abi/console.ts";
import { CONSOLE_FRESH_LINE } from "../../../abi/platform.ts";
import { consolePage } from "../../../hypervisor/exports.ts";
import { PAGE } from "../pool.ts";
import { CELLS_MAX, cellOf } from "./cells.ts";
import { CPUS_MAX, Cpu, findCpu } from "./cpu.ts";
import * as hw from "./hw.ts";
import { isRequested, kick, lock, unlock, wasUsed } from "./stop.ts";
import { configAddress, hasTime, now } from "./time.ts";
import * as uart from "./uart.ts";

/** Bytes of the queue, a power of two. */
const QUEUE_SIZE: u32 = 0x8000;
/** Bytes in it from which on no hypercall is carried out. */
const CROWD: u32 = QUEUE_SIZE / 2;
/** Nanoseconds for which a CPU sends. */
const SLICE: u64 = 500_000;
/** Nanoseconds within which everything is sent where nobody will send later. */
const FLUSH: u64 = 2_000_000_000;
const ROOT: u32 = 0;
const LF: u32 = 0x0a;
const CR: u32 = 0x0d;

@unmanaged
class State {
  /** Bytes sent so far, and bytes put in so far, modulo 2^32. */
  head: u32;
  end: u32;
  /** 1 while a CPU sends. */
  isSending: u32;
  /** 1: a line has been sent, its end is due. */
  isEnding: u32;
  /** 1: a CPU of the root cell goes on when it halts. */
  isArmed: u32;
  /** Bytes that were dropped since that was last said. */
  dropped: u32;
  /** Address of the console's description. */
  console: u32;
  /** Tail of the console page when it was published last. */
  tail: u32;
  /** What is being copied to the core's memory. */
  word: u32;
}

const STATE: usize = memory.data(36, 4);
const QUEUE: usize = memory.data(0x8000, 4);

function state(): State {
  return changetype<State>(STATE);
}

function head(): u32 {
  return hw.loadAcquire(STATE + offsetof<State>("head"));
}

function end(): u32 {
  return hw.loadAcquire(STATE + offsetof<State>("end"));
}

function push(byte: u32): void {
  const at = state().end;
  if (at - head() >= QUEUE_SIZE) {
    state().dropped++;
    return;
  }
  store<u8>(QUEUE + (at & (QUEUE_SIZE - 1)), <u8>byte);
  hw.storeRelease(STATE + offsetof<State>("end"), at + 1);
}

/** Whether the line is a cell's as well: by its port, in the permission maps. Of memory that is taken for granted. */
function isShared(console: u32): bool {
  if (hw.coreRead(console + CONSOLE_FLAGS, 2) & CONSOLE_FLAG_MMIO) return true;
  const port = <u32>hw.coreRead(console + CONSOLE_ADDRESS, 8) & 0xffff;
  for (let cell: u32 = 0; cell < CELLS_MAX; cell++) {
    const one = cellOf(cell);
    if (one.block && !((load<u8>(one.ports + (port >>> 3)) >>> (port & 7)) & 1)) return true;
  }
  return false;
}

/**
 * The line begins anew: where a cell may have put something since the last one was sent there is an empty line more rather
 * than one that begins with words of the cell's.
 */
function freshLine(console: u32): void {
  if (head() !== state().end || !isShared(console)) return;
  push(CR);
  push(LF);
}

/** The waist's putConsole. */
export function putConsole(description: usize, byte: u32): void {
  const console = <u32>description;
  if (<u32>hw.coreRead(console + CONSOLE_TYPE, 2) !== CONSOLE_TYPE_8250) return;
  state().console = console;
  const self = findCpu(hw.cpuIndex());
  if (self) self.prints = 1;
  if (byte === CONSOLE_FRESH_LINE) freshLine(console);
  else push(byte);
}

/** Whether something is to be sent, or a line to be ended. */
export function isPending(): bool {
  return head() !== end() || uart.isLineOpen();
}

/** Whether so much waits to be sent that more is to wait. */
export function isCrowded(): bool {
  return end() - head() > CROWD;
}

/** Says how much was dropped, once there is room. */
function sayDropped(): void {
  state().dropped = 0;
  push(CR);
  push(LF);
  const line = "<missed some of the console's output>";
  const address = changetype<usize>(line);
  for (let offset: u32 = 0; offset < load<u32>(address - 4); offset += 2)
    push(load<u16>(address + offset));
  push(CR);
  push(LF);
}

/** Sends a byte, or ends a line. Returns whether it got on. */
function sendOne(): bool {
  const own = state();
  const console = own.console;
  const at = head();
  if (own.isEnding || at === end()) {
    const done = !uart.isLineOpen() || uart.endLine(console, now()) !== uart.STEP_WAIT;
    if (done) own.isEnding = 0;
    return done;
  }
  const byte = <u32>load<u8>(QUEUE + (at & (QUEUE_SIZE - 1)));
  const result = uart.step(console, byte, now());
  if (result === uart.STEP_ABSENT) {
    uart.closeLine(console);
    hw.storeRelease(STATE + offsetof<State>("head"), end());
  } else if (result === uart.STEP_TAKEN) {
    hw.storeRelease(STATE + offsetof<State>("head"), at + 1);
    if (byte === LF) own.isEnding = 1;
  }
  return result !== uart.STEP_WAIT;
}

/** Sends for `limit` nanoseconds, or until all is sent. */
function send(limit: u64): void {
  const start = now();
  while (isPending() && now() - start < limit) if (!sendOne()) hw.pause();
}

/** Sends a slice, unless another CPU sends. Without the lock. */
function sendSlice(): void {
  const isSending = STATE + offsetof<State>("isSending");
  if (hw.compareExchange(isSending, 0, 1)) return;
  send(SLICE);
  hw.storeRelease(isSending, 0);
}

/** Sends everything: nobody will do so later. Another CPU that sends is waited for, but not for ever: it may be what failed. */
export function flushConsole(): void {
  if (!state().console || !hasTime()) return;
  const isSending = STATE + offsetof<State>("isSending");
  const start = now();
  while (hw.compareExchange(isSending, 0, 1)) {
    if (now() - start > FLUSH) break;
    hw.pause();
  }
  send(FLUSH);
  uart.closeLine(state().console);
  hw.storeRelease(isSending, 0);
}

/** Brings a CPU of the root cell out of its guest, to go on with what the calling one leaves. */
function pass(): void {
  if (hw.compareExchange(STATE + offsetof<State>("isArmed"), 0, 1)) return;
  for (let number: u32 = 0; number < CPUS_MAX; number++) {
    const cpu = findCpu(number);
    if (!cpu || cpu.cell !== ROOT) continue;
    kick(cpu);
    return;
  }
}

/** Says that bytes were dropped, once there is room. */
function reportDropped(): void {
  if (!state().dropped) return;
  lock();
  sayDropped();
  unlock();
}

/**
 * Sends what the calling CPU is to send before it enters its guest. Returns whether it is to come back when it halts: it is the
 * root cell's and something is left.
 */
export function serveConsole(cpu: Cpu): bool {
  // Before it is looked whether something is queued: who puts something in looks afterwards whether somebody goes on.
  if (cpu.cell === ROOT && state().isArmed)
    hw.compareExchange(STATE + offsetof<State>("isArmed"), 1, 0);
  if (!isPending()) {
    cpu.prints = 0;
    reportDropped();
    return false;
  }
  if (cpu.cell !== ROOT && !cpu.parked && !cpu.prints) return false;
  do sendSlice();
  while (cpu.parked && isPending() && !isRequested(cpu));
  if (!isPending()) return false;
  if (cpu.cell !== ROOT) {
    pass();
    return false;
  }
  hw.compareExchange(STATE + offsetof<State>("isArmed"), 0, 1);
  return !cpu.parked;
}

/** Copies the console page to where the root cell sees it, with the lock or before others run. */
export function publishNow(): void {
  const page = <u32>consolePage();
  if (!page) return;
  state().tail = <u32>hw.coreRead(page + RING_TAIL, 4);
  hw.publishConsole(page, PAGE);
}

/** Publishes the console page if something has been printed. */
export function publish(): void {
  if (!wasUsed() || <u32>hw.coreRead(<u32>consolePage() + RING_TAIL, 4) === state().tail) return;
  lock();
  publishNow();
  unlock();
}

function putWord(address: u32, value: u32, size: u32): void {
  state().word = value;
  hw.copyToCore(STATE + offsetof<State>("word"), address, size);
}

function putByte(byte: u32): void {
  const page = <u32>consolePage();
  if (page) {
    const tail = <u32>hw.coreRead(page + RING_TAIL, 4);
    putWord(page + RING_CONTENT + (tail & (RING_SIZE - 1)), byte, 1);
    putWord(page + RING_TAIL, tail + 1, 4);
  }
  const console = configAddress() + SYS_DEBUG_CONSOLE;
  if (byte === LF) putConsole(console, CR);
  putConsole(console, byte);
}

/** Prints a line of ASCII characters; one CPU at a time, before the core prints by itself. */
export function say(line: string): void {
  const address = changetype<usize>(line);
  const bytes = load<u32>(address - 4);
  for (let offset: u32 = 0; offset < bytes; offset += 2) putByte(load<u16>(address + offset));
  putByte(LF);
  publishNow();
}
