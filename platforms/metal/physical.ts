// The hypervisor's own page table, and physical memory through it. Physical memory beyond the first 512 GiB gets there when
// it is used. Nothing of the hypervisor's memory is both writable and executable, each stack begins with a page that is not
// there, and the direct map leaves the hypervisor's memory out.

import {
  CR4_LA57,
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_USER,
  PTE_WRITABLE,
} from "../../abi/x86/registers.ts";
import { CPUID_ADDRESS_SIZES } from "../../abi/x86/svm.ts";
import * as hw from "./hw.ts";
import {
  CPU_SIZE,
  DIRECT_MAP,
  PART_CODE,
  PART_CONFIG,
  PART_CONSTANTS,
  PART_CPUS,
  PART_DATA,
  PART_END,
  VIRTUAL_BASE,
} from "./numbers.ts";
import { change, tablesFor } from "./paging.ts";
import { allocate, free, PAGE, promise, withdraw } from "./pool.ts";
import { acquire, give } from "./spin.ts";

const NO_EXECUTE: u64 = 1 << 63;
const READ: u64 = PTE_PRESENT | PTE_ACCESSED | PTE_DIRTY;
const DATA: u64 = NO_EXECUTE | PTE_WRITABLE | READ;
/** What one entry of the root maps: 512 GiB. */
const SLOT_SHIFT: u32 = 39;
const SLOT_SIZE: u64 = 1 << 39;
const SLOT_MASK: u64 = 0x1ff;
const ENTRY_SHIFT: u32 = 3;
/** The entry of a fifth level's table that leads to the root. */
const LAST_ENTRY: u32 = 511;
const TABLE_BITS: u64 = PTE_PRESENT | PTE_WRITABLE | PTE_USER;
/** Most bits of addresses that the direct map has room for. */
const ADDRESS_BITS_MAX: u32 = 46;
const ADDRESS_SIZE_MASK: u32 = 0xff;
/**
 * The end of the fourth GiB, where firmware is that nobody reads here: with a hole in it the GiB is mapped by 2 MiB pages, so
 * that no page has both RAM and the devices below 4 GiB in it.
 */
const FIRMWARE: u64 = 0xffe00000;
const FIRMWARE_SIZE: u64 = 0x200000;
/** Tables of the direct map's holes and of the hypervisor's memory: two for each bound. */
const HOLE_TABLES: u32 = 8;

@unmanaged
class Host {
  /** What CR3 gets. */
  top: u64;
  /** First address that no processor here has. */
  limit: u64;
  /** The table of four levels. */
  root: usize;
  lock: u32;
}

const HOST: usize = memory.data(24, 8);

function host(): Host {
  return changetype<Host>(HOST);
}

/** Maps [first, end) of the hypervisor's memory, offsets of whole pages. */
function mapOwn(first: u32, end: u32, bits: u64): void {
  change(host().root, VIRTUAL_BASE + first, hw.hypervisorStart() + first, end - first, bits, false);
}

function mapImage(): void {
  const constants = hw.partOffset(PART_CONSTANTS);
  const data = hw.partOffset(PART_DATA);
  mapOwn(hw.partOffset(PART_CODE), constants, READ);
  mapOwn(constants, data, READ | NO_EXECUTE);
  mapOwn(data, hw.partOffset(PART_END), DATA);
  for (let at = hw.partOffset(PART_CPUS); at < hw.partOffset(PART_CONFIG); at += CPU_SIZE)
    mapOwn(at, at + PAGE, 0);
}

/** Adds the 512 GiB of physical memory that `address` lies in. Returns false when the pool is exhausted. */
function mapSlot(address: u64): bool {
  if (!promise(1)) return false;
  const start = address & ~(SLOT_SIZE - 1);
  change(host().root, DIRECT_MAP + start, start, SLOT_SIZE, DATA, false);
  withdraw(1);
  return true;
}

/** Makes the hypervisor's page table; once. Returns false when the pool is exhausted. */
export function hostInit(): bool {
  const state = host();
  const start = hw.hypervisorStart();
  const size = hw.hypervisorSize();
  const bits = hw.cpuid(CPUID_ADDRESS_SIZES, 0, 0) & ADDRESS_SIZE_MASK;
  state.limit = (<u64>1) << min(bits, ADDRESS_BITS_MAX);
  const cpus = (hw.partOffset(PART_CONFIG) - hw.partOffset(PART_CPUS)) / CPU_SIZE;
  const tables = <u32>tablesFor(VIRTUAL_BASE, start, size, false) + HOLE_TABLES + cpus;
  state.root = allocate(1);
  if (!state.root || !promise(tables)) return false;
  mapImage();
  if (!mapSlot(0)) return false;
  if (!reaches(start + size - 1)) return false;
  change(state.root, DIRECT_MAP + start, 0, size, 0, false);
  change(state.root, DIRECT_MAP + FIRMWARE, 0, FIRMWARE_SIZE, 0, false);
  withdraw(tables);
  state.top = rootFor(state.root, LAST_ENTRY);
  return state.top !== 0;
}

/**
 * Physical address of what a processor in the present paging mode wants as the root of the table of four levels `root`: with
 * five levels, a table that has it as entry `entry`. 0 when the pool is exhausted.
 */
export function rootFor(root: usize, entry: u32): u64 {
  if (!(hw.readControl(4) & CR4_LA57)) return hw.physicalOf(root);
  const top = allocate(1);
  if (!top) return 0;
  store<u64>(top + (entry << ENTRY_SHIFT), hw.physicalOf(root) | TABLE_BITS);
  return hw.physicalOf(top);
}

/** Goes over to the hypervisor's page table on this CPU. */
export function useHost(): void {
  hw.useOwnTables(host().top);
}

/** First physical address that no processor here has. */
export function physicalLimit(): u64 {
  return host().limit;
}

/** Whether physical `address` is in the direct map, or can be added. */
function reaches(address: u64): bool {
  const state = host();
  if (address < SLOT_SIZE) return true;
  if (address >= state.limit) return false;
  const index = <u32>((((DIRECT_MAP + address) >> SLOT_SHIFT) & SLOT_MASK) << ENTRY_SHIFT);
  acquire(HOST + offsetof<Host>("lock"));
  const isMapped = load<u64>(state.root + index) !== 0 || mapSlot(address);
  give(HOST + offsetof<Host>("lock"));
  return isMapped;
}

/** Reads physical memory; all ones where there is none. */
export function readPhysical(address: u64, size: u32): u64 {
  return reaches(address) ? hw.physicalRead(address, size) : ~0;
}

/** Writes physical memory; ignored where there is none. */
export function writePhysical(address: u64, size: u32, value: u64): void {
  if (reaches(address)) hw.physicalWrite(address, size, value);
}

/** Fills physical memory with zeros; ignored where there is none. */
export function clearPhysical(address: u64, size: u64): void {
  const end = min(address + size, host().limit);
  for (let at = address; at < end; ) {
    const piece = min(end, (at | (SLOT_SIZE - 1)) + 1) - at;
    if (reaches(at)) hw.physicalClear(at, piece);
    at += piece;
  }
}

/** Copies physical memory within a page to the core's. Returns false where there is none. */
export function copyPhysical(address: u64, destination: u32, size: u32): bool {
  if (!reaches(address)) return false;
  hw.physicalToCore(address, destination, size);
  return true;
}

/** Frees a root that `rootFor` made. */
export function freeRoot(root: usize, top: u64): void {
  if (top !== hw.physicalOf(root)) free(<usize>(top - hw.physicalOf(0)), 1);
}
