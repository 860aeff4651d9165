// The line of the debug console, an 8250 by ports or memory (National Semiconductor PC16550D data sheet, section 8), which a
// cell may own as well: it prints there, and may leave registers in which nothing can be sent, on purpose or by dying. So:
// - Before each line of text the registers are looked at, and set to the configured rate, 8N1, no break, no loop-back; the
//   transmitter's interrupt is masked, or each byte of ours would raise one in the cell. Before each byte those that
//   can be looked at without side effects are looked at again.
// - After each line, once its last bit has left, the registers are what the cell had. The FIFO control register cannot be
//   read and is left alone: none of its values changes what is sent.
// - A cell's own bytes on their way at another rate are given GRACE to leave first.
// - Nothing here waits: `step` does what can be done at once and says whether it got anywhere. A line that takes nothing for
//   PATIENCE, or whose registers do not hold what is written, is absent: what is to be sent is dropped.
// While the registers are exchanged, and while a line is under way, another CPU can still write there: ports are the cell's.
// It can damage that line, and its own settings; the next line is whole again. Who wants more gives the line to nobody else.

import {
  CONSOLE_ADDRESS,
  CONSOLE_DIVIDER,
  CONSOLE_FLAG_MMIO,
  CONSOLE_FLAG_REGDIST_4,
  CONSOLE_FLAGS,
} from "../../../abi/config.ts";
import * as hw from "./hw.ts";
import { readPhysical, writePhysical } from "./windows.ts";

/** Registers of an 8250. */
const UART_DATA: u32 = 0;
const UART_INTERRUPTS: u32 = 1;
const UART_LINE: u32 = 3;
const UART_MODEM: u32 = 4;
const UART_STATUS: u32 = 5;
/** With LINE_DIVIDER. */
const UART_DIVIDER_LOW: u32 = 0;
const UART_DIVIDER_HIGH: u32 = 1;
const INTERRUPTS_TRANSMIT: u32 = 2;
const LINE_DIVIDER: u32 = 0x80;
const LINE_8N1: u32 = 3;
/** DTR and RTS. */
const MODEM_READY: u32 = 3;
/** OUT1 and OUT2, which connects interrupts on a PC. */
const MODEM_OUTPUTS: u32 = 0xc;
/** Loop-back; automatic flow control of a 16750. */
const MODEM_LOOP: u32 = 0x10;
const MODEM_FLOW: u32 = 0x20;
/** The next byte may be written. */
const STATUS_ROOM: u32 = 0x20;
/** The last bit has left. */
const STATUS_IDLE: u32 = 0x40;
/** Nanoseconds that another's bytes have to leave before the rate changes: a full FIFO at 9600 baud. */
const GRACE: u64 = 20_000_000;
/** Nanoseconds without a byte taken after which the line is absent: some at the lowest of usual rates, 110 baud. */
const PATIENCE: u64 = 500_000_000;

/** `step`: nothing could be done yet. */
export const STEP_WAIT: u32 = 0;
/** It got on. */
export const STEP_DONE: u32 = 1;
/** The byte was taken. */
export const STEP_TAKEN: u32 = 2;
/** There is no line: all is to be dropped. */
export const STEP_ABSENT: u32 = 3;

@unmanaged
class Uart {
  /** Since when something has been waited for. */
  since: u64;
  /** 1: the registers are ours. */
  isOpen: u32;
  /** What the cell had. */
  interrupts: u32;
  line: u32;
  modem: u32;
  divider: u32;
  /** The rate at the first use, for a configuration that has none. */
  first: u32;
  /** 1: something is waited for, `since`. */
  isWaiting: u32;
  /** 1: it was absent when last tried. */
  isAbsent: u32;
}

const UART: usize = memory.data(40, 8);
if (offsetof<Uart>() > 40) ERROR("Uart is too large");

function uart(): Uart {
  return changetype<Uart>(UART);
}

function isWide(console: u32): bool {
  return (hw.coreRead(console + CONSOLE_FLAGS, 2) & CONSOLE_FLAG_REGDIST_4) !== 0;
}

function isMemory(console: u32): bool {
  return (hw.coreRead(console + CONSOLE_FLAGS, 2) & CONSOLE_FLAG_MMIO) !== 0;
}

function addressOf(console: u32, register: u32): u64 {
  return hw.coreRead(console + CONSOLE_ADDRESS, 8) + (isWide(console) ? register << 2 : register);
}

function read(console: u32, register: u32): u32 {
  const address = addressOf(console, register);
  if (isMemory(console)) return <u32>readPhysical(address, isWide(console) ? 4 : 1) & 0xff;
  return hw.portIn(<u32>address, 1) & 0xff;
}

function write(console: u32, register: u32, value: u32): void {
  const address = addressOf(console, register);
  if (isMemory(console)) writePhysical(address, isWide(console) ? 4 : 1, value);
  else hw.portOut(<u32>address, 1, value);
}

function readDivider(console: u32, line: u32): u32 {
  write(console, UART_LINE, line | LINE_DIVIDER);
  const divider = read(console, UART_DIVIDER_LOW) | (read(console, UART_DIVIDER_HIGH) << 8);
  write(console, UART_LINE, line & ~LINE_DIVIDER);
  return divider;
}

