// Device memory above 4 GiB: the start-up maps what is below, one to one. 64-bit inmates only.
import { PTE_LARGE, PTE_PRESENT, PTE_WRITABLE } from "../../abi/x86/registers.ts";
import { invalidatePage, readPageTable } from "./hardware.ts";
import { allocate } from "./heap.ts";

const PAGE_SIZE: u32 = 4096;
const LARGE_PAGE_SIZE: u64 = 0x200000;
const ADDRESS_MASK: u64 = 0x000ffffffffff000;
const ENTRY_SHIFT: u32 = 3;
const INDEX_MASK: u32 = 511;
/** Address bits below the index of each level. */
const LEVEL_4_SHIFT: u32 = 39;
const LEVEL_3_SHIFT: u32 = 30;
const LEVEL_2_SHIFT: u32 = 21;

function entryAt(table: u32, address: u64, shift: u32): u32 {
  return table + ((<u32>(address >> shift) & INDEX_MASK) << ENTRY_SHIFT);
}

/** The table that an entry points to; a new one if there is none. */
function tableBelow(entry: u32): u32 {
  const value = load<u64>(entry);
  if ((value & PTE_PRESENT) != 0) return <u32>(value & ADDRESS_MASK);
  const table = allocate(PAGE_SIZE, PAGE_SIZE);
  store<u64>(entry, <u64>(table | PTE_PRESENT | PTE_WRITABLE));
  return table;
}

/** Maps the large pages (2 MiB) that hold `size` bytes at a physical address, one to one. */
export function mapRange(address: u64, size: u64): void {
  const root = <u32>(readPageTable() & ADDRESS_MASK);
  for (
    let page = address & ~(LARGE_PAGE_SIZE - 1);
    page < address + size;
    page += LARGE_PAGE_SIZE
  ) {
    const level3 = tableBelow(entryAt(root, page, LEVEL_4_SHIFT));
    const level2 = tableBelow(entryAt(level3, page, LEVEL_3_SHIFT));
    store<u64>(entryAt(level2, page, LEVEL_2_SHIFT), page | PTE_LARGE | PTE_PRESENT | PTE_WRITABLE);
    invalidatePage(page);
  }
}
