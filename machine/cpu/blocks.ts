// The cache of decoded code. A block belongs to one CPU, one physical address and one mode word; it ends at a jump, at the end of its
// page, or after BLOCK_INSTRUCTIONS. A block that was written to becomes STALE: its memory stays until the whole cache is emptied,
// so that links to it only fail.

import {
  addCode,
  bucketOfPage,
  countWrite,
  forgetCode,
  isHot,
  markCached,
  markClean,
  markHot,
  mayBeCode,
  pageHasCode,
  staysHot,
} from "./code-pages.ts";
import {
  BUCKETS,
  C_ARENA,
  C_BLOCKS,
  C_PAGES,
  C_STRADDLERS,
  CACHE_SIZE,
  S_CACHE,
  S_FREE,
  S_HOT_END,
  S_HOT_START,
  S_LEAVE,
  S_LINK,
  S_SINK,
} from "./interpreter-state.ts";
import { forgetJumps } from "./jumps.ts";
import { PAGE_OFFSET, PAGE_SHIFT, PAGE_SIZE } from "./memory/layout.ts";
import { cpuCount, stateOf } from "./memory/machine.ts";
import { restrictWrites } from "./memory/tlb.ts";
import { noteCode } from "./noted-code.ts";
import {
  B_COUNT,
  B_HASH_NEXT,
  B_LENGTH,
  B_MODE,
  B_PAGE_NEXT,
  B_PHYS,
  B_PHYS2,
  B_RECORDS,
  BLOCK_RECORDS,
  RECORD_SIZE,
  STALE,
} from "./records.ts";

/** What a link is before its block is known: a block that no budget admits. */
export const NO_BLOCK: u32 = <u32>memory.data<i32>([0x7fffffff, 0]);
/** The same for links that must never be made, because they leave the page. */
export const FAR_BLOCK: u32 = <u32>memory.data<i32>([0x7fffffff, 1]);
/** B_PHYS2 of a block within one page. */
export const NO_PAGE: u64 = 0xffffffffffffffff;

/** Blocks of a chain that one write may pass by without counting as costly. */
const SHORT_CHAIN: u32 = 64;

/** Most bytes that one block can take. */
const BLOCK_BYTES: u32 = B_RECORDS + BLOCK_RECORDS * RECORD_SIZE;

/** Empties a CPU's cache; no block of it may be executing. */
export function emptyBlocks(s: u32): void {
  const cache = load<u32>(s, S_CACHE);
  memory.fill(cache, 0, C_ARENA);
  forgetJumps(s);
  store<u32>(s, cache + C_ARENA, S_FREE);
  store<u32>(s, s + S_SINK, S_LINK);
  store<u32>(s, FAR_BLOCK, S_SINK);
}

/** Gives a CPU the cache at address `cache`, empty. */
export function initializeBlocks(s: u32, cache: u32): void {
  store<u32>(s, cache, S_CACHE);
  emptyBlocks(s);
}

/** Address at which the next block may be built; empties the cache if it is full. */
export function roomForBlock(s: u32): u32 {
  if (load<u32>(s, S_FREE) + BLOCK_BYTES > load<u32>(s, S_CACHE) + CACHE_SIZE) emptyBlocks(s);
  return load<u32>(s, S_FREE);
}

function bucketOf(s: u32, phys: u64): u32 {
  const hash = (<u32>phys ^ (<u32>(phys >> PAGE_SHIFT) * 0x9e5)) & (BUCKETS - 1);
  return load<u32>(s, S_CACHE) + C_BLOCKS + hash * 4;
}

/** Address of the head of the chain that a block is in by its page. */
function chainOf(s: u32, page: u32, isStraddling: bool): u32 {
  const cache = load<u32>(s, S_CACHE);
  return isStraddling ? cache + C_STRADDLERS : cache + C_PAGES + bucketOfPage(page) * 4;
}

/**
 * The block at a physical address for a mode word, or 0. `phys2` is where the page after it starts, for a block that
 * straddles; NO_PAGE finds those within one page.
 */
