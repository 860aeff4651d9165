// Which MSRs a cell may use without an exit: bitmaps, 1 = exit (SDM volume 3C, section 25.6.9).

import { MSR_ACCESS_READ, MSR_ACCESS_WRITE } from "../../../../abi/platform.ts";
import { setBits } from "../bits.ts";
import { cellOf } from "../cells.ts";

const ALL_BITS: u32 = 0xff;
/** MSRs of each of the two ranges. */
const RANGE_MSRS: u32 = 0x2000;
const HIGH_RANGE: u32 = 0xc0000000;
/** Bytes of a bitmap, of which there are four: reads of the low and of the high range, writes of both. */
const MAP_SIZE: u32 = 0x400;
const WRITES: u32 = 2 * MAP_SIZE;

/** In one range, whose bitmap of reads is at `map`. */
function setRange(map: usize, base: u32, first: u32, end: u64, access: u32, value: bool): void {
  const from = max(first, base);
  const to = <u32>min(end, <u64>base + RANGE_MSRS);
  if (from >= to) return;
  if (access & MSR_ACCESS_READ) setBits(map, from - base, to - from, ALL_BITS, value);
  if (access & MSR_ACCESS_WRITE) setBits(map + WRITES, from - base, to - from, ALL_BITS, value);
}

/** An MSR in neither range always exits. */
function setMsrs(cell: u32, first: u32, count: u32, access: u32, value: bool): void {
  const map = cellOf(cell).msrs;
  const end = <u64>first + count;
  setRange(map, 0, first, end, access, value);
  setRange(map + MAP_SIZE, HIGH_RANGE, first, end, access, value);
}

export function grantMsrs(cell: u32, first: u32, count: u32, access: u32): void {
  setMsrs(cell, first, count, access, false);
}

export function revokeMsrs(cell: u32, first: u32, count: u32, access: u32): void {
  setMsrs(cell, first, count, access, true);
}
