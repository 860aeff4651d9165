// A violation: the CPU that committed it is parked with a report; its cell has failed once all its CPUs have.
import { archCpuPark, archReport } from "../arch.ts";
import { lock, unlock } from "../platform.ts";
import { Cell } from "./cells/cell.ts";
import { failCell } from "./cells/comm.ts";
import { cellOfCpu, nextCpu, perCpu } from "./cells/percpu.ts";
import { beginLine, print, printCellName, printDecimal, printLine } from "./console.ts";
import { printDenial } from "./denials.ts";
import { MAX_CPUS, WARNINGS_MAX } from "./limits.ts";

/**
 * Begins the report of a violation by the calling CPU: takes the lock, so that reports do not mix, and prints `FATAL: `.
 * The caller prints the rest of the line (without its end) and then must call `violation`.
 */
export function fatal(): void {
  beginLine("FATAL: ");
}

/**
 * Begins a line that precedes the one of the violation itself. The caller prints the rest and calls `endLine`; the report
 * proper follows from whoever handles the exit.
 */
export function beginCause(): void {
  beginLine("FATAL: ");
}

/** Whether one more line that is no violation may be printed about `cpu`; counts it. */
export function mayWarn(cpu: u32): bool {
  const state = perCpu(cpu);
  if (state.warnings >= WARNINGS_MAX) return false;
  state.warnings++;
  return true;
}

/**
 * Begins a warning about `cpu`. False when it has had too many: nothing is to be printed then. Otherwise the caller
 * prints the line and calls `endLine`.
 */
export function beginWarning(cpu: u32): bool {
  if (!mayWarn(cpu)) return false;
  lock();
  return true;
}

/**
 * Ends the line and the report begun with `fatal`: prints the registers and the `record` of what was denied, or 0; parks
 * `cpu`, gives the lock back.
 */
export function violation(cpu: u32, record: usize): void {
  printLine("");
  archReport(cpu);
  const cell = cellOfCpu(cpu);
  print("Parking CPU ");
  printDecimal(cpu);
  print(" (Cell: ");
  printCellName(cell);
  printLine(")");
  printDenial(record);
  perCpu(cpu).failed = 1;
  archCpuPark(cpu, 0);
  if (allFailed(cell)) failCell(cell);
  unlock();
}

function allFailed(cell: Cell): bool {
  for (let cpu = nextCpu(cell, 0); cpu < MAX_CPUS; cpu = nextCpu(cell, cpu + 1)) {
    if (!perCpu(cpu).failed) return false;
  }
  return true;
}
