// What the platform has of each cell: its nested page table, its permission maps, its communication page.

import { PAGE } from "../pool.ts";

/** Cells that the platform can have: as many as CPUs, at most. */
export const CELLS_MAX: u32 = 256;
/** Pages of the permission maps, one after the other: ports, MSRs; as many as any vendor has. */
export const PORT_PAGES: u32 = 3;
export const MSR_PAGES: u32 = 2;

/** A cell; `block` 0: none of that number. */
@unmanaged
export class Cell {
  /** The nested page table as the processor wants it (vcpu.ts). */
  top: u64;
  /** First of the pages for permission maps, communication page and root of the nested page table. */
  block: usize;
  /** Pages that the pool has set aside. */
  promised: u32;
  /** 1: the local APICs of its CPUs are in x2APIC mode, whatever Linux has chosen. */
  x2apic: u32;

  get ports(): usize {
    return this.block;
  }

  get msrs(): usize {
    return this.block + PORT_PAGES * PAGE;
  }

  get comm(): usize {
    return this.block + (PORT_PAGES + MSR_PAGES) * PAGE;
  }

  get root(): usize {
    return this.block + (PORT_PAGES + MSR_PAGES + 1) * PAGE;
  }
}

/** Pages of a cell's block. */
export const CELL_PAGES: u32 = PORT_PAGES + MSR_PAGES + 2;

const CELL_SHIFT: u32 = 5;
if (offsetof<Cell>() > 1 << CELL_SHIFT) ERROR("Cell is too large");
const CELLS: usize = memory.data(CELLS_MAX << CELL_SHIFT, 8);

/** The record of cell number `cell`, below CELLS_MAX. */
export function cellOf(cell: u32): Cell {
  return changetype<Cell>(CELLS + (cell << CELL_SHIFT));
}
