// Trapped memory: each cell has a table of guest-physical ranges that are not mapped, with who handles them.
import { Cell } from "../cells/cell.ts";
import { cellOfCpu } from "../cells/percpu.ts";
import { PAGE_MASK, PAGE_SIZE } from "../limits.ts";
import { allocatePages, freePages } from "./pool.ts";

/** The access was carried out; a value read is in PerCpu.mmioValue. */
export const MMIO_HANDLED: i32 = 1;
/** No range of the cell has this address. */
export const MMIO_UNKNOWN: i32 = 0;
/** The range does not allow this access. */
export const MMIO_FAULT: i32 = -1;

/** Kind of range: a sub-page region; `argument` = its flags. The architecture's kinds start at 1. */
export const MMIO_SUBPAGE: u32 = 0;
/** Kind of range: PCI's configuration space. */
export const MMIO_ECAM: u32 = 0x102;
/** Kind of range: nobody may use it. */
export const MMIO_CLOSED: u32 = 0x101;
/** Kind of range: the region of an MSI-X table; `argument` = its device's bdf. */
export const MMIO_MSIX: u32 = 0x100;

/** A trapped range. */
@unmanaged
export class Range {
  start: u64;
  size: u64;
  /** Sub-page: physical minus guest-physical address. */
  delta: u64;
  kind: u32;
  argument: u32;
}

const RANGES_MAX: u32 = PAGE_SIZE / offsetof<Range>();

/** Range `index` of `cell`. */
export function rangeAt(cell: Cell, index: u32): Range {
  return changetype<Range>(cell.mmio + index * offsetof<Range>());
}

function addRange(cell: Cell, start: u64, size: u64, kind: u32, argument: u32, delta: u64): bool {
  if (!cell.mmio) cell.mmio = allocatePages(1);
  if (!cell.mmio || cell.mmioCount === RANGES_MAX) return false;
  const range = rangeAt(cell, cell.mmioCount++);
  range.start = start;
  range.size = size;
  range.kind = kind;
  range.argument = argument;
  range.delta = delta;
  return true;
}

/**
 * Traps [start, start+size) of `cell` and gives accesses to archMmio with `kind` (from 1) and `argument`. Ranges
 * registered first win. The pages that they touch are unmapped when the cell is created. While it is checked only.
 * Returns false when there is no room.
 */
export function mmioRegister(cell: Cell, start: u64, size: u64, kind: u32, argument: u32): bool {
  return addRange(cell, start, size, kind, argument, 0);
}

/** Traps a sub-page region with MEM_* `flags`. Returns false when there is no room. */
export function mmioRegisterSubPage(cell: Cell, virt: u64, phys: u64, size: u64, flags: u64): bool {
  return addRange(cell, virt, size, MMIO_SUBPAGE, <u32>flags, phys - virt);
}

/** Frees the table of `cell`. */
export function mmioRelease(cell: Cell): void {
  if (cell.mmio) freePages(cell.mmio, 1);
  cell.mmio = 0;
  cell.mmioCount = 0;
}

/** Kind of range `index` of `cell`. */
export function mmioKind(cell: Cell, index: u32): u32 {
  return rangeAt(cell, index).kind;
}

/** Guest-physical address of the first page that range `index` of `cell` touches. */
export function mmioFirstPage(cell: Cell, index: u32): u64 {
  return rangeAt(cell, index).start & ~PAGE_MASK;
}

/** End of the last page that range `index` of `cell` touches. */
export function mmioEndPage(cell: Cell, index: u32): u64 {
  const range = rangeAt(cell, index);
  return (range.start + range.size + PAGE_MASK) & ~PAGE_MASK;
}

/** Whether no trapped range of the CPU's cell has guest-physical `address`. */
export function isUnknown(cpu: u32, address: u64): bool {
  const cell = cellOfCpu(cpu);
  for (let index: u32 = 0; index < cell.mmioCount; index++) {
    const range = rangeAt(cell, index);
    if (address - range.start < range.size) return false;
  }
  return true;
}