function writeDivider(console: u32, divider: u32): void {
  write(console, UART_LINE, LINE_8N1 | LINE_DIVIDER);
  write(console, UART_DIVIDER_LOW, divider & 0xff);
  write(console, UART_DIVIDER_HIGH, divider >>> 8);
}

/** The divider that lines are sent with. */
function ownDivider(console: u32): u32 {
  const configured = <u32>hw.coreRead(console + CONSOLE_DIVIDER, 4) & 0xffff;
  return configured ? configured : uart().first;
}

/** Whether `limit` nanoseconds have passed since it was first asked. */
function isOver(time: u64, limit: u64): bool {
  const state = uart();
  if (!state.isWaiting) {
    state.isWaiting = 1;
    state.since = time;
  }
  return time - state.since >= limit;
}

/** Loop-back would keep bytes; and a 16750's automatic flow control could hold them back. */
function ownModem(modem: u32): u32 {
  return (modem & MODEM_OUTPUTS) | MODEM_READY;
}

/** Makes the registers ours. */
function take(console: u32, line: u32, divider: u32): u32 {
  const state = uart();
  state.line = line;
  state.divider = divider;
  const own = ownDivider(console);
  if (own !== divider) writeDivider(console, own);
  write(console, UART_LINE, LINE_8N1);
  state.interrupts = read(console, UART_INTERRUPTS);
  if (state.interrupts & INTERRUPTS_TRANSMIT)
    write(console, UART_INTERRUPTS, state.interrupts & ~INTERRUPTS_TRANSMIT);
  state.modem = read(console, UART_MODEM);
  write(console, UART_MODEM, ownModem(state.modem));
  state.isOpen = 1;
  state.isWaiting = 0;
  return read(console, UART_LINE) === LINE_8N1 ? STEP_DONE : STEP_ABSENT;
}

/** Begins a line, unless bytes of another's are on their way that taking the registers would spoil. */
function open(console: u32, time: u64): u32 {
  const state = uart();
  const line = read(console, UART_LINE);
  const isIdle = (read(console, UART_STATUS) & STATUS_IDLE) !== 0;
  if (!isIdle && !isOver(time, GRACE)) return STEP_WAIT;
  const divider = readDivider(console, line);
  if (!state.first) state.first = divider ? divider : 1;
  return take(console, line, divider);
}

/** Whether a cell has left registers since they were taken in which nothing is sent. The rate is looked at with each line. */
function isSpoilt(console: u32): bool {
  return (
    read(console, UART_LINE) !== LINE_8N1 ||
    (read(console, UART_MODEM) & (MODEM_LOOP | MODEM_FLOW)) !== 0
  );
}

/** Takes registers anew that a cell has written meanwhile. */
function retake(console: u32): u32 {
  const state = uart();
  const line = read(console, UART_LINE);
  const modem = read(console, UART_MODEM);
  if (modem & (MODEM_LOOP | MODEM_FLOW)) {
    state.modem = modem;
    write(console, UART_MODEM, ownModem(modem));
  }
  if (line !== LINE_8N1) {
    state.line = line;
    const divider = readDivider(console, line);
    if (divider !== ownDivider(console)) state.divider = divider;
    writeDivider(console, ownDivider(console));
    write(console, UART_LINE, LINE_8N1);
  }
  return isSpoilt(console) ? STEP_ABSENT : STEP_DONE;
}

/** Whether a line is under way: `endLine` is due. */
export function isLineOpen(): bool {
  return uart().isOpen !== 0;
}

/** Gives the registers back as the cell had them, at once. */
export function closeLine(console: u32): void {
  const state = uart();
  if (!state.isOpen) return;
  state.isOpen = 0;
  state.isWaiting = 0;
  if (state.divider !== ownDivider(console)) writeDivider(console, state.divider);
  write(console, UART_LINE, state.line & ~LINE_DIVIDER);
  write(console, UART_MODEM, state.modem);
  if (state.interrupts & INTERRUPTS_TRANSMIT) write(console, UART_INTERRUPTS, state.interrupts);
  if (state.line & LINE_DIVIDER) write(console, UART_LINE, state.line);
}

/** Gives the registers back once the last bit has left. */
export function endLine(console: u32, time: u64): u32 {
  if (!(read(console, UART_STATUS) & STATUS_IDLE) && !isOver(time, PATIENCE)) return STEP_WAIT;
  closeLine(console);
  return STEP_DONE;
}

/** Sends `byte`, after what is needed for that; `time` is now. Returns STEP_*. */
export function step(console: u32, byte: u32, time: u64): u32 {
  const state = uart();
  if (!state.isOpen) return open(console, time);
  if (isSpoilt(console)) return retake(console);
  if (read(console, UART_STATUS) & STATUS_ROOM) {
    write(console, UART_DATA, byte);
    state.isWaiting = 0;
    state.isAbsent = 0;
    return STEP_TAKEN;
  }
  if (!isOver(time, state.isAbsent ? 0 : PATIENCE)) return STEP_WAIT;
  state.isAbsent = 1;
  return STEP_ABSENT;
}
