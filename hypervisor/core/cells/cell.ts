// The cells: a list in order of creation that starts with the root cell. The list and the fields are guarded by the
// lock; a cell's configuration does not change after its creation.
import { CELL_FLAGS, CELL_NAME, CELL_NAME_SIZE } from "../../../abi/config.ts";

/** Size of the architecture's part of a Cell. */
export const CELL_ARCH_SIZE: u32 = 0x800;
const CELL_ARCH: u32 = 0x800;
/** Bytes of a line that wait while the console is in the middle of another's. */
export const CELL_LINE_SIZE: u32 = 256;
const CELL_LINE: u32 = CELL_ARCH - CELL_LINE_SIZE;

/** One cell: a page of the pool. */
@unmanaged
export class Cell {
  /** Address of the next cell, or 0. */
  next: usize;
  /** Number by which the platform knows it: 0 for the root cell, else the lowest that was free. */
  number: u32;
  /** Its id, as the driver chose it; 0 for the root cell. */
  id: u32;
  /** Address of the core's copy of its configuration: a cell descriptor and its arrays. */
  config: usize;
  /** Pages of that copy; 0 when it is a part of the system configuration. */
  configPages: u32;
  /** 1 while its loadable regions are mapped to the root cell. */
  loadable: u32;
  /** 1 once all its CPUs have failed or a message went unanswered, until it is started or made loadable. */
  failed: u32;
  /** Address of its table of trapped ranges (core/memory/ranges.ts), or 0. */
  mmio: usize;
  /** Ranges in it. */
  mmioCount: u32;
  /** Address of the state of its PCI devices (core/pci/device.ts), or 0. */
  pci: usize;
  /** Pages of that. */
  pciPages: u32;
  /** Bytes that are to be filled with zeros (core/memory/scrub.ts), in which memory region, from where on. */
  scrubLeft: u64;
  scrubDone: u64;
  scrubRegion: u32;
  /** 1 once its destruction has begun. */
  closing: u32;
  /** Bytes that wait to be printed (core/console.ts). */
  lineLength: u32;

  /** CELL_FLAG_* of its configuration. */
  get flags(): u32 {
    return load<u32>(this.config, CELL_FLAGS);
  }

  /** Address of CELL_LINE_SIZE bytes: what waits to be printed. */
  get line(): usize {
    return changetype<usize>(this) + CELL_LINE;
  }

  /** Address of CELL_ARCH_SIZE bytes for the architecture's own use, zero at creation. */
  get arch(): usize {
    return changetype<usize>(this) + CELL_ARCH;
  }
}

if (offsetof<Cell>() > CELL_LINE) ERROR("Cell is too large");

/** The root cell, at a fixed place; its `next` leads through all others. */
const ROOT: usize = memory.data(CELL_ARCH + CELL_ARCH_SIZE, 16);

/** The root cell. */
export function rootCell(): Cell {
  return changetype<Cell>(ROOT);
}

/** Whether `cell` is the root cell. */
export function isRoot(cell: Cell): bool {
  return changetype<usize>(cell) === ROOT;
}

/** The cell after `cell`, or null. Start with rootCell() to see all, with nextCell(rootCell()) for the non-root ones. */
export function nextCell(cell: Cell | null): Cell | null {
  return cell ? changetype<Cell | null>(cell.next) : null;
}

/** The cell with this id, or null. */
export function findCell(id: u32): Cell | null {
  for (let cell: Cell | null = rootCell(); cell; cell = nextCell(cell)) {
    if (cell.id === id) return cell;
  }
  return null;
}

/** Number of cells, the root cell included. */
export function cellCount(): u32 {
  let count: u32 = 0;
  for (let cell: Cell | null = rootCell(); cell; cell = nextCell(cell)) count++;
  return count;
}

function hasNumber(number: u32): bool {
  for (let cell: Cell | null = rootCell(); cell; cell = nextCell(cell)) {
    if (cell.number === number) return true;
  }
  return false;
}

/** The lowest number that no cell has. */
export function freeNumber(): u32 {
  let number: u32 = 1;
  while (hasNumber(number)) number++;
  return number;
}

/** Whether a cell has this NUL-terminated name. */
export function hasName(cell: Cell, name: usize): bool {
  for (let i: u32 = 0; i < CELL_NAME_SIZE; i++) {
    const byte = load<u8>(cell.config + i, CELL_NAME);
    if (byte !== load<u8>(name + i)) return false;
    if (!byte) return true;
  }
  return true;
}

/** Puts `cell` at the end of the list. */
export function addCell(cell: Cell): void {
  let last = rootCell();
  while (last.next) last = changetype<Cell>(last.next);
  last.next = changetype<usize>(cell);
}

/** Takes `cell` out of the list. */
export function removeCell(cell: Cell): void {
  let previous = rootCell();
  while (previous.next !== changetype<usize>(cell)) previous = changetype<Cell>(previous.next);
  previous.next = cell.next;
}
