// Memory of cells: what a region maps, and how it moves between the root cell and another one. The root cell has the
// memory of its own configuration, minus what other cells have for themselves, plus open loadable windows.
import {
  MEM_COMM_REGION,
  MEM_LOADABLE,
  MEM_READ,
  MEM_SIZE,
  SYS_FLAG_VIRTUAL_DEBUG_CONSOLE,
  SYS_FLAGS,
  SYS_HYPERVISOR_MEMORY,
} from "../../../abi/config.ts";
import { ENOMEM } from "../../../abi/errno.ts";
import {
  CONSOLE_PAGE_OFFSET,
  MAP_COMM,
  MAP_CONSOLE,
  MAP_DMA,
  MAP_EXECUTE,
  MAP_READ,
  MAP_WRITE,
  MAP_ZERO,
  RANGE_LENGTH,
  RANGE_PHYS,
  RANGE_SIZE,
  RANGE_VIRT,
} from "../../../abi/platform.ts";
import { archRootMayRead } from "../../arch.ts";
import { map, reserve, unmap } from "../../platform.ts";
import { Cell, isRoot, rootCell } from "../cells/cell.ts";
import {
  flagsOf,
  isSubPage,
  memoryRegion,
  physOf,
  sizeOf,
  systemConfig,
  virtOf,
} from "../config.ts";
import { isLearning } from "../denials.ts";
import { PAGE_MASK, PAGE_SIZE } from "../limits.ts";
import { refuse, refuseItem } from "../refuse.ts";
import { isExclusive, isTakenFromRoot, regionCount } from "./owners.ts";
import { allocatePages, freePages, pageAlign } from "./pool.ts";
import {
  MMIO_SUBPAGE,
  mmioEndPage,
  mmioFirstPage,
  mmioKind,
  mmioRegisterSubPage,
} from "./ranges.ts";

const REGION: string = "memory region";
/** MEM_* flags that the platform gets as MAP_*: the lowest four are the same. */
const MAP_MASK: u32 = MAP_READ | MAP_WRITE | MAP_EXECUTE | MAP_DMA;

/** Whether `region` is in its cell's map: neither a placeholder nor trapped. */
function isMapped(region: usize): bool {
  return sizeOf(region) && !isSubPage(region);
}

/** Physical end of the last page that `region` touches. */
function endOfPages(region: usize): u64 {
  return (physOf(region) + sizeOf(region) + PAGE_MASK) & ~PAGE_MASK;
}

function mapRegion(number: u32, region: usize): void {
  const flags = flagsOf(region);
  const comm = flags & MEM_COMM_REGION ? MAP_COMM : 0;
  map(number, virtOf(region), physOf(region), sizeOf(region), (flags & MAP_MASK) | comm);
}

// Checks and reservations.

/** Traps the sub-page regions of `cell`. Returns 0 or -ENOMEM. */
export function trapSubPages(cell: Cell): i32 {
  for (let index: u32 = 0; index < regionCount(cell); index++) {
    const region = memoryRegion(cell.config, index);
    if (!sizeOf(region) || isMapped(region)) continue;
    const start = virtOf(region);
    if (!mmioRegisterSubPage(cell, start, physOf(region), sizeOf(region), flagsOf(region)))
      return refuseItem(ENOMEM, REGION, index, "too many trapped ranges");
  }
  return 0;
}

function writeRange(ranges: usize, index: u32, virt: u64, phys: u64, size: u64): void {
  const range = ranges + index * RANGE_SIZE;
  store<u64>(range, virt, RANGE_VIRT);
  store<u64>(range, size, RANGE_LENGTH);
  store<u64>(range, phys, RANGE_PHYS);
}

/** Most ranges that one memory region or trapped range of a cell needs. */
const RANGES_PER_ITEM: u32 = 3;

/** Writes the bounds of trapped range `range` of `cell`: it may be cut out of a region, a single page may be mapped. */
function writeTrapped(ranges: usize, count: u32, cell: Cell, range: u32): u32 {
  if (mmioKind(cell, range) === MMIO_SUBPAGE) return count;
  const first = mmioFirstPage(cell, range);
  const last = mmioEndPage(cell, range) - PAGE_SIZE;
  writeRange(ranges, count++, first, first, PAGE_SIZE);
  if (last > first) writeRange(ranges, count++, last, last, PAGE_SIZE);
  return count;
}

