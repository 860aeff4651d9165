// The hypercalls (ABI section 2). The root cell's management calls exclude each other: while one waits for a cell's reply,
// others are refused. One for which memory has to be filled with zeros is made again and again, by its own instruction, until that has
// ended (core/memory/scrub.ts): each time it begins anew. What it has begun is the cell's state, so that nothing is lost
// if it does not come again: the destruction of a cell is ended by whatever call comes next.
import { CELL_FAILED_COMM_REV } from "../../abi/comm.ts";
import { CELL_FLAG_VIRTUAL_CONSOLE_PERMITTED } from "../../abi/config.ts";
import { EBUSY, EINVAL, ENOENT, ENOSYS, EPERM } from "../../abi/errno.ts";
import {
  CPU_FAILED,
  CPU_INFO_STAT_BASE,
  CPU_INFO_STATE,
  CPU_RUNNING,
  HC_CELL_CREATE,
  HC_CELL_DESTROY,
  HC_CELL_DESTROY_FORCED,
  HC_CELL_GET_STATE,
  HC_CELL_SET_LOADABLE,
  HC_CELL_START,
  HC_CPU_GET_INFO,
  HC_DEBUG_CONSOLE_PUTC,
  HC_DENIAL_WORD,
  HC_DESTROY_ALL,
  HC_DISABLE,
  HC_HYPERVISOR_GET_INFO,
  INFO_MEM_POOL_SIZE,
  INFO_MEM_POOL_USED,
  INFO_NUM_CELLS,
  INFO_REMAP_POOL_SIZE,
  INFO_REMAP_POOL_USED,
  INFO_SCRUB_LEFT,
  STAT_COUNT,
} from "../../abi/hypercall.ts";
import { POOL_SIZE, POOL_USED } from "../../abi/platform.ts";
import { archCpuRelease, archPrintPosition } from "../arch.ts";
import { lock, poolPages, releaseCpu, unlock } from "../platform.ts";
import { Cell, cellCount, findCell, isRoot, nextCell, rootCell } from "./cells/cell.ts";
import { cellState, informReconfigured, isLocked, requestShutdown } from "./cells/comm.ts";
import { createCell } from "./cells/create.ts";
import { closeCell, closingCell, destroyCell, loadCell, startCell } from "./cells/lifecycle.ts";
import { cellOfCpu, cpuExists, perCpu, readCounter } from "./cells/percpu.ts";
import { beginLine, endLine, print, printDecimal, putCellByte, sayLine } from "./console.ts";
import { denialWord } from "./denials.ts";
import { poolSize, poolUsed, printPools } from "./memory/pool.ts";
import { goOnScrubbing, scrubLeft } from "./memory/scrub.ts";
import { beginWarning } from "./panic.ts";
import { refuse } from "./refuse.ts";

/** No result, of 32 bits: the CPU is to make its call again, after its guest has had a moment. */
export const AGAIN: i64 = 1 << 32;
/** The same inside, where results are errors or 0. */
const UNFINISHED: i32 = 1;

@unmanaged
class Control {
  /** 1 while a management call is under way. Guarded by the lock. */
  busy: u32;
  /** 1 once the first CPU has been told to leave. */
  leaving: u32;
}

const CONTROL: usize = memory.data(8, 4);

function control(): Control {
  return changetype<Control>(CONTROL);
}

/**
 * Carries out hypercall `code` (HC_*) of the calling CPU, at the guest's highest privilege; arguments are truncated to the
 * width of the guest's mode. Returns its result: negative errno, 0 or a figure; or AGAIN.
 */
export function handleHypercall(cpu: u32, code: u32, argument1: u64, argument2: u64): i64 {
  const number = <u32>argument1;
  switch (code) {
    case HC_HYPERVISOR_GET_INFO:
      return hypervisorInfo(number);
    case HC_CPU_GET_INFO:
      return cpuInfo(cpu, number, <u32>argument2);
    case HC_DEBUG_CONSOLE_PUTC:
      return putCharacter(cpu, number);
    case HC_CELL_GET_STATE:
      return reportState(cpu, number);
    case HC_DENIAL_WORD:
      return isRoot(cellOfCpu(cpu)) ? denialWord(number) : -EPERM;
    case HC_DISABLE:
    case HC_CELL_CREATE:
    case HC_CELL_START:
    case HC_CELL_SET_LOADABLE:
    case HC_CELL_DESTROY:
    case HC_CELL_DESTROY_FORCED:
    case HC_DESTROY_ALL:
      return resultOf(manageExclusively(cpu, code, argument1));
    default:
      return unknownCall(cpu, code);
  }
}

function resultOf(result: i32): i64 {
  return result === UNFINISHED ? AGAIN : result;
}

function unknownCall(cpu: u32, code: u32): i32 {
  if (!beginWarning(cpu)) return -ENOSYS;
  print("CPU ");
  printDecimal(cpu);
  print(": Unknown hypercall ");
  printDecimal(code);
  print(", ");
  archPrintPosition(cpu);
  endLine();
  return -ENOSYS;
}

function hypervisorInfo(type: u32): i32 {
  switch (type) {
    case INFO_MEM_POOL_SIZE:
      return poolSize();
    case INFO_MEM_POOL_USED:
      return poolUsed();
    case INFO_REMAP_POOL_SIZE:
      return poolPages(POOL_SIZE);
    case INFO_REMAP_POOL_USED:
      return poolPages(POOL_USED);
    case INFO_NUM_CELLS:
      return cellCount();
    case INFO_SCRUB_LEFT:
      return scrubLeft();
    default:
      return -EINVAL;
  }
}

