// Translation caches: 1024 entries, direct mapped, one cache each for reads, writes and fetches. An entry says that the
// page `tag` is plain RAM and may be accessed that way at the present privilege; a hit needs no other check. Entries hold the
// result of both the guest's paging and the nested map. Write entries of pages that hold decoded code are marked, and of those that are
// written again and again there is none.

import { forgetJumps } from "../jumps.ts";
import { isWatchedData } from "../system/breakpoints.ts";
import { DIRECTORY_SHIFT, emptyDirectories, forgetDirectories } from "./directories.ts";
import {
  M_RAM_BASE,
  PAGE_OFFSET,
  PAGE_SHIFT,
  PAGE_SIZE,
  S_LARGEST_OTHER,
  S_LARGEST_PAGE,
  S_TLB_COUNTS,
  S_TLB_LOG,
  TLB_ADDEND,
  TLB_BESIDE_CODE,
  TLB_ENTRIES,
  TLB_ENTRY_SHIFT,
  TLB_EXEC,
  TLB_LOG_SIZE,
  TLB_READ,
  TLB_SIZE,
  TLB_WRITE,
} from "./layout.ts";
import { cpuCount, MACHINE, stateOf } from "./machine.ts";
import { emptyPages, forgetPages, forgetPagesIn } from "./second-level.ts";

/** Tag of an entry that was never filled since the last flush; equals no page. */
const EMPTY: u64 = 0xffffffffffffffff;
/** Tag of an entry that was dropped alone: empty, but still in the log. Equals no page either. */
const DROPPED: u64 = 0xfffffffffffffffe;
/** The page number of an address, in place. */
export const PAGE_MASK: u64 = 0xfffffffffffff000;

/** Address of the entry for a linear address in the cache at offset `cache` (TLB_*). */
export function entryOf(s: u32, cache: u32, linear: u64): u32 {
  return s + cache + ((<u32>(linear >> PAGE_SHIFT) & (TLB_ENTRIES - 1)) << TLB_ENTRY_SHIFT);
}

/**
 * Enters that the page of `linear` is at host address `host` (of that same byte), unless accesses there are watched; `mark` is 0 or
 * TLB_BESIDE_CODE.
 */
export function fillEntry(s: u32, cache: u32, linear: u64, host: u32, mark: u64 = 0): void {
  if (cache !== TLB_EXEC && isWatchedData(s, linear)) return;
  const entry = entryOf(s, cache, linear);
  if (load<u64>(entry) == EMPTY) {
    const which = (cache - TLB_READ) / TLB_SIZE;
    const count = s + S_TLB_COUNTS + which * 4;
    const logged = load<u32>(count);
    const index = (entry - s - cache) >> TLB_ENTRY_SHIFT;
    store<u16>(s + S_TLB_LOG + which * TLB_LOG_SIZE + logged * 2, <u16>index);
    store<u32>(count, logged + 1);
  }
  store<u64>(entry, (linear & PAGE_MASK) | mark);
  store<u32>(entry, host - <u32>linear, TLB_ADDEND);
}

function flushCache(s: u32, which: u32): void {
  const count = s + S_TLB_COUNTS + which * 4;
  const log = s + S_TLB_LOG + which * TLB_LOG_SIZE;
  const cache = s + TLB_READ + which * TLB_SIZE;
  for (let i: u32 = 0, n = load<u32>(count); i < n; i++)
    store<u64>(cache + ((<u32>load<u16>(log + i * 2)) << TLB_ENTRY_SHIFT), EMPTY);
  store<u32>(count, 0);
}

/** Empties the caches of what the present privilege may do; their cost is what was filled since the last time. */
export function flushPrivilege(s: u32): void {
  for (let which: u32 = 0; which < 3; which++) flushCache(s, which);
  forgetJumps(s);
}

/** Forgets all translations of a CPU. */
export function flushTranslations(s: u32): void {
  flushPrivilege(s);
  forgetPages(s);
  forgetDirectories(s);
  store<u32>(s, PAGE_SHIFT, S_LARGEST_PAGE);
}

/** Makes the caches of a fresh state block. */
export function initializeTranslations(s: u32): void {
  memory.fill(s + TLB_READ, 0xff, 3 * TLB_SIZE);
  for (let which: u32 = 0; which < 3; which++) store<u32>(s + S_TLB_COUNTS + which * 4, 0);
  emptyPages(s);
  emptyDirectories(s);
  store<u32>(s, PAGE_SHIFT, S_LARGEST_PAGE);
  store<u32>(s, PAGE_SHIFT, S_LARGEST_OTHER);
}

/** Drops what is known of 4 KiB from the caches of what the present privilege may do. */
function dropSmall(s: u32, linear: u64): void {
  for (let which: u32 = 0; which < 3; which++) {
    const entry = entryOf(s, TLB_READ + which * TLB_SIZE, linear);
    if ((load<u64>(entry) & ~TLB_BESIDE_CODE) == (linear & PAGE_MASK)) store<u64>(entry, DROPPED);
  }
}

/**
 * Drops the page of one linear address from all caches of a CPU, and all that is known of directories (Intel SDM volume 3, section
 * 4.10.4.1). The page may be a large one where such were translated since the last flush.
 */
export function dropPage(s: u32, linear: u64): void {
  const shift = load<u32>(s, S_LARGEST_PAGE);
  if (shift > DIRECTORY_SHIFT) return flushTranslations(s);
  const size = (<u32>1) << shift;
  const start = linear & ~(<u64>(size - 1));
  for (let done: u32 = 0; done < size; done += PAGE_SIZE) dropSmall(s, start + done);
  forgetPagesIn(s, start, size);
  forgetDirectories(s);
  forgetJumps(s);
}

/**
 * Changes the write entries of all CPUs for physical page number `page`: there is going to be decoded code in it (`isKept`), or its
 * writes are to take the slow path, wherever they are.
 */
export function restrictWrites(page: u32, isKept: bool): void {
  const host = load<u32>(MACHINE, M_RAM_BASE) + (page << PAGE_SHIFT);
  const which = (TLB_WRITE - TLB_READ) / TLB_SIZE;
  for (let cpu: u32 = 0, cpus = cpuCount(); cpu < cpus; cpu++) {
    const s = stateOf(cpu);
    const log = s + S_TLB_LOG + which * TLB_LOG_SIZE;
    for (let i: u32 = 0, n = load<u32>(s + S_TLB_COUNTS + which * 4); i < n; i++) {
      const entry = s + TLB_WRITE + ((<u32>load<u16>(log + i * 2)) << TLB_ENTRY_SHIFT);
      const tag = load<u64>(entry);
      const start = tag & ~TLB_BESIDE_CODE;
      if ((start & PAGE_OFFSET) == 0 && <u32>start + load<u32>(entry, TLB_ADDEND) == host)
        store<u64>(entry, isKept ? start | TLB_BESIDE_CODE : DROPPED);
    }
  }
}
