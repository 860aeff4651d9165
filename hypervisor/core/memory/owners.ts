// Who has which physical memory: what a non-root cell has for itself nobody else may reach.
import { CELL_NUM_MEMORY, MEM_COMM_REGION, MEM_ROOTSHARED } from "../../../abi/config.ts";
import { EBUSY } from "../../../abi/errno.ts";
import { Cell, nextCell, rootCell } from "../cells/cell.ts";
import { flagsOf, memoryRegion, overlap, physOf, sizeOf } from "../config.ts";
import { refuseItem } from "../refuse.ts";

/** MEM_* flags of regions that stay with the root cell. */
const SHARED: u32 = MEM_COMM_REGION | MEM_ROOTSHARED;

/** Number of memory regions of `cell`, placeholders included. */
export function regionCount(cell: Cell): u32 {
  return load<u32>(cell.config, CELL_NUM_MEMORY);
}

/** Whether `region` is memory that its cell has for itself: not a placeholder, not shared. */
export function isExclusive(region: usize): bool {
  return sizeOf(region) && !(flagsOf(region) & SHARED);
}

/**
 * Checks that the new `cell` shares memory with other non-root cells only where all of them leave it with the root cell
 * too. Returns 0 or -EBUSY.
 */
export function checkMemoryOwners(cell: Cell): i32 {
  for (let index: u32 = 0; index < regionCount(cell); index++) {
    const region = memoryRegion(cell.config, index);
    if (!sizeOf(region) || flagsOf(region) & MEM_COMM_REGION) continue;
    if (isUsed(null, physOf(region), sizeOf(region), !isExclusive(region)))
      return refuseItem(EBUSY, "memory region", index, "belongs to another cell");
  }
  return 0;
}

/** Whether a listed non-root cell but `except` has a part of physical [phys, phys+size); `alone`: has it for itself. */
function isUsed(except: Cell | null, phys: u64, size: u64, alone: bool): bool {
  for (let cell: Cell | null = nextCell(rootCell()); cell; cell = nextCell(cell)) {
    if (cell === except) continue;
    for (let index: u32 = 0; index < regionCount(cell); index++) {
      const region = memoryRegion(cell.config, index);
      if (!sizeOf(region) || flagsOf(region) & MEM_COMM_REGION) continue;
      if (alone && !isExclusive(region)) continue;
      if (overlap(phys, size, physOf(region), sizeOf(region))) return true;
    }
  }
  return false;
}

/** Whether the root cell is kept from physical [phys, phys+size) because another cell has a part for itself. */
export function isTakenFromRoot(phys: u64, size: u64): bool {
  return isUsed(null, phys, size, true);
}

/** As isTakenFromRoot, of cells other than `cell`. */
export function isTakenByOther(cell: Cell, phys: u64, size: u64): bool {
  return isUsed(cell, phys, size, true);
}

/** Whether a listed non-root cell has a part of physical [phys, phys+size), shared or not. */
export function isInCell(phys: u64, size: u64): bool {
  return isUsed(null, phys, size, false);
}
