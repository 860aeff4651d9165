// What a cell reaches through its mediation only, by physical address: the one list that all checks ask. Guest-physical ranges
// that are trapped are in core/memory/ranges.ts; this is what must not be found anywhere else in a map, nor by a trapped access that is
// passed on.
import {
  CELL_NUM_PCI_DEVICES,
  IOMMU_BASE,
  IOMMU_REGION_SIZE,
  IOMMU_SIZE,
  MEM_COMM_REGION,
  PCI_SIZE,
  SYS_HYPERVISOR_MEMORY,
  SYS_IOMMU,
  SYS_IOMMU_COUNT,
} from "../../../abi/config.ts";
import { EINVAL, ENOMEM } from "../../../abi/errno.ts";
import { archTrapped } from "../../arch.ts";
import { Cell, isRoot, nextCell, rootCell } from "../cells/cell.ts";
import {
  bdfOf,
  findDevice,
  flagsOf,
  isVirtual,
  memoryRegion,
  overlap,
  pciDevice,
  physOf,
  sizeOf,
  systemConfig,
  virtOf,
} from "../config.ts";
import { PAGE_SIZE } from "../limits.ts";
import { hasEcam } from "../pci/ecam.ts";
import { hasTable, tableAddress, tableSize } from "../pci/msix.ts";
import { refuse, refuseItem } from "../refuse.ts";
import { regionCount } from "./owners.ts";
import { MMIO_CLOSED, mmioRegister } from "./ranges.ts";

const REGION: string = "memory region";

/** Whether physical [phys, phys+size) has a part of the hypervisor's memory, communication pages and console included. */
export function isHypervisors(phys: u64, size: u64): bool {
  const own = systemConfig() + SYS_HYPERVISOR_MEMORY;
  return overlap(phys, size, physOf(own), sizeOf(own));
}

/** The unit of the system configuration, from number `from` on, whose registers are in physical [phys, phys+size), or -1. */
function iommuIn(from: u32, phys: u64, size: u64): i32 {
  for (let index: u32 = 0; index < SYS_IOMMU_COUNT; index++) {
    const base = load<u64>(iommuUnit(index), IOMMU_BASE);
    if (!base) break;
    if (index >= from && overlap(phys, size, base, iommuSize(index))) return index;
  }
  return -1;
}

/** Bytes of a unit's registers: they are a page at least. */
function iommuSize(index: u32): u64 {
  return max(load<u32>(iommuUnit(index), IOMMU_REGION_SIZE), PAGE_SIZE);
}

function iommuUnit(index: u32): usize {
  return systemConfig() + SYS_IOMMU + index * IOMMU_SIZE;
}

/** Whether physical [phys, phys+size) has registers of an IOMMU: it writes memory on command, and nobody guards from it. */
export function hasIommu(phys: u64, size: u64): bool {
  return iommuIn(0, phys, size) >= 0;
}

/** The device of `config`, after `last` or the first one, whose MSI-X table is in physical [phys, phys+size); or 0. */
function tableIn(config: usize, last: usize, phys: u64, size: u64): usize {
  const end = pciDevice(config, load<u32>(config, CELL_NUM_PCI_DEVICES));
  let device = last ? last + PCI_SIZE : pciDevice(config, 0);
  for (; device < end; device += PCI_SIZE) {
    if (isVirtual(device) || !hasTable(device)) continue;
    if (overlap(phys, size, tableAddress(device), tableSize(device))) return device;
  }
  return 0;
}

/** Whether a listed cell, or `cell`, has a device with its MSI-X table in physical [phys, phys+size). */
function hasTableIn(cell: Cell, phys: u64, size: u64): bool {
  if (tableIn(cell.config, 0, phys, size)) return true;
  for (let other: Cell | null = rootCell(); other; other = nextCell(other))
    if (tableIn(other.config, 0, phys, size)) return true;
  return false;
}

/** Whether physical [phys, phys+size) has anything in it that `cell` reaches through its mediation only, or not at all. */
export function isTrapped(cell: Cell, phys: u64, size: u64): bool {
  if (isHypervisors(phys, size) || hasIommu(phys, size) || hasEcam(phys, size)) return true;
  return archTrapped(cell, phys, size) || hasTableIn(cell, phys, size);
}

/** Whether `cell` has `device` of any cell as its own, with the table at the same place. */
function isOwnTable(cell: Cell, device: usize): bool {
  const own = findDevice(cell.config, bdfOf(device));
  if (!own || isVirtual(own) || !hasTable(own)) return false;
  return tableAddress(own) === tableAddress(device) && tableSize(own) >= tableSize(device);
}

/** Refuses region `index` of `cell` if it has a table of `owner`'s devices that would not be trapped in it. */
function checkTablesOf(owner: Cell, cell: Cell, index: u32): i32 {
  const region = memoryRegion(cell.config, index);
  const isElsewhere = physOf(region) !== virtOf(region);
  let device = tableIn(owner.config, 0, physOf(region), sizeOf(region));
  for (; device; device = tableIn(owner.config, device, physOf(region), sizeOf(region))) {
    if (!isOwnTable(cell, device))
      return refuseItem(
        EINVAL,
        REGION,
        index,
        "has the MSI-X table of a device that is not the cell's",
      );
    if (isElsewhere)
      return refuseItem(EINVAL, REGION, index, "has a trapped device at another address");
  }
  return 0;
}

/** Traps the part of the root cell's region that has an IOMMU's registers; another cell has none. */
function checkIommu(cell: Cell, index: u32): i32 {
  const region = memoryRegion(cell.config, index);
  let unit = iommuIn(0, physOf(region), sizeOf(region));
  if (unit < 0) return 0;
  if (!isRoot(cell)) return refuseItem(EINVAL, REGION, index, "has the registers of an IOMMU");
  if (physOf(region) !== virtOf(region))
    return refuseItem(EINVAL, REGION, index, "has a trapped device at another address");
  for (; unit >= 0; unit = iommuIn(unit + 1, physOf(region), sizeOf(region))) {
    const base = load<u64>(iommuUnit(unit), IOMMU_BASE);
    if (!mmioRegister(cell, base, iommuSize(unit), MMIO_CLOSED, 0))
      return refuse(ENOMEM, "too many trapped ranges");
  }
  return 0;
}

/**
 * Refuses memory of `cell`, checked by itself, in which a device would not be trapped that the core mediates; the architecture
 * does the same for its own. Returns 0, -EINVAL or -ENOMEM.
 */
export function checkTrapped(cell: Cell): i32 {
  for (let index: u32 = 0; index < regionCount(cell); index++) {
    const region = memoryRegion(cell.config, index);
    if (flagsOf(region) & MEM_COMM_REGION || !sizeOf(region)) continue;
    let result = checkIommu(cell, index);
    if (!result) result = checkTablesOf(cell, cell, index);
    for (let other: Cell | null = isRoot(cell) ? null : rootCell(); other; other = nextCell(other))
      if (!result) result = checkTablesOf(other, cell, index);
    if (result) return result;
  }
  return 0;
}
