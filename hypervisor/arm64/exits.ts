// The handler of traps to EL2, exported to the platform: one for all, because the processor says what it was in one register.

import * as reg from "../../abi/arm64/registers.ts";
import { DENIAL_FLAG_FETCH, DENIAL_FLAG_WRITE, DENIAL_KIND_EXIT } from "../../abi/denials.ts";
import { STAT_HYPERCALL, STAT_MMIO } from "../../abi/hypercall.ts";
import { countExit, countUnknownExit, perCpu } from "../core/cells/percpu.ts";
import { print, printAddress } from "../core/console.ts";
import { AGAIN, handleHypercall } from "../core/control.ts";
import { recordDenial } from "../core/denials.ts";
import { denyAccess } from "../core/deny.ts";
import { learnMemory } from "../core/learn.ts";
import { mmioAccess } from "../core/memory/mmio.ts";
import { isUnknown, MMIO_HANDLED } from "../core/memory/ranges.ts";
import { fatal, violation } from "../core/panic.ts";
import { readRegister, writeRegister } from "../platform.ts";
import { reportCause } from "./report.ts";

/** Bytes of an instruction: of A64, and of the short ones of T32. */
const INSTRUCTION_SIZE: u32 = 4;
const SHORT_SIZE: u32 = 2;
const PAGE_OFFSET: u64 = 0xfff;
/** HPFAR_EL2: bits of the guest-physical address from 12 on, from bit 4 on. */
const HPFAR_ADDRESS: u64 = 0xffffffffff0;
const HPFAR_SHIFT: u64 = 8;
const REGISTER_MASK: u32 = 0x1f;
const SIZE_MASK: u32 = 3;
const BYTE_BITS: u32 = 8;
const REGISTER_BITS: u32 = 64;
const LOW_HALF: u64 = 0xffffffff;

/** A trap of the calling CPU's guest (exports.ts). */
export function exitTrap(cpu: u32, esr: u64, far: u64, hpfar: u64): void {
  const syndrome = <u32>esr;
  const address = ((hpfar & HPFAR_ADDRESS) << HPFAR_SHIFT) | (far & PAGE_OFFSET);
  switch ((syndrome >>> reg.ESR_EC_SHIFT) & reg.ESR_EC_MASK) {
    case reg.EC_HVC64:
      if ((syndrome & reg.ESR_IMMEDIATE_MASK) === reg.HVC_HYPERCALL) hypercall(cpu);
      else refuseTrap(cpu, esr, far);
      break;
    case reg.EC_DATA_ABORT:
      if (isOfMap(syndrome)) dataAbort(cpu, syndrome, address);
      else refuseTrap(cpu, esr, far);
      break;
    case reg.EC_FETCH_ABORT:
      if (isOfMap(syndrome)) fetchAbort(cpu, syndrome, address);
      else refuseTrap(cpu, esr, far);
      break;
    default:
      refuseTrap(cpu, esr, far);
  }
}

/** The architecture lets nothing below EL1 execute HVC. */
function hypercall(cpu: u32): void {
  countExit(cpu, STAT_HYPERCALL);
  const code = <u32>readRegister(cpu, reg.REG_X0);
  const argument1 = readRegister(cpu, reg.REG_X1);
  const argument2 = readRegister(cpu, reg.REG_X2);
  const result = handleHypercall(cpu, code, argument1, argument2);
  if (result !== AGAIN) return writeRegister(cpu, reg.REG_X0, <u64>result);
  // The PC is behind the HVC already.
  writeRegister(cpu, reg.REG_PC, readRegister(cpu, reg.REG_PC) - INSTRUCTION_SIZE);
}

/** Whether an abort is because of the cell's map, and not a bus error or an atomic access that a device refuses. */
function isOfMap(syndrome: u32): bool {
  const status = syndrome & reg.ABORT_STATUS_MASK;
  return (
    status === reg.ABORT_STATUS_TRANSLATION ||
    status === reg.ABORT_STATUS_ACCESS ||
    status === reg.ABORT_STATUS_PERMISSION
  );
}

