// PCI devices in configurations: what is checked before a cell may have them.
import {
  CAP_LENGTH,
  CAP_START,
  CELL_NUM_MEMORY,
  CELL_NUM_PCI_CAPS,
  CELL_NUM_PCI_DEVICES,
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
} from "../../abi/config.ts";
import { EBUSY, EINVAL } from "../../abi/errno.ts";
import { Cell, nextCell, rootCell } from "./cell.ts";
import { bdfOf, findDevice, isVirtual, pciCapability, pciDevice, systemConfig } from "./config.ts";
import { CONFIG_SPACE_SIZE } from "./limits.ts";
import { refuseItem } from "./refuse.ts";

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
  if (isVirtual(device) && !hasSharedMemory(config, device))
    return refuseItem(EINVAL, DEVICE, index, "no such shared memory regions");
  if (findDevice(config, bdfOf(device)) !== device)
    return refuseItem(EINVAL, DEVICE, index, "listed twice");
  return 0;
}

function hasSharedMemory(config: usize, device: usize): bool {
  const regions = SHMEM_COMMON_REGIONS + load<u8>(device, PCI_SHMEM_PEERS);
  const start = <u64>load<u32>(device, PCI_SHMEM_REGIONS_START);
  return start + regions <= load<u32>(config, CELL_NUM_MEMORY);
}

/** Checks that no device of the new cell's `config` belongs to another non-root cell. Returns 0 or -EBUSY. */
export function checkPciOwners(config: usize): i32 {
  const count = load<u32>(config, CELL_NUM_PCI_DEVICES);
  for (let index: u32 = 0; index < count; index++) {
    const device = pciDevice(config, index);
    if (isVirtual(device)) continue;
    for (let cell: Cell | null = nextCell(rootCell()); cell; cell = nextCell(cell)) {
      const other = findDevice(cell.config, bdfOf(device));
      if (other && !isVirtual(other))
        return refuseItem(EBUSY, DEVICE, index, "belongs to another cell");
    }
  }
  return 0;
}
