// Translations of a host and of its guest: each world has generations of its own in the second-level caches, so that neither flushes
// what the other knows. The caches of tlb.ts hold the present world's only.

import {
  S_DIRECTORY_GENERATION,
  S_DIRECTORY_OTHER,
  S_LARGEST_OTHER,
  S_LARGEST_PAGE,
  S_PAGE_GENERATION,
  S_PAGE_OTHER,
} from "./layout.ts";
import { flushPrivilege, flushTranslations } from "./tlb.ts";

function exchange(s: u32, one: u32, other: u32): void {
  const value = load<u32>(s + one);
  store<u32>(s + one, load<u32>(s + other));
  store<u32>(s + other, value);
}

/** From the host to the guest, or back. */
export function switchWorld(s: u32): void {
  flushPrivilege(s);
  exchange(s, S_PAGE_GENERATION, S_PAGE_OTHER);
  exchange(s, S_DIRECTORY_GENERATION, S_DIRECTORY_OTHER);
  exchange(s, S_LARGEST_PAGE, S_LARGEST_OTHER);
}

/** Forgets the translations of the world that the CPU is not in. */
export function forgetOtherWorld(s: u32): void {
  switchWorld(s);
  flushTranslations(s);
  switchWorld(s);
}
