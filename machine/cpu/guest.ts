// Cells' view of physical memory: guest control blocks (G_*) and nested page tables, in pages of the pool. A table has 512
// entries of 8 bytes and four levels; level 2 may map 2 MiB at once.

import {
  ACCESS_FETCH,
  ACCESS_WRITE,
  MAP_EXECUTE,
  MAP_READ,
  MAP_WRITE,
} from "../../abi/platform.ts";
import { PF_FETCH, PF_WRITE } from "../../abi/x86/registers.ts";
import {
  EXIT_MEMORY,
  G_EXCEPTIONS,
  G_INTERCEPTS,
  G_MSR_READS,
  G_MSR_WRITES,
  G_PORTS,
  G_SIZE,
  G_TABLE,
  INTERCEPT_CPUID,
  INTERCEPT_CR0,
  INTERCEPT_XSETBV,
  S_GUEST,
} from "./interface.ts";
import { NO_ADDRESS, PAGE_OFFSET, PAGE_SHIFT, PAGE_SIZE } from "./memory/layout.ts";
import { allocatePages, freePages, poolPages } from "./memory/pool.ts";
import { foundRights, walkNested } from "./svm/nested.ts";
import { S_NESTED } from "./svm/state.ts";
import { raiseExit } from "./system/fault.ts";

/** Access flag beside ACCESS_*: an entry of the guest's page tables. */
export const ACCESS_TABLE: u32 = 0x10000;
/** Entry: points to a table of the next level (host address in place of the frame). */
const ENTRY_TABLE: u64 = 0x100;
/** Entry: MAP_* rights of a leaf; all zero = not mapped. */
const ENTRY_RIGHTS: u64 = 0x7;
/** Entry: frame or table. */
const ENTRY_FRAME: u64 = 0x000ffffffffff000;
/** Bits of an address that one level resolves. */
const LEVEL_BITS: u32 = 9;
/** Entries of a table. */
const TABLE_ENTRIES: u32 = 512;
/** First guest-physical address that no table can map. */
const ADDRESS_END: u64 = 0x1000000000000;
/** What one entry of level 2 maps. */
const LARGE_SIZE: u64 = 0x200000;
/** Below this, `reserveGuest` sets aside tables for every page; above, for every 2 MiB. */
const FINE_END: u64 = 0x100000000;

function entryAt(table: u32, address: u64, level: u32): u32 {
  const index = <u32>(address >> (PAGE_SHIFT + (level - 1) * LEVEL_BITS)) & (TABLE_ENTRIES - 1);
  return table + index * 8;
}

/** Leaf that maps `address`, its frame made that of the 4 KiB page; 0 = none. */
function lookup(guest: u32, address: u64): u64 {
  if (address >= ADDRESS_END) return 0;
  let table = load<u32>(guest, G_TABLE);
  for (let level: u32 = 4; level > 1; level--) {
    const entry = load<u64>(entryAt(table, address, level));
    if (!(entry & ENTRY_TABLE))
      return entry == 0 ? 0 : entry + (address & (LARGE_SIZE - 1) & ~(<u64>PAGE_OFFSET));
    table = <u32>(entry & ENTRY_FRAME);
  }
  return load<u64>(entryAt(table, address, 1));
}

/** Physical address for an access that needs all MAP_* rights in `access`, or NO_ADDRESS. */
export function translateGuest(guest: u32, address: u64, access: u32): u64 {
  const entry = lookup(guest, address);
  if (entry == 0 || (entry & access) != access) return NO_ADDRESS;
  return (entry & ENTRY_FRAME) | (address & PAGE_OFFSET);
}

/** The same by the tables of an SVM guest. Accesses of its page tables are writes (AMD64 APM volume 2, section 15.25.5). */
function nestedBySvm(s: u32, address: u64, access: u32): u64 {
  const isTable = (access & ACCESS_TABLE) !== 0;
  const kind =
    (access & ACCESS_WRITE || isTable ? PF_WRITE : 0) | (access & ACCESS_FETCH ? PF_FETCH : 0);
  return walkNested(s, address, kind, isTable);
}

/**
 * Physical address of a guest-physical one on a CPU; `access` is ACCESS_* (0 = read). Sets EXIT_MEMORY where the cell's map
 * does not grant it. Without a guest the two are the same. Writes need MAP_READ too, as on the hardware.
 */
export function nestedAddress(s: u32, address: u64, access: u32): u64 {
  const guest = load<u32>(s, S_GUEST);
  if (guest == 0) return load<u32>(s, S_NESTED) === 0 ? address : nestedBySvm(s, address, access);
  let rights = access & ACCESS_FETCH ? MAP_EXECUTE : MAP_READ;
  if (access & ACCESS_WRITE) rights |= MAP_WRITE;
  const phys = translateGuest(guest, address, rights);
  if (phys == NO_ADDRESS) raiseExit(s, EXIT_MEMORY, address, access & ~ACCESS_TABLE);
  return phys;
}

/**
 * What the map of the cell, or of the SVM guest, grants (MAP_*) at a guest-physical address on a CPU, of which `nestedAddress` was just
 * asked; everything without a guest.
 */
export function nestedRights(s: u32, address: u64): u32 {
  const guest = load<u32>(s, S_GUEST);
  if (load<u32>(s, S_NESTED) !== 0) return foundRights();
  return <u32>((guest === 0 ? ENTRY_RIGHTS : lookup(guest, address)) & ENTRY_RIGHTS);
}

