// A module of the CPU's memory and system functions alone, so that they can be tested without an interpreter.
import { modify, read, write } from "../../../machine/cpu/memory/access";
import * as control from "../../../machine/cpu/system/control";

export {
  createGuest,
  destroyGuest,
  mapGuest,
  reserveGuest,
  translateGuest,
  unmapGuest,
} from "../../../machine/cpu/guest";
export { checkWrite, fetchPage, readSystem } from "../../../machine/cpu/memory/access";
export { setMissing as setMissingFeatures } from "../../../machine/cpu/memory/machine";
export { poolUsed } from "../../../machine/cpu/memory/pool";
export { translateLinear } from "../../../machine/cpu/memory/probe";
export { linearAddress } from "../../../machine/cpu/memory/segmentation";
export { clts, lmsw, smsw } from "../../../machine/cpu/system/control";
export { cpuid, cpuidPart } from "../../../machine/cpu/system/cpuid";
export { cli, popFlags, pushedFlags, sti } from "../../../machine/cpu/system/flags";
export {
  hlt,
  hypercall,
  invlpg,
  rdpmc,
  rdtsc,
  rdtscp,
  virtualization,
  vmx,
  xgetbv,
  xsetbv,
} from "../../../machine/cpu/system/instructions";
export {
  deliverFault,
  deliverPending,
  raise,
  softwareInterrupt,
} from "../../../machine/cpu/system/interrupts";
export { interruptReturn } from "../../../machine/cpu/system/iret";
export { machineCheck } from "../../../machine/cpu/system/machine-check";
export { rdmsr, readMsr, writeMsr, wrmsr } from "../../../machine/cpu/system/msr";
export { checkPort, portIn, portOut } from "../../../machine/cpu/system/ports";
export { arpl, lar, lsl, verr, verw } from "../../../machine/cpu/system/probe";
export {
  flushState,
  initializeMachine,
  resetState,
  state,
  stateSize,
  syncState,
} from "../../../machine/cpu/system/reset";
export { loadSegment, setLevel } from "../../../machine/cpu/system/segments";
export {
  readBase,
  swapgs,
  syscall,
  sysenter,
  sysexit,
  sysret,
  writeBase,
} from "../../../machine/cpu/system/syscall";
export { lgdt, lidt, lldt, ltr, sgdt, sidt, sldt, str } from "../../../machine/cpu/system/tables";
export { farCall, farJump, farReturn } from "../../../machine/cpu/system/transfer";

export function heapBase(): u32 {
  return <u32>__heap_base;
}

export function read8(s: u32, linear: u64): u32 {
  return read<u8>(s, linear);
}

export function read16(s: u32, linear: u64): u32 {
  return read<u16>(s, linear);
}

export function read32(s: u32, linear: u64): u32 {
  return read<u32>(s, linear);
}

export function read64(s: u32, linear: u64): u64 {
  return read<u64>(s, linear);
}

export function write8(s: u32, linear: u64, value: u32): void {
  write<u8>(s, linear, <u8>value);
}

export function write16(s: u32, linear: u64, value: u32): void {
  write<u16>(s, linear, <u16>value);
}

export function write32(s: u32, linear: u64, value: u32): void {
  write<u32>(s, linear, value);
}

export function write64(s: u32, linear: u64, value: u64): void {
  write<u64>(s, linear, value);
}

export function modify32(s: u32, linear: u64): u32 {
  return modify<u32>(s, linear);
}

/** MOV from and to control and debug registers; the general register is RAX. */
export function movFromCr(s: u32, register: u32): u64 {
  return control.movFromCr(s, register, 0);
}
export function movToCr(s: u32, register: u32, value: u64): void {
  control.movToCr(s, register, value, 0);
}
export function movFromDr(s: u32, register: u32): u64 {
  return control.movFromDr(s, register, 0);
}
export function movToDr(s: u32, register: u32, value: u64): void {
  control.movToDr(s, register, value, 0);
}
