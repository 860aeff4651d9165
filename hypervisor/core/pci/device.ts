// What the core keeps of each PCI device that a cell's configuration lists: the BARs that the cell sees, and where the
// device has its capabilities for interrupts, as it says itself. Configuration space is accessed with the lock.
import {
  CELL_NUM_PCI_DEVICES,
  PCI_BAR_MASK,
  PCI_SIZE,
  PCI_TYPE,
  PCI_TYPE_BRIDGE,
} from "../../../abi/config.ts";
import * as pci from "../../../abi/pci.ts";
import { pciRead, pciWrite } from "../../platform.ts";
import { Cell, isRoot, nextCell, rootCell } from "../cells/cell.ts";
import { bdfOf, findDevice, isVirtual, pciDevice } from "../config.ts";
import { print, printLine } from "../console.ts";
import { PAGE_SIZE } from "../limits.ts";
import { allocatePages, freePages } from "../memory/pool.ts";
import { printDevice } from "./bdf.ts";
import { hasTable, maskAll, tableAddress } from "./msix.ts";

/**
 * State of a device: its BARs, u32[6]; offsets of its MSI and MSI-X capabilities, u8, 0 for none; whether its MSI-X table is
 * where the configuration has it, u8.
 */
const MSI: u32 = 24;
const MSIX: u32 = 25;
const TABLE: u32 = 26;
const STATE_SIZE: u32 = 32;
/** Capabilities that fit into configuration space: more are a loop. */
const CAPABILITIES_MAX: u32 = 48;
const NO_DEVICE: u32 = 0xffff;
const DWORD_MASK: u32 = ~3;

function deviceCount(cell: Cell): u32 {
  return load<u32>(cell.config, CELL_NUM_PCI_DEVICES);
}

/** Sets aside the state of all devices of `cell`. Returns false when the pool is exhausted. */
export function allocateDevices(cell: Cell): bool {
  cell.pciPages = (deviceCount(cell) * STATE_SIZE + PAGE_SIZE - 1) / PAGE_SIZE;
  if (cell.pciPages) cell.pci = allocatePages(cell.pciPages);
  return !cell.pciPages || cell.pci !== 0;
}

/** Frees what allocateDevices has set aside. */
export function releaseDevices(cell: Cell): void {
  if (cell.pci) freePages(cell.pci, cell.pciPages);
}

function stateOf(cell: Cell, device: usize): usize {
  return cell.pci + ((device - pciDevice(cell.config, 0)) / PCI_SIZE) * STATE_SIZE;
}

/** The physical device with `bdf` that `cell` lists and has, or 0. */
export function ownDevice(cell: Cell, bdf: u32): usize {
  const device = findDevice(cell.config, bdf);
  if (!device || isVirtual(device)) return 0;
  return isRoot(cell) && isForeign(bdf) ? 0 : device;
}

/** Whether a non-root cell has the physical device with `bdf`. */
export function isForeign(bdf: u32): bool {
  for (let cell = nextCell(rootCell()); cell; cell = nextCell(cell)) {
    const device = findDevice(cell.config, bdf);
    if (device && !isVirtual(device)) return true;
  }
  return false;
}

/** Whether `device` is a bridge. */
export function isBridge(device: usize): bool {
  return <u32>load<u8>(device, PCI_TYPE) === PCI_TYPE_BRIDGE;
}

/** Whether dword `register` of `device` is a BAR. */
export function isBar(device: usize, register: u32): bool {
  const end = isBridge(device) ? pci.PCI_REG_BRIDGE_BAR_END : pci.PCI_REG_BAR_END;
  return register >= pci.PCI_REG_BAR && register < end;
}

/** The BAR at dword `register` as its cell sees it. */
export function readBar(cell: Cell, device: usize, register: u32): u32 {
  return load<u32>(stateOf(cell, device) + register - pci.PCI_REG_BAR);
}

/** Writes `mask` of the BAR at dword `register`, as far as the configuration says that it can be written. */
export function writeBar(cell: Cell, device: usize, register: u32, mask: u32, value: u32): void {
  const at = register - pci.PCI_REG_BAR;
  const writable = load<u32>(device + at, PCI_BAR_MASK) & mask;
  const bar = stateOf(cell, device) + at;
  store<u32>(bar, (load<u32>(bar) & ~writable) | (value & writable));
}

