// Moving and stopping the CPUs of cells. While the core manages a cell its CPUs, and where the root cell's map changes
// those of the root cell except the calling one, are stopped.
import { CELL_CPU_RESET_ADDRESS } from "../../../abi/config.ts";
import { EBUSY } from "../../../abi/errno.ts";
import { STAT_MANAGEMENT } from "../../../abi/hypercall.ts";
import { archCpuAssign, archCpuPark, archCpuReset } from "../../arch.ts";
import { assignCpu, lock, resumeCpu, stopCpu, unlock } from "../../platform.ts";
import { hasCpu } from "../config.ts";
import { MAX_CPUS } from "../limits.ts";
import { refuseItem } from "../refuse.ts";
import { Cell, isRoot, rootCell } from "./cell.ts";
import { clearCounters, countExit, cpuInCell, nextCpu, perCpu } from "./percpu.ts";

/** Checks that all CPUs of the new cell's `config` are the root cell's and not the calling one. Returns 0 or -EBUSY. */
export function checkCpus(config: usize, caller: u32): i32 {
  for (let cpu: u32 = 0; cpu < MAX_CPUS; cpu++) {
    if (!hasCpu(config, cpu)) continue;
    if (cpu === caller) return refuseItem(EBUSY, "CPU", cpu, "it makes the request");
    if (!cpuInCell(cpu, rootCell()) || perCpu(cpu).released)
      return refuseItem(EBUSY, "CPU", cpu, "not the root cell's");
  }
  return 0;
}

/** Stops all CPUs of `cell` except the calling one, with the lock: none of them stops or starts another one meanwhile. */
export function stopCell(cell: Cell, caller: u32): void {
  lock();
  for (let cpu = nextCpu(cell, 0); cpu < MAX_CPUS; cpu = nextCpu(cell, cpu + 1)) {
    if (cpu !== caller) stopCpu(cpu);
  }
  unlock();
}

/**
 * Lets all CPUs of `cell` except the calling one go on. With the lock, which none of them gets before all may: the first one
 * could start another anew, whose stop this would end.
 */
export function resumeCell(cell: Cell, caller: u32): void {
  lock();
  for (let cpu = nextCpu(cell, 0); cpu < MAX_CPUS; cpu = nextCpu(cell, cpu + 1)) {
    if (cpu !== caller) resumeCpu(cpu);
  }
  unlock();
}

/** Halts all CPUs of `cell`, stopped by the caller, until they are reset; none counts as failed any more. */
export function parkCell(cell: Cell): void {
  for (let cpu = nextCpu(cell, 0); cpu < MAX_CPUS; cpu = nextCpu(cell, cpu + 1)) {
    perCpu(cpu).failed = 0;
    archCpuPark(cpu, 0);
  }
}

/** Resets all CPUs of `cell`, stopped by the caller, to its configuration's start address. */
export function resetCell(cell: Cell): void {
  const entry = load<u64>(cell.config, CELL_CPU_RESET_ADDRESS);
  for (let cpu = nextCpu(cell, 0); cpu < MAX_CPUS; cpu = nextCpu(cell, cpu + 1)) {
    perCpu(cpu).failed = 0;
    perCpu(cpu).warnings = 0;
    archCpuReset(cpu, entry);
  }
}

/**
 * Moves the CPUs of the configuration of `member`, all stopped, to `cell`: halted, or for the root cell waiting to be
 * started as a CPU is that was never online.
 */
export function moveCpus(member: Cell, cell: Cell): void {
  for (let cpu: u32 = 0; cpu < MAX_CPUS; cpu++) {
    if (!hasCpu(member.config, cpu)) continue;
    perCpu(cpu).cell = changetype<usize>(cell);
    perCpu(cpu).failed = 0;
    perCpu(cpu).warnings = 0;
    clearCounters(cpu);
    assignCpu(cpu, cell.number);
    archCpuAssign(cpu, cell);
    archCpuPark(cpu, isRoot(cell) ? 1 : 0);
  }
}

/** A CPU goes on that another one has stopped (exports.ts). */
export function exitManagement(cpu: u32): void {
  countExit(cpu, STAT_MANAGEMENT);
}
