// Behind the caches of tlb.ts, which are small and hold what the present privilege may do: pages of RAM, with the rights that a walk
// through both levels of translation has found. What is not here is walked for, and so is a page's first write, which marks it dirty.

import { MAP_EXECUTE, MAP_READ, MAP_WRITE } from "../../../abi/platform.ts";
import { PF_FETCH, PF_WRITE, PTE_DIRTY } from "../../../abi/x86/registers.ts";
import {
  NO_ADDRESS,
  PAGE_OFFSET,
  PAGE_SHIFT,
  PAGE_SIZE,
  S_PAGE_GENERATION,
  S_PAGE_LAST,
  S_PAGE_OTHER,
  S_PAGES,
  S_PAGES_ENTRIES,
} from "./layout.ts";
import { permits } from "./rights.ts";

const ENTRY_SHIFT: u32 = 4;
/** In an entry: the physical address of the page, u32. */
const FRAME: u32 = 8;
/** In an entry: the rights of rights.ts, and those of the nested map (MAP_*) above them, u32. */
const RIGHTS: u32 = 12;
const NESTED_SHIFT: u32 = 8;
/** Greatest generation: a tag has the bits of a page's offset for it. 0 is that of an entry that was never filled. */
const LAST_GENERATION: u32 = PAGE_OFFSET;

function entryOf(s: u32, linear: u64): u32 {
  return s + S_PAGES + ((<u32>(linear >> PAGE_SHIFT) & (S_PAGES_ENTRIES - 1)) << ENTRY_SHIFT);
}

function tagOf(s: u32, linear: u64): u64 {
  return (linear & ~(<u64>PAGE_OFFSET)) | load<u32>(s, S_PAGE_GENERATION);
}

/** Physical address of a linear one in RAM, where it is known that the access (PF_*) is permitted; else NO_ADDRESS. */
export function findPage(s: u32, linear: u64, access: u32): u64 {
  const entry = entryOf(s, linear);
  if (load<u64>(entry) !== tagOf(s, linear)) return NO_ADDRESS;
  const rights = load<u32>(entry, RIGHTS);
  const writes = (access & PF_WRITE) !== 0;
  if (writes && !(rights & PTE_DIRTY)) return NO_ADDRESS;
  const nested = (access & PF_FETCH ? MAP_EXECUTE : MAP_READ) | (writes ? MAP_WRITE : 0);
  if (((rights >> NESTED_SHIFT) & nested) !== nested) return NO_ADDRESS;
  if (!permits(s, rights, access)) return NO_ADDRESS;
  return <u64>load<u32>(entry, FRAME) | (linear & PAGE_OFFSET);
}

/** Keeps what a walk has found: `phys` is in RAM, `rights` are those of rights.ts, `nested` MAP_*. */
export function keepPage(s: u32, linear: u64, phys: u64, rights: u32, nested: u32): void {
  const entry = entryOf(s, linear);
  store<u64>(entry, tagOf(s, linear));
  store<u32>(entry, <u32>phys & ~PAGE_OFFSET, FRAME);
  store<u32>(entry, rights | (nested << NESTED_SHIFT), RIGHTS);
}

/** Empties the cache, of both worlds (worlds.ts). */
export function emptyPages(s: u32): void {
  memory.fill(s + S_PAGES, 0, S_PAGES_ENTRIES << ENTRY_SHIFT);
  store<u32>(s, 1, S_PAGE_GENERATION);
  store<u32>(s, 2, S_PAGE_OTHER);
  store<u32>(s, 2, S_PAGE_LAST);
}

/** Forgets all pages of the present world. */
export function forgetPages(s: u32): void {
  const generation = load<u32>(s, S_PAGE_LAST) + 1;
  if (generation > LAST_GENERATION) return emptyPages(s);
  store<u32>(s, generation, S_PAGE_LAST);
  store<u32>(s, generation, S_PAGE_GENERATION);
}

/** Forgets the pages in [linear, linear + size). */
export function forgetPagesIn(s: u32, linear: u64, size: u32): void {
  for (let done: u32 = 0; done < size; done += PAGE_SIZE) {
    const entry = entryOf(s, linear + done);
    if (load<u64>(entry) === tagOf(s, linear + done)) store<u64>(entry, 0);
  }
}
