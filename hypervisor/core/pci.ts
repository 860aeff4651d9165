// PCI devices: each belongs to the non-root cell whose configuration lists it, else to the root cell if its own does.
import {
  CAP_LENGTH,
  CAP_START,
  CELL_NUM_MEMORY,
  CELL_NUM_PCI_CAPS,
  CELL_NUM_PCI_DEVICES,
  PCI_BDF,
  PCI_CAPS_START,
  PCI_DOMAIN,
  PCI_IOMMU,
  PCI_NUM_CAPS,
  PCI_SHMEM_PEERS,
  PCI_SHMEM_REGIONS_START,
  PCI_SIZE,
  PCI_TYPE,
  PCI_TYPE_DEVICE,
  PCI_TYPE_IVSHMEM,
  SYS_IOMMU_COUNT,
  SYS_PCI_DOMAIN,
} from "../../abi/config.ts";
import { EBUSY, EINVAL } from "../../abi/errno.ts";
import { attachDevice, detachDevice } from "../platform.ts";
import { Cell, isRoot, nextCell, printCellName, rootCell } from "./cell.ts";
import { pciCapability, pciDevice, systemConfig } from "./config.ts";
import { print, printHex, putByte } from "./console.ts";
import { CONFIG_SPACE_SIZE } from "./limits.ts";
import { refuseItem } from "./validate.ts";

const DEVICE: string = "PCI device";
/** Shared memory regions that every shared memory device has besides one per peer: state table and read/write section. */
const SHMEM_COMMON_REGIONS: u32 = 2;
const LF: u32 = 0x0a;

function bdfOf(device: usize): u32 {
  return load<u16>(device, PCI_BDF);
}

function isVirtual(device: usize): bool {
  return load<u8>(device, PCI_TYPE) === <u8>PCI_TYPE_IVSHMEM;
}

/** Address of the device with `bdf` in the configuration of `cell`, or 0. */
function findDevice(config: usize, bdf: u32): usize {
  const count = load<u32>(config, CELL_NUM_PCI_DEVICES);
  for (let index: u32 = 0; index < count; index++) {
    const device = pciDevice(config, index);
    if (bdfOf(device) === bdf) return device;
  }
  return 0;
}

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

function printMove(verb: string, device: usize, preposition: string, cell: Cell): void {
  const bdf = bdfOf(device);
  print(verb);
  if (isVirtual(device)) print("virtual ");
  print("PCI device ");
  printHex(bdf >> 8, 2);
  print(":");
  printHex((bdf >> 3) & 0x1f, 2);
  print(".");
  printHex(bdf & 7, 1);
  print(preposition);
  printCellName(cell);
  putByte(LF);
}

function addDevice(cell: Cell, device: usize): void {
  printMove("Adding ", device, " to cell ", cell);
  if (!isVirtual(device)) attachDevice(cell.number, load<u8>(device, PCI_IOMMU), bdfOf(device));
}

function removeDevice(cell: Cell, device: usize): void {
  printMove("Removing ", device, " from cell ", cell);
  if (!isVirtual(device)) detachDevice(load<u8>(device, PCI_IOMMU), bdfOf(device));
}

/** The root cell's physical device that `device` of another cell is, or 0. */
function rootDevice(device: usize): usize {
  if (isVirtual(device)) return 0;
  const own = findDevice(rootCell().config, bdfOf(device));
  return own && !isVirtual(own) ? own : 0;
}

/** Gives `cell` the devices of its configuration, taking them from the root cell. */
export function giveDevices(cell: Cell): void {
  const count = load<u32>(cell.config, CELL_NUM_PCI_DEVICES);
  const first = pciDevice(cell.config, 0);
  for (let device = first; device < first + count * PCI_SIZE; device += PCI_SIZE) {
    const own = isRoot(cell) ? <usize>0 : rootDevice(device);
    if (own) removeDevice(rootCell(), own);
    addDevice(cell, device);
  }
}

/** Takes all devices of `cell` and gives those that the root cell's configuration lists back to it. */
export function takeDevices(cell: Cell): void {
  const count = load<u32>(cell.config, CELL_NUM_PCI_DEVICES);
  const first = pciDevice(cell.config, 0);
  for (let device = first; device < first + count * PCI_SIZE; device += PCI_SIZE) {
    removeDevice(cell, device);
    const own = rootDevice(device);
    if (own) addDevice(rootCell(), own);
  }
}
