// PUSH, POP, ENTER, LEAVE, near CALL and RET on any stack, PUSHA, POPA.

import { S_GPR, SS } from "../interface.ts";
import { S_BLOCK_RIP } from "../interpreter-state.ts";
import { checkWrite } from "../memory/access.ts";
import { S_MODE } from "../memory/layout.ts";
import { linearAddress } from "../memory/segmentation.ts";
import { R_ADDRESS_WIDTH, R_DST, R_IMM, R_IMM2, R_NEXT, R_SEGMENT, R_SRC } from "../records.ts";
import { faulted } from "../system/fault.ts";
import { inLongCode, MODE_STACK_32 } from "../system/mode.ts";
import { indexed, RBP, RSP } from "./memory.ts";
import { maskOf, readSegment, setAt, valueAt, widthOf, writeSegment } from "./sized.ts";

/** Width of the stack pointer. */
export function stackWidth(s: u32): u32 {
  if (inLongCode(s)) return 3;
  return load<u32>(s, S_MODE) & MODE_STACK_32 ? 2 : 1;
}

/** The stack pointer moved by `bytes`, cut to its width. */
function moved(s: u32, bytes: i64): u64 {
  return (load<u64>(s, RSP) + bytes) & maskOf(stackWidth(s));
}

/** Sets the stack pointer, as many bits as it has; a 16-bit one keeps the rest of ESP. */
function setPointer(s: u32, pointer: u64): void {
  setAt(s + RSP, stackWidth(s), pointer);
}

/** Pushes a value of a width. */
export function pushSized(s: u32, width: u32, value: u64): void {
  const to = moved(s, -((<i64>1) << width));
  writeSegment(s, SS, to, width, value);
  if (!faulted(s)) setPointer(s, to);
}

/** The value of a width that lies `skip` bytes above the stack pointer. */
export function peekSized(s: u32, width: u32, skip: u32): u64 {
  return readSegment(s, SS, moved(s, skip), width);
}

/** Moves the stack pointer up. */
export function dropBytes(s: u32, bytes: u32): void {
  setPointer(s, moved(s, bytes));
}

export function pushAny(s: u32, record: u32): void {
  const width = widthOf(record);
  pushSized(s, width, valueAt(load<u32>(record, R_SRC), width));
}

export function popAny(s: u32, record: u32): void {
  const width = widthOf(record);
  const value = peekSized(s, width, 0);
  if (faulted(s)) return;
  dropBytes(s, 1 << width);
  setAt(load<u32>(record, R_DST), width, value);
}

/** POP to memory: an address made of the stack pointer is that after the pop. */
export function popMemory(s: u32, record: u32): void {
  const width = widthOf(record);
  const value = peekSized(s, width, 0);
  if (faulted(s)) return;
  const before = load<u64>(s, RSP);
  dropBytes(s, 1 << width);
  const offset = indexed(record) & maskOf(load<u8>(record, R_ADDRESS_WIDTH));
  writeSegment(s, load<u8>(record, R_SEGMENT), offset, width, value);
  if (faulted(s)) store<u64>(s, before, RSP);
}

/** Pushes the frame pointers of `level` levels of ENTER, at `from` downwards, and `frame` last; the new stack pointer. */
function pushFrames(s: u32, width: u32, to: u64, level: u32, frame: u64): u64 {
  const mask = maskOf(stackWidth(s));
  const size = (<u64>1) << width;
  let from = load<u64>(s, RBP);
  for (let i: u32 = 1; i < level; i++) {
    from -= size;
    const value = readSegment(s, SS, from & mask, width);
    if (faulted(s)) return to;
    to = (to - size) & mask;
    writeSegment(s, SS, to, width, value);
    if (faulted(s)) return to;
  }
  to = (to - size) & mask;
  writeSegment(s, SS, to, width, frame);
  return to;
}

/** ENTER: nothing but stack memory below the pointer changes before the last fault is excluded. */
export function enter(s: u32, record: u32): void {
  const width = widthOf(record);
  const level = <u32>load<u16>(record, R_IMM2);
  const frame = moved(s, -((<i64>1) << width));
  writeSegment(s, SS, frame, width, valueAt(s + RBP, width));
  if (faulted(s)) return;
  let to = frame;
  if (level > 0) to = pushFrames(s, width, to, level, frame);
  if (faulted(s)) return;
  to = (to - load<u64>(record, R_IMM)) & maskOf(stackWidth(s));
  const last = linearAddress(s, SS, to, (<u32>1) << width, true);
  if (!faulted(s)) checkWrite(s, last, (<u32>1) << width);
  if (faulted(s)) return;
  setAt(s + RBP, width, frame);
  setPointer(s, to);
}

export function leaveAny(s: u32, record: u32): void {
  const width = widthOf(record);
  const from = load<u64>(s, RBP) & maskOf(stackWidth(s));
  const value = readSegment(s, SS, from, width);
  if (faulted(s)) return;
  setPointer(s, from + ((<u64>1) << width));
  setAt(s + RBP, width, value);
}

/** Near CALL: pushes the next instruction pointer. */
export function pushReturn(s: u32, record: u32): void {
  pushSized(s, widthOf(record), load<u64>(s, S_BLOCK_RIP) + load<u16>(record, R_NEXT));
}

/** Near RET: pops and returns the instruction pointer. */
export function popReturn(s: u32, record: u32): u64 {
  const width = widthOf(record);
  const target = peekSized(s, width, 0);
  if (!faulted(s)) dropBytes(s, (1 << width) + load<u32>(record, R_IMM));
  return target;
}

/** PUSHA, PUSHAD: all eight, or nothing. */
export function pusha(s: u32, record: u32): void {
  const width = widthOf(record);
  const size = (<i64>1) << width;
  const old = load<u64>(s, RSP);
  for (let i: u32 = 0; i < 8; i++) {
    writeSegment(s, SS, moved(s, -size * (i + 1)), width, valueAt(s + S_GPR + i * 8, width));
    if (faulted(s)) return;
  }
  store<u64>(s, old, RSP);
  setPointer(s, moved(s, -size * 8));
}

/** Where POPA has the stack pointer, among eight. */
const POPA_POINTER: u32 = 3;

/** POPA, POPAD: all but the stack pointer, whose place is not read either (SDM, volume 2, "POPA/POPAD"). */
export function popa(s: u32, record: u32): void {
  const width = widthOf(record);
  // Looks at all first, so that a fault leaves the registers alone.
  for (let i: u32 = 0; i < 8; i++) {
    if (i !== POPA_POINTER) peekSized(s, width, i << width);
    if (faulted(s)) return;
  }
  for (let i: u32 = 0; i < 8; i++) {
    if (i !== POPA_POINTER) setAt(s + S_GPR + (7 - i) * 8, width, peekSized(s, width, i << width));
  }
  dropBytes(s, 8 << width);
}
