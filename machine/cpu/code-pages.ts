// What is known of pages that hold decoded code: where in them it lies, so that data beside code costs no search, and which of
// them are written so often that searching for what a write has changed does not pay.

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
/** There are none: its blocks are those of hot-code.ts. */
const HOT: u8 = 2;

/** For each bucket of pages (chainOf of blocks.ts) which bytes may be decoded code: a bit for each of a page, in u64s. */
const CODE: usize = memory.data(0x400000, 8);
/** Size of a bucket's part. */
const CODE_SHIFT: u32 = 9;
/** Bytes of a page that one u64 is about. */
const WORD_SHIFT: u32 = 6;

/** For each bucket what was counted: {page u32, period u32, count u32, -}. */
const COUNTS: usize = memory.data(0x20000, 8);
const COUNT_SHIFT: u32 = 4;
const COUNT_PERIOD: u32 = 4;
const COUNT_VALUE: u32 = 8;
/** A period is 2^20 ticks, a millisecond. */
const PERIOD_SHIFT: u64 = 20;
/** Costly writes within a period after which a page is hot until the end of the first period with fewer. */
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

/** Whether a page's blocks are those of hot-code.ts. */
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

/** Makes a page hot, at least for this period; its blocks must be retired. */
export function markHot(page: u32): void {
  if (page >= PAGES) return;
  store<u8>(STATES + page, HOT);
  store<u32>(countOf(page), HEAT_MAX, COUNT_VALUE);
}

/** Address of a bucket's bits for one word. */
function codeWord(bucket: u32, word: u32): usize {
  return CODE + (bucket << CODE_SHIFT) + (word << 3);
}

/** Bits of a word for the bytes from offset `first` to `last` of a page, as far as it is about them. */
function bitsOf(word: u32, first: u32, last: u32): u64 {
  const from = max(first, word << WORD_SHIFT) & 63;
  const to = min(last, (word << WORD_SHIFT) | 63) & 63;
  // A shift by 64 is one by 0, and one by 63 twice leaves 0.
  return ((((<u64>1) << to) << 1) - 1) & ~(((<u64>1) << from) - 1);
}

/** Whether any of `size` (at least 1) bytes within one page may be decoded code. */
export function mayBeCode(phys: u64, size: u32): bool {
  const bucket = bucketOfPage(<u32>(phys >> PAGE_SHIFT));
  const first = <u32>phys & PAGE_OFFSET;
  const last = min(first + size - 1, PAGE_OFFSET);
  for (let word = first >> WORD_SHIFT; word <= last >> WORD_SHIFT; word++)
    if (load<u64>(codeWord(bucket, word)) & bitsOf(word, first, last)) return true;
  return false;
}

/** Enters that `size` (at least 1) bytes, as far as they lie in the page of the first, are decoded code. */
export function addCode(phys: u64, size: u32): void {
  const bucket = bucketOfPage(<u32>(phys >> PAGE_SHIFT));
  const first = <u32>phys & PAGE_OFFSET;
  const last = min(first + size - 1, PAGE_OFFSET);
  for (let word = first >> WORD_SHIFT; word <= last >> WORD_SHIFT; word++) {
    const place = codeWord(bucket, word);
    store<u64>(place, load<u64>(place) | bitsOf(word, first, last));
  }
}

/** Forgets where in the pages of a bucket code lies; what is left of it must be added again. */
export function forgetCode(bucket: u32): void {
  memory.fill(codeWord(bucket, 0), 0, 1 << CODE_SHIFT);
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

/** Counts a write of a page that cost much, or would have. Returns whether the page should be hot from now on. */
export function countWrite(page: u32): bool {
  const place = countOf(page);
  const count = load<u32>(place, COUNT_VALUE) + 1;
  store<u32>(place, count, COUNT_VALUE);
  return count >= HEAT_MAX;
}

/** Whether a page was written as often as makes it hot, in the present period or the one before. */
function isWritten(page: u32): bool {
  const place = COUNTS + (bucketOfPage(page) << COUNT_SHIFT);
  if (load<u32>(place) !== page) return false;
  const age = load<u32>(PERIOD) - load<u32>(place, COUNT_PERIOD);
  if (age === 0) return true;
  return age === 1 && load<u32>(place, COUNT_VALUE) >= HEAT_MAX;
}

/** Lets a hot page cool down that was not written enough. Returns whether it is hot still. */
export function staysHot(page: u32): bool {
  if (!isHot(page)) return false;
  if (isWritten(page)) {
    countOf(page);
    return true;
  }
  store<u8>(STATES + page, CACHED);
  return false;
}
