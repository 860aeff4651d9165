// Builds blocks: decodes instruction after instruction, then marks flags that nobody will see.

import { NO_PAGE } from "../blocks.ts";
import { fetchPage } from "../memory/access.ts";
import { M_RAM_BASE, PAGE_OFFSET, PAGE_SIZE, S_MODE } from "../memory/layout.ts";
import { MACHINE } from "../memory/machine.ts";
import { CALL64, CALLX, COLD, FETCH_FAULT, JCXZ, SYSTEM } from "../operations.gen.ts";
import {
  B_COUNT,
  B_LENGTH,
  B_MODE,
  B_PHYS,
  B_PHYS2,
  B_RECORDS,
  BLOCK_RECORDS,
  R_INDEX,
  RECORD_SIZE,
} from "../records.ts";
import { ROW_ATTRIBUTES, ROW_IS_MMX, ROW_IS_SSE, ROW_IS_X87 } from "../rows.ts";
import { MODE_CODE_MASK, MODE_SSE, MODE_X87 } from "../system/mode.ts";
import { emitInstruction } from "./emit.gen.ts";
import { emitFall } from "./emit-control.ts";
import { emitSystemRecord, emitUndefined, emitUnimplemented } from "./emit-system.ts";
import {
  D_BYTES,
  D_LENGTH,
  D_ROW,
  DECODER,
  E_CPU,
  E_CURSOR,
  E_END,
  E_FIRST,
  E_INDEX,
  E_MODE,
  E_OFFSET,
  E_PAGE_OFFSET,
  field,
  MAX_LENGTH,
  STATUS_OK,
  STATUS_TOO_LONG,
  STATUS_TRUNCATED,
  STATUS_UNDEFINED,
  setField,
  WIDTH_16,
} from "./fields.ts";
import { markDeadFlags } from "./liveness.ts";
import { parse } from "./parse.ts";

/** Records that one instruction needs at most, and the end of the block. */
const RECORDS_RESERVED: u32 = 12;

/** Copies the code at host address `from` for the parser: to the end of the page, and of `next` if that is not 0. */
function gather(from: u32, left: u32, next: u32): u32 {
  const first = min<u32>(left, MAX_LENGTH);
  memory.copy(DECODER + D_BYTES, from, first);
  if (next === 0) return first;
  memory.copy(DECODER + D_BYTES + first, next, MAX_LENGTH - first);
  return MAX_LENGTH;
}

/** Whether the unit that the parsed instruction belongs to can be used in the block's mode. */
function isUsable(): bool {
  const attributes = <u32>load<u16>(field(D_ROW), ROW_ATTRIBUTES);
  const mode = field(E_MODE);
  if (attributes & ROW_IS_SSE && !(mode & MODE_SSE)) return false;
  return !(attributes & (ROW_IS_X87 | ROW_IS_MMX)) || (mode & MODE_X87) !== 0;
}

/** Emits the parsed instruction, or what takes the place of one that cannot be executed. */
function emitParsed(status: u32): void {
  if (status === STATUS_OK && isUsable()) emitInstruction();
  else if (status === STATUS_UNDEFINED) emitUndefined();
  else if (status === STATUS_TOO_LONG) emitSystemRecord(FETCH_FAULT);
  else emitUnimplemented();
}

/** Whether the block's last record leaves it by itself. */
function isClosed(): bool {
  const cursor = field(E_CURSOR);
  if (cursor === field(E_FIRST)) return false;
  return leavesBlock(load<u16>(cursor - RECORD_SIZE));
}

/** Whether an operation never goes on to the record after it. It is so for the last record of a finished block, and for no other. */
export function leavesBlock(operation: u32): bool {
  if (operation >= SYSTEM) return true;
  return (operation >= CALL64 && operation < COLD) || (operation >= CALLX && operation <= JCXZ);
}

/** Ends the block: closes it, and turns the instructions' numbers into what is left from them to the end. */
function finish(block: u32): void {
  const count = field(E_INDEX);
  if (!isClosed()) emitFall();
  const end = field(E_CURSOR);
  for (let record = field(E_FIRST); record < end; record += RECORD_SIZE)
    store<u8>(record, <u8>(count - load<u8>(record, R_INDEX)), R_INDEX);
  markDeadFlags(field(E_FIRST), end);
  store<i32>(block, <i32>count, B_COUNT);
  store<u32>(block, field(E_OFFSET), B_LENGTH);
}

function start(s: u32, block: u32, mode: u32, linear: u64): void {
  setField(E_CPU, s);
  setField(E_CURSOR, block + B_RECORDS);
  setField(E_FIRST, block + B_RECORDS);
  setField(E_INDEX, 0);
  setField(E_OFFSET, 0);
  setField(E_MODE, mode);
  setField(E_END, 0);
  setField(E_PAGE_OFFSET, <u32>linear & PAGE_OFFSET);
}

/** Takes one instruction into the block; `left` bytes of its page are at `from`, more at `next`. Returns STATUS_*. */
function takeInstruction(from: u32, left: u32, next: u32): u32 {
  const status = parse((field(E_MODE) & MODE_CODE_MASK) + WIDTH_16, gather(from, left, next));
  if (status === STATUS_TRUNCATED) return status;
  emitParsed(status);
  setField(E_OFFSET, field(E_OFFSET) + field(D_LENGTH));
  setField(E_INDEX, field(E_INDEX) + 1);
  return status;
}

/**
 * Builds a block of at most `most` instructions at address `block`, for the present mode, from the code at host address `host`, which is
 * linear address `linear`. Returns the end of its records, or 0 with a fault set if its first instruction lies across a page boundary
 * and the second page cannot be fetched.
 */
export function buildBlock(s: u32, block: u32, linear: u64, host: u32, most: u32): u32 {
  const mode = load<u32>(s, S_MODE);
  const ramBase = load<u32>(MACHINE, M_RAM_BASE);
  const page = PAGE_SIZE - (<u32>linear & PAGE_OFFSET);
  const limit = block + B_RECORDS + (BLOCK_RECORDS - RECORDS_RESERVED) * RECORD_SIZE;
  start(s, block, mode, linear);
  store<u32>(block, mode, B_MODE);
  store<u64>(block, <u64>(host - ramBase), B_PHYS);
  store<u64>(block, NO_PAGE, B_PHYS2);
  while (!field(E_END) && field(E_INDEX) < most && field(E_CURSOR) < limit) {
    const at = field(E_OFFSET);
    if (at >= page) break;
    if (takeInstruction(host + at, page - at, 0) !== STATUS_TRUNCATED) continue;
    if (at !== 0) break;
    const next = fetchPage(s, linear + page);
    if (next === 0) return 0;
    store<u64>(block, <u64>(next - ramBase), B_PHYS2);
    takeInstruction(host, page, next);
    break;
  }
  finish(block);
  return field(E_CURSOR);
}
