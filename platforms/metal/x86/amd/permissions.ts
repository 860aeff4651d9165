// Which MSRs a cell may use without an exit: a permission map, 1 = exit (AMD64 Architecture Programmer's Manual, volume 2, section
// 15.11).

import { setBits } from "../bits.ts";
import { cellOf } from "../cells.ts";

/** MSRs of each range of the map, two bits each: reads, writes. */
const RANGE_MSRS: u32 = 0x2000;
const RANGES: usize = memory.data<u32>([0, 0xc0000000, 0xc0010000]);
const RANGE_COUNT: u32 = 3;
/** An MSR_ACCESS_* in each pair of bits of a byte. */
const EACH_PAIR: u32 = 0x55;

function setMsrs(cell: u32, first: u32, count: u32, access: u32, value: bool): void {
  const end = <u64>first + count;
  for (let index: u32 = 0; index < RANGE_COUNT; index++) {
    const base = load<u32>(RANGES + (index << 2));
    const from = max(first, base);
    const to = min(end, <u64>base + RANGE_MSRS);
    if (from >= to) continue;
    const bit = (index * RANGE_MSRS + (from - base)) << 1;
    setBits(cellOf(cell).msrs, bit, (<u32>to - from) << 1, access * EACH_PAIR, value);
  }
}

export function grantMsrs(cell: u32, first: u32, count: u32, access: u32): void {
  setMsrs(cell, first, count, access, false);
}

export function revokeMsrs(cell: u32, first: u32, count: u32, access: u32): void {
  setMsrs(cell, first, count, access, true);
}
