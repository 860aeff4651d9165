// What distinguishes entries of Arm64's translation tables with 4 KiB granule (Arm Architecture Reference Manual, DDI 0487,
// section D8.3). An entry is 0, or leads to a table, or is a page: ../paging.ts knows no more about it. Its level 1, which has
// pages only, is the manual's level 3.

const VALID: u64 = 1;
/** Valid: a table, or a page of the manual's level 3; without it a block. */
const NOT_BLOCK: u64 = 2;

/** An entry's bits that lead to a table: it restricts nothing, pages decide. */
export const TABLE_BITS: u64 = VALID | NOT_BLOCK;

/** Whether an entry of a level above 1 leads to a table. */
export function isTable(entry: u64): bool {
  return (entry & NOT_BLOCK) !== 0;
}

/** The bits that make an entry of `level` a page. */
export function pageBits(level: u32): u64 {
  return level > 1 ? VALID : VALID | NOT_BLOCK;
}

/** A page of level 2 as one of level 1. */
export function asSmallest(entry: u64): u64 {
  return entry | NOT_BLOCK;
}

/** A page of any level as one of the level above. */
export function asLarger(entry: u64): u64 {
  return entry & ~NOT_BLOCK;
}
