// MSRs that each processor has of its own: how a vendor's table of them (reset-msrs.ts) is read.

import * as hw from "./hw.ts";

/** CPUID: its registers, and leaves that announce MSRs on both vendors' processors. */
export const EAX: u32 = 0;
export const EBX: u32 = 1;
export const ECX: u32 = 2;
export const EDX: u32 = 3;
export const LEAF_BASIC: u32 = 0x1;
export const LEAF_POWER: u32 = 0x6;
export const LEAF_STRUCTURED: u32 = 0x7;
export const LEAF_EXTENDED: u32 = 0x80000001;
/** First of the extended leaves; EAX of it, and of leaf 0, is the last one. */
const LEAVES_EXTENDED: u32 = 0x80000000;

/**
 * A row for each range: first and last MSR, both halves of the value, then what announces it: a CPUID leaf, one of its
 * registers, and bits of which any will do. Leaf 0: every processor has it, or nothing announces it.
 */
@unmanaged
class Row {
  first: u32;
  last: u32;
  low: u32;
  high: u32;
  leaf: u32;
  register: u32;
  mask: u32;
}

/** Whether CPUID announces a row's MSRs. */
function isAnnounced(row: Row): bool {
  if (!row.leaf) return true;
  if (row.leaf > hw.cpuid(row.leaf & LEAVES_EXTENDED, 0, EAX)) return false;
  return (hw.cpuid(row.leaf, 0, row.register) & row.mask) !== 0;
}

/** Gives the calling CPU's MSRs the values of the `rows` at `table`, in their order. One that faults is left. */
export function writeRows(table: usize, rows: u32): void {
  for (let index: u32 = 0; index < rows; index++) {
    const row = changetype<Row>(table + index * offsetof<Row>());
    if (!isAnnounced(row)) continue;
    const value = ((<u64>row.high) << 32) | row.low;
    for (let msr = row.first; msr <= row.last; msr++) hw.tryWriteMsr(msr, value);
  }
}
