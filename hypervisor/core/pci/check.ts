// PCI devices in configurations: what is checked before a cell may have them.
import {
  CAP_LENGTH,
  CAP_START,
  CELL_FLAG_UNGUARDED_DMA,
  CELL_FLAGS,
  CELL_NUM_MEMORY,
  CELL_NUM_PCI_CAPS,
  CELL_NUM_PCI_DEVICES,
  MEM_COMM_REGION,
  PCI_CAPS_START,
  PCI_DOMAIN,
  PCI_IOMMU,
  PCI_NUM_CAPS,
  PCI_SHMEM_PEERS,
  PCI_SHMEM_REGIONS_START,
  PCI_TYPE,
  PCI_TYPE_DEVICE,
  PCI_TYPE_IVSHMEM,
  SYS_IOMMU_COUNT,
  SYS_PCI_DOMAIN,
} from "../../../abi/config.ts";
import { EBUSY, EINVAL, ENOMEM, EPERM, ERANGE } from "../../../abi/errno.ts";
import { Cell, rootCell } from "../cells/cell.ts";
import {
  bdfOf,
  findDevice,
  flagsOf,
  isVirtual,
  memoryRegion,
  overlap,
  pciCapability,
  pciDevice,
  physOf,
  sizeOf,
  systemConfig,
} from "../config.ts";
import { beginLine, endLine, print } from "../console.ts";
import { ADDRESS_LIMIT, CONFIG_SPACE_SIZE } from "../limits.ts";
import { isExclusive, isInCell, regionCount } from "../memory/owners.ts";
import { MMIO_MSIX, mmioRegister } from "../memory/ranges.ts";
import { isHypervisors } from "../memory/trapped.ts";
import { refuseItem } from "../refuse.ts";
import { printDevice } from "./bdf.ts";
import { isBridge, isForeign } from "./device.ts";
import { hasTable, tableAddress, tableEntries, tableSize } from "./msix.ts";

/** Alignment of an MSI-X table, and how many entries one can have. */
const TABLE_MASK: u64 = 7;
const TABLE_ENTRIES_MAX: u32 = 2048;
const DEVICE: string = "PCI device";
/** Shared memory regions that every shared memory device has besides one per peer: state table and read/write section. */
const SHMEM_COMMON_REGIONS: u32 = 2;

/** Checks the PCI devices and capabilities of a configuration for themselves. Returns 0 or -errno. */
export function checkPci(config: usize): i32 {
  const caps = load<u32>(config, CELL_NUM_PCI_CAPS);
  for (let index: u32 = 0; index < caps; index++) {
    const cap = pciCapability(config, index);
    if (<u32>load<u16>(cap, CAP_START) + load<u16>(cap, CAP_LENGTH) > CONFIG_SPACE_SIZE)
      return refuseItem(EINVAL, "PCI capability", index, "beyond configuration space");
  }
  const count = load<u32>(config, CELL_NUM_PCI_DEVICES);
  for (let index: u32 = 0; index < count; index++) {
    const result = checkDevice(config, index);
    if (result) return result;
  }
  return 0;
}

function checkDevice(config: usize, index: u32): i32 {
  const device = pciDevice(config, index);
  const type = <u32>load<u8>(device, PCI_TYPE);
  if (type < PCI_TYPE_DEVICE || type > PCI_TYPE_IVSHMEM)
    return refuseItem(EINVAL, DEVICE, index, "unknown type");
  if (load<u16>(device, PCI_DOMAIN) !== load<u16>(systemConfig(), SYS_PCI_DOMAIN))
    return refuseItem(EINVAL, DEVICE, index, "in another PCI domain than the machine's");
  if (<u32>load<u8>(device, PCI_IOMMU) >= SYS_IOMMU_COUNT)
    return refuseItem(EINVAL, DEVICE, index, "no such IOMMU");
  const caps = <u32>load<u16>(device, PCI_CAPS_START) + load<u16>(device, PCI_NUM_CAPS);
  if (caps > load<u32>(config, CELL_NUM_PCI_CAPS))
    return refuseItem(EINVAL, DEVICE, index, "no such capabilities");
  if (!isVirtual(device) && hasTable(device)) {
    const result = checkTable(device, index);
    if (result) return result;
  }
  if (isVirtual(device) && !hasSharedMemory(config, device))
    return refuseItem(EINVAL, DEVICE, index, "no such shared memory regions");
  if (findDevice(config, bdfOf(device)) !== device)
    return refuseItem(EINVAL, DEVICE, index, "listed twice");
  return 0;
}

