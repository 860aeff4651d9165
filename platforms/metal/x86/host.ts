// The hypervisor's own page table. Nothing of the hypervisor's memory is both writable and executable, and each stack begins
// with a page that is not there. Of all other memory only what is being used is mapped, for as long (windows.ts).

import {
  CPUID_ADDRESS_SIZES,
  CR4_LA57,
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_USER,
  PTE_WRITABLE,
} from "../../../abi/x86/registers.ts";
import {
  CPU_SIZE,
  PART_CODE,
  PART_CONFIG,
  PART_CONSTANTS,
  PART_CPUS,
  PART_DATA,
  PART_END,
  VIRTUAL_BASE,
} from "../numbers.ts";
import { change, tablesFor } from "../paging.ts";
import { allocate, free, PAGE, promise, withdraw } from "../pool.ts";
import * as hw from "./hw.ts";
import { windowsInit } from "./windows.ts";

const NO_EXECUTE: u64 = 1 << 63;
const READ: u64 = PTE_PRESENT | PTE_ACCESSED | PTE_DIRTY;
const DATA: u64 = NO_EXECUTE | PTE_WRITABLE | READ;
const ENTRY_SHIFT: u32 = 3;
/** The entry of a fifth level's table that leads to the root. */
const LAST_ENTRY: u32 = 511;
const TABLE_BITS: u64 = PTE_PRESENT | PTE_WRITABLE | PTE_USER;
/** Most bits of guest-physical addresses: a nested page table has four levels, like this one. */
const GUEST_BITS_MAX: u32 = 48;
const ADDRESS_SIZE_MASK: u32 = 0xff;

@unmanaged
class Host {
  /** What CR3 gets. */
  top: u64;
  /** First guest-physical address that no cell can have. */
  limit: u64;
  /** The table of four levels. */
  root: usize;
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

/** Makes the hypervisor's page table; once. Returns false when the pool is exhausted. */
export function hostInit(): bool {
  const state = host();
  const bits = hw.cpuid(CPUID_ADDRESS_SIZES, 0, 0) & ADDRESS_SIZE_MASK;
  state.limit = (<u64>1) << min(bits, GUEST_BITS_MAX);
  const cpus = (hw.partOffset(PART_CONFIG) - hw.partOffset(PART_CPUS)) / CPU_SIZE;
  const tables =
    <u32>tablesFor(VIRTUAL_BASE, hw.hypervisorStart(), hw.hypervisorSize(), false) + cpus;
  state.root = allocate(1);
  if (!state.root || !promise(tables)) return false;
  mapImage();
  withdraw(tables);
  if (!windowsInit(state.root)) return false;
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

/** Frees a root that `rootFor` made. */
export function freeRoot(root: usize, top: u64): void {
  if (top !== hw.physicalOf(root)) free(<usize>(top - hw.physicalOf(0)), 1);
}

/** Goes over to the hypervisor's page table on this CPU. */
export function useHost(): void {
  hw.useOwnTables(host().top);
}

/** First guest-physical address that no cell can have. */
export function guestLimit(): u64 {
  return host().limit;
}
