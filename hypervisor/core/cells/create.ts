// Creation of a cell: decode and reserve, which may refuse and then leaves no trace, then commit.
import { CELL_SHUT_DOWN } from "../../../abi/comm.ts";
import { CELL_HEADER_SIZE, CELL_ID, CELL_NAME, CONFIG_MAX_PAGES } from "../../../abi/config.ts";
import { E2BIG, EEXIST, EFAULT, EINVAL, ENOMEM } from "../../../abi/errno.ts";
import { archCellCheck, archCellCreate } from "../../arch.ts";
import { commit, readGuest } from "../../platform.ts";
import { cellConfigSize } from "../config.ts";
import { beginLine, endLine, printCellName } from "../console.ts";
import { ADDRESS_LIMIT, PAGE_SIZE } from "../limits.ts";
import { giveMemory, reserveMemory, trapSubPages } from "../memory/maps.ts";
import { checkMemoryOwners } from "../memory/owners.ts";
import { allocatePages, freePages } from "../memory/pool.ts";
import { mmioRelease } from "../memory/ranges.ts";
import { beginScrub } from "../memory/scrub.ts";
import { checkTrapped } from "../memory/trapped.ts";
import { checkPciOwners, trapTables } from "../pci/check.ts";
import { allocateDevices, releaseDevices } from "../pci/device.ts";
import { trapEcam } from "../pci/ecam.ts";
import { giveDevices, silenceRootStrays } from "../pci/moves.ts";
import { refuse } from "../refuse.ts";
import { checkCell, checkCellFormat } from "../validate.ts";
import { addCell, Cell, findCell, freeNumber, hasName, nextCell, rootCell } from "./cell.ts";
import { setCellState } from "./comm.ts";
import { checkCpus, moveCpus, resumeCell, stopCell } from "./cpus.ts";

/**
 * Creates a cell from the configuration at guest-physical `address` of the root cell, on its CPU `caller`. Without a
 * locked cell. Returns 0 or -errno.
 */
export function createCell(caller: u32, address: u64): i32 {
  const page = allocatePages(1);
  if (!page) return refuse(ENOMEM, "the page pool is exhausted");
  const cell = changetype<Cell>(page);
  let result = copyConfig(cell, address);
  if (!result) result = checkNew(cell, caller);
  if (result) discard(cell);
  else commitCreate(cell, caller);
  return result;
}

/** Frees what the core holds for `cell`. */
export function discard(cell: Cell): void {
  mmioRelease(cell);
  releaseDevices(cell);
  if (cell.config) freePages(cell.config, cell.configPages);
  freePages(changetype<usize>(cell), 1);
}

/** Copies the configuration: first the header, which tells the size, then the rest, so that no byte is read twice. */
function copyConfig(cell: Cell, address: u64): i32 {
  const header = changetype<usize>(cell) + PAGE_SIZE - CELL_HEADER_SIZE;
  if (address > ADDRESS_LIMIT || readGuest(0, address, header, CELL_HEADER_SIZE))
    return refuse(EFAULT, "the configuration cannot be read");
  const result = checkCellFormat(header);
  if (result) return result;
  const size = cellConfigSize(header);
  if (size > CONFIG_MAX_PAGES * PAGE_SIZE) return refuse(E2BIG, "the configuration is too large");
  const pages = <u32>((size + PAGE_SIZE - 1) / PAGE_SIZE);
  const copy = allocatePages(pages);
  if (!copy) return refuse(ENOMEM, "the page pool is exhausted");
  cell.config = copy;
  cell.configPages = pages;
  memory.copy(copy, header, CELL_HEADER_SIZE);
  memory.fill(header, 0, CELL_HEADER_SIZE);
  const rest = <u32>size - CELL_HEADER_SIZE;
  if (rest && readGuest(0, address + CELL_HEADER_SIZE, copy + CELL_HEADER_SIZE, rest))
    return refuse(EFAULT, "the configuration cannot be read");
  return 0;
}

/** Everything that can refuse the new `cell`; the platform's reservation comes last. */
function checkNew(cell: Cell, caller: u32): i32 {
  cell.id = load<u32>(cell.config, CELL_ID);
  cell.number = freeNumber();
  let result = checkCell(cell.config, false);
  if (!result) result = checkIdentity(cell);
  if (!result) result = checkCpus(cell.config, caller);
  if (!result) result = checkMemoryOwners(cell);
  if (!result) result = checkPciOwners(cell.config);
  if (!result && !allocateDevices(cell)) result = refuse(ENOMEM, "the page pool is exhausted");
  if (!result) result = archCellCheck(cell);
  if (!result) result = trapEcam(cell);
  if (!result) result = checkTrapped(cell);
  if (!result) result = trapTables(cell);
  if (!result) result = trapSubPages(cell);
  if (!result) result = reserveMemory(cell);
  return result;
}

function checkIdentity(cell: Cell): i32 {
  if (!cell.id) return refuse(EINVAL, "id 0 is the root cell's");
  if (findCell(cell.id)) return refuse(EEXIST, "a cell with this id exists");
  for (let other: Cell | null = rootCell(); other; other = nextCell(other)) {
    if (hasName(other, cell.config + CELL_NAME))
      return refuse(EEXIST, "a cell with this name exists");
  }
  return 0;
}

function commitCreate(cell: Cell, caller: u32): void {
  stopCell(rootCell(), caller);
  moveCpus(cell, cell);
  giveMemory(cell);
  archCellCreate(cell);
  giveDevices(cell);
  silenceRootStrays();
  commit(0);
  commit(cell.number);
  beginScrub(cell);
  setCellState(cell, CELL_SHUT_DOWN);
  addCell(cell);
  resumeCell(rootCell(), caller);
  resumeCell(cell, caller);
  beginLine("Created cell ");
  printCellName(cell);
  endLine();
}
