// Which ports a cell may use without an exit: a bit for each, 1 = exit. All vendors have the same map.

import { setBits } from "./bits.ts";
import { cellOf } from "./cells.ts";

const PORTS: u32 = 0x10000;
const ALL_BITS: u32 = 0xff;

function setPorts(cell: u32, base: u32, count: u32, value: bool): void {
  if (base < PORTS) setBits(cellOf(cell).ports, base, min(count, PORTS - base), ALL_BITS, value);
}

export function grantPorts(cell: u32, base: u32, count: u32): void {
  setPorts(cell, base, count, false);
}

export function revokePorts(cell: u32, base: u32, count: u32): void {
  setPorts(cell, base, count, true);
}
