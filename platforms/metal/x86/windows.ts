// Physical memory outside the hypervisor's: a CPU sees it through windows of its own, a page or two for an access, 2 MiB for
// filling. A window shows what is being accessed, and nothing before and after: whatever a guest makes this code do
// speculatively, the memory of others is not mapped. The one exception is the page of the local APIC, which is each CPU's own.
//
// Any address may be named. One that the processor does not have (reserved bits of the entry) or does not let through (AMD's
// HyperTransport range) raises a page fault at the access, which native code turns into a refusal; a hole in the bus reads as
// the bus has it.

import { APIC_PAGE } from "../../../abi/x86/apic.ts";
import {
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_LARGE,
  PTE_PRESENT,
  PTE_WRITABLE,
} from "../../../abi/x86/registers.ts";
import { PANIC_OWN_MEMORY } from "../numbers.ts";
import { allocate, PAGE } from "../pool.ts";
import { CPUS_MAX } from "./cpu.ts";
import * as hw from "./hw.ts";
import { APIC_WINDOW, LARGE_WINDOWS, WINDOWS } from "./numbers.ts";

const NO_EXECUTE: u64 = 1 << 63;
const TABLE: u64 = PTE_PRESENT | PTE_WRITABLE;
const DATA: u64 = NO_EXECUTE | PTE_ACCESSED | PTE_DIRTY | TABLE;
const PAGE_MASK: u64 = 0xfff;
/** End of all physical addresses that an entry of a page table has room for. */
const ADDRESS_END: u64 = 1 << 52;
const ENTRY_SIZE: u32 = 8;
/** What an entry of each level spans, by its logarithm. */
const ROOT_SHIFT: u32 = 39;
const GIB_SHIFT: u32 = 30;
const LARGE_SHIFT: u32 = 21;
const PAGE_SHIFT: u32 = 12;
const INDEX_MASK: u32 = 0x1ff;
const LARGE_PAGE: u64 = 1 << LARGE_SHIFT;
/** Pages of a CPU's window for accesses: they can cross a bound. */
const PAGES: u32 = 2;

if (CPUS_MAX * PAGES > INDEX_MASK + 1) ERROR("the windows of all CPUs need more than a table");

@unmanaged
class Windows {
  /** The entries of all CPUs' windows for accesses, PAGES each. */
  pages: usize;
  /** The entries of all CPUs' windows for filling. */
  large: usize;
}

const STATE: usize = memory.data(8, 4);

function windows(): Windows {
  return changetype<Windows>(STATE);
}

/** The entry for linear address `at` in `table`, whose entries span 1 << `shift` bytes. */
function entryOf(table: usize, at: u64, shift: u32): usize {
  return table + (<u32>(at >> shift) & INDEX_MASK) * ENTRY_SIZE;
}

/** The table below the entry for `at`, made if there is none. 0 when the pool is exhausted. */
function tableBelow(table: usize, at: u64, shift: u32): usize {
  if (!table) return 0;
  const entry = entryOf(table, at, shift);
  const present = load<u64>(entry);
  if (present) return <usize>((present & ~(PAGE_MASK | NO_EXECUTE)) - hw.physicalOf(0));
  const below = allocate(1);
  if (below) store<u64>(entry, hw.physicalOf(below) | TABLE);
  return below;
}

/** Makes the tables of all windows in the page table `root`; once. Returns false when the pool is exhausted. */
export function windowsInit(root: usize): bool {
  const state = windows();
  const gibs = tableBelow(root, WINDOWS, ROOT_SHIFT);
  const own = tableBelow(gibs, WINDOWS, GIB_SHIFT);
  state.pages = tableBelow(own, WINDOWS, LARGE_SHIFT);
  state.large = tableBelow(gibs, LARGE_WINDOWS, GIB_SHIFT);
  const fixed = tableBelow(own, APIC_WINDOW, LARGE_SHIFT);
  if (!state.pages || !state.large || !fixed) return false;
  store<u64>(entryOf(fixed, APIC_WINDOW, PAGE_SHIFT), APIC_PAGE | DATA);
  return true;
}

