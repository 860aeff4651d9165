// The lists of MSRs (amd.ts, intel.ts): what they say of a register, and the permission map made from them. What no list
// has raises #GP (trapped.ts).

import { Cell, isRoot } from "../../core/cells/cell.ts";
import { grantMsrs, revokeMsrs } from "../platform.ts";
import { machine } from "../state.ts";
import { AMD_CELL, AMD_ROOT } from "./amd.ts";
import { INTEL_CELL, INTEL_ROOT } from "./intel.ts";
import { R, RW, W, ZERO } from "./rights.ts";

/** A row: first register, last register, what is allowed (rights.ts); 0 ends the list. */
const ROW_LAST: usize = 4;
const ROW_ACCESS: usize = 8;
const ROW_SIZE: usize = 12;
/** Where permission maps have registers: three ranges, their first ones. */
const RANGE_SIZE: u32 = 0x2000;
const RANGES: usize = memory.data<u32>([0, 0xc0000000, 0xc0010000]);
const RANGE_COUNT: u32 = 3;

function cellList(): usize {
  return machine().isAmd ? AMD_CELL : INTEL_CELL;
}

function rootList(): usize {
  return machine().isAmd ? AMD_ROOT : INTEL_ROOT;
}

/** What all rows of `list` with the register allow. */
function lookUp(list: usize, msr: u32): u32 {
  let access: u32 = 0;
  for (let row = list; load<u32>(row, ROW_ACCESS); row += ROW_SIZE) {
    const first = load<u32>(row);
    if (msr - first <= load<u32>(row, ROW_LAST) - first) access |= load<u32>(row, ROW_ACCESS);
  }
  return access;
}

/** What `cell` may do with a register. The root cell reads all but what its list has as zero. */
export function listedAccess(cell: Cell, msr: u32): u32 {
  const access = lookUp(cellList(), msr);
  if (!isRoot(cell)) return access;
  const own = lookUp(rootList(), msr);
  return own | (access & W) | (own & ZERO ? 0 : R);
}

function grantList(cell: u32, list: usize): void {
  for (let row = list; load<u32>(row, ROW_ACCESS); row += ROW_SIZE) {
    const first = load<u32>(row);
    const count = load<u32>(row, ROW_LAST) - first + 1;
    const access = load<u32>(row, ROW_ACCESS);
    if (access & RW) grantMsrs(cell, first, count, access & RW);
  }
}

/** Makes the root cell's reads exit where its list has zero. */
function hideZeros(cell: u32, list: usize): void {
  for (let row = list; load<u32>(row, ROW_ACCESS); row += ROW_SIZE) {
    const first = load<u32>(row);
    if (load<u32>(row, ROW_ACCESS) & ZERO)
      revokeMsrs(cell, first, load<u32>(row, ROW_LAST) - first + 1, R);
  }
}

/** Grants a new `cell` what its lists have. */
export function grantLists(cell: Cell): void {
  const number = cell.number;
  if (isRoot(cell)) {
    for (let range: u32 = 0; range < RANGE_COUNT; range++)
      grantMsrs(number, load<u32>(RANGES + (range << 2)), RANGE_SIZE, R);
    grantList(number, rootList());
    hideZeros(number, rootList());
  }
  grantList(number, cellList());
}
