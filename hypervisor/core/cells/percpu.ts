// What the core knows of each CPU of the machine: one page per CPU of the root cell's configuration, found by number.
import { STAT_COUNT, STAT_TOTAL } from "../../../abi/hypercall.ts";
import { MAX_CPUS } from "../limits.ts";
import { allocatePages } from "../memory/pool.ts";
import { Cell } from "./cell.ts";

const COUNTERS: u32 = 0x80;
const ARCH: u32 = 0x100;
/** Size of the architecture's part of a PerCpu. */
export const CPU_ARCH_SIZE: u32 = 0xf00;
/** Counters are shown as non-negative 32-bit numbers. */
const COUNTER_MASK: u32 = 0x7fffffff;

/** One CPU. Written by the CPU itself, or by another one that has stopped it. */
@unmanaged
export class PerCpu {
  /** Address of the cell that it belongs to. */
  cell: usize;
  /** 1 once initCpu has succeeded. */
  initialized: u32;
  /** 1 after a violation, until the CPU is reset. */
  failed: u32;
  /** 1 once it has left the hypervisor. */
  released: u32;
  /** Warnings printed about it since it was reset or changed hands. */
  warnings: u32;
  /** Value that the last handled MMIO read gave. */
  mmioValue: u64;

  /** Address of CPU_ARCH_SIZE bytes for the architecture's own use, zero at first. */
  get arch(): usize {
    return changetype<usize>(this) + ARCH;
  }
}

if (offsetof<PerCpu>() > COUNTERS) ERROR("PerCpu is too large");
if (COUNTERS + (STAT_COUNT << 2) > ARCH) ERROR("there are too many counters");

/** Addresses of the PerCpu blocks, 0 for CPUs that do not exist. */
const TABLE: usize = memory.data(MAX_CPUS * 4, 4);

/** Whether CPU `cpu` exists. */
export function cpuExists(cpu: u32): bool {
  return cpu < MAX_CPUS && load<usize>(TABLE + (cpu << 2)) !== 0;
}

/** The block of an existing CPU. */
export function perCpu(cpu: u32): PerCpu {
  return changetype<PerCpu>(load<usize>(TABLE + (cpu << 2)));
}

/** Makes the block of CPU `cpu`, a CPU of `cell`. Returns false when the pool is exhausted. */
export function addCpu(cpu: u32, cell: Cell): bool {
  const page = allocatePages(1);
  if (!page) return false;
  store<usize>(TABLE + (cpu << 2), page);
  perCpu(cpu).cell = changetype<usize>(cell);
  return true;
}

/** The cell of an existing CPU. */
export function cellOfCpu(cpu: u32): Cell {
  return changetype<Cell>(perCpu(cpu).cell);
}

/** Whether CPU `cpu` exists and belongs to `cell`. */
export function cpuInCell(cpu: u32, cell: Cell): bool {
  return cpuExists(cpu) && perCpu(cpu).cell === changetype<usize>(cell);
}

/** The first CPU of `cell` with a number of at least `from`; MAX_CPUS when there is none. */
export function nextCpu(cell: Cell, from: u32): u32 {
  let cpu = from;
  while (cpu < MAX_CPUS && !cpuInCell(cpu, cell)) cpu++;
  return cpu;
}

function increment(cpu: u32, kind: u32): void {
  const counter = changetype<usize>(perCpu(cpu)) + COUNTERS + (kind << 2);
  store<u32>(counter, load<u32>(counter) + 1);
}

/** Counts one exit of kind STAT_*, and in the total. */
export function countExit(cpu: u32, kind: u32): void {
  increment(cpu, kind);
  increment(cpu, STAT_TOTAL);
}

/** Counts one exit that is of no kind. */
export function countUnknownExit(cpu: u32): void {
  increment(cpu, STAT_TOTAL);
}

/** Counter STAT_* of `cpu`, 31 bits. */
export function readCounter(cpu: u32, kind: u32): u32 {
  return load<u32>(changetype<usize>(perCpu(cpu)) + COUNTERS + (kind << 2)) & COUNTER_MASK;
}

/** Zeroes the counters of `cpu`. */
export function clearCounters(cpu: u32): void {
  memory.fill(changetype<usize>(perCpu(cpu)) + COUNTERS, 0, STAT_COUNT << 2);
}
