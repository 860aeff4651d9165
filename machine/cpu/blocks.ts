// The cache of decoded code. A block belongs to one CPU, one physical address and one mode word; it ends at a jump, at the end of its
// page, or after BLOCK_INSTRUCTIONS. A block that was written to becomes STALE: its memory stays until the whole cache is emptied,
// so that links to it only fail.

import {
  BUCKETS,
  C_ARENA,
  C_BLOCKS,
  C_JUMPS,
  C_PAGES,
  C_STRADDLERS,
  CACHE_SIZE,
  JUMP_SHIFT,
  JUMPS,
  S_CACHE,
  S_FREE,
  S_LEAVE,
  S_LINK,
  S_SINK,
} from "./interpreter-state.ts";
import { PAGE_OFFSET, PAGE_SHIFT, PAGE_SIZE } from "./memory/layout.ts";
import { cpuCount, stateOf } from "./memory/machine.ts";
import { dropWriteEntries } from "./memory/tlb.ts";
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

/** Pages of RAM that are looked after at most: 4 GiB. */
const PAGES: u32 = 0x100000;
/** For each page of RAM whether it may hold decoded code, u8. */
const CODE_PAGES: usize = memory.data(0x100000);

/** Most bytes that one block can take. */
const BLOCK_BYTES: u32 = B_RECORDS + BLOCK_RECORDS * RECORD_SIZE;

/** Whether decoded code of a physical page may be cached. */
export function pageHasCode(page: u32): bool {
  return page < PAGES && load<u8>(CODE_PAGES + page) !== 0;
}

/** Forgets which blocks linear addresses lead to, after any change of a translation. */
export function forgetJumps(s: u32): void {
  if (load<u32>(s, S_CACHE) === 0) return;
  memory.fill(load<u32>(s, S_CACHE) + C_JUMPS, 0xff, JUMPS << JUMP_SHIFT);
}

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
  return isStraddling ? cache + C_STRADDLERS : cache + C_PAGES + (page & (BUCKETS - 1)) * 4;
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

function markPage(phys: u64): void {
  const page = <u32>(phys >> PAGE_SHIFT);
  if (pageHasCode(page) || page >= PAGES) return;
  store<u8>(CODE_PAGES + page, 1);
  dropWriteEntries(page);
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
  markPage(phys);
  if (isStraddling) markPage(load<u64>(block, B_PHYS2));
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

/** Retires the blocks of a chain that overlap [phys, end). Returns whether any block of the page is left. */
function retireChain(s: u32, chain: u32, page: u32, phys: u64, end: u64): bool {
  let left = false;
  for (let link = chain; load<u32>(link) !== 0; ) {
    const block = load<u32>(link);
    if (overlaps(block, phys, end)) {
      store<u32>(link, load<u32>(block, B_PAGE_NEXT));
      retire(s, block);
      store<u32>(s, 1, S_LEAVE);
    } else {
      if (touchesPage(block, page)) left = true;
      link = block + B_PAGE_NEXT;
    }
  }
  return left;
}

/** `size` bytes of RAM at `phys`, within one page, were or will be written: drops what was decoded from them. */
export function codeWritten(phys: u64, size: u32): void {
  const page = <u32>(phys >> PAGE_SHIFT);
  if (!pageHasCode(page)) return;
  let left = false;
  for (let cpu: u32 = 0, cpus = cpuCount(); cpu < cpus; cpu++) {
    const s = stateOf(cpu);
    if (retireChain(s, chainOf(s, page, false), page, phys, phys + size)) left = true;
    if (retireChain(s, chainOf(s, page, true), page, phys, phys + size)) left = true;
  }
  if (!left) store<u8>(CODE_PAGES + page, 0);
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
