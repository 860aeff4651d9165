// What the platform has of each CPU, and the waist's members about CPUs and their registers.

import { PANIC_CONTRACT } from "../numbers.ts";
import { acquire, give } from "../spin.ts";
import * as hw from "./hw.ts";
import { affinity, guestRegister, setGuestRegister } from "./hw.ts";

/** CPU numbers are below this. */
const CPUS_MAX: u32 = 256;
/** MPIDR_EL1: the affinity fields. */
const AFFINITY: u64 = 0xff00ffffff;

/** One CPU; its own but for reading. */
@unmanaged
export class Cpu {
  /** Its hardware id. */
  id: u64;
  /** 1 once it has come. */
  isHere: u32;
  /** 1: halted for good. */
  parked: u32;
  /** 1: leaves the hypervisor when the present handler returns. */
  released: u32;
}

const CPU_SHIFT: u32 = 5;
if (offsetof<Cpu>() > 1 << CPU_SHIFT) ERROR("Cpu is too large");
const TABLE: usize = memory.data(CPUS_MAX << CPU_SHIFT, 8);
const LOCK: usize = memory.data(4, 4);

/** The record of a CPU that the core has named; it must have come. */
export function cpuOf(cpu: u32): Cpu {
  const record = changetype<Cpu>(TABLE + (cpu << CPU_SHIFT));
  if (cpu >= CPUS_MAX || !record.isHere) hw.panic(PANIC_CONTRACT);
  return record;
}

/** The calling CPU `cpu` has come. Returns false for a number that no CPU can have. */
export function addCpu(cpu: u32): bool {
  if (cpu >= CPUS_MAX) return false;
  const record = changetype<Cpu>(TABLE + (cpu << CPU_SHIFT));
  record.id = affinity() & AFFINITY;
  record.isHere = 1;
  return true;
}

/** The waist's members. */
export function hardwareId(cpu: u32): u64 {
  return cpuOf(cpu).id;
}

/** Nobody can start a CPU again yet, so `wake` makes no difference. */
export function parkCpu(cpu: u32, _wake: u32): void {
  cpuOf(cpu).parked = 1;
}

export function releaseCpu(cpu: u32): void {
  cpuOf(cpu).released = 1;
}

export function readRegister(cpu: u32, register: u32): u64 {
  cpuOf(cpu);
  return guestRegister(cpu, register);
}

export function writeRegister(cpu: u32, register: u32, value: u64): void {
  cpuOf(cpu);
  setGuestRegister(cpu, register, value);
}

export function lock(): void {
  acquire(LOCK);
}

export function unlock(): void {
  give(LOCK);
}

export function relax(_cpu: u32): void {
  hw.pause();
}