/** Gives the platform the bounds of all that `cell` will map and unmap. Returns 0 or -ENOMEM. */
function reserveOwn(cell: Cell, ranges: usize): i32 {
  let count: u32 = 0;
  for (let index: u32 = 0; index < regionCount(cell); index++) {
    const region = memoryRegion(cell.config, index);
    if (!isMapped(region)) continue;
    writeRange(ranges, count++, virtOf(region), physOf(region), sizeOf(region));
  }
  for (let range: u32 = 0; range < cell.mmioCount; range++)
    count = writeTrapped(ranges, count, cell, range);
  if (isRoot(cell)) {
    const memory = systemConfig() + SYS_HYPERVISOR_MEMORY;
    const page = physOf(memory) + CONSOLE_PAGE_OFFSET;
    writeRange(ranges, count++, physOf(memory), physOf(memory), sizeOf(memory));
    writeRange(ranges, count++, page, page, PAGE_SIZE);
  }
  return reserve(cell.number, ranges, count);
}

/** Gives the platform the bounds of what the new `cell` takes from the root cell's map. Returns 0 or -ENOMEM. */
function reserveInRoot(cell: Cell, ranges: usize): i32 {
  const root = rootCell();
  for (let index: u32 = 0; index < regionCount(cell); index++) {
    const region = memoryRegion(cell.config, index);
    if (!isExclusive(region)) continue;
    let count: u32 = 0;
    for (let own: u32 = 0; own < regionCount(root); own++) {
      const owned = memoryRegion(root.config, own);
      if (!isMapped(owned) || flagsOf(owned) & MEM_COMM_REGION) continue;
      const start = max(physOf(region) & ~PAGE_MASK, physOf(owned));
      const end = min(endOfPages(region), physOf(owned) + sizeOf(owned));
      if (start >= end) continue;
      const virt = virtOf(owned) + (start - physOf(owned));
      writeRange(ranges, count++, virt, start, end - start);
      if (!((physOf(region) | sizeOf(region)) & PAGE_MASK)) continue;
      // The first and the last page of such a region may come back alone.
      const last = end - start - PAGE_SIZE;
      writeRange(ranges, count++, virt, start, PAGE_SIZE);
      writeRange(ranges, count++, virt + last, start + last, PAGE_SIZE);
    }
    if (isLearning()) {
      const start = physOf(region) & ~PAGE_MASK;
      writeRange(ranges, count++, start, start, endOfPages(region) - start);
    }
    const result = reserve(root.number, ranges, count);
    if (result) return result;
  }
  return 0;
}

/**
 * Makes the address space of `cell` with room for all of its regions and for the bounds of what the architecture traps,
 * for the root cell also for the hypervisor memory, for others also in the root cell's map for what they take from it.
 * Returns 0 or -ENOMEM; the new cell keeps nothing, then.
 */
export function reserveMemory(cell: Cell): i32 {
  const items = max(regionCount(cell), regionCount(rootCell())) + cell.mmioCount + 1;
  const bytes = pageAlign(items * RANGES_PER_ITEM * RANGE_SIZE);
  const pages = <u32>(bytes / PAGE_SIZE);
  const ranges = allocatePages(pages);
  if (!ranges) return refuse(ENOMEM, "the page pool is exhausted");
  let result = isRoot(cell) ? 0 : reserveInRoot(cell, ranges);
  if (!result) result = reserveOwn(cell, ranges);
  freePages(ranges, pages);
  return result ? refuse(ENOMEM, "the platform has no memory for the cell's map") : 0;
}

// The root cell's view.

/** Maps the root cell's regions, and in place of the hypervisor memory zeros and the console page. Needs a commit. */
export function mapRoot(): void {
  mapAll(rootCell());
  const memory = systemConfig() + SYS_HYPERVISOR_MEMORY;
  const start = physOf(memory);
  map(0, start, start, sizeOf(memory), MAP_READ | MAP_ZERO);
  if (load<u32>(systemConfig(), SYS_FLAGS) & SYS_FLAG_VIRTUAL_DEBUG_CONSOLE) {
    const page = start + CONSOLE_PAGE_OFFSET;
    map(0, page, page, PAGE_SIZE, MAP_READ | MAP_CONSOLE);
  }
}

/**
 * Maps to the root cell (`give`), or unmaps from it, what its own configuration has of physical [phys, phys+size),
 * which are whole pages.
 */
