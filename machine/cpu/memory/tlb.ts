// Translation caches: 1024 entries, direct mapped, one cache each for reads, writes and fetches. An entry says that the
// page `tag` is plain RAM and may be accessed that way at the present privilege; a hit needs no other check. Entries hold the
// result of both the guest's paging and the nested map. Pages that hold decoded code have no write entry.

import { forgetJumps } from "../jumps.ts";
import {
  M_RAM_BASE,
  PAGE_OFFSET,
  PAGE_SHIFT,
  S_TLB_COUNTS,
  S_TLB_LOG,
  TLB_ADDEND,
  TLB_ENTRIES,
  TLB_ENTRY_SHIFT,
  TLB_LOG_SIZE,
  TLB_READ,
  TLB_SIZE,
  TLB_WRITE,
} from "./layout.ts";
import { cpuCount, MACHINE, stateOf } from "./machine.ts";

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

/** Enters that the page of `linear` is at host address `host` (of that same byte). */
export function fillEntry(s: u32, cache: u32, linear: u64, host: u32): void {
  const entry = entryOf(s, cache, linear);
  if (load<u64>(entry) == EMPTY) {
    const which = (cache - TLB_READ) / TLB_SIZE;
    const count = s + S_TLB_COUNTS + which * 4;
    const logged = load<u32>(count);
    const index = (entry - s - cache) >> TLB_ENTRY_SHIFT;
    store<u16>(s + S_TLB_LOG + which * TLB_LOG_SIZE + logged * 2, <u16>index);
    store<u32>(count, logged + 1);
  }
  store<u64>(entry, linear & PAGE_MASK);
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

/** Empties the caches of a CPU; its cost is what was filled since the last time. */
export function flushTranslations(s: u32): void {
  for (let which: u32 = 0; which < 3; which++) flushCache(s, which);
  forgetJumps(s);
}

/** Makes the caches of a fresh state block. */
export function initializeTranslations(s: u32): void {
  memory.fill(s + TLB_READ, 0xff, 3 * TLB_SIZE);
  for (let which: u32 = 0; which < 3; which++) store<u32>(s + S_TLB_COUNTS + which * 4, 0);
}

/** Drops the page of one linear address from all caches of a CPU. */
export function dropPage(s: u32, linear: u64): void {
  for (let which: u32 = 0; which < 3; which++) {
    const entry = entryOf(s, TLB_READ + which * TLB_SIZE, linear);
    if (load<u64>(entry) == (linear & PAGE_MASK)) store<u64>(entry, DROPPED);
  }
  forgetJumps(s);
}

/**
 * Drops the write entries of all CPUs for physical page number `page`, which is about to hold decoded code: from then on
 * writes to it take the slow path.
 */
export function dropWriteEntries(page: u32): void {
  const host = load<u32>(MACHINE, M_RAM_BASE) + (page << PAGE_SHIFT);
  const which = (TLB_WRITE - TLB_READ) / TLB_SIZE;
  for (let cpu: u32 = 0, cpus = cpuCount(); cpu < cpus; cpu++) {
    const s = stateOf(cpu);
    const log = s + S_TLB_LOG + which * TLB_LOG_SIZE;
    for (let i: u32 = 0, n = load<u32>(s + S_TLB_COUNTS + which * 4); i < n; i++) {
      const entry = s + TLB_WRITE + ((<u32>load<u16>(log + i * 2)) << TLB_ENTRY_SHIFT);
      const tag = load<u64>(entry);
      if ((tag & PAGE_OFFSET) == 0 && <u32>tag + load<u32>(entry, TLB_ADDEND) == host)
        store<u64>(entry, DROPPED);
    }
  }
}
