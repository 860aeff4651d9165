// The waist's grants: what a cell may do without an exit. Bitmaps in its guest control block, 1 = exit.
import { MSR_ACCESS_READ, MSR_ACCESS_WRITE } from "../../abi/platform.ts";
import { G_MSR_READS, G_MSR_WRITES, G_PORTS } from "../../machine/cpu/interface.ts";
import type { Context } from "./context.ts";

/** Number of ports, and of MSRs in each of the two mapped ranges. */
const PORTS = 0x10000;
const MSRS = 0x2000;
const HIGH_MSRS = 0xc000_0000;

function setBits(bytes: Uint8Array, at: number, first: number, count: number, value: 0 | 1): void {
  for (let bit = first; bit < first + count; bit++) {
    const mask = 1 << (bit & 7);
    const index = at + (bit >> 3);
    bytes[index] = value ? bytes[index]! | mask : bytes[index]! & ~mask;
  }
}

/** The bits of the MSR bitmap that [first, first+count) covers, as [first bit, count] for each of the mapped ranges. */
function msrBits(first: number, count: number): [number, number][] {
  const ranges: [number, number][] = [];
  for (const [base, bit] of [
    [0, 0],
    [HIGH_MSRS, MSRS],
  ] as const) {
    const start = Math.max(first, base);
    const end = Math.min(first + count, base + MSRS);
    if (end > start) ranges.push([bit + start - base, end - start]);
  }
  return ranges;
}

export function accessMembers(context: Context) {
  const memory = () => new Uint8Array(context.pc.memory.buffer);

  function setPorts(cell: number, base: number, count: number, value: 0 | 1): void {
    const end = Math.min(base + count, PORTS);
    setBits(memory(), context.guest(cell).block + G_PORTS, base, end - base, value);
  }

  function setMsrs(cell: number, first: number, count: number, access: number, value: 0 | 1): void {
    const { block } = context.guest(cell);
    for (const [bit, length] of msrBits(first >>> 0, count >>> 0)) {
      if (access & MSR_ACCESS_READ) setBits(memory(), block + G_MSR_READS, bit, length, value);
      if (access & MSR_ACCESS_WRITE) setBits(memory(), block + G_MSR_WRITES, bit, length, value);
    }
  }

  return {
    grantPorts: (cell: number, base: number, count: number) => setPorts(cell, base, count, 0),
    revokePorts: (cell: number, base: number, count: number) => setPorts(cell, base, count, 1),
    grantMsrs: (cell: number, first: number, count: number, access: number) =>
      setMsrs(cell, first, count, access, 0),
    revokeMsrs: (cell: number, first: number, count: number, access: number) =>
      setMsrs(cell, first, count, access, 1),
    // The emulated PC has no IOMMU, and none of its devices does DMA.
    attachDevice: (_cell: number, _iommu: number, _bdf: number) => {},
    detachDevice: (_iommu: number, _bdf: number) => {},
  };
}
