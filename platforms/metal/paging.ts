// Page tables of four levels of 512 entries, for the hypervisor itself and for cells; pte.ts has what entries look like. A table exists only where a bound lies in its range: neighbouring pages become one larger
// page again, empty tables go, so that as many are in use as bounds ask for. Level 1 has 4 KiB pages, 2 has 2 MiB, 3 1 GiB.

import { physicalOf } from "./hw.ts";
import { free, linearOf, PAGE, takePromised } from "./pool.ts";
import { asLarger, asSmallest, isTable, pageBits, TABLE_BITS } from "./x86/pte.ts";

/** The level of the root. */
const TOP: u32 = 4;
/** The highest level with pages. */
const LARGEST: u32 = 3;
const PAGE_BITS: u32 = 12;
const INDEX_BITS: u32 = 9;
const INDEX_MASK: u32 = 0x1ff;
const ENTRY_SIZE: u32 = 8;
const ADDRESS_MASK: u64 = 0xffffffffff000;
/** No entry that stands for all of a table. */
const MIXED: u64 = ~0;
/** `translate`: nothing is mapped. */
export const NOWHERE: u64 = ~0;

function shiftOf(level: u32): u32 {
  return PAGE_BITS - INDEX_BITS + level * INDEX_BITS;
}

/** Size of a page of `level`. */
function sizeOf(level: u32): u64 {
  return (<u64>1) << shiftOf(level);
}

/** Address of the entry for `at` in a table of `level`. */
function slotOf(table: usize, at: u64, level: u32): usize {
  return table + ((<u32>(at >> shiftOf(level)) & INDEX_MASK) << 3);
}

function tableOf(entry: u64): usize {
  return linearOf(entry & ADDRESS_MASK);
}

/** What an entry of `level` for a page at `phys` says. */
function leaf(phys: u64, bits: u64, level: u32): u64 {
  return phys | bits | pageBits(level);
}

/** Makes the table of `level` that does what `entry`, a page of the level above, did. */
function split(entry: u64, level: u32): usize {
  const table = takePromised();
  if (!entry) return table;
  let piece = level > 1 ? entry : asSmallest(entry);
  for (let at: u32 = 0; at < PAGE; at += ENTRY_SIZE) {
    store<u64>(table + at, piece);
    piece += sizeOf(level);
  }
  return table;
}

/** The table of `level` that covers `at`; 0 where there is nothing and `isNeeded` is false. A larger page is split. */
function tableFor(root: usize, at: u64, level: u32, isNeeded: bool): usize {
  let table = root;
  for (let upper = TOP; upper > level; upper--) {
    const slot = slotOf(table, at, upper);
    const entry = load<u64>(slot);
    if (!entry && !isNeeded) return 0;
    if (isTable(entry)) {
      table = tableOf(entry);
    } else {
      table = split(entry, upper - 1);
      store<u64>(slot, physicalOf(table) | TABLE_BITS);
    }
  }
  return table;
}

/** Frees the table that an entry of `level` names, with those below. */
function freeTables(entry: u64, level: u32): void {
  if (level === 1 || !isTable(entry)) return;
  const table = tableOf(entry);
  for (let at: u32 = 0; level > 2 && at < PAGE; at += ENTRY_SIZE) {
    const below = load<u64>(table + at);
    if (isTable(below)) free(tableOf(below), 1);
  }
  free(table, 1);
}

/** The entry of the level above that means the same as the whole table of `level`, or MIXED. */
function summary(table: usize, level: u32): u64 {
  const first = load<u64>(table);
  if (first & ADDRESS_MASK & (sizeOf(level + 1) - 1)) return MIXED;
  if (level > 1 && isTable(first)) return MIXED;
  const step = first ? sizeOf(level) : 0;
  let expected = first;
  for (let at: u32 = 0; at < PAGE; at += ENTRY_SIZE) {
    if (load<u64>(table + at) !== expected) return MIXED;
    expected += step;
  }
  return first ? asLarger(first) : 0;
}