function cpuInfo(caller: u32, cpu: u32, type: u32): i32 {
  if (!cpuExists(cpu)) return -EINVAL;
  const cell = cellOfCpu(caller);
  if (!isRoot(cell) && cellOfCpu(cpu) !== cell) return -EPERM;
  if (type === CPU_INFO_STATE) return perCpu(cpu).failed ? CPU_FAILED : CPU_RUNNING;
  const counter = type - CPU_INFO_STAT_BASE;
  return counter < STAT_COUNT ? readCounter(cpu, counter) : -EINVAL;
}

function putCharacter(cpu: u32, character: u32): i32 {
  const cell = cellOfCpu(cpu);
  if (!(cell.flags & CELL_FLAG_VIRTUAL_CONSOLE_PERMITTED)) return -EPERM;
  lock();
  putCellByte(cell, character & 0xff);
  unlock();
  return 0;
}

function reportState(cpu: u32, id: u32): i32 {
  if (!isRoot(cellOfCpu(cpu))) return -EPERM;
  const cell = findCell(id);
  if (!cell) return -ENOENT;
  const state = cellState(cell);
  return state <= CELL_FAILED_COMM_REV ? state : -EINVAL;
}

function manageExclusively(cpu: u32, code: u32, argument: u64): i32 {
  if (!isRoot(cellOfCpu(cpu))) return refuse(EPERM, "only the root cell may do this");
  lock();
  const busy = control().busy;
  control().busy = 1;
  unlock();
  // All CPUs may ask to leave at once: each in its turn.
  if (busy) return code === HC_DISABLE ? UNFINISHED : refuse(EBUSY, "another request is under way");
  const result = manage(cpu, code, argument);
  control().busy = 0;
  return result;
}

function isDestruction(code: u32): bool {
  return code === HC_CELL_DESTROY || code === HC_CELL_DESTROY_FORCED;
}

function manage(cpu: u32, code: u32, argument: u64): i32 {
  if (code !== HC_DISABLE && control().leaving)
    return refuse(EBUSY, "the hypervisor is shutting down");
  const asked = isDestruction(code) ? findCell(<u32>argument) : null;
  const hasBegun = asked !== null && asked.closing !== 0;
  if (!endClosing(cpu)) return UNFINISHED;
  if (hasBegun) return 0;
  if (code === HC_DISABLE) return disable(cpu);
  if (code === HC_CELL_CREATE) return create(cpu, argument);
  if (code === HC_DESTROY_ALL) return destroyAll(cpu);
  return manageCell(cpu, code, <u32>argument);
}

/** Whether a non-root cell other than `except` is locked. */
function anyLocked(except: Cell | null): bool {
  for (let cell: Cell | null = nextCell(rootCell()); cell; cell = nextCell(cell)) {
    if (cell !== except && isLocked(cell)) return true;
  }
  return false;
}

function informAll(cpu: u32): void {
  for (let cell: Cell | null = nextCell(rootCell()); cell; cell = nextCell(cell))
    informReconfigured(cpu, cell);
}

function create(cpu: u32, address: u64): i32 {
  if (anyLocked(null)) return refuse(EPERM, "a cell has locked the configuration");
  const result = createCell(cpu, address);
  if (result) return result;
  informAll(cpu);
  printPools("after cell creation");
  return 0;
}

/** CELL_START, CELL_SET_LOADABLE and the two CELL_DESTROY. */
function manageCell(cpu: u32, code: u32, id: u32): i32 {
  const cell = findCell(id);
  if (!cell) return refuse(ENOENT, "no such cell");
  if (isRoot(cell)) return refuse(EINVAL, "not for the root cell");
  const destroys = isDestruction(code);
  if (destroys && anyLocked(cell))
    return refuse(EPERM, "another cell has locked the configuration");
  // A new cell's, that is: it has executed nothing yet.
  if (!destroys && !goOnScrubbing(cell)) return UNFINISHED;
  if (code !== HC_CELL_DESTROY_FORCED && !requestShutdown(cpu, cell))
    return refuse(EPERM, "the cell has not agreed to shut down");
  if (destroys) {
    closeCell(cell, cpu);
    return endClosing(cpu) ? 0 : UNFINISHED;
  }
  if (code === HC_CELL_START) startCell(cell, cpu);
  else loadCell(cell, cpu);
  return 0;
}

/** Goes on with the destruction of all cells for which it has begun. Returns whether it has ended. */
function endClosing(cpu: u32): bool {
  for (let cell = closingCell(); cell; cell = closingCell()) {
    if (!goOnScrubbing(cell)) return false;
    destroyCell(cell, cpu);
    informAll(cpu);
    printPools("after cell destruction");
  }
  return true;
}

/** Asks all cells, those first that are locked and so likely to refuse; then destroys all. */
function destroyAll(cpu: u32): i32 {
  if (!askAll(cpu, true) || !askAll(cpu, false))
    return refuse(EPERM, "a cell has not agreed to shut down");
  for (let cell: Cell | null = nextCell(rootCell()); cell; cell = nextCell(cell))
    closeCell(cell, cpu);
  return endClosing(cpu) ? 0 : UNFINISHED;
}

function askAll(cpu: u32, locked: bool): bool {
  for (let cell: Cell | null = nextCell(rootCell()); cell; cell = nextCell(cell)) {
    if (isLocked(cell) === locked && !requestShutdown(cpu, cell)) return false;
  }
  return true;
}

/** Each root CPU leaves when it asks for it; the first one decides whether that may be. */
function disable(cpu: u32): i32 {
  if (!control().leaving) {
    if (nextCell(rootCell())) return refuse(EBUSY, "cells exist");
    control().leaving = 1;
    sayLine("Shutting down hypervisor");
  }
  beginLine(" Releasing CPU ");
  printDecimal(cpu);
  endLine();
  perCpu(cpu).released = 1;
  archCpuRelease(cpu);
  releaseCpu(cpu);
  return 0;
}