function dataAbort(cpu: u32, syndrome: u32, address: u64): void {
  countExit(cpu, STAT_MMIO);
  // A page table walk and cache maintenance count as writes only where they are stores.
  const isWrite = (syndrome & reg.ABORT_WRITE) !== 0 && !(syndrome & reg.ABORT_CACHE);
  const flags: u32 = isWrite ? DENIAL_FLAG_WRITE : 0;
  if (isUnknown(cpu, address) && learnMemory(cpu, address, flags)) return;
  if (syndrome & reg.ABORT_WALK)
    return refuseAccess(cpu, "device access by page tables", syndrome, flags, address);
  if (!(syndrome & reg.ABORT_VALID))
    return refuseAccess(
      cpu,
      "unsupported instruction, the processor does not describe it",
      syndrome,
      flags,
      address,
    );
  const size = 1 << ((syndrome >>> reg.ABORT_SIZE_SHIFT) & SIZE_MASK);
  const value = isWrite ? valueOf(cpu, registerOf(syndrome), size) : 0;
  if (mmioAccess(cpu, address, size, isWrite, value) !== MMIO_HANDLED) {
    denyAccess(cpu, flags, address, size);
    return;
  }
  if (!isWrite) setLoaded(cpu, syndrome, size);
  advance(cpu, syndrome);
}

function fetchAbort(cpu: u32, syndrome: u32, address: u64): void {
  countExit(cpu, STAT_MMIO);
  if (isUnknown(cpu, address) && learnMemory(cpu, address, DENIAL_FLAG_FETCH)) return;
  refuseAccess(cpu, "unable to get the instruction", syndrome, DENIAL_FLAG_FETCH, address);
}

/** Reports an access that nobody could carry out, and why. */
function refuseAccess(cpu: u32, why: string, syndrome: u32, flags: u32, address: u64): void {
  reportCause(why, syndrome);
  denyAccess(cpu, flags, address, 0);
}

/** Anything else: nobody handles it. */
function refuseTrap(cpu: u32, esr: u64, far: u64): void {
  countUnknownExit(cpu);
  fatal();
  const record = recordDenial(cpu, DENIAL_KIND_EXIT, 0, 0, esr, far);
  print("Unexpected trap, ESR: ");
  printAddress(esr);
  print(" FAR: ");
  printAddress(far);
  violation(cpu, record);
}

function registerOf(syndrome: u32): u32 {
  return (syndrome >>> reg.ABORT_REGISTER_SHIFT) & REGISTER_MASK;
}

/** The lowest `size` bytes of a register. */
function valueOf(cpu: u32, register: u32, size: u32): u64 {
  if (register === reg.ABORT_ZERO_REGISTER) return 0;
  const unused = <u64>(REGISTER_BITS - size * BYTE_BITS);
  return (readRegister(cpu, register) << unused) >> unused;
}

/** Puts what was read into the register, extended as the instruction says. */
function setLoaded(cpu: u32, syndrome: u32, size: u32): void {
  const register = registerOf(syndrome);
  if (register === reg.ABORT_ZERO_REGISTER) return;
  const unused = <u64>(REGISTER_BITS - size * BYTE_BITS);
  const shifted = perCpu(cpu).mmioValue << unused;
  const value =
    syndrome & reg.ABORT_SIGNED ? <u64>(<i64>shifted >> <i64>unused) : shifted >> unused;
  writeRegister(cpu, register, syndrome & reg.ABORT_SIXTY_FOUR ? value : value & LOW_HALF);
}

/** The CPU goes on behind the instruction. */
function advance(cpu: u32, syndrome: u32): void {
  const size = syndrome & reg.ESR_IL ? INSTRUCTION_SIZE : SHORT_SIZE;
  writeRegister(cpu, reg.REG_PC, readRegister(cpu, reg.REG_PC) + size);
}
