// A violation: the CPU that committed it is parked with a report; its cell has failed once all its CPUs have.
import { archCpuPark, archReport } from "../arch.ts";
import { lock, unlock } from "../platform.ts";
import { Cell, printCellName } from "./cell.ts";
import { failCell } from "./comm.ts";
import { print, printDecimal, printLine } from "./console.ts";
import { MAX_CPUS } from "./limits.ts";
import { cellOfCpu, nextCpu, perCpu } from "./percpu.ts";

/**
 * Begins the report of a violation by the calling CPU: takes the lock, so that reports do not mix, and prints `FATAL: `.
 * The caller prints the rest of the line (with its end) and then must call `violation`.
 */
export function fatal(): void {
  lock();
  print("FATAL: ");
}

/** Ends a report begun with `fatal`: prints the registers, parks `cpu`, gives the lock back. Returns 0. */
export function violation(cpu: u32): i32 {
  archReport(cpu);
  const cell = cellOfCpu(cpu);
  print("Parking CPU ");
  printDecimal(cpu);
  print(" (Cell: ");
  printCellName(cell);
  printLine(")");
  perCpu(cpu).failed = 1;
  archCpuPark(cpu, 0);
  if (allFailed(cell)) failCell(cell);
  unlock();
  return 0;
}

function allFailed(cell: Cell): bool {
  for (let cpu = nextCpu(cell, 0); cpu < MAX_CPUS; cpu = nextCpu(cell, cpu + 1)) {
    if (!perCpu(cpu).failed) return false;
  }
  return true;
}