/** Whether an entry can name [address, address+size). The hypervisor's own memory is nobody's to name. */
function isNameable(address: u64, size: u64): bool {
  if (address >= ADDRESS_END || size > ADDRESS_END - address) return false;
  const start = hw.hypervisorStart();
  if (address < start + hw.hypervisorSize() && address + size > start) hw.panic(PANIC_OWN_MEMORY);
  return true;
}

/** Shows the calling CPU the page of `address`, with `isLong` the next one too. Returns the address's place. */
function open(address: u64, isLong: bool): u64 {
  const entry = windows().pages + hw.cpuIndex() * PAGES * ENTRY_SIZE;
  const page = address & ~PAGE_MASK;
  store<u64>(entry, page | DATA);
  if (isLong) store<u64>(entry, (page + PAGE) | DATA, ENTRY_SIZE);
  return WINDOWS + hw.cpuIndex() * PAGES * PAGE + (address & PAGE_MASK);
}

/** Ends `open`. A processor keeps no translation of what is not there, so that opening needs no flush. */
function close(isLong: bool): void {
  const number = hw.cpuIndex() * PAGES;
  const place = WINDOWS + number * PAGE;
  store<u64>(windows().pages + number * ENTRY_SIZE, 0);
  hw.invalidatePage(place);
  if (!isLong) return;
  store<u64>(windows().pages + (number + 1) * ENTRY_SIZE, 0);
  hw.invalidatePage(place + PAGE);
}

function isLong(address: u64, size: u32): bool {
  return (address & PAGE_MASK) + size > PAGE;
}

/** Reads physical memory, `size` 1, 2, 4 or 8 bytes in one access; all ones where it cannot be read. */
export function readPhysical(address: u64, size: u32): u64 {
  if (!isNameable(address, size)) return ~0;
  const both = isLong(address, size);
  const value = hw.windowRead(open(address, both), size) ? hw.windowValue() : ~0;
  close(both);
  return value;
}

/** Writes physical memory, as readPhysical; ignored where it cannot be written. */
export function writePhysical(address: u64, size: u32, value: u64): void {
  if (!isNameable(address, size)) return;
  const both = isLong(address, size);
  hw.windowWrite(open(address, both), size, value);
  close(both);
}

/** Copies physical memory within a page to the core's. Returns false where it cannot be read. */
export function copyPhysical(address: u64, destination: u32, size: u32): bool {
  if (!isNameable(address, size)) return false;
  const isCopied = hw.windowToCore(open(address, false), destination, size) !== 0;
  close(false);
  return isCopied;
}

/** Fills 2 MiB of physical memory with zeros. */
function clearLarge(address: u64): void {
  const number = hw.cpuIndex();
  const place = LARGE_WINDOWS + number * LARGE_PAGE;
  const entry = windows().large + number * ENTRY_SIZE;
  store<u64>(entry, address | DATA | PTE_LARGE);
  hw.windowClear(place, LARGE_PAGE);
  store<u64>(entry, 0);
  hw.invalidatePage(place);
}

function clearPage(address: u64, size: u64): void {
  hw.windowClear(open(address, false), size);
  close(false);
}

/** Fills physical memory with zeros; ignored where it cannot be written. */
export function clearPhysical(address: u64, size: u64): void {
  if (!isNameable(address, size)) return;
  const end = address + size;
  for (let at = address; at < end; ) {
    const isLarge = !(at & (LARGE_PAGE - 1)) && end - at >= LARGE_PAGE;
    const piece = isLarge ? LARGE_PAGE : min<u64>(end - at, PAGE - (at & PAGE_MASK));
    if (isLarge) clearLarge(at);
    else clearPage(at, piece);
    at += piece;
  }
}
