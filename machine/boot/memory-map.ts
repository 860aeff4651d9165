// The memory map that a kernel is given, in the words that Multiboot and Linux share (those of BIOS function e820).
import { MEMORY_MAP } from "../board.ts";

/** Type of a range: RAM that may be used. */
export const AVAILABLE = 1;
/** Type of a range: what may not. */
export const RESERVED = 2;

/** A range of physical memory and its type. */
export interface MemoryRange {
  readonly first: number;
  readonly size: number;
  readonly type: number;
}

export const MIB = 0x100000;
/** End of conventional memory; above are video memory and what is the firmware's. */
export const LOWER_END = 0xa0000;
const BIOS = 0xf0000;

/** What a kernel may use, and may not, on a machine with `memory` bytes of RAM. */
export function memoryMap(memory: number): MemoryRange[] {
  const { first, size } = MEMORY_MAP.ecam;
  const ranges = [
    { first: 0, size: Math.min(memory, LOWER_END), type: AVAILABLE },
    { first: BIOS, size: MIB - BIOS, type: RESERVED },
    { first: MIB, size: memory - MIB, type: AVAILABLE },
    ...(memory <= first ? [{ first, size, type: RESERVED }] : []),
  ];
  return ranges.filter((range) => range.size > 0);
}
