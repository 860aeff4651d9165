// RDMSR and WRMSR (AMD64 APM volume 2, appendix A): the registers that the CPU holds itself; those of the local APIC are
// the bus's; what a cell may not touch exits.

import {
  MSR_APIC_BASE,
  MSR_CSTAR,
  MSR_EFER,
  MSR_FS_BASE,
  MSR_GS_BASE,
  MSR_KERNEL_GS_BASE,
  MSR_LSTAR,
  MSR_MISC_ENABLE,
  MSR_MTRR_DEF_TYPE,
  MSR_MTRR_FIRST,
  MSR_PAT,
  MSR_SFMASK,
  MSR_SPEC_CTRL,
  MSR_STAR,
  MSR_SYSENTER_CS,
  MSR_SYSENTER_EIP,
  MSR_SYSENTER_ESP,
  MSR_TSC,
  MSR_TSC_AUX,
  MSR_TSC_DEADLINE,
  MSR_X2APIC_FIRST,
  MSR_X2APIC_LAST,
} from "../../../abi/x86/msr.ts";
import { MSR_HOST_SAVE, MSR_VM_CR } from "../../../abi/x86/svm.ts";
import { call } from "../bus.ts";
import { FEATURE_RDPID, FEATURE_RDTSCP } from "../features.ts";
import {
  BUS_FAULT,
  BUS_HANDLED,
  BUS_IGNORED,
  BUS_MSR_READ,
  BUS_MSR_WRITE,
  EXIT_MSR_READ,
  EXIT_MSR_WRITE,
  FAULT_NONE,
  FS,
  G_MSR_READS,
  G_MSR_WRITES,
  GS,
  S_BUS_ADDRESS,
  S_BUS_VALUE,
  S_CSTAR,
  S_EFER,
  S_FAULT,
  S_GPR,
  S_GUEST,
  S_HOST_SAVE,
  S_INDEX,
  S_KERNEL_GS_BASE,
  S_LSTAR,
  S_MISC_ENABLE,
  S_MTRR,
  S_MTRR_DEF_TYPE,
  S_PAT,
  S_PERFORMANCE,
  S_SEGMENT,
  S_SFMASK,
  S_SPEC_CTRL,
  S_STAR,
  S_SYSENTER_CS,
  S_SYSENTER_EIP,
  S_SYSENTER_ESP,
  S_TSC_AUX,
  S_VM_CR,
  SEG_BASE,
  SEGMENT_SIZE,
} from "../interface.ts";
import { S_NEXT } from "../memory/layout.ts";
import { hasFeature, stateOf } from "../memory/machine.ts";
import { isCanonical } from "../memory/segmentation.ts";
import { EXIT_MSR, isMsrFree, raiseVmexit } from "../svm/intercepts.ts";
import { isSvmMsr, writeSvmMsr } from "../svm/msrs.ts";
import { isPrivileged } from "./control.ts";
import { faulted, raiseGp, raiseInstructionExit } from "./fault.ts";
import { isMachineCheck, readMachineCheck, writeMachineCheck } from "./machine-check.ts";
import {
  fixedMsr,
  hasMiscEnable,
  isFixedMsr,
  isPerformance,
  isSpeculationControl,
  MSR_PERFORMANCE_FIRST,
  performanceValue,
  writeEfer,
  writeMiscEnable,
  writeSpeculationControl,
} from "./msr-rules.ts";
import { isMtrr, isValidMtrr, isValidPat } from "./mtrr.ts";
import { readTsc, writeTsc } from "./tsc.ts";

/** Number of RAX, RCX and RDX among the general registers, times their size. */
const RAX: u32 = 0;
const RCX: u32 = 8;
const RDX: u32 = 16;
/** MSRs 0 to here are in the first half of a bitmap. */
const LOW_END: u32 = 0x2000;
/** First MSR of the second half. */
const HIGH_FIRST: u32 = 0xc0000000;
/** No such register. */
const NOWHERE: u32 = 0;

