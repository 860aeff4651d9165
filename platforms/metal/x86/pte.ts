// What distinguishes entries of AMD64's page tables (AMD64 Architecture Programmer's Manual, volume 2, section 5.3). An entry is
// 0, or leads to a table, or is a page: paging.ts knows no more about it. Level 1 has pages only.

import { PTE_LARGE, PTE_PRESENT, PTE_USER, PTE_WRITABLE } from "../../../abi/x86/registers.ts";

/** An entry's bits that lead to a table: it grants everything, pages decide. */
export const TABLE_BITS: u64 = PTE_PRESENT | PTE_WRITABLE | PTE_USER;

/** Whether an entry of a level above 1 leads to a table. */
export function isTable(entry: u64): bool {
  return entry !== 0 && !(entry & PTE_LARGE);
}

/** The bits that make an entry of `level` a page. */
export function pageBits(level: u32): u64 {
  return level > 1 ? PTE_LARGE : 0;
}

/** A page of level 2 as one of level 1. */
export function asSmallest(entry: u64): u64 {
  return entry & ~(<u64>PTE_LARGE);
}

/** A page of any level as one of the level above. */
export function asLarger(entry: u64): u64 {
  return entry | PTE_LARGE;
}