export function findBlock(s: u32, phys: u64, mode: u32, phys2: u64): u32 {
  let block = load<u32>(bucketOf(s, phys));
  while (block !== 0) {
    const same = load<u64>(block, B_PHYS) === phys && load<u32>(block, B_MODE) === mode;
    if (same && load<u64>(block, B_PHYS2) === phys2) return block;
    block = load<u32>(block, B_HASH_NEXT);
  }
  return 0;
}

/** Whether an instruction at a physical address is known to reach into the next page, wherever that is. */
export function straddles(s: u32, phys: u64, mode: u32): bool {
  let block = load<u32>(bucketOf(s, phys));
  while (block !== 0) {
    const same = load<u64>(block, B_PHYS) === phys && load<u32>(block, B_MODE) === mode;
    if (same && load<u64>(block, B_PHYS2) !== NO_PAGE) return true;
    block = load<u32>(block, B_HASH_NEXT);
  }
  return false;
}

/** Enters that decoded code lies at `phys`, up to the end of that page. */
function markCode(phys: u64, size: u32): void {
  const page = <u32>(phys >> PAGE_SHIFT);
  if (markCached(page)) restrictWrites(page, true);
  addCode(phys, size);
}

/** Enters where a block's bytes lie. */
function markBlock(block: u32): void {
  const length = load<u32>(block, B_LENGTH);
  const start = load<u64>(block, B_PHYS);
  markCode(start, length);
  const second = load<u64>(block, B_PHYS2);
  if (second === NO_PAGE) return noteCode(start, length);
  markCode(second, length);
  const first = PAGE_SIZE - (<u32>start & PAGE_OFFSET);
  noteCode(start, first);
  noteCode(second, length - first);
}

/** Enters a finished block whose records end at `end`. */
export function enterBlock(s: u32, block: u32, end: u32): void {
  const phys = load<u64>(block, B_PHYS);
  const isStraddling = load<u64>(block, B_PHYS2) !== NO_PAGE;
  const bucket = bucketOf(s, phys);
  store<u32>(block, load<u32>(bucket), B_HASH_NEXT);
  store<u32>(bucket, block);
  const chain = chainOf(s, <u32>(phys >> PAGE_SHIFT), isStraddling);
  store<u32>(block, load<u32>(chain), B_PAGE_NEXT);
  store<u32>(chain, block);
  store<u32>(s, (end + 7) & ~7, S_FREE);
  markBlock(block);
}

/** Takes a block out of the chain of its bucket and makes it unusable. */
function retire(s: u32, block: u32): void {
  let link = bucketOf(s, load<u64>(block, B_PHYS));
  while (load<u32>(link) !== block) link = load<u32>(link) + B_HASH_NEXT;
  store<u32>(link, load<u32>(block, B_HASH_NEXT));
  store<i32>(block, STALE, B_COUNT);
}

/** Whether any byte of a block lies in [phys, end). */
function overlaps(block: u32, phys: u64, end: u64): bool {
  const start = load<u64>(block, B_PHYS);
  const length = <u64>load<u32>(block, B_LENGTH);
  const second = load<u64>(block, B_PHYS2);
  if (second === NO_PAGE) return start < end && phys < start + length;
  const first = PAGE_SIZE - (start & PAGE_OFFSET);
  return (start < end && phys < start + first) || (second < end && phys < second + length - first);
}

function touchesPage(block: u32, page: u32): bool {
  if (<u32>(load<u64>(block, B_PHYS) >> PAGE_SHIFT) === page) return true;
  const second = load<u64>(block, B_PHYS2);
  return second !== NO_PAGE && <u32>(second >> PAGE_SHIFT) === page;
}

/** What a walk along a chain has found. */
const LEFT: u32 = 1;
const RETIRED: u32 = 2;
const LONG: u32 = 4;

