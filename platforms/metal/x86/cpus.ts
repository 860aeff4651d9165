// The waist's members that give CPUs their cells and states.

import { IPI_NMI } from "../../../abi/platform.ts";
import { sendInterrupt } from "./apic.ts";
import { Cpu, cpuOf } from "./cpu.ts";
import * as hw from "./hw.ts";
import { kick } from "./stop.ts";
import { adoptLinux, dropEvents, setCell, startAt } from "./vcpu.ts";

const REGISTERS_SIZE: u32 = 128;
const ROOT: u32 = 0;

/** The calling CPU becomes one of the root cell, with Linux' state; nothing is left for it to do. */
export function assignLinux(cpu: Cpu): void {
  adoptLinux(cpu);
  cpu.cell = ROOT;
  setCell(cpu, ROOT);
}

/** The CPU has a new state: whatever it was doing in a handler is over, if another one gave it. */
function replace(cpu: u32): void {
  const target = cpuOf(cpu);
  target.guestNmi = 0;
  dropEvents(target);
  if (cpu !== hw.cpuIndex()) target.replaced = 1;
}

export function assignCpu(cpu: u32, cell: u32): void {
  const target = cpuOf(cpu);
  target.cell = cell;
  setCell(target, cell);
  target.soiled = 1;
  replace(cpu);
}

export function resetCpu(cpu: u32, entry: u64): void {
  const target = cpuOf(cpu);
  startAt(target, entry);
  memory.fill(target.registers, 0, REGISTERS_SIZE);
  target.parked = 0;
  target.soiled = 1;
  replace(cpu);
}

export function parkCpu(cpu: u32, _wake: u32): void {
  cpuOf(cpu).parked = 1;
  replace(cpu);
}

export function releaseCpu(cpu: u32): void {
  cpuOf(cpu).released = 1;
}

export function sendIpi(cpu: u32, mode: u32, vector: u32): void {
  const target = cpuOf(cpu);
  if (mode !== IPI_NMI) {
    sendInterrupt(target.apicId, mode, vector);
    return;
  }
  hw.storeRelease(changetype<usize>(target) + offsetof<Cpu>("guestNmi"), 1);
  kick(target);
}