/** Makes a guest control block that intercepts everything and maps nothing; 0 when the pool is exhausted. */
export function createGuest(): u32 {
  const guest = allocatePages(G_SIZE / PAGE_SIZE);
  if (guest == 0) return 0;
  const table = allocatePages(1);
  if (table == 0) {
    freePages(guest, G_SIZE / PAGE_SIZE);
    return 0;
  }
  store<u32>(guest, table, G_TABLE);
  store<u32>(guest, INTERCEPT_CPUID | INTERCEPT_CR0 | INTERCEPT_XSETBV, G_INTERCEPTS);
  store<u32>(guest, 0xffffffff, G_EXCEPTIONS);
  memory.fill(guest + G_PORTS, 0xff, G_MSR_READS - G_PORTS);
  memory.fill(guest + G_MSR_READS, 0xff, G_MSR_WRITES - G_MSR_READS);
  memory.fill(guest + G_MSR_WRITES, 0xff, G_SIZE - G_MSR_WRITES);
  return guest;
}

function freeTable(table: u32, level: u32): void {
  for (let i: u32 = 0; level > 1 && i < TABLE_ENTRIES; i++) {
    const entry = load<u64>(table + i * 8);
    if (entry & ENTRY_TABLE) freeTable(<u32>(entry & ENTRY_FRAME), level - 1);
  }
  freePages(table, 1);
}

/** Gives a guest control block and its tables back. No CPU may be under it. */
export function destroyGuest(guest: u32): void {
  freeTable(load<u32>(guest, G_TABLE), 4);
  freePages(guest, G_SIZE / PAGE_SIZE);
}

/** Table that `entry` (at `at`, of level 2 or higher) points to, made and filled if need be; 0 when the pool is exhausted. */
function descend(at: u32): u32 {
  const entry = load<u64>(at);
  if (entry & ENTRY_TABLE) return <u32>(entry & ENTRY_FRAME);
  const table = allocatePages(1);
  if (table == 0) return 0;
  for (let i: u32 = 0; entry != 0 && i < TABLE_ENTRIES; i++)
    store<u64>(table + i * 8, entry + <u64>i * PAGE_SIZE);
  store<u64>(at, <u64>table | ENTRY_TABLE);
  return table;
}

/** Address of the level-2 entry for `address`, its table made if need be; 0 when the pool is exhausted. */
function largeEntry(guest: u32, address: u64): u32 {
  let table = load<u32>(guest, G_TABLE);
  for (let level: u32 = 4; level > 2; level--) {
    table = descend(entryAt(table, address, level));
    if (table == 0) return 0;
  }
  return entryAt(table, address, 2);
}

/** Log2 of what one table of level 2 covers. */
const GIB_SHIFT: u64 = 30;

/** End of the 2 MiB block of `address`, or `end` if that comes first. */
function blockEnd(address: u64, end: u64): u64 {
  const next = (address & ~(LARGE_SIZE - 1)) + LARGE_SIZE;
  return next < end ? next : end;
}

/**
 * Makes the tables of [address, address+size), so that mapGuest and unmapGuest within it cannot fail. Beyond 4 GiB that
 * holds for whole 2 MiB blocks and for the range's own ends. Returns 0, or -1 when the pool is exhausted (what was made stays
 * empty and is used or freed later).
 */
export function reserveGuest(guest: u32, address: u64, size: u64): i32 {
  const end = address + size;
  if (end > ADDRESS_END || end < address) return -1;
  // Each GiB needs a table of its own: what can never fit is refused before the pool is filled with it.
  if (size >> GIB_SHIFT > <u64>poolPages()) return -1;
  for (let at = address; at < end; ) {
    const next = blockEnd(at, end);
    const entry = largeEntry(guest, at);
    if (entry == 0) return -1;
    const fine = at < FINE_END || next - at != LARGE_SIZE;
    if (fine && descend(entry) == 0) return -1;
    at = next;
  }
  return 0;
}

/** Sets the leaves of [at, next), a part of one 2 MiB block, to `leaf` counted up by `step`. */
function setBlock(guest: u32, at: u64, next: u64, leaf: u64, step: u64): void {
  const entry = largeEntry(guest, at);
  if (entry == 0) return;
  if (
    !(load<u64>(entry) & ENTRY_TABLE) &&
    next - at == LARGE_SIZE &&
    !(leaf & (LARGE_SIZE - 1) & ENTRY_FRAME)
  ) {
    store<u64>(entry, leaf);
    return;
  }
  const table = descend(entry);
  if (table == 0) {
    store<u64>(entry, 0);
    return;
  }
  for (let page = at; page < next; page += PAGE_SIZE, leaf += step)
    store<u64>(entryAt(table, page, 1), leaf);
}

/**
 * Maps [virt, virt+size) to [phys, phys+size) with MAP_READ, MAP_WRITE, MAP_EXECUTE, replacing what was there; whole pages.
 * Where nothing was reserved and the pool is exhausted, the range stays unmapped. To be followed by a flush.
 */
export function mapGuest(guest: u32, virt: u64, phys: u64, size: u64, flags: u32): void {
  const end = virt + size;
  const rights = <u64>flags & ENTRY_RIGHTS;
  for (let at = virt; at < end; ) {
    const next = blockEnd(at, end);
    const leaf = ((phys + (at - virt)) & ENTRY_FRAME) | rights;
    setBlock(guest, at, next, rights == 0 ? 0 : leaf, rights == 0 ? 0 : PAGE_SIZE);
    at = next;
  }
}

/** Takes [virt, virt+size) from the guest; whole pages. To be followed by a flush. */
export function unmapGuest(guest: u32, virt: u64, size: u64): void {
  mapGuest(guest, virt, 0, size, 0);
}
