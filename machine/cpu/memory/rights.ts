// What may be done with a page: rights combined over all levels of the guest's tables, in one word.

import {
  CR0_WP,
  CR4_SMEP,
  PF_FETCH,
  PF_USER,
  PF_WRITE,
  PTE_DIRTY,
  PTE_USER,
  PTE_WRITABLE,
} from "../../../abi/x86/registers.ts";
import { S_CR0, S_CR4 } from "../interface.ts";

/** Right, beside PTE_WRITABLE, PTE_USER and PTE_DIRTY: not executable. */
export const RIGHT_NX: u32 = 0x80000000;
/** Where nothing is translated, or at the root of the tables. */
export const ALL_RIGHTS: u32 = PTE_WRITABLE | PTE_USER | PTE_DIRTY;
/** No-execute bit of a table's entry. */
export const PTE_NX: u64 = 0x8000000000000000;
const NX_SHIFT: u64 = 32;

/** Rights of what an entry leads to, where those of the tables above it are `rights`; PTE_DIRTY is that of the entry. */
export function throughEntry(rights: u32, entry: u64): u32 {
  const granted = rights & <u32>entry & (PTE_WRITABLE | PTE_USER);
  return (
    granted | (<u32>entry & PTE_DIRTY) | (rights & RIGHT_NX) | <u32>((entry & PTE_NX) >> NX_SHIFT)
  );
}

/** An entry, its rights made those that are combined. */
export function withRights(entry: u64, rights: u32): u64 {
  const others = entry & ~(PTE_NX | PTE_WRITABLE | PTE_USER | PTE_DIRTY);
  return others | (rights & ~RIGHT_NX) | ((<u64>(rights & RIGHT_NX)) << NX_SHIFT);
}

/** Whether rights permit an access (PF_WRITE, PF_FETCH, PF_USER) in the present mode. */
export function permits(s: u32, rights: u32, access: u32): bool {
  if (access & PF_USER && !(rights & PTE_USER)) return false;
  if (access & PF_WRITE && !(rights & PTE_WRITABLE)) {
    if (access & PF_USER || load<u32>(s, S_CR0) & CR0_WP) return false;
  }
  if (!(access & PF_FETCH)) return true;
  if (rights & RIGHT_NX) return false;
  return !(rights & PTE_USER) || (access & PF_USER) !== 0 || !(load<u32>(s, S_CR4) & CR4_SMEP);
}
