// Code in hot pages, which are written all the time (code-pages.ts). Its blocks stay known with a copy of the bytes that they were made
// from, and are compared with memory each time they are entered; nothing ever links to them. Where an instruction is found to be
// written anew, the block before it is cut there, and that instruction is a block of its own, of which some versions are kept.

import { heatPage, NO_PAGE, roomForBlock } from "./blocks.ts";
import { buildBlock } from "./decode/block.ts";
import {
  C_HOT,
  C_VERSIONS,
  HOT_BLOCKS,
  S_CACHE,
  S_FREE,
  S_HOT_END,
  S_HOT_START,
  S_LINK,
  S_SINK,
  VERSION_SIZE,
  VERSIONS,
} from "./interpreter-state.ts";
import { M_RAM_BASE, PAGE_OFFSET, PAGE_SHIFT, PAGE_SIZE, S_MODE } from "./memory/layout.ts";
import { MACHINE } from "./memory/machine.ts";
import {
  B_COUNT,
  B_LENGTH,
  B_MODE,
  B_PAGE_NEXT,
  B_PHYS,
  B_PHYS2,
  B_RECORDS,
  BLOCK_INSTRUCTIONS,
  R_INDEX,
  R_OFFSET,
  RECORD_SIZE,
} from "./records.ts";

/** Times a u64 of eight bytes: their sum is in the uppermost one. */
const SUM_OF_BYTES: u64 = 0x0101010101010101;
/** "No difference" between a block's bytes and memory. */
const SAME: u32 = 0xffffffff;

/** Where a block of a hot page has the address of its copy of the code: it is in no chain. */
const B_BYTES: u32 = B_PAGE_NEXT;

/** Has any write of a hot page end the block that is entered next. */
export function leaveAtHotWrites(s: u32): void {
  store<u64>(s, 0, S_HOT_START);
  store<u64>(s, <u64>-1, S_HOT_END);
}

/** Has only those writes end the block that lie in it. */
function leaveAtOwnWrites(s: u32, block: u32): void {
  const start = load<u64>(block, B_PHYS);
  store<u64>(s, start, S_HOT_START);
  store<u64>(s, start + load<u32>(block, B_LENGTH), S_HOT_END);
}

/** Offset of the first byte of a block that memory at `host` has otherwise, or SAME. */
function firstDifference(block: u32, host: u32): u32 {
  const bytes = load<u32>(block, B_BYTES);
  const length = load<u32>(block, B_LENGTH);
  let at: u32 = 0;
  while (at + 8 <= length && load<u64>(bytes + at) === load<u64>(host + at)) at += 8;
  while (at < length && load<u8>(bytes + at) === load<u8>(host + at)) at++;
  return at < length ? at : SAME;
}

/** Number of the instruction that has the byte at `offset` of a block. */
function instructionAt(block: u32, offset: u32): u32 {
  const count = load<u32>(block, B_COUNT);
  let number: u32 = 0;
  for (let record = block + B_RECORDS; load<u16>(record, R_OFFSET) <= <u16>offset; ) {
    number = count - load<u8>(record, R_INDEX);
    if (number + 1 >= count) break;
    record += RECORD_SIZE;
  }
  return number;
}

/** Whether a place holds a block of that address and mode. */
function isOf(block: u32, phys: u64, mode: u32): bool {
  if (block === 0 || load<u32>(block, B_LENGTH) === 0) return false;
  return load<u64>(block, B_PHYS) === phys && load<u32>(block, B_MODE) === mode;
}

/** Copies a block's bytes to `to`, after its records. Returns the end of the copy. */
function keepBytes(block: u32, to: u32, host: u32): u32 {
  const length = load<u32>(block, B_LENGTH);
  memory.copy(to, host, length);
  store<u32>(block, to, B_BYTES);
  return (to + length + 7) & ~7;
}

/** Whether a block lies in one page; else the second is as hot from now on, so that what is written there ends the block. */
function isWithinPage(s: u32, block: u32): bool {
  const second = load<u64>(block, B_PHYS2);
  if (second === NO_PAGE) return true;
  heatPage(<u32>(second >> PAGE_SHIFT));
  leaveAtHotWrites(s);
  return false;
}

/** The instruction at `host` in the version that is there now, as a block of its own, or 0 with a fault set. */
function lookUpVersion(s: u32, linear: u64, host: u32): u32 {
  const phys = <u64>(host - load<u32>(MACHINE, M_RAM_BASE));
  const left = PAGE_SIZE - (<u32>linear & PAGE_OFFSET);
  const bytes = left >= 8 ? load<u64>(host) : 0;
  const place = (<u32>((bytes * SUM_OF_BYTES) >> 56) + <u32>phys) & (VERSIONS - 1);
  const block = load<u32>(s, S_CACHE) + C_VERSIONS + place * VERSION_SIZE;
  if (isOf(block, phys, load<u32>(s, S_MODE)) && firstDifference(block, host) === SAME) {
    leaveAtOwnWrites(s, block);
    return block;
  }
  store<u32>(block, 0, B_LENGTH);
  const end = buildBlock(s, block, linear, host, 1);
  if (end === 0) {
    store<u32>(block, 0, B_LENGTH);
    return 0;
  }
  if (!isWithinPage(s, block)) {
    store<u64>(block, 0, B_PHYS);
    store<u32>(block, 0, B_MODE);
    return block;
  }
  keepBytes(block, end, host);
  leaveAtOwnWrites(s, block);
  return block;
}

/** The block at `linear`, whose code is at host address `host` in a hot page, or 0 with a fault set. */
export function lookUpHot(s: u32, linear: u64, host: u32): u32 {
  store<u32>(s, s + S_SINK, S_LINK);
  const phys = <u64>(host - load<u32>(MACHINE, M_RAM_BASE));
  const mixed = (<u32>phys ^ (<u32>(phys >> PAGE_SHIFT) * 0x9e5)) & (HOT_BLOCKS - 1);
  const place = load<u32>(s, S_CACHE) + C_HOT + mixed * 4;
  const known = load<u32>(place);
  let most = BLOCK_INSTRUCTIONS;
  if (isOf(known, phys, load<u32>(s, S_MODE))) {
    const difference = firstDifference(known, host);
    if (difference === SAME) {
      leaveAtOwnWrites(s, known);
      return known;
    }
    most = instructionAt(known, difference);
    if (most === 0) return lookUpVersion(s, linear, host);
  }
  const block = roomForBlock(s);
  const end = buildBlock(s, block, linear, host, most);
  if (end === 0) return 0;
  if (!isWithinPage(s, block)) return block;
  store<u32>(s, keepBytes(block, end, host), S_FREE);
  store<u32>(place, block);
  leaveAtOwnWrites(s, block);
  return block;
}