/** Retires the blocks of a chain that overlap [phys, end). Returns LEFT if any block of the page is left, RETIRED, LONG. */
function retireChain(s: u32, chain: u32, page: u32, phys: u64, end: u64): u32 {
  let found: u32 = 0;
  let passed: u32 = 0;
  for (let link = chain; load<u32>(link) !== 0; passed++) {
    const block = load<u32>(link);
    if (overlaps(block, phys, end)) {
      store<u32>(link, load<u32>(block, B_PAGE_NEXT));
      retire(s, block);
      store<u32>(s, 1, S_LEAVE);
      found |= RETIRED;
    } else {
      if (touchesPage(block, page)) found |= LEFT;
      link = block + B_PAGE_NEXT;
    }
  }
  return passed > SHORT_CHAIN ? found | LONG : found;
}

/** Retires all blocks, of all CPUs, that overlap [phys, end), which is within a page. Returns as `retireChain`. */
function retireRange(page: u32, phys: u64, end: u64): u32 {
  let found: u32 = 0;
  for (let cpu: u32 = 0, cpus = cpuCount(); cpu < cpus; cpu++) {
    const s = stateOf(cpu);
    found |= retireChain(s, chainOf(s, page, false), page, phys, end);
    found |= retireChain(s, chainOf(s, page, true), page, phys, end);
  }
  return found;
}

/** Enters again where the blocks of a chain lie that have a part in the bucket. */
function markChain(chain: u32, bucket: u32): void {
  for (let block = load<u32>(chain); block !== 0; block = load<u32>(block, B_PAGE_NEXT)) {
    const second = load<u64>(block, B_PHYS2);
    const isIn =
      bucketOfPage(<u32>(load<u64>(block, B_PHYS) >> PAGE_SHIFT)) === bucket ||
      (second !== NO_PAGE && bucketOfPage(<u32>(second >> PAGE_SHIFT)) === bucket);
    if (isIn) markBlock(block);
  }
}

/** Finds out anew where code lies in the pages of a bucket. */
function surveyBucket(page: u32): void {
  const bucket = bucketOfPage(page);
  forgetCode(bucket);
  for (let cpu: u32 = 0, cpus = cpuCount(); cpu < cpus; cpu++) {
    const s = stateOf(cpu);
    markChain(chainOf(s, page, false), bucket);
    markChain(chainOf(s, page, true), bucket);
  }
}

/** From now on until it cools down blocks of a page are compared with memory before they are entered. */
export function heatPage(page: u32): void {
  const start = (<u64>page) << PAGE_SHIFT;
  retireRange(page, start, start + PAGE_SIZE);
  markHot(page);
  restrictWrites(page, false);
  surveyBucket(page);
}

/** A hot page was written: every CPU leaves its block that executes what may have changed. */
function writeHot(page: u32, phys: u64, size: u32): void {
  if (!staysHot(page)) return markClean(page);
  countWrite(page);
  for (let cpu: u32 = 0, cpus = cpuCount(); cpu < cpus; cpu++) {
    const s = stateOf(cpu);
    if (phys < load<u64>(s, S_HOT_END) && phys + size > load<u64>(s, S_HOT_START))
      store<u32>(s, 1, S_LEAVE);
  }
}

/** `size` bytes of RAM at `phys`, within one page, were or will be written: drops what was decoded from them. */
export function codeWritten(phys: u64, size: u32): void {
  const page = <u32>(phys >> PAGE_SHIFT);
  if (!pageHasCode(page)) return;
  if (isHot(page)) writeHot(page, phys, size);
  else if (size !== 0 && mayBeCode(phys, size)) retireWritten(page, phys, size);
}

/** Drops what was decoded from bytes that may be code. */
function retireWritten(page: u32, phys: u64, size: u32): void {
  const found = retireRange(page, phys, phys + size);
  if (!(found & LEFT)) markClean(page);
  if (!(found & (RETIRED | LONG))) return;
  if (countWrite(page)) heatPage(page);
  else if (found & RETIRED) surveyBucket(page);
}

/** RAM was written from outside: drops what was decoded from it. */
export function invalidateCode(address: u64, size: u64): void {
  const end = address + size;
  for (let at = address; at < end; ) {
    const next = min((at & ~(<u64>PAGE_OFFSET)) + PAGE_SIZE, end);
    codeWritten(at, <u32>(next - at));
    at = next;
  }
}
