// A stack frame being written or read: the stack's segment and pointer are held aside until all pushes or pops have
// succeeded, so that a fault leaves the CPU as it was.

import { PF_USER, VECTOR_SS } from "../../../abi/x86/registers.ts";
import { S_GPR, SEG_ATTRIBUTES, SEG_BASE, SEG_LIMIT, SS } from "../interface.ts";
import { readAs, writeAs } from "../memory/access.ts";
import {
  S_FRAME_ATTRIBUTES,
  S_FRAME_BASE,
  S_FRAME_ERROR,
  S_FRAME_LIMIT,
  S_FRAME_MASK,
  S_FRAME_POINTER,
  S_FRAME_USER,
} from "../memory/layout.ts";
import { isCanonical } from "../memory/segmentation.ts";
import { faulted, raiseException } from "./fault.ts";
import { ATTR_CE, ATTR_DB, inLongCode, segmentAt } from "./mode.ts";
import { currentLevel } from "./segments.ts";

/** Number of RSP among the general registers. */
const RSP: u32 = 4;
/** Offset of RSP in the state block. */
export const S_RSP: u32 = S_GPR + RSP * 8;
/** Pointer mask of 64-bit stacks. */
export const MASK_64: u64 = 0xffffffffffffffff;

/** Opens a frame on any stack: segment by base, limit and attributes; `level` is the privilege that uses it. */
export function openFrame(
  s: u32,
  base: u64,
  limit: u32,
  attributes: u32,
  pointer: u64,
  level: u32,
  error: u32,
): void {
  const mask: u64 = attributes & ATTR_DB ? 0xffffffff : 0xffff;
  store<u64>(s, base, S_FRAME_BASE);
  store<u32>(s, limit, S_FRAME_LIMIT);
  store<u32>(s, attributes, S_FRAME_ATTRIBUTES);
  store<u64>(s, mask, S_FRAME_MASK);
  store<u64>(s, pointer & mask, S_FRAME_POINTER);
  store<u32>(s, level == 3 ? PF_USER : 0, S_FRAME_USER);
  store<u32>(s, error, S_FRAME_ERROR);
}

/** Opens a flat 64-bit frame. */
export function openLongFrame(s: u32, pointer: u64, level: u32): void {
  openFrame(s, 0, 0, 0, 0, level, 0);
  store<u64>(s, MASK_64, S_FRAME_MASK);
  store<u64>(s, pointer, S_FRAME_POINTER);
}

/** Opens a frame on the present stack. */
export function openCurrentFrame(s: u32): void {
  const pointer = load<u64>(s, S_RSP);
  const level = currentLevel(s);
  if (inLongCode(s)) return openLongFrame(s, pointer, level);
  const at = segmentAt(s, SS);
  const base = load<u64>(at, SEG_BASE);
  openFrame(s, base, load<u32>(at, SEG_LIMIT), load<u32>(at, SEG_ATTRIBUTES), pointer, level, 0);
}

/** Linear address of `size` bytes at `offset` of the frame's segment; sets #SS. */
function frameAddress(s: u32, offset: u64, size: u32): u64 {
  const error = <i32>load<u32>(s, S_FRAME_ERROR);
  if (load<u64>(s, S_FRAME_MASK) == MASK_64) {
    if (!isCanonical(offset) || !isCanonical(offset + size - 1))
      raiseException(s, VECTOR_SS, error);
    return offset;
  }
  const limit = <u64>load<u32>(s, S_FRAME_LIMIT);
  const attributes = load<u32>(s, S_FRAME_ATTRIBUTES);
  const last = offset + size - 1;
  const fits =
    attributes & ATTR_CE
      ? offset > limit && last <= (attributes & ATTR_DB ? 0xffffffff : 0xffff)
      : last <= limit;
  if (!fits) raiseException(s, VECTOR_SS, error);
  return (load<u64>(s, S_FRAME_BASE) + offset) & 0xffffffff;
}

/** Pushes `size` bytes; does nothing once a fault is set. */
export function pushFrame(s: u32, size: u32, value: u64): void {
  if (faulted(s)) return;
  const pointer = (load<u64>(s, S_FRAME_POINTER) - size) & load<u64>(s, S_FRAME_MASK);
  const linear = frameAddress(s, pointer, size);
  if (!faulted(s)) writeAs(s, linear, size, value, load<u32>(s, S_FRAME_USER));
  if (!faulted(s)) store<u64>(s, pointer, S_FRAME_POINTER);
}

/** Pops `size` bytes; gives 0 once a fault is set. */
export function popFrame(s: u32, size: u32): u64 {
  if (faulted(s)) return 0;
  const pointer = load<u64>(s, S_FRAME_POINTER);
  const linear = frameAddress(s, pointer, size);
  if (faulted(s)) return 0;
  const value = readAs(s, linear, size, load<u32>(s, S_FRAME_USER));
  if (faulted(s)) return 0;
  store<u64>(s, (pointer + size) & load<u64>(s, S_FRAME_MASK), S_FRAME_POINTER);
  return value;
}

/** Moves the frame's pointer up, as RET n does. */
export function skipFrame(s: u32, bytes: u32): void {
  const pointer = load<u64>(s, S_FRAME_POINTER) + bytes;
  store<u64>(s, pointer & load<u64>(s, S_FRAME_MASK), S_FRAME_POINTER);
}

/** Makes the frame's pointer the CPU's: a 16-bit stack leaves the rest of ESP alone. */
export function commitFrame(s: u32): void {
  const pointer = load<u64>(s, S_FRAME_POINTER);
  if (load<u64>(s, S_FRAME_MASK) == 0xffff) store<u16>(s, <u16>pointer, S_RSP);
  else store<u64>(s, pointer, S_RSP);
}
