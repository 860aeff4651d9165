// The platform's own pages: from the end of its static data to the end of its memory. A byte says of each page whether it
// is in use. What maps may need later is promised: other requests leave as many pages free.
import { POOL_USED } from "../../abi/platform.ts";
import { panic, physicalOf } from "./hw.ts";
import { PANIC_CONTRACT } from "./numbers.ts";
import { acquire, give } from "./spin.ts";

/** Bytes of a page. */
export const PAGE: u32 = 4096;
const WASM_PAGE_SHIFT: u32 = 16;

@unmanaged
class Pool {
  /** Address of the first page; the bytes that say what is in use lie there. */
  start: usize;
  pages: u32;
  used: u32;
  promised: u32;
  lock: u32;
}

const POOL: usize = memory.data(20, 4);

function pool(): Pool {
  return changetype<Pool>(POOL);
}

function lockOf(): usize {
  return POOL + offsetof<Pool>("lock");
}

/** Makes the pool; once, before all else here. */
export function poolInit(): void {
  const state = pool();
  state.start = (__heap_base + PAGE - 1) & ~(PAGE - 1);
  state.pages = <u32>((((<usize>memory.size()) << WASM_PAGE_SHIFT) - state.start) / PAGE);
  memory.fill(state.start, 0, state.pages);
  const own = (state.pages + PAGE - 1) / PAGE;
  memory.fill(state.start, 1, own);
  state.used = own;
}

/** Takes the first `count` free pages in a row; 0 when there are none. With the pool's lock. */
function take(count: u32): usize {
  const state = pool();
  let found: u32 = 0;
  for (let page: u32 = 0; page < state.pages; page++) {
    found = load<u8>(state.start + page) ? 0 : found + 1;
    if (found < count) continue;
    const first = page + 1 - count;
    memory.fill(state.start + first, 1, count);
    state.used += count;
    const address = state.start + first * PAGE;
    memory.fill(address, 0, count * PAGE);
    return address;
  }
  return 0;
}

/** Address of `count` zeroed pages in a row, or 0. */
export function allocate(count: u32): usize {
  const state = pool();
  acquire(lockOf());
  const isFree = state.pages - state.used >= state.promised + count;
  const address = isFree ? take(count) : 0;
  give(lockOf());
  return address;
}

/** Address of a zeroed page that `promise` has set aside. */
export function takePromised(): usize {
  acquire(lockOf());
  const address = take(1);
  give(lockOf());
  if (!address) panic(PANIC_CONTRACT);
  return address;
}

/** Frees pages. */
export function free(address: usize, count: u32): void {
  const state = pool();
  acquire(lockOf());
  memory.fill(state.start + (address - state.start) / PAGE, 0, count);
  state.used -= count;
  give(lockOf());
}

/** Sets `count` pages aside for takePromised. Returns false when fewer are free. */
export function promise(count: u32): bool {
  const state = pool();
  acquire(lockOf());
  const isFree = state.pages - state.used >= state.promised + count;
  if (isFree) state.promised += count;
  give(lockOf());
  return isFree;
}

/** Ends a promise. */
export function withdraw(count: u32): void {
  acquire(lockOf());
  pool().promised -= count;
  give(lockOf());
}

/** The waist's poolPages. */
export function poolPages(kind: u32): u32 {
  return kind === POOL_USED ? pool().used : pool().pages;
}

/** The linear address of the page of the pool that lies at physical `address`. */
export function linearOf(address: u64): usize {
  return <usize>(address - physicalOf(0));
}
