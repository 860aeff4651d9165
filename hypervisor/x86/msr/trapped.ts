// Model-specific registers: what a cell may use without an exit is on a list (list.ts); a few are emulated; writes that reach
// beyond a cell in a way that the original reports are violations (ABI section 8); everything else raises #GP. The root cell is
// never stopped for one: what it may not write is recorded and raises #GP.

import { DENIAL_FLAG_WRITE, DENIAL_KIND_MSR } from "../../../abi/denials.ts";
import { REG_TSC } from "../../../abi/platform.ts";
import {
  APIC_EXT_CONTROL,
  APIC_EXT_LVT,
  APIC_EXT_LVT_LAST,
  APIC_ICR,
  APIC_LVT_CMCI,
  APIC_LVT_ERROR,
  APIC_LVT_TIMER,
} from "../../../abi/x86/apic.ts";
import {
  MSR_APIC_BASE,
  MSR_EFER,
  MSR_MTRR_DEF_TYPE,
  MSR_MTRR_FIRST,
  MSR_MTRR_LAST,
  MSR_PAT,
  MSR_TSC,
  MSR_X2APIC_FIRST,
  MTRR_DEF_TYPE_ENABLE,
} from "../../../abi/x86/msr.ts";
import { MSR_HOST_SAVE } from "../../../abi/x86/svm.ts";
import { Cell, isRoot } from "../../core/cells/cell.ts";
import { cellOfCpu } from "../../core/cells/percpu.ts";
import { print, printHex } from "../../core/console.ts";
import { recordDenial } from "../../core/denials.ts";
import { learns } from "../../core/learn.ts";
import { fatal, violation } from "../../core/panic.ts";
import { lock, unlock, writeRegister } from "../../platform.ts";
import { advance, loadMsr, raiseGeneralProtection, readPair, writePair } from "../guest.ts";
import {
  isAllowed,
  isMissing,
  isReadable,
  isWritable,
  readX2apic,
  writeX2apic,
  writeX2apicIcr,
} from "../interrupts/apic.ts";
import { grantMsrs, revokeMsrs, writeMsr } from "../platform.ts";
import { cellState, cpuState, hasX2apic } from "../state.ts";
import { writeEfer } from "./efer.ts";
import { grantLists, listedAccess } from "./list.ts";
import { applyPat, isPatValid } from "./pat.ts";
import { DROP, R, RW, W, ZERO } from "./rights.ts";

/** With the extended registers. */
const X2APIC_COUNT: u32 = APIC_EXT_LVT_LAST + 1;
/** Bytes of an MSR. */
const SIZE: u32 = 8;

/**
 * Whether writes of this register of an x2APIC are checked: an SMI or INIT is no cell's to send, from the LVT either, of which
 * AMD's entries for timer and error have a delivery mode, too. What a tick takes, EOI and the timer's counts, is not.
 */
function isChecked(register: u32): bool {
  if (register >= APIC_LVT_TIMER && register <= APIC_LVT_ERROR) return true;
  if (register >= APIC_EXT_LVT && register <= APIC_EXT_LVT_LAST) return true;
  return register === APIC_ICR || register === APIC_LVT_CMCI || register === APIC_EXT_CONTROL;
}

/** Grants the registers of an x2APIC, one by one as they exist; in the ICR, the processor has the hypervisor's last command. */
function grantX2apic(cell: u32): void {
  for (let register: u32 = 0; register < X2APIC_COUNT; register++) {
    const write: u32 = isWritable(register) && !isChecked(register) ? W : 0;
    const read: u32 = isReadable(register) && register !== APIC_ICR ? R : 0;
    const access = read | write;
    if (access) grantMsrs(cell, MSR_X2APIC_FIRST + register, 1, access);
  }
}

/** Grants `cell` what it may use directly. */
export function grantCellMsrs(cell: Cell): void {
  const number = cell.number;
  grantLists(cell);
  revokeMsrs(number, MSR_PAT, 1, RW);
  revokeMsrs(number, MSR_MTRR_DEF_TYPE, 1, RW);
  revokeMsrs(number, MSR_X2APIC_FIRST, X2APIC_COUNT, RW);
  if (cellState(cell).x2apic) grantX2apic(number);
}

function isX2apic(msr: u32): bool {
  return msr - MSR_X2APIC_FIRST < X2APIC_COUNT;
}

/** A write that is a violation. */
function failWrite(cpu: u32, msr: u32, value: u64): void {
  fatal();
  const record = recordDenial(cpu, DENIAL_KIND_MSR, DENIAL_FLAG_WRITE, SIZE, msr, value);
  print("Unhandled MSR write: ");
  printHex(msr, 1);
  return violation(cpu, record);
}

/** A write that the root cell may not do: it gets #GP, and one record of all its writes of that register. */
function refuseWrite(cpu: u32, msr: u32, value: u64): void {
  lock();
  recordDenial(cpu, DENIAL_KIND_MSR, DENIAL_FLAG_WRITE, SIZE, msr, value);
  unlock();
  return raiseGeneralProtection(cpu);
}

