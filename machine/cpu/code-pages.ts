// What is known of pages that hold decoded code: where in them it lies, so that data beside code costs no search, and which of
// them are written so often that decoding them for more than one use does not pay.

import { BUCKETS } from "./interpreter-state.ts";
import { PAGE_OFFSET, PAGE_SHIFT } from "./memory/layout.ts";

/** Pages of RAM that are looked after at most: 4 GiB. */
const PAGES: u32 = 0x100000;
/** For each page of RAM one of the following, u8. */
const STATES: usize = memory.data(0x100000);
/** No decoded code of the page is cached: writes take the fast path. */
const CLEAN: u8 = 0;
/** There may be blocks. */
const CACHED: u8 = 1;
/** There are none but those that straddle into it: each instruction is decoded for one use. */
const HOT: u8 = 2;

/** A granule of a page, 64 to a page. */
const GRANULE_SHIFT: u32 = 6;
/** For each bucket of pages (chainOf of blocks.ts) which granules may hold decoded code, u64. */
const GRANULES: usize = memory.data(0x10000, 8);

/** For each bucket what was counted: {page u32, period u32, count u32, -}. */
const COUNTS: usize = memory.data(0x20000, 8);
const COUNT_SHIFT: u32 = 4;
const COUNT_PERIOD: u32 = 4;
const COUNT_VALUE: u32 = 8;
/** A period is 2^20 ticks, a millisecond. */
const PERIOD_SHIFT: u64 = 20;
/** Costly writes within a period after which a page is hot until the period is over. */
const HEAT_MAX: u32 = 256;

/** The present period, u32. */
const PERIOD: usize = memory.data(4, 4);

/** The bucket of a page, for what is kept by page. */
export function bucketOfPage(page: u32): u32 {
  return page & (BUCKETS - 1);
}

/** Whether a write to a page must be told to `codeWritten`. */
export function pageHasCode(page: u32): bool {
  return page < PAGES && load<u8>(STATES + page) !== CLEAN;
}

/** Whether instructions of a page are to be decoded for one use. */
export function isHot(page: u32): bool {
  return page < PAGES && load<u8>(STATES + page) === HOT;
}

/** Enters that a page holds decoded code. Returns whether that is new. */
export function markCached(page: u32): bool {
  if (page >= PAGES || load<u8>(STATES + page) !== CLEAN) return false;
  store<u8>(STATES + page, CACHED);
  return true;
}

/** No block of a page is left. */
export function markClean(page: u32): void {
  if (load<u8>(STATES + page) === CACHED) store<u8>(STATES + page, CLEAN);
}

/** Makes a page hot; its blocks must be retired. */
export function markHot(page: u32): void {
  if (page < PAGES) store<u8>(STATES + page, HOT);
}

function granules(offset: u32, size: u32): u64 {
  const first = offset >> GRANULE_SHIFT;
  const last = min<u32>(offset + size - 1, PAGE_OFFSET) >> GRANULE_SHIFT;
  // A shift by 64 is one by 0, and one by 63 twice leaves 0.
  return ((((<u64>1) << last) << 1) - 1) & ~(((<u64>1) << first) - 1);
}

/** Whether any of `size` (at least 1) bytes within one page may be decoded code. */
export function mayBeCode(phys: u64, size: u32): bool {
  const bucket = bucketOfPage(<u32>(phys >> PAGE_SHIFT));
  return (load<u64>(GRANULES + bucket * 8) & granules(<u32>phys & PAGE_OFFSET, size)) !== 0;
}

/** Enters that `size` (at least 1) bytes, as far as they lie in the page of the first, are decoded code. */
export function addCode(phys: u64, size: u32): void {
  const place = GRANULES + bucketOfPage(<u32>(phys >> PAGE_SHIFT)) * 8;
  store<u64>(place, load<u64>(place) | granules(<u32>phys & PAGE_OFFSET, size));
}

/** Forgets where in the pages of a bucket code lies; what is left of it must be added again. */
export function forgetCode(bucket: u32): void {
  store<u64>(GRANULES + bucket * 8, 0);
}

/** Takes over the time, in ticks. */
export function settlePeriod(time: u64): void {
  store<u32>(PERIOD, <u32>(time >> PERIOD_SHIFT));
}

/** What was counted of a page; starts anew in each period, and when another page of the bucket had the place. */
function countOf(page: u32): usize {
  const place = COUNTS + (bucketOfPage(page) << COUNT_SHIFT);
  const period = load<u32>(PERIOD);
  if (load<u32>(place) !== page || load<u32>(place, COUNT_PERIOD) !== period) {
    store<u32>(place, page);
    store<u32>(place, period, COUNT_PERIOD);
    store<u32>(place, 0, COUNT_VALUE);
  }
  return place;
}

/** Counts a write of a page that cost much. Returns whether the page should be hot from now on. */
export function countWrite(page: u32): bool {
  const place = countOf(page);
  const count = load<u32>(place, COUNT_VALUE) + 1;
  store<u32>(place, count, COUNT_VALUE);
  return count >= HEAT_MAX;
}

/** Lets a hot page cool down if that was in an earlier period. Returns whether it is hot still. */
export function staysHot(page: u32): bool {
  if (!isHot(page)) return false;
  if (load<u32>(countOf(page), COUNT_VALUE) >= HEAT_MAX) return true;
  store<u8>(STATES + page, CACHED);
  return false;
}