function changeRoot(phys: u64, size: u64, give: bool): void {
  const root = rootCell();
  for (let index: u32 = 0; index < regionCount(root); index++) {
    const region = memoryRegion(root.config, index);
    if (!isMapped(region) || flagsOf(region) & MEM_COMM_REGION) continue;
    const start = max(phys, physOf(region));
    const end = min(phys + size, physOf(region) + sizeOf(region));
    if (start >= end) continue;
    const virt = virtOf(region) + (start - physOf(region));
    if (give) map(0, virt, start, end - start, flagsOf(region) & MAP_MASK);
    else unmap(0, virt, end - start);
  }
}

/** Takes the pages of `region` from the root cell. */
function takeFromRoot(region: usize): void {
  const start = physOf(region) & ~PAGE_MASK;
  changeRoot(start, endOfPages(region) - start, false);
  // What it has learned is not in its configuration; it is mapped where it is.
  if (isLearning()) unmap(0, start, endOfPages(region) - start);
}

/** Gives a page to the root cell unless another listed cell has a part of it. */
function givePage(page: u64): void {
  if (!isTakenFromRoot(page, PAGE_SIZE)) changeRoot(page, PAGE_SIZE, true);
}

/** Gives the pages of `region` to the root cell; of a part of a page others can be owners too. */
function giveToRoot(region: usize): void {
  if (!((physOf(region) | sizeOf(region)) & PAGE_MASK)) {
    changeRoot(physOf(region), sizeOf(region), true);
    return;
  }
  const first = physOf(region) & ~PAGE_MASK;
  const last = endOfPages(region) - PAGE_SIZE;
  givePage(first);
  if (last > first) givePage(last);
  if (last > first + PAGE_SIZE) changeRoot(first + PAGE_SIZE, last - first - PAGE_SIZE, true);
}

// What happens to a cell's memory in its life. All need a commit.

/** Unmaps [start, end) of a trapped range of `cell`, or lets the root cell read it where reads do no harm. */
function hideTrapped(cell: Cell, kind: u32, region: usize, start: u64, end: u64): void {
  const isShown =
    archRootMayRead(kind) && flagsOf(region) & MEM_READ && !isTakenFromRoot(start, end - start);
  if (isRoot(cell) && isShown) map(cell.number, start, start, end - start, MAP_READ);
  else unmap(cell.number, start, end - start);
}

/** Takes from `cell` the pages of ranges that are trapped, where regions have mapped them. */
function unmapTrapped(cell: Cell): void {
  for (let range: u32 = 0; range < cell.mmioCount; range++) {
    if (mmioKind(cell, range) === MMIO_SUBPAGE) continue;
    const first = mmioFirstPage(cell, range);
    const limit = mmioEndPage(cell, range);
    for (let index: u32 = 0; index < regionCount(cell); index++) {
      const region = memoryRegion(cell.config, index);
      const start = max(first, virtOf(region));
      const end = min(limit, virtOf(region) + sizeOf(region));
      if (isMapped(region) && start < end)
        hideTrapped(cell, mmioKind(cell, range), region, start, end);
    }
  }
}

function mapAll(cell: Cell): void {
  for (let index: u32 = 0; index < regionCount(cell); index++) {
    const region = memoryRegion(cell.config, index);
    if (isMapped(region)) mapRegion(cell.number, region);
  }
  unmapTrapped(cell);
}

/** Moves the memory of the new `cell` from the root cell to it. */
export function giveMemory(cell: Cell): void {
  for (let index: u32 = 0; index < regionCount(cell); index++) {
    const region = memoryRegion(cell.config, index);
    if (isExclusive(region)) takeFromRoot(region);
  }
  mapAll(cell);
}

/** Gives the memory of `cell`, which is not in the list any more, back to the root cell. */
export function returnMemory(cell: Cell): void {
  for (let index: u32 = 0; index < regionCount(cell); index++) {
    const region = memoryRegion(cell.config, index);
    if (isExclusive(region)) giveToRoot(region);
  }
  unmapTrapped(rootCell());
}

/** Lets the root cell reach the loadable regions of `cell` as its own configuration says. */
export function openWindow(cell: Cell): void {
  changeWindow(cell, true);
  unmapTrapped(rootCell());
}

/** Ends openWindow. */
export function closeWindow(cell: Cell): void {
  changeWindow(cell, false);
}

function changeWindow(cell: Cell, open: bool): void {
  const first = memoryRegion(cell.config, 0);
  const end = memoryRegion(cell.config, regionCount(cell));
  for (let region = first; region < end; region += MEM_SIZE) {
    if (!isExclusive(region) || !(flagsOf(region) & MEM_LOADABLE)) continue;
    changeRoot(physOf(region), sizeOf(region), open);
  }
}
