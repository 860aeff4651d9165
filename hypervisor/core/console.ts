// The hypervisor's console: a page with a ring buffer (ABI section 7) that the root cell may read, and the debug console of
// the system configuration. Texts are literals: static data, read by address; no string is ever made at run time. Once the
// hypervisor is active, everything is printed with the lock taken, so that the lines of two CPUs do not mix. Printing never
// waits: the ring is memory, and a platform takes bytes for the debug console without waiting for its line.
//
// Cells print bytes, and a line may stay unfinished for long. Whose the unfinished line is, is known: whoever else prints begins
// a line of its own. The hypervisor does so at once. A cell's bytes wait in a buffer of its own while the line is another's,
// until that one ends, or there is a whole line of them: so two cells that print at the same time do not shred each other's
// lines. Nothing that a cell printed is changed or left out.
import { CELL_NAME, CELL_NAME_SIZE, CONSOLE_TYPE, CONSOLE_TYPE_NONE } from "../../abi/config.ts";
import { RING_BUSY, RING_CELLS, RING_CONTENT, RING_SIZE, RING_TAIL } from "../../abi/console.ts";
import { CONSOLE_FRESH_LINE } from "../../abi/platform.ts";
import { lock, putConsole, unlock } from "../platform.ts";
import { CELL_LINE_SIZE, Cell } from "./cells/cell.ts";

const CR: u32 = 0x0d;
const LF: u32 = 0x0a;
const DIGIT_ZERO: u32 = 0x30;
const DIGIT_TEN: u32 = 0x61;

@unmanaged
class Console {
  /** Address of the console page, or 0. */
  page: usize;
  /** Address of the debug console's description (CONSOLE_*), or 0. */
  description: usize;
  /** Whose the unfinished line is: NOBODY, HYPERVISOR, or a cell's number + FIRST_CELL. */
  owner: u32;
}

const NOBODY: u32 = 0;
const HYPERVISOR: u32 = 1;
const FIRST_CELL: u32 = 2;

const CONSOLE: usize = memory.data(12, 4);

function state(): Console {
  return changetype<Console>(CONSOLE);
}

/** Makes `page` (zeroed) the console page. */
export function consoleInit(page: usize): void {
  state().page = page;
}

/** Sends all further output also to the debug console described at `description` (CONSOLE_*). */
export function consoleOpen(description: usize): void {
  state().description = description;
}

/** Address of the console page; 0 before `init`. */
export function consolePage(): usize {
  return state().page;
}

/** Tells the platform something for the debug console, if there is one: a byte or CONSOLE_FRESH_LINE. */
function putLine(what: u32): void {
  const description = state().description;
  if (description && load<u16>(description, CONSOLE_TYPE) !== CONSOLE_TYPE_NONE)
    putConsole(description, what);
}

/** Puts a byte of `owner` into the ring and on the debug console. */
function put(byte: u32, owner: u32): void {
  const page = state().page;
  if (page) {
    store<u32>(page, 1, RING_BUSY);
    const tail = load<u32>(page, RING_TAIL);
    const at = tail & (RING_SIZE - 1);
    store<u8>(page + at, <u8>byte, RING_CONTENT);
    const bits = <u32>load<u8>(page + (at >>> 3), RING_CELLS) & ~(1 << (at & 7));
    store<u8>(
      page + (at >>> 3),
      <u8>(bits | ((owner >= FIRST_CELL ? 1 : 0) << (at & 7))),
      RING_CELLS,
    );
    store<u32>(page, tail + 1, RING_TAIL);
    store<u32>(page, 0, RING_BUSY);
  }
  if (byte === LF) putLine(CR);
  putLine(byte);
  state().owner = byte === LF ? NOBODY : owner;
}

/** Ends the unfinished line, if it is anybody's but `owner`'s. */
function breakLine(owner: u32): void {
  if (state().owner !== owner && state().owner !== NOBODY) put(LF, NOBODY);
}

/** Puts one byte of the hypervisor's own on the console. */
function putByte(byte: u32): void {
  breakLine(HYPERVISOR);
  if (state().owner === NOBODY) putLine(CONSOLE_FRESH_LINE);
  put(byte, HYPERVISOR);
}

/** Prints what `cell` has waiting, on a line of its own. */
function flushCell(cell: Cell): void {
  const owner = cell.number + FIRST_CELL;
  const length = cell.lineLength;
  if (!length) return;
  cell.lineLength = 0;
  breakLine(owner);
  for (let index: u32 = 0; index < length; index++) put(load<u8>(cell.line + index), owner);
}

/** Prints a byte of `cell`, once the line is nobody else's or the cell has a whole one. With the lock. */
export function putCellByte(cell: Cell, byte: u32): void {
  store<u8>(cell.line + cell.lineLength++, <u8>byte);
  const owner = state().owner;
  if (owner === NOBODY || owner === cell.number + FIRST_CELL) flushCell(cell);
  else if (byte === LF || cell.lineLength === CELL_LINE_SIZE) flushCell(cell);
}

/** Prints what `cell`, which goes, has left unprinted, and ends its line: its number may become another's. With the lock. */
export function endCellLine(cell: Cell): void {
  flushCell(cell);
  if (state().owner === cell.number + FIRST_CELL) put(LF, NOBODY);
}

/** Prints a literal of ASCII characters: one byte each, their number before them (tools/texts.mjs has packed them). */
export function print(literal: string): void {
  const address = changetype<usize>(literal);
  const length = load<u32>(address - 4);
  for (let index: u32 = 0; index < length; index++) putByte(load<u8>(address + index));
}

/** Prints a literal and ends the line. */
export function printLine(literal: string): void {
  print(literal);
  putByte(LF);
}

/** Begins a line that no other CPU's output may cut in two: takes the lock. Nothing but printing until `endLine`. */
export function beginLine(literal: string): void {
  lock();
  print(literal);
}

/** Ends a line begun with the lock taken, and gives the lock back. */
export function endLine(): void {
  putByte(LF);
  unlock();
}

/** Prints a whole line, as beginLine and endLine do. */
export function sayLine(literal: string): void {
  beginLine(literal);
  endLine();
}

/** Prints `value` in lower-case hexadecimal, with leading zeros up to `digits` digits. */
export function printHex(value: u64, digits: u32): void {
  let shown: u32 = 16;
  while (shown > 1 && shown > digits && !(value >> ((shown - 1) << 2))) shown--;
  while (shown--) {
    const digit = <u32>(value >> (shown << 2)) & 0xf;
    putByte(digit < 10 ? DIGIT_ZERO + digit : DIGIT_TEN - 10 + digit);
  }
}

/** Prints `0x` and `value` with 16 hexadecimal digits. */
export function printAddress(value: u64): void {
  print("0x");
  printHex(value, 16);
}

/** Prints `value` in decimal. */
export function printDecimal(value: u64): void {
  let unit: u64 = 1;
  while (value / unit >= 10) unit *= 10;
  for (; unit; unit /= 10) putByte(DIGIT_ZERO + <u32>((value / unit) % 10));
}

/** Prints the NUL-terminated text at `address`, `limit` bytes at most; what is not printable ASCII as `?`. */
export function printText(address: usize, limit: u32): void {
  for (let i: u32 = 0; i < limit; i++) {
    const byte = load<u8>(address + i);
    if (!byte) return;
    putByte(byte >= 0x20 && byte < 0x7f ? byte : 0x3f);
  }
}

/** Prints the name of `cell` in quotes. */
export function printCellName(cell: Cell): void {
  print('"');
  printText(cell.config + CELL_NAME, CELL_NAME_SIZE);
  print('"');
}