function finish(cpu: u32, length: u32): void {
  advance(cpu, length);
}

function finishRead(cpu: u32, length: u32, value: u64): void {
  writePair(cpu, value);
  return finish(cpu, length);
}

/** The machine's MTRRdefType with the guest's enable bit. */
function readDefType(cpu: u32): u64 {
  const enable: u64 = MTRR_DEF_TYPE_ENABLE;
  loadMsr(cpu, MSR_MTRR_DEF_TYPE);
  const state = cpuState(cpu);
  return (state.msrValue & ~enable) | (state.mtrrDefType & enable);
}

/** RDMSR that is not granted: emulated, or one for which the permission map has no bit. */
export function readTrapped(cpu: u32, msr: u32, length: u32): void {
  if (msr === MSR_PAT) return finishRead(cpu, length, cpuState(cpu).pat);
  if (msr === MSR_MTRR_DEF_TYPE) return finishRead(cpu, length, readDefType(cpu));
  if (isX2apic(msr)) {
    const register = msr - MSR_X2APIC_FIRST;
    if (!isReadable(register) || isMissing(cpu, register)) return raiseGeneralProtection(cpu);
    return finishRead(cpu, length, readX2apic(cpu, register));
  }
  const access = listedAccess(cellOfCpu(cpu), msr);
  if (access & ZERO) return finishRead(cpu, length, 0);
  if (!(access & R) || !loadMsr(cpu, msr)) return raiseGeneralProtection(cpu);
  return finishRead(cpu, length, cpuState(cpu).msrValue);
}

function writePat(cpu: u32, value: u64, length: u32): void {
  if (!isPatValid(value)) {
    if (isRoot(cellOfCpu(cpu))) return refuseWrite(cpu, MSR_PAT, value);
    fatal();
    const record = recordDenial(cpu, DENIAL_KIND_MSR, DENIAL_FLAG_WRITE, SIZE, MSR_PAT, value);
    print("Invalid PAT value: ");
    printHex(value, 1);
    return violation(cpu, record);
  }
  cpuState(cpu).pat = value;
  applyPat(cpu);
  return finish(cpu, length);
}

function writeDefType(cpu: u32, value: u64, length: u32): void {
  cpuState(cpu).mtrrDefType = value & MTRR_DEF_TYPE_ENABLE;
  applyPat(cpu);
  return finish(cpu, length);
}

function writeX2apicMsr(cpu: u32, msr: u32, value: u64, length: u32): void {
  const register = msr - MSR_X2APIC_FIRST;
  let isDone: bool = false;
  if (register === APIC_ICR) isDone = writeX2apicIcr(cpu, value);
  else if (!isWritable(register) || isMissing(cpu, register)) return raiseGeneralProtection(cpu);
  else if (!hasX2apic(cpu)) isDone = writeX2apic(cpu, register, <u32>value);
  else {
    isDone = isAllowed(cpu, register, <u32>value);
    if (isDone && !writeMsr(cpu, msr, value)) return raiseGeneralProtection(cpu);
  }
  if (!isDone) return learns(cpu) ? refuseWrite(cpu, msr, value) : failWrite(cpu, msr, value);
  if (!cpuState(cpu).waiting) finish(cpu, length);
}

/** Whether a write by a cell other than the root is reported, as the original does, and not just refused. */
function isViolation(msr: u32): bool {
  return msr === MSR_APIC_BASE || (msr >= MSR_MTRR_FIRST && msr <= MSR_MTRR_LAST);
}

/** A write that is not emulated: by the list. */
function writeListed(cpu: u32, msr: u32, value: u64, length: u32): void {
  const cell = cellOfCpu(cpu);
  const access = listedAccess(cell, msr);
  if (access & W)
    return writeMsr(cpu, msr, value) ? finish(cpu, length) : raiseGeneralProtection(cpu);
  if (access & DROP) return finish(cpu, length);
  if (!isRoot(cell) && msr === MSR_TSC) {
    writeRegister(cpu, REG_TSC, value);
    return finish(cpu, length);
  }
  if (!isRoot(cell))
    return isViolation(msr) ? failWrite(cpu, msr, value) : raiseGeneralProtection(cpu);
  // Linux clears it before it resets the machine after a panic, whoever used virtualisation.
  if (msr === MSR_HOST_SAVE && !value) return finish(cpu, length);
  return refuseWrite(cpu, msr, value);
}

/** WRMSR that is not granted. */
export function writeTrapped(cpu: u32, msr: u32, length: u32): void {
  const value = readPair(cpu);
  switch (msr) {
    case MSR_PAT:
      return writePat(cpu, value, length);
    case MSR_MTRR_DEF_TYPE:
      return writeDefType(cpu, value, length);
    case MSR_EFER:
      return writeEfer(cpu, value) ? finish(cpu, length) : raiseGeneralProtection(cpu);
  }
  if (isX2apic(msr)) return writeX2apicMsr(cpu, msr, value, length);
  return writeListed(cpu, msr, value, length);
}
