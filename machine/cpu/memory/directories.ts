// What walks of four levels, or PAE's, have found in page directories (level 2), with the rights of all levels above (Intel SDM volume
// 3, section 4.10.3): a walk starts at the page table, and needs none where the directory maps 2 MiB at once.

import {
  S_DIRECTORIES,
  S_DIRECTORIES_ENTRIES,
  S_DIRECTORY_GENERATION,
  S_DIRECTORY_LAST,
  S_DIRECTORY_OTHER,
} from "./layout.ts";

/** Log2 of what one entry of a directory covers. */
export const DIRECTORY_SHIFT: u32 = 21;
const ENTRY_SHIFT: u32 = 4;
const VALUE: u32 = 8;
/** Greatest generation, as in second-level.ts. */
const LAST_GENERATION: u32 = (1 << DIRECTORY_SHIFT) - 1;

function entryOf(s: u32, linear: u64): u32 {
  const index = <u32>(linear >> DIRECTORY_SHIFT) & (S_DIRECTORIES_ENTRIES - 1);
  return s + S_DIRECTORIES + (index << ENTRY_SHIFT);
}

function tagOf(s: u32, linear: u64): u64 {
  return ((linear >> DIRECTORY_SHIFT) << DIRECTORY_SHIFT) | load<u32>(s, S_DIRECTORY_GENERATION);
}

/** The directory's entry for a linear address, its rights those of all levels; 0 if it is not known. */
export function findDirectory(s: u32, linear: u64): u64 {
  const entry = entryOf(s, linear);
  return load<u64>(entry) === tagOf(s, linear) ? load<u64>(entry, VALUE) : 0;
}

export function keepDirectory(s: u32, linear: u64, value: u64): void {
  const entry = entryOf(s, linear);
  store<u64>(entry, tagOf(s, linear));
  store<u64>(entry, value, VALUE);
}

/** Empties the cache, of both worlds (worlds.ts). */
export function emptyDirectories(s: u32): void {
  memory.fill(s + S_DIRECTORIES, 0, S_DIRECTORIES_ENTRIES << ENTRY_SHIFT);
  store<u32>(s, 1, S_DIRECTORY_GENERATION);
  store<u32>(s, 2, S_DIRECTORY_OTHER);
  store<u32>(s, 2, S_DIRECTORY_LAST);
}

/** Forgets all of the present world. */
export function forgetDirectories(s: u32): void {
  const generation = load<u32>(s, S_DIRECTORY_LAST) + 1;
  if (generation > LAST_GENERATION) return emptyDirectories(s);
  store<u32>(s, generation, S_DIRECTORY_LAST);
  store<u32>(s, generation, S_DIRECTORY_GENERATION);
}
