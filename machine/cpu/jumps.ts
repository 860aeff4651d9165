// The table of jumps: which block of decoded code a linear address leads to. The interpreter fills it.

import { C_JUMPS, JUMP_SHIFT, JUMPS, S_CACHE } from "./interpreter-state.ts";

/** Address of the entry of the jump cache that may know the block at `rip`. */
export function jumpEntry(s: u32, rip: u64): u32 {
  const index = (<u32>rip ^ (<u32>rip >> 10)) & (JUMPS - 1);
  return load<u32>(s, S_CACHE) + C_JUMPS + (index << JUMP_SHIFT);
}

/** Forgets which blocks linear addresses lead to, after any change of a translation. */
export function forgetJumps(s: u32): void {
  if (load<u32>(s, S_CACHE) === 0) return;
  memory.fill(load<u32>(s, S_CACHE) + C_JUMPS, 0xff, JUMPS << JUMP_SHIFT);
}
