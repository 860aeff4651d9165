// Memory that changes hands is filled with zeros, a piece at a time, by whoever has nothing better to do: the cell's own CPUs,
// which are parked meanwhile, and the CPU that makes the request for which it must have ended. That one goes back to its guest
// after each piece, so that Linux takes its interrupts, and comes again. Until the end nobody but these reaches the memory: a new cell
// cannot be loaded or started, one that is being destroyed has not given it back.
import {
  CELL_FLAG_KEEP_MEMORY,
  MEM_DMA,
  MEM_EXECUTE,
  MEM_IO,
  MEM_LOADABLE,
  MEM_WRITE,
} from "../../../abi/config.ts";
import { lock, scrub, unlock } from "../../platform.ts";
import { Cell, isRoot, nextCell, rootCell } from "../cells/cell.ts";
import { cellOfCpu } from "../cells/percpu.ts";
import { flagsOf, isSubPage, memoryRegion, physOf, sizeOf } from "../config.ts";
import { SCRUB_MAX } from "../limits.ts";
import { isExclusive, regionCount } from "./owners.ts";

/** What INFO_SCRUB_LEFT counts in, by its logarithm. */
const KIB_SHIFT: u32 = 10;

/** Bytes of `region` that are filled when `cell` gets or loses it. */
function scrubSize(cell: Cell, region: usize): u64 {
  const flags = flagsOf(region);
  if (cell.flags & CELL_FLAG_KEEP_MEMORY || flags & MEM_IO) return 0;
  if (!isExclusive(region) || isSubPage(region)) return 0;
  return flags & (MEM_WRITE | MEM_EXECUTE | MEM_DMA | MEM_LOADABLE) ? sizeOf(region) : 0;
}

/** The memory of `cell`, whose CPUs are stopped or not in the list yet, is to be filled: all of it. */
export function beginScrub(cell: Cell): void {
  cell.scrubRegion = 0;
  cell.scrubDone = 0;
  cell.scrubbers = 0;
  cell.scrubLeft = 0;
  for (let index: u32 = 0; index < regionCount(cell); index++)
    cell.scrubLeft += scrubSize(cell, memoryRegion(cell.config, index));
}

/** Whether all memory of `cell` has been filled. */
export function isScrubbed(cell: Cell): bool {
  return !cell.scrubLeft && !cell.scrubbers;
}

/**
 * Fills a piece of what is left of the memory of `cell`: up to the next multiple of SCRUB_MAX, so that large pages stay whole. Returns
 * false if nothing was left.
 */
export function scrubPiece(cell: Cell): bool {
  let start: u64 = 0;
  let size: u64 = 0;
  lock();
  while (cell.scrubLeft && !size) {
    const region = memoryRegion(cell.config, cell.scrubRegion);
    start = physOf(region) + cell.scrubDone;
    size = min(scrubSize(cell, region) - cell.scrubDone, SCRUB_MAX - (start & (SCRUB_MAX - 1)));
    cell.scrubDone += size;
    if (size) continue;
    cell.scrubRegion++;
    cell.scrubDone = 0;
  }
  cell.scrubLeft -= size;
  if (size) cell.scrubbers++;
  unlock();
  if (!size) return false;
  scrub(start, size);
  lock();
  cell.scrubbers--;
  unlock();
  return true;
}

/** A piece for a parked CPU (exports.ts). */
export function idleWork(cpu: u32): bool {
  const cell = cellOfCpu(cpu);
  return !isRoot(cell) && scrubPiece(cell);
}

/** KiB of all cells' memory that are not filled yet. */
export function scrubLeft(): u32 {
  let left: u64 = 0;
  for (let cell = nextCell(rootCell()); cell; cell = nextCell(cell)) left += cell.scrubLeft;
  return <u32>(left >> KIB_SHIFT);
}
