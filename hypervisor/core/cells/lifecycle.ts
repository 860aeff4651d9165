// Start, load and destruction of a cell that exists. The caller has asked the cell and holds no lock.
import { CELL_SHUT_DOWN } from "../../../abi/comm.ts";
import { archCellDestroy } from "../../arch.ts";
import { commit, lock, release, unlock } from "../../platform.ts";
import { beginLine, endCellLine, endLine, print, printCellName } from "../console.ts";
import { closeWindow, openWindow, returnMemory } from "../memory/maps.ts";
import { beginScrub } from "../memory/scrub.ts";
import { resetDevices, takeDevices } from "../pci/moves.ts";
import { Cell, nextCell, removeCell, rootCell } from "./cell.ts";
import { fillComm, setCellState } from "./comm.ts";
import { moveCpus, parkCell, resetCell, resumeCell, stopCell } from "./cpus.ts";
import { discard } from "./create.ts";

/** Opens (1) or closes (0) the loadable regions of `cell`, stopped, to the root cell. */
function setLoadable(cell: Cell, caller: u32, loadable: u32): void {
  if (cell.loadable === loadable) return;
  const root = rootCell();
  stopCell(root, caller);
  if (loadable) openWindow(cell);
  else closeWindow(cell);
  commit(root.number);
  cell.loadable = loadable;
  resumeCell(root, caller);
}

/** Starts `cell`, or starts it anew. */
export function startCell(cell: Cell, caller: u32): void {
  stopCell(cell, caller);
  setLoadable(cell, caller, 0);
  cell.failed = 0;
  resetDevices(cell);
  fillComm(cell);
  resetCell(cell);
  beginLine("Started cell ");
  printCellName(cell);
  endLine();
  resumeCell(cell, caller);
}

/** Stops `cell`, which executes nothing any more until it is started. */
function haltCell(cell: Cell, caller: u32): void {
  stopCell(cell, caller);
  parkCell(cell);
  cell.failed = 0;
  setCellState(cell, CELL_SHUT_DOWN);
}

/** Stops `cell` and opens its loadable regions to the root cell. */
export function loadCell(cell: Cell, caller: u32): void {
  haltCell(cell, caller);
  setLoadable(cell, caller, 1);
  resumeCell(cell, caller);
  beginLine("Cell ");
  printCellName(cell);
  print(" can be loaded");
  endLine();
}

/** The first cell whose destruction has begun, or null. */
export function closingCell(): Cell | null {
  let cell = nextCell(rootCell());
  while (cell && !cell.closing) cell = nextCell(cell);
  return cell;
}

/** Begins the destruction of `cell`, which executes nothing any more and whose devices are quiet; its memory is to be scrubbed. */
export function closeCell(cell: Cell, caller: u32): void {
  beginLine("Closing cell ");
  printCellName(cell);
  endLine();
  haltCell(cell, caller);
  lock();
  endCellLine(cell);
  unlock();
  resetDevices(cell);
  cell.closing = 1;
  beginScrub(cell);
  resumeCell(cell, caller);
}

/** Ends the destruction of `cell`: what it had goes back to the root cell as far as that one's configuration lists it. */
export function destroyCell(cell: Cell, caller: u32): void {
  const root = rootCell();
  stopCell(cell, caller);
  stopCell(root, caller);
  moveCpus(cell, root);
  takeDevices(cell);
  archCellDestroy(cell);
  removeCell(cell);
  returnMemory(cell);
  commit(root.number);
  release(cell.number);
  resumeCell(root, caller);
  discard(cell);
}
