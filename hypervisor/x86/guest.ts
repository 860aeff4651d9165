// Registers of the stopped CPU, as instructions see them.

import {
  NO_ERROR_CODE,
  REG_CPL,
  REG_CR0,
  REG_RAX,
  REG_RDX,
  REG_RFLAGS,
  REG_RIP,
} from "../../abi/platform.ts";
import { CR0_PE, FLAG_RF, FLAG_VM, VECTOR_GP, VECTOR_UD } from "../../abi/x86/registers.ts";
import { readRegister, writeRegister } from "../platform.ts";
import { codeSize } from "./instruction/fetch.ts";
import { injectException, readMsr } from "./platform.ts";
import { CpuState, cpuState } from "./state.ts";

/** Goes on behind an instruction of `length` bytes. */
export function advance(cpu: u32, length: u32): void {
  const rip = readRegister(cpu, REG_RIP) + length;
  writeRegister(cpu, REG_RIP, codeSize(cpu) === 8 ? rip : rip & 0xffffffff);
  const flags = readRegister(cpu, REG_RFLAGS);
  if (flags & FLAG_RF) writeRegister(cpu, REG_RFLAGS, flags & ~(<u64>FLAG_RF));
}

/** The lower half of a register. */
export function read32(cpu: u32, register: u32): u32 {
  return <u32>readRegister(cpu, register);
}

/** EDX:EAX, the operand of WRMSR and XSETBV. */
export function readPair(cpu: u32): u64 {
  return (readRegister(cpu, REG_RDX) << 32) | read32(cpu, REG_RAX);
}

/** Sets EDX:EAX. */
export function writePair(cpu: u32, value: u64): void {
  writeRegister(cpu, REG_RAX, value & 0xffffffff);
  writeRegister(cpu, REG_RDX, value >> 32);
}

/** Reads an MSR of the calling CPU into CpuState.msrValue. Returns false, and leaves 0 there, if there is none. */
export function loadMsr(cpu: u32, msr: u32): bool {
  const state = cpuState(cpu);
  state.msrValue = 0;
  return readMsr(cpu, msr, changetype<usize>(state) + offsetof<CpuState>("msrValue")) !== 0;
}

/** Whether the CPU is in kernel code, not at CPL 1 to 3 or in virtual-8086 mode. */
export function isKernel(cpu: u32): bool {
  if (readRegister(cpu, REG_RFLAGS) & FLAG_VM && readRegister(cpu, REG_CR0) & CR0_PE) return false;
  return readRegister(cpu, REG_CPL) === 0;
}

/** Raises #GP(0) at the present instruction. */
export function raiseGeneralProtection(cpu: u32): void {
  injectException(cpu, VECTOR_GP, 0);
}

/** Raises #UD at the present instruction. */
export function raiseInvalidOpcode(cpu: u32): void {
  injectException(cpu, VECTOR_UD, NO_ERROR_CODE);
}