/** Removes the tables around `at`, from `level` upwards, that a single entry can replace. */
function merge(root: usize, at: u64, level: u32): void {
  for (let lower = level; lower < LARGEST; lower++) {
    const table = tableFor(root, at, lower, false);
    const entry = summary(table, lower);
    if (entry === MIXED) return;
    store<u64>(slotOf(tableFor(root, at, lower + 1, false), at, lower + 1), entry);
    free(table, 1);
  }
}

/** The highest level whose pages fit: `bits` has all address bits that must be aligned. */
function levelFor(bits: u64, rest: u64, largest: u32): u32 {
  let level = largest;
  while (level > 1 && (bits & (sizeOf(level) - 1) || rest < sizeOf(level))) level--;
  return level;
}

/**
 * Maps [virt, virt+size) to [phys, phys+size) with the entry bits `bits`, or unmaps it if they are 0. With `isOnePage` all of
 * it shows the page at `phys`. Takes promised pages: two tables for each bound, and see `tablesFor`.
 */
export function change(
  root: usize,
  virt: u64,
  phys: u64,
  size: u64,
  bits: u64,
  isOnePage: bool,
): void {
  const end = virt + size;
  let target = phys;
  for (let at = virt; at < end; ) {
    const aligned = bits ? at | target : at;
    const level = levelFor(aligned, end - at, isOnePage ? 1 : LARGEST);
    const page = sizeOf(level);
    const table = tableFor(root, at, level, bits !== 0);
    if (!table) {
      at = (at | (sizeOf(level + 1) - 1)) + 1;
      continue;
    }
    const first = at;
    do {
      const slot = slotOf(table, at, level);
      freeTables(load<u64>(slot), level);
      store<u64>(slot, bits ? leaf(target, bits, level) : 0);
      at += page;
      if (!isOnePage) target += page;
    } while (end - at >= page && <u32>(at >> shiftOf(level)) & INDEX_MASK);
    merge(root, first, level);
  }
}

/** Physical address that `virt` is mapped to, or NOWHERE. */
export function translate(root: usize, virt: u64): u64 {
  let table = root;
  for (let level = TOP; level > 0; level--) {
    const entry = load<u64>(slotOf(table, virt, level));
    if (!entry) return NOWHERE;
    if (level === 1 || !isTable(entry))
      return (entry & ADDRESS_MASK & ~(sizeOf(level) - 1)) | (virt & (sizeOf(level) - 1));
    table = tableOf(entry);
  }
  return NOWHERE;
}

/** Frees all tables, the root excepted. */
export function clear(root: usize): void {
  for (let at: u32 = 0; at < PAGE; at += ENTRY_SIZE) {
    const entry = load<u64>(root + at);
    if (!entry) continue;
    for (let below: u32 = 0; below < PAGE; below += ENTRY_SIZE)
      freeTables(load<u64>(tableOf(entry) + below), LARGEST);
    free(tableOf(entry), 1);
  }
  memory.fill(root, 0, PAGE);
}

/** How many ranges of a page of `level` does [virt, end) touch? */
function touched(virt: u64, end: u64, level: u32): u64 {
  return ((end - 1) >> shiftOf(level)) - (virt >> shiftOf(level)) + 1;
}

/** Tables below entries of `level` for [virt, end): one for each entry if pages are smaller, else where a bound lies in one. */
function tablesBelow(virt: u64, end: u64, level: u32, isSmall: bool): u64 {
  const mask = sizeOf(level) - 1;
  const bounds = (virt & mask ? 1 : 0) + (end & mask ? 1 : 0);
  const entries = touched(virt, end, level);
  return isSmall ? entries : min<u64>(entries, bounds);
}

/**
 * Most tables that it can take to map [virt, virt+size) to `phys`, or all of it to the page there (`isOnePage`), and to cut
 * it out of a larger range.
 */
export function tablesFor(virt: u64, phys: u64, size: u64, isOnePage: bool): u64 {
  const end = virt + size;
  const offset = virt ^ phys;
  return (
    touched(virt, end, TOP) +
    tablesBelow(virt, end, LARGEST, isOnePage || (offset & (sizeOf(LARGEST) - 1)) !== 0) +
    tablesBelow(virt, end, 2, isOnePage || (offset & (sizeOf(2) - 1)) !== 0)
  );
}
