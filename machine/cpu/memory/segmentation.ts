// From segment and offset to linear address, with the checks of AMD64 APM volume 2, chapter 4 (legacy and compatibility
// mode) and the canonical check of 64-bit mode.

import { VECTOR_GP, VECTOR_SS } from "../../../abi/x86/registers.ts";
import { FS, SEG_ATTRIBUTES, SEG_BASE, SEG_LIMIT, SS } from "../interface.ts";
import { raiseException } from "../system/fault.ts";
import {
  ATTR_CE,
  ATTR_CODE,
  ATTR_DB,
  ATTR_P,
  ATTR_RW,
  inLongCode,
  inRealAddressing,
  segmentAt,
} from "../system/mode.ts";

/** Bits of a canonical address below the sign. */
const CANONICAL_BITS: u32 = 47;

/** Whether bits 63 to 47 of an address are equal. */
export function isCanonical(address: u64): bool {
  const sign = <i64>address >> CANONICAL_BITS;
  return sign == 0 || sign == -1;
}

function segmentFault(s: u32, segment: u32): u64 {
  raiseException(s, segment == SS ? VECTOR_SS : VECTOR_GP, 0);
  return 0;
}

/** Whether `size` bytes at `offset` are within a segment's limit. */
function withinLimit(at: u32, offset: u64, size: u32): bool {
  const attributes = load<u32>(at, SEG_ATTRIBUTES);
  const limit = <u64>load<u32>(at, SEG_LIMIT);
  const last = offset + (size - 1);
  if ((attributes & (ATTR_CODE | ATTR_CE)) != ATTR_CE) return last <= limit;
  return offset > limit && last <= (attributes & ATTR_DB ? 0xffffffff : 0xffff);
}

function permitsAccess(attributes: u32, write: bool): bool {
  if (!(attributes & ATTR_P)) return false;
  if (attributes & ATTR_CODE) return !write && (attributes & ATTR_RW) != 0;
  return !write || (attributes & ATTR_RW) != 0;
}

/**
 * Linear address of `size` bytes at `offset` in segment number `segment` (ES to GS); sets #SS(0) for SS and #GP(0) for the
 * others where the access is not permitted. Outside 64-bit code `offset` must already be cut to the address size.
 */
export function linearAddress(s: u32, segment: u32, offset: u64, size: u32, write: bool): u64 {
  const at = segmentAt(s, segment);
  if (inLongCode(s)) {
    const linear = segment >= FS ? offset + load<u64>(at, SEG_BASE) : offset;
    if (isCanonical(linear) && isCanonical(linear + (size - 1))) return linear;
    return segmentFault(s, segment);
  }
  if (!inRealAddressing(s) && !permitsAccess(load<u32>(at, SEG_ATTRIBUTES), write))
    return segmentFault(s, segment);
  if (!withinLimit(at, offset, size)) return segmentFault(s, segment);
  return (load<u64>(at, SEG_BASE) + offset) & 0xffffffff;
}
