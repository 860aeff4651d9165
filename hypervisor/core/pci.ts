// PCI devices: each belongs to the non-root cell whose configuration lists it, else to the root cell if its own does.
import { CELL_NUM_PCI_DEVICES, PCI_IOMMU, PCI_SIZE } from "../../abi/config.ts";
import { attachDevice, detachDevice } from "../platform.ts";
import { Cell, isRoot, printCellName, rootCell } from "./cell.ts";
import { bdfOf, findDevice, isVirtual, pciDevice } from "./config.ts";
import { beginLine, endLine, print, printHex } from "./console.ts";

function printMove(verb: string, device: usize, preposition: string, cell: Cell): void {
  const bdf = bdfOf(device);
  beginLine(verb);
  if (isVirtual(device)) print("virtual ");
  print("PCI device ");
  printHex(bdf >> 8, 2);
  print(":");
  printHex((bdf >> 3) & 0x1f, 2);
  print(".");
  printHex(bdf & 7, 1);
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
