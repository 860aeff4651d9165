// The handlers: every exit of the guest is recorded and stepped over.
import { ACCESS_FETCH, NO_ERROR_CODE, PIO_IN, REG_RIP } from "../../abi/platform.ts";
import { VECTOR_UD } from "../../abi/x86/registers.ts";
import { readRegister, writeRegister } from "../../hypervisor/platform.ts";
import { injectException } from "../../hypervisor/x86/platform.ts";
import {
  countLocked,
  endProgram,
  GUEST_CPU,
  PORT_ABSENT_MSR,
  PORT_DONE,
  PORT_INJECT,
  PORT_LOCK,
  tryMsr,
} from "./guest.ts";
import {
  addEvent,
  addStop,
  EVENT_CPUID,
  EVENT_MMIO,
  EVENT_MSR_READ,
  EVENT_MSR_WRITE,
  EVENT_PIO,
  EVENT_UNHANDLED,
} from "./record.ts";

/** Length of the moves between AL and memory that the programs use for memory accesses. */
const MOVE_LENGTH: u64 = 3;
/** Lengths of the other instructions that exit: not every platform knows them. */
const CPUID_LENGTH: u32 = 2;
const MSR_LENGTH: u32 = 2;
const XSETBV_LENGTH: u32 = 3;
const MOVE_TO_CR_LENGTH: u32 = 3;
/** Where a program goes on that jumped where nothing is. */
const AFTER_FETCH: u64 = 0x100;

function skip(cpu: u32, length: u64): void {
  writeRegister(cpu, REG_RIP, readRegister(cpu, REG_RIP) + length);
}

export function exitMmio(cpu: u32, address: u64, flags: u32): void {
  addEvent(EVENT_MMIO, <u32>address, flags, 0);
  if (!(flags & ACCESS_FETCH)) return skip(cpu, MOVE_LENGTH);
  writeRegister(cpu, REG_RIP, AFTER_FETCH);
}

export function exitPio(cpu: u32, port: u32, size: u32, flags: u32, length: u32): void {
  if (port === PORT_DONE) {
    endProgram();
    return;
  }
  skip(cpu, length);
  if (port === PORT_INJECT && flags & PIO_IN) injectException(cpu, VECTOR_UD, NO_ERROR_CODE);
  else if (port === PORT_LOCK) countLocked();
  else if (port === PORT_ABSENT_MSR) tryMsr((flags & PIO_IN) !== 0);
  else addEvent(EVENT_PIO, port | (size << 16), flags, length);
}

export function exitCpuid(cpu: u32, length: u32): void {
  addEvent(EVENT_CPUID, 0, 0, length);
  return skip(cpu, CPUID_LENGTH);
}

export function exitMsrRead(cpu: u32, length: u32): void {
  addEvent(EVENT_MSR_READ, 0, 0, length);
  return skip(cpu, MSR_LENGTH);
}

export function exitMsrWrite(cpu: u32, length: u32): void {
  addEvent(EVENT_MSR_WRITE, 0, 0, length);
  return skip(cpu, MSR_LENGTH);
}

export function exitXsetbv(cpu: u32, _length: u32): void {
  return skip(cpu, XSETBV_LENGTH);
}

export function exitCr(cpu: u32, register: u32, value: u64, _length: u32): void {
  writeRegister(cpu, register, value);
  return skip(cpu, MOVE_TO_CR_LENGTH);
}

export function exitException(cpu: u32, vector: u32, errorCode: i32): void {
  injectException(cpu, vector, errorCode);
}

export function exitManagement(cpu: u32): void {
  if (cpu === GUEST_CPU) addStop();
}

export function exitUnhandled(_cpu: u32, kind: u32, _code: u64, _info1: u64, _info2: u64): void {
  addEvent(EVENT_UNHANDLED, kind, 0, 0);
  endProgram();
}