/** Offset of the device's MSI capability, or 0. */
export function msiOf(cell: Cell, device: usize): u32 {
  return load<u8>(stateOf(cell, device), MSI);
}

/** Offset of the device's MSI-X capability, or 0. */
export function msixOf(cell: Cell, device: usize): u32 {
  return load<u8>(stateOf(cell, device), MSIX);
}

/** Offset of capability `id` of the device with `bdf`, or 0. */
function findCapability(bdf: u32, id: u32): u32 {
  if (pciRead(bdf, pci.PCI_REG_VENDOR, 2) === NO_DEVICE) return 0;
  if (!(pciRead(bdf, pci.PCI_REG_STATUS, 2) & pci.PCI_STATUS_CAPABILITIES)) return 0;
  let at = pciRead(bdf, pci.PCI_REG_CAPABILITIES, 1) & DWORD_MASK;
  for (let left = CAPABILITIES_MAX; at >= pci.PCI_HEADER_SIZE && left; left--) {
    if (pciRead(bdf, at, 1) === id) return at;
    at = pciRead(bdf, at + pci.PCI_CAP_NEXT, 1) & DWORD_MASK;
  }
  return 0;
}

/** Whether accesses to the device's MSI-X table can be mediated: it has one, and where the configuration says. */
export function isTableKnown(cell: Cell, device: usize): bool {
  return load<u8>(stateOf(cell, device), TABLE) !== 0;
}

/** Where the device has its MSI-X table. */
function tableOf(bdf: u32, msix: u32): u64 {
  const place = pciRead(bdf, msix + pci.MSIX_TABLE, 4);
  const bar = pci.PCI_REG_BAR + (place & pci.MSIX_TABLE_BAR) * 4;
  const low = pciRead(bdf, bar, 4);
  const isWide = (low & pci.PCI_BAR_TYPE) === pci.PCI_BAR_TYPE_64;
  const high: u64 = isWide ? pciRead(bdf, bar + 4, 4) : 0;
  return ((high << 32) | (low & ~pci.PCI_BAR_FLAGS)) + (place & ~pci.MSIX_TABLE_BAR);
}

/** Finds out whether the device's MSI-X table is where the configuration has it; warns if it is elsewhere. */
function findTable(state: usize, device: usize): void {
  const msix = <u32>load<u8>(state, MSIX);
  if (!msix || !hasTable(device)) return;
  if (tableOf(bdfOf(device), msix) === tableAddress(device)) {
    store<u8>(state, 1, TABLE);
    return;
  }
  print("WARNING: PCI device ");
  printDevice(bdfOf(device));
  printLine(": its MSI-X table is not where the configuration has it");
}

/** Learns the state of a device that `cell` has from now on. */
export function initDevice(cell: Cell, device: usize): void {
  const state = stateOf(cell, device);
  const bdf = bdfOf(device);
  for (let at = pci.PCI_REG_BAR; isBar(device, at); at += 4)
    store<u32>(state + at - pci.PCI_REG_BAR, pciRead(bdf, at, 4));
  store<u8>(state, <u8>findCapability(bdf, pci.PCI_CAP_MSI), MSI);
  store<u8>(state, <u8>findCapability(bdf, pci.PCI_CAP_MSIX), MSIX);
  findTable(state, device);
}

/**
 * Makes a device of `cell` silent: no DMA, no interrupts, no answers. A bridge is left alone: other devices are behind it.
 */
export function resetDevice(cell: Cell, device: usize): void {
  if (isBridge(device)) return;
  const bdf = bdfOf(device);
  // The MSI-X table answers only while memory accesses do.
  const command = pci.PCI_COMMAND_INTX_DISABLE;
  pciWrite(bdf, pci.PCI_REG_COMMAND, 2, command | pci.PCI_COMMAND_MEMORY);
  const msi = msiOf(cell, device);
  const msix = msixOf(cell, device);
  if (msi) pciWrite(bdf, msi + pci.MSI_CONTROL, 2, 0);
  if (msix) {
    if (isTableKnown(cell, device)) maskAll(device);
    pciWrite(bdf, msix + pci.MSI_CONTROL, 2, 0);
  }
  pciWrite(bdf, pci.PCI_REG_COMMAND, 2, command);
}