/** The MSI-X table must be one, and not in the hypervisor's memory. */
function checkTable(device: usize, index: u32): i32 {
  const start = tableAddress(device);
  if (start & TABLE_MASK || tableEntries(device) > TABLE_ENTRIES_MAX)
    return refuseItem(EINVAL, DEVICE, index, "not an MSI-X table");
  if (start > ADDRESS_LIMIT - tableSize(device))
    return refuseItem(ERANGE, DEVICE, index, "its MSI-X table is out of range");
  if (isHypervisors(start, tableSize(device)))
    return refuseItem(EINVAL, DEVICE, index, "its MSI-X table overlaps the hypervisor memory");
  return 0;
}

/** Traps the regions of the MSI-X tables of all devices of `cell`. Returns 0 or -ENOMEM. */
export function trapTables(cell: Cell): i32 {
  const count = load<u32>(cell.config, CELL_NUM_PCI_DEVICES);
  for (let index: u32 = 0; index < count; index++) {
    const device = pciDevice(cell.config, index);
    if (isVirtual(device) || !hasTable(device)) continue;
    if (!mmioRegister(cell, tableAddress(device), tableSize(device), MMIO_MSIX, bdfOf(device)))
      return refuseItem(ENOMEM, DEVICE, index, "too many trapped ranges");
  }
  return 0;
}

function hasSharedMemory(config: usize, device: usize): bool {
  const regions = SHMEM_COMMON_REGIONS + load<u8>(device, PCI_SHMEM_PEERS);
  const start = <u64>load<u32>(device, PCI_SHMEM_REGIONS_START);
  return start + regions <= load<u32>(config, CELL_NUM_MEMORY);
}

/**
 * Checks that no physical device of the new cell's `config` belongs to another non-root cell, that its MSI-X table is where the
 * root cell's configuration has it and nobody else's memory, and that its DMA is guarded or the cell is trusted with it.
 * Returns 0, -EBUSY, -EINVAL or -EPERM.
 */
export function checkPciOwners(config: usize): i32 {
  const count = load<u32>(config, CELL_NUM_PCI_DEVICES);
  for (let index: u32 = 0; index < count; index++) {
    const device = pciDevice(config, index);
    if (isVirtual(device)) continue;
    if (isForeign(bdfOf(device)))
      return refuseItem(EBUSY, DEVICE, index, "belongs to another cell");
    const own = findDevice(rootCell().config, bdfOf(device));
    if (own && hasTable(device) && tableAddress(device) !== tableAddress(own))
      return refuseItem(EINVAL, DEVICE, index, "its MSI-X table is not where the root cell's is");
    if (hasTable(device) && isInCell(tableAddress(device), tableSize(device)))
      return refuseItem(EBUSY, DEVICE, index, "its MSI-X table belongs to another cell");
    if (hasTable(device) && isOpenToRoot(config, device, own))
      return refuseItem(EINVAL, DEVICE, index, "the root cell could write its MSI-X table");
    if (!isBridge(device) && !(load<u32>(config, CELL_FLAGS) & CELL_FLAG_UNGUARDED_DMA))
      return refuseDma(device);
  }
  return 0;
}

/** Whether [start, start+size) is in a region that the cell with `config` has for itself. */
function isTaken(config: usize, start: u64, size: u64): bool {
  const count = load<u32>(config, CELL_NUM_MEMORY);
  for (let index: u32 = 0; index < count; index++) {
    const region = memoryRegion(config, index);
    if (!isExclusive(region) || start < physOf(region)) continue;
    if (start + size <= physOf(region) + sizeOf(region)) return true;
  }
  return false;
}

/**
 * Whether the root cell would keep the table of `device`, which the cell with `config` shall have: `own`, its own entry or 0, does
 * not trap it, and no region of the new cell takes it away.
 */
function isOpenToRoot(config: usize, device: usize, own: usize): bool {
  const start = tableAddress(device);
  const size = tableSize(device);
  if (own && !isVirtual(own) && hasTable(own) && tableSize(own) >= size) return false;
  const root = rootCell();
  for (let index: u32 = 0; index < regionCount(root); index++) {
    const region = memoryRegion(root.config, index);
    if (!sizeOf(region) || flagsOf(region) & MEM_COMM_REGION) continue;
    if (overlap(start, size, physOf(region), sizeOf(region))) return !isTaken(config, start, size);
  }
  return false;
}

/** No IOMMU is driven, so that what a device is told to read and write is not confined to its cell. */
function refuseDma(device: usize): i32 {
  beginLine("Refused: PCI device ");
  printDevice(bdfOf(device));
  print(": no IOMMU guards memory from it; the cell flag unguarded-dma allows it all the same");
  endLine();
  return -EPERM;
}
