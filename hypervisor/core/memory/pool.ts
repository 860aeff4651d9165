// The page pool: whole pages above the system configuration, up to the end of the memory. A map of one byte per page
// lies in its first pages. Pages are zeroed when they are given back, so that what is allocated and freed leaves no trace, and before
// they are given out: what lies in the pool at the beginning is the platform's, and most of it is never touched.
// Guarded by the lock, or used while only one CPU is in the core (`init`).
import { POOL_SIZE, POOL_USED } from "../../../abi/platform.ts";
import { poolPages } from "../../platform.ts";
import { beginLine, endLine, print, printDecimal } from "../console.ts";
import { PAGE_SIZE } from "../limits.ts";

const WASM_PAGE_SHIFT: u32 = 16;

@unmanaged
class Pool {
  /** Address of page 0. */
  base: usize;
  /** Pages, the map's own included. */
  size: u32;
  /** Pages in use. */
  used: u32;
}

const POOL: usize = memory.data(12, 4);

function pool(): Pool {
  return changetype<Pool>(POOL);
}

/** First page boundary at or above `address`. */
export function pageAlign(address: usize): usize {
  return (address + PAGE_SIZE - 1) & ~(<usize>PAGE_SIZE - 1);
}

/** Address of the end of the core's memory; 2^32 - 1 stands for 4 GiB. */
function memoryEnd(): usize {
  const end = (<u64>(<u32>memory.size())) << WASM_PAGE_SHIFT;
  return end > <u64>u32.MAX_VALUE ? <usize>u32.MAX_VALUE : <usize>end;
}

/** Takes all pages from `start` (rounded up) to the end of memory. Returns whether any is left for use. */
export function poolInit(start: usize): bool {
  const base = pageAlign(start);
  const end = memoryEnd();
  if (base < start || base >= end) return false;
  const pages = <u32>((end - base) / PAGE_SIZE);
  const own = (pages + PAGE_SIZE - 1) / PAGE_SIZE;
  if (pages <= own) return false;
  pool().base = base;
  pool().size = pages;
  pool().used = own;
  memory.fill(base, 0, <usize>own * PAGE_SIZE);
  memory.fill(base, 1, own);
  return true;
}

/** Whether [address, address+size) lies in the core's memory, above its own static data. */
export function inCoreMemory(address: usize, size: u32): bool {
  return address >= __heap_base && <u64>address + size <= <u64>memoryEnd();
}

/** Address of `count` consecutive pages, zeroed; 0 when there are none. */
export function allocatePages(count: u32): usize {
  const map = pool().base;
  let run: u32 = 0;
  for (let page: u32 = 0; page < pool().size; page++) {
    run = load<u8>(map + page) ? 0 : run + 1;
    if (run !== count) continue;
    const first = page + 1 - count;
    memory.fill(map + first, 1, count);
    pool().used += count;
    const address = map + <usize>first * PAGE_SIZE;
    memory.fill(address, 0, <usize>count * PAGE_SIZE);
    return address;
  }
  return 0;
}

/** Gives back `count` pages of one allocatePages. */
export function freePages(address: usize, count: u32): void {
  const first = (address - pool().base) / PAGE_SIZE;
  memory.fill(pool().base + first, 0, count);
  memory.fill(address, 0, <usize>count * PAGE_SIZE);
  pool().used -= count;
}

/** Pages of the pool. */
export function poolSize(): u32 {
  return pool().size;
}

/** Pages of the pool in use. */
export function poolUsed(): u32 {
  return pool().used;
}

/** Prints how much of the core's pool and of the platform's is in use; `when` ends the sentence `Page pool usage …`. */
export function printPools(when: string): void {
  beginLine("Page pool usage ");
  print(when);
  print(": mem ");
  printDecimal(poolUsed());
  print("/");
  printDecimal(poolSize());
  print(", remap ");
  printDecimal(poolPages(POOL_USED));
  print("/");
  printDecimal(poolPages(POOL_SIZE));
  endLine();
}
