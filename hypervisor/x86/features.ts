// Bits of control registers that exist where CPUID announces them (AMD64 Architecture Programmer's Manual, volume 3, appendix E).

import { cpuid } from "./platform.ts";

/** Base of the extended leaves; EAX of either base has the last leaf. */
const EXTENDED: u32 = 0x80000000;
/** A row: leaf, PART_*, the feature's bit there, the register's bits; a row without bits ends the table. */
const ROW_PART: usize = 4;
const ROW_FEATURE: usize = 8;
const ROW_BITS: usize = 12;
const ROW_SIZE: usize = 16;

/** Parts of a leaf's result. */
export const PART_EBX: u32 = 1;
/** ECX. */
export const PART_ECX: u32 = 2;
/** EDX. */
export const PART_EDX: u32 = 3;

/** Part of a leaf that may not exist: it is 0 then. */
export function featurePart(cpu: u32, leaf: u32, part: u32): u32 {
  return cpuid(cpu, leaf & EXTENDED, 0, 0) >= leaf ? cpuid(cpu, leaf, 0, part) : 0;
}

/** The bits of all rows of `table` (see above) whose feature the calling CPU announces. */
export function announcedBits(cpu: u32, table: usize): u64 {
  let bits: u64 = 0;
  for (let row = table; load<u32>(row, ROW_BITS); row += ROW_SIZE) {
    const part = featurePart(cpu, load<u32>(row), load<u32>(row, ROW_PART));
    if (part & load<u32>(row, ROW_FEATURE)) bits |= load<u32>(row, ROW_BITS);
  }
  return bits;
}
