// Memory type registers (AMD64 APM volume 2, sections 7.7 and 7.8): which exist and which values they take. Types have no effect
// here: there are no caches.

import { MSR_MTRR_DEF_TYPE, MSR_MTRR_FIRST } from "../../../abi/x86/msr.ts";

/** Number of variable ranges, a base and a mask each. */
export const MTRR_VARIABLE: u32 = 8;
/** First fixed range: 64 KiB parts of the first 512 KiB. */
const MTRR_FIXED_64K: u32 = 0x250;
/** Fixed ranges of 16 KiB parts. */
const MTRR_FIXED_16K: u32 = 0x258;
/** First of the eight fixed ranges of 4 KiB parts. */
const MTRR_FIXED_4K: u32 = 0x268;
/** Last fixed range. */
const MTRR_FIXED_LAST: u32 = 0x26f;
/** Default type: type, fixed enable, enable. */
const DEF_TYPE_BITS: u64 = 0xcff;
/** Variable base: type and address. */
const BASE_BITS: u64 = 0xfffffff0ff;
/** Variable mask: valid bit and address. */
const MASK_BITS: u64 = 0xfffffff800;
/** Types: uncacheable, write-combining, write-through, write-protect, write-back. */
const TYPES: u32 = 0x73;
/** The same with "UC-", which PAT alone has. */
const PAT_TYPES: u32 = 0xf3;

function isVariable(msr: u32): bool {
  return msr >= MSR_MTRR_FIRST && msr < MSR_MTRR_FIRST + 2 * MTRR_VARIABLE;
}

/** Whether a register is a variable or fixed MTRR. */
export function isMtrr(msr: u32): bool {
  if (isVariable(msr) || msr == MTRR_FIXED_64K) return true;
  if (msr == MTRR_FIXED_16K || msr == MTRR_FIXED_16K + 1) return true;
  return msr >= MTRR_FIXED_4K && msr <= MTRR_FIXED_LAST;
}

/** Whether all eight bytes of a value are types of the set. */
function areTypes(value: u64, types: u32): bool {
  for (let i: u32 = 0; i < 8; i++) {
    const type = <u32>(value >> (i * 8)) & 0xff;
    if (type > 7 || !((types >> type) & 1)) return false;
  }
  return true;
}

/** Whether PAT takes a value. */
export function isValidPat(value: u64): bool {
  return areTypes(value, PAT_TYPES);
}

/** Whether an MTRR, or the default type register, takes a value. */
export function isValidMtrr(msr: u32, value: u64): bool {
  if (msr != MSR_MTRR_DEF_TYPE && !isVariable(msr)) return areTypes(value, TYPES);
  const isMask = msr != MSR_MTRR_DEF_TYPE && (msr & 1) != 0;
  if (isMask) return (value & ~MASK_BITS) == 0;
  const bits = msr == MSR_MTRR_DEF_TYPE ? DEF_TYPE_BITS : BASE_BITS;
  return (value & ~bits) == 0 && areTypes(value & 0xff, TYPES);
}