/** Offset in the state block of a register that is just a u64, or NOWHERE. */
function plainRegister(msr: u32): u32 {
  switch (msr) {
    case MSR_SYSENTER_CS:
      return S_SYSENTER_CS;
    case MSR_SYSENTER_ESP:
      return S_SYSENTER_ESP;
    case MSR_SYSENTER_EIP:
      return S_SYSENTER_EIP;
    case MSR_STAR:
      return S_STAR;
    case MSR_SFMASK:
      return S_SFMASK;
    case MSR_SPEC_CTRL:
      return isSpeculationControl(msr) ? S_SPEC_CTRL : NOWHERE;
    case MSR_TSC_AUX:
      return hasFeature(FEATURE_RDTSCP) || hasFeature(FEATURE_RDPID) ? S_TSC_AUX : NOWHERE;
    case MSR_MTRR_DEF_TYPE:
      return S_MTRR_DEF_TYPE;
    case MSR_PAT:
      return S_PAT;
    case MSR_EFER:
      return S_EFER;
    case MSR_VM_CR:
      return isSvmMsr(msr) ? S_VM_CR : NOWHERE;
    case MSR_HOST_SAVE:
      return isSvmMsr(msr) ? S_HOST_SAVE : NOWHERE;
    default:
      break;
  }
  if (isPerformance(msr)) return S_PERFORMANCE + (msr - MSR_PERFORMANCE_FIRST) * 8;
  if (isMtrr(msr)) return S_MTRR + (msr - MSR_MTRR_FIRST) * 8;
  return addressRegister(msr);
}

/** Offset in the state block of a register that holds a linear address, or NOWHERE. */
function addressRegister(msr: u32): u32 {
  switch (msr) {
    case MSR_LSTAR:
      return S_LSTAR;
    case MSR_CSTAR:
      return S_CSTAR;
    case MSR_FS_BASE:
      return S_SEGMENT + FS * SEGMENT_SIZE + SEG_BASE;
    case MSR_GS_BASE:
      return S_SEGMENT + GS * SEGMENT_SIZE + SEG_BASE;
    case MSR_KERNEL_GS_BASE:
      return S_KERNEL_GS_BASE;
    default:
      return NOWHERE;
  }
}

/** Whether the local APIC holds a register. */
function isBusMsr(msr: u32): bool {
  return (
    msr == MSR_APIC_BASE ||
    msr == MSR_TSC_DEADLINE ||
    (msr >= MSR_X2APIC_FIRST && msr <= MSR_X2APIC_LAST)
  );
}

/** Calls the bus for a register; sets #GP(0) unless it answers. */
function callBus(s: u32, kind: u32, msr: u32, value: u64): u64 {
  store<u64>(s, msr, S_BUS_ADDRESS);
  store<u64>(s, value, S_BUS_VALUE);
  const result = <u32>call(load<u32>(s, S_INDEX), kind, 8);
  if (result == BUS_FAULT || result == BUS_IGNORED) raiseGp(s, 0);
  return load<u64>(s, S_BUS_VALUE);
}

/** Reads a register on behalf of the CPU, without checks of privilege or grants; #GP(0) if there is none. */
function readRegister(s: u32, msr: u32): u64 {
  if (msr == MSR_TSC) return readTsc(s);
  if (isBusMsr(msr)) return callBus(s, BUS_MSR_READ, msr, 0);
  if (msr == MSR_MISC_ENABLE && hasMiscEnable()) return load<u64>(s, S_MISC_ENABLE);
  if (isMachineCheck(msr)) return readMachineCheck(s, msr);
  const at = plainRegister(msr);
  if (at != NOWHERE) return load<u64>(s + at);
  if (isFixedMsr(msr)) return fixedMsr(msr);
  raiseGp(s, 0);
  return 0;
}

/** Whether a value may be written to a plain register. */
function isValid(msr: u32, value: u64): bool {
  if (msr == MSR_PAT) return isValidPat(value);
  if (msr == MSR_MTRR_DEF_TYPE || isMtrr(msr)) return isValidMtrr(msr, value);
  if (msr == MSR_TSC_AUX || msr == MSR_SYSENTER_CS) return value >> 32 == 0;
  const address = addressRegister(msr) != NOWHERE || msr == MSR_SYSENTER_ESP;
  return !(address || msr == MSR_SYSENTER_EIP) || isCanonical(value);
}

