// PCI devices: each belongs to the non-root cell whose configuration lists it, else to the root cell if its own does.
import { CELL_NUM_PCI_DEVICES, PCI_IOMMU, PCI_SIZE } from "../../../abi/config.ts";
import { attachDevice, detachDevice, lock, unlock } from "../../platform.ts";
import { Cell, isRoot, rootCell } from "../cells/cell.ts";
import { bdfOf, findDevice, isVirtual, pciDevice } from "../config.ts";
import { beginLine, endLine, print, printCellName } from "../console.ts";
import { printDevice } from "./bdf.ts";
import { initDevice, ownDevice, resetDevice } from "./device.ts";
import { silenceStrays } from "./msi.ts";

function printMove(verb: string, device: usize, preposition: string, cell: Cell): void {
  beginLine(verb);
  if (isVirtual(device)) print("virtual ");
  print("PCI device ");
  printDevice(bdfOf(device));
  print(preposition);
  printCellName(cell);
  endLine();
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

/** Where the devices of `cell` begin in its configuration, and where they end. */
function firstDevice(cell: Cell): usize {
  return pciDevice(cell.config, 0);
}

function endDevice(cell: Cell): usize {
  return pciDevice(cell.config, load<u32>(cell.config, CELL_NUM_PCI_DEVICES));
}

/** Gives `cell` the devices of its configuration, taking them from the root cell; a non-root cell's are reset. */
export function giveDevices(cell: Cell): void {
  for (let device = firstDevice(cell); device < endDevice(cell); device += PCI_SIZE) {
    const own = isRoot(cell) ? <usize>0 : rootDevice(device);
    if (own) removeDevice(rootCell(), own);
    addDevice(cell, device);
    if (isVirtual(device)) continue;
    lock();
    initDevice(cell, device);
    if (!isRoot(cell)) resetDevice(cell, device);
    unlock();
  }
}

/** Resets all devices of `cell`, which is stopped and not the root cell. */
export function resetDevices(cell: Cell): void {
  for (let device = firstDevice(cell); device < endDevice(cell); device += PCI_SIZE) {
    if (isVirtual(device)) continue;
    lock();
    resetDevice(cell, device);
    unlock();
  }
}

/** Takes all devices of `cell`, which have been reset, and gives those that the root cell's configuration lists back to it. */
export function takeDevices(cell: Cell): void {
  for (let device = firstDevice(cell); device < endDevice(cell); device += PCI_SIZE) {
    removeDevice(cell, device);
    const own = rootDevice(device);
    if (own) addDevice(rootCell(), own);
  }
}

/** Ends the interrupts of the root cell's devices that would go to CPUs which it has lost. */
export function silenceRootStrays(): void {
  const root = rootCell();
  for (let device = firstDevice(root); device < endDevice(root); device += PCI_SIZE) {
    if (ownDevice(root, bdfOf(device)) !== device) continue;
    lock();
    silenceStrays(root, device);
    unlock();
  }
}
