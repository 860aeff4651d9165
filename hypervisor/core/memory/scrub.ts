// Memory that changes hands is filled with zeros, a piece at a time, by the CPU that makes the request for which it must have ended:
// that one goes back to its guest after each piece, so that Linux takes its interrupts, and comes again; all others go on. Until
// the end nobody else reaches the memory: a new cell cannot be loaded or started, one that is being destroyed has not given it back.
// Only who carries out a request calls this, of whom there is one.
import {
  CELL_FLAG_KEEP_MEMORY,
  MEM_DMA,
  MEM_EXECUTE,
  MEM_IO,
  MEM_LOADABLE,
  MEM_WRITE,
} from "../../../abi/config.ts";
import { scrub } from "../../platform.ts";
import { Cell, nextCell, rootCell } from "../cells/cell.ts";
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

/** The memory of `cell` is to be filled: all of it. */
export function beginScrub(cell: Cell): void {
  cell.scrubRegion = 0;
  cell.scrubDone = 0;
  cell.scrubLeft = 0;
  for (let index: u32 = 0; index < regionCount(cell); index++)
    cell.scrubLeft += scrubSize(cell, memoryRegion(cell.config, index));
}

/**
 * Fills a piece of what is left of the memory of `cell`: up to the next multiple of SCRUB_MAX, so that large pages stay whole. Returns
 * whether nothing is left.
 */
export function goOnScrubbing(cell: Cell): bool {
  if (!cell.scrubLeft) return true;
  let region: usize = 0;
  let left: u64 = 0;
  for (;;) {
    region = memoryRegion(cell.config, cell.scrubRegion);
    left = scrubSize(cell, region) - cell.scrubDone;
    if (left) break;
    cell.scrubRegion++;
    cell.scrubDone = 0;
  }
  const start = physOf(region) + cell.scrubDone;
  const size = min(left, SCRUB_MAX - (start & (SCRUB_MAX - 1)));
  scrub(start, size);
  cell.scrubDone += size;
  cell.scrubLeft -= size;
  return !cell.scrubLeft;
}

/** KiB of all cells' memory that are not filled yet. */
export function scrubLeft(): u32 {
  let left: u64 = 0;
  for (let cell = nextCell(rootCell()); cell; cell = nextCell(cell)) left += cell.scrubLeft;
  return <u32>(left >> KIB_SHIFT);
}