/** Writes a register; the rest as readRegister. */
function writeRegister(s: u32, msr: u32, value: u64): void {
  if (msr == MSR_TSC) return writeTsc(s, value);
  if (msr == MSR_EFER) return writeEfer(s, value);
  if (isSvmMsr(msr)) return writeSvmMsr(s, msr, value);
  if (isSpeculationControl(msr)) return writeSpeculationControl(s, msr, value);
  if (isPerformance(msr)) {
    store<u64>(s + plainRegister(msr), performanceValue(msr, value));
    return;
  }
  if (msr == MSR_MISC_ENABLE && hasMiscEnable()) return writeMiscEnable(s, value);
  if (isMachineCheck(msr)) return writeMachineCheck(s, msr, value);
  if (isBusMsr(msr)) {
    callBus(s, BUS_MSR_WRITE, msr, value);
    return;
  }
  const at = plainRegister(msr);
  if (at != NOWHERE && isValid(msr, value)) store<u64>(s + at, value);
  else if (at != NOWHERE || !isFixedMsr(msr)) raiseGp(s, 0);
}

/** Whether the cell may access an MSR without an exit; `bitmap` is G_MSR_READS or G_MSR_WRITES. */
function isGranted(s: u32, msr: u32, bitmap: u32): bool {
  const guest = load<u32>(s, S_GUEST);
  if (guest == 0) return true;
  let index = msr;
  if (msr >= HIGH_FIRST) index = msr - HIGH_FIRST + LOW_END;
  if (msr >= LOW_END && (msr < HIGH_FIRST || index >= 2 * LOW_END)) return false;
  const bits: u32 = load<u8>(guest + bitmap + (index >> 3));
  return ((bits >> (index & 7)) & 1) == 0;
}

/** RDMSR: EDX:EAX from the register in ECX. */
export function rdmsr(s: u32): void {
  if (!isPrivileged(s)) return;
  const msr = load<u32>(s, S_GPR + RCX);
  if (!isGranted(s, msr, G_MSR_READS)) return raiseInstructionExit(s, EXIT_MSR_READ, msr, 0);
  if (!isMsrFree(s, msr, false)) return raiseVmexit(s, EXIT_MSR, 0, 0, load<u64>(s, S_NEXT));
  const value = readRegister(s, msr);
  if (faulted(s)) return;
  store<u64>(s, value & 0xffffffff, S_GPR + RAX);
  store<u64>(s, value >> 32, S_GPR + RDX);
}

/** WRMSR: EDX:EAX to the register in ECX. */
export function wrmsr(s: u32): void {
  if (!isPrivileged(s)) return;
  const msr = load<u32>(s, S_GPR + RCX);
  const value = ((<u64>load<u32>(s, S_GPR + RDX)) << 32) | load<u32>(s, S_GPR + RAX);
  if (!isGranted(s, msr, G_MSR_WRITES)) return raiseInstructionExit(s, EXIT_MSR_WRITE, msr, value);
  if (!isMsrFree(s, msr, true)) return raiseVmexit(s, EXIT_MSR, 1, 0, load<u64>(s, S_NEXT));
  writeRegister(s, msr, value);
}

/** For the outside: reads an MSR of a CPU into S_BUS_VALUE. Returns BUS_HANDLED, or BUS_FAULT if there is none. */
export function readMsr(cpu: u32, msr: u32): i32 {
  const s = stateOf(cpu);
  const value = readRegister(s, msr);
  store<u64>(s, value, S_BUS_VALUE);
  return settle(s);
}

/** For the outside: writes S_BUS_VALUE to an MSR of a CPU. Returns BUS_HANDLED, or BUS_FAULT if it refuses. */
export function writeMsr(cpu: u32, msr: u32): i32 {
  const s = stateOf(cpu);
  writeRegister(s, msr, load<u64>(s, S_BUS_VALUE));
  return settle(s);
}

function settle(s: u32): i32 {
  const refused = faulted(s);
  store<u32>(s, FAULT_NONE, S_FAULT);
  return refused ? BUS_FAULT : BUS_HANDLED;
}
