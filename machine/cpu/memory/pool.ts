// The pool of guest control blocks and nested page tables: pages between two addresses, a byte a page in a map at its start.

import {
  M_POOL_FIRST,
  M_POOL_HINT,
  M_POOL_MAP,
  M_POOL_PAGES,
  M_POOL_USED,
  PAGE_SHIFT,
  PAGE_SIZE,
} from "./layout.ts";
import { MACHINE } from "./machine.ts";

/** Takes [base, end), whole pages, as the pool; all of it free. */
export function initializePool(base: u32, end: u32): void {
  const total = (end - base) >> PAGE_SHIFT;
  const mapPages = (total + PAGE_SIZE - 1) >> PAGE_SHIFT;
  const pages = total > mapPages ? total - mapPages : 0;
  store<u32>(MACHINE, base, M_POOL_MAP);
  store<u32>(MACHINE, base + (mapPages << PAGE_SHIFT), M_POOL_FIRST);
  store<u32>(MACHINE, pages, M_POOL_PAGES);
  store<u32>(MACHINE, 0, M_POOL_USED);
  store<u32>(MACHINE, 0, M_POOL_HINT);
  memory.fill(base, 0, pages);
}

/** Pages of the pool. */
export function poolPages(): u32 {
  return load<u32>(MACHINE, M_POOL_PAGES);
}

/** Pages of the pool in use. */
export function poolUsed(): u32 {
  return load<u32>(MACHINE, M_POOL_USED);
}

/** First page number at or after `from` of `count` free ones in a row; the number of pages if there is none. */
function findFree(from: u32, count: u32): u32 {
  const map = load<u32>(MACHINE, M_POOL_MAP);
  const pages = load<u32>(MACHINE, M_POOL_PAGES);
  let run: u32 = 0;
  for (let page = from; page < pages; page++) {
    run = load<u8>(map + page) == 0 ? run + 1 : 0;
    if (run == count) return page + 1 - count;
  }
  return pages;
}

/** Takes `count` zeroed pages in a row; 0 when there are none. */
export function allocatePages(count: u32): u32 {
  const pages = load<u32>(MACHINE, M_POOL_PAGES);
  let page = findFree(load<u32>(MACHINE, M_POOL_HINT), count);
  if (page == pages) page = findFree(0, count);
  if (page == pages) return 0;
  memory.fill(load<u32>(MACHINE, M_POOL_MAP) + page, 1, count);
  store<u32>(MACHINE, page + count, M_POOL_HINT);
  store<u32>(MACHINE, poolUsed() + count, M_POOL_USED);
  const address = load<u32>(MACHINE, M_POOL_FIRST) + (page << PAGE_SHIFT);
  memory.fill(address, 0, count << PAGE_SHIFT);
  return address;
}

/** Gives `count` pages back. */
export function freePages(address: u32, count: u32): void {
  const page = (address - load<u32>(MACHINE, M_POOL_FIRST)) >> PAGE_SHIFT;
  memory.fill(load<u32>(MACHINE, M_POOL_MAP) + page, 0, count);
  if (page < load<u32>(MACHINE, M_POOL_HINT)) store<u32>(MACHINE, page, M_POOL_HINT);
  store<u32>(MACHINE, poolUsed() - count, M_POOL_USED);
}
