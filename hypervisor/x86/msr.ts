// Model-specific registers: what a cell may use without an exit, and what happens with the rest (ABI section 8).

import { DENIAL_FLAG_ALLOWED, DENIAL_FLAG_WRITE, DENIAL_KIND_MSR } from "../../abi/denials.ts";
import { MSR_ACCESS_READ, MSR_ACCESS_WRITE, REG_CR0, REG_EFER } from "../../abi/platform.ts";
import { APIC_ICR, APIC_LVT_CMCI, APIC_LVT_LINT1, APIC_LVT_THERMAL } from "../../abi/x86/apic.ts";
import {
  MSR_APIC_BASE,
  MSR_EFER,
  MSR_MTRR_DEF_TYPE,
  MSR_MTRR_FIRST,
  MSR_MTRR_LAST,
  MSR_PAT,
  MSR_X2APIC_FIRST,
  MSR_X2APIC_ICR,
  MSR_X2APIC_LAST,
  MTRR_DEF_TYPE_ENABLE,
} from "../../abi/x86/msr.ts";
import {
  CR0_PG,
  EFER_LMA,
  EFER_LME,
  EFER_NXE,
  EFER_SCE,
  EFER_SVME,
} from "../../abi/x86/registers.ts";
import { MSR_HOST_SAVE } from "../../abi/x86/svm.ts";
import { Cell, isRoot } from "../core/cell.ts";
import { print, printHex } from "../core/console.ts";
import { recordDenial } from "../core/denials.ts";
import { learns } from "../core/learn.ts";
import { fatal, violation } from "../core/panic.ts";
import { cellOfCpu } from "../core/percpu.ts";
import {
  grantMsrs,
  lock,
  readRegister,
  revokeMsrs,
  unlock,
  writeMsr,
  writeRegister,
} from "../platform.ts";
import {
  isAllowed,
  isReadable,
  isWritable,
  readX2apic,
  writeX2apic,
  writeX2apicIcr,
} from "./apic.ts";
import { advance, loadMsr, raiseGeneralProtection, readPair, writePair } from "./guest.ts";
import { applyPat, isPatValid } from "./pat.ts";
import { cpuState, machine } from "./state.ts";

const READ_WRITE: u32 = MSR_ACCESS_READ | MSR_ACCESS_WRITE;
/** The ranges of MSR numbers that processors can grant one by one. */
const RANGE_SIZE: u32 = 0x2000;
const RANGE_LOW: u32 = 0;
const RANGE_SYSCALL: u32 = 0xc0000000;
const RANGE_AMD: u32 = 0xc0010000;
/** AMD's scalable machine check: it cannot be granted, and no cell has it. */
const RANGE_SMCA: u32 = 0xc0002000;
const RANGE_SMCA_SIZE: u32 = 0x1000;
/** Those of the x2APIC's local vector table that have a delivery mode: an SMI or INIT is no cell's to send. */
const MSR_LVT_CMCI: u32 = MSR_X2APIC_FIRST + APIC_LVT_CMCI;
const MSR_LVT_FIRST: u32 = MSR_X2APIC_FIRST + APIC_LVT_THERMAL;
const MSR_LVT_LAST: u32 = MSR_X2APIC_FIRST + APIC_LVT_LINT1;
/** Performance monitoring, global control (Intel): writes are ignored. */
const MSR_PERF_GLOBAL_CTRL: u32 = 0x38f;
/** The x2APIC's numbers that Intel has reserved beyond the last register, and what follows up to here. */
const MSR_RESERVED_LAST: u32 = 0xd8f;
/** Hardware configuration (AMD): in part the whole machine's. The root cell may write it, Linux does; others are ignored. */
const MSR_HWCR: u32 = 0xc0010015;
/** Processor trace (Intel): output goes to physical addresses, so that its writes raise #GP as if it did not exist. */
const MSR_TRACE_FIRST: u32 = 0x560;
const MSR_TRACE_LAST: u32 = 0x587;

/**
 * MSRs whose write is a violation, the first and the last of each range: they change where physical addresses lead, or
 * concern other CPUs. AMD: SYSCFG; I/O ranges to TOM2; base of PCI's memory-mapped configuration space; SMM and
 * virtualisation control.
 */
const FORBIDDEN = memory.data<u32>([
  MSR_APIC_BASE,
  MSR_APIC_BASE,
  MSR_MTRR_FIRST,
  MSR_MTRR_LAST,
  MSR_X2APIC_LAST + 1,
  MSR_RESERVED_LAST,
  0xc0010010,
  0xc0010010,
  0xc0010016,
  0xc001001d,
  0xc0010058,
  0xc0010058,
  0xc0010111,
  0xc0010119,
  // Only the root cell may write these: microcode updates of Intel; northbridge and microcode updates of AMD.
  0x79,
  0x79,
  0xc001001f,
  0xc0010020,
]);
const FORBIDDEN_ROOT: u32 = 7;
const FORBIDDEN_OTHERS: u32 = 9;
const PAIR_SIZE: u32 = 8;

const EFER_LMSLE: u64 = 0x2000;
const EFER_FFXSR: u64 = 0x4000;
const EFER_TCE: u64 = 0x8000;
const EFER_BITS: u64 = EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE | EFER_SVME;

/** Makes writes of MSRs first to last exit. */
function revokeWrites(cell: u32, first: u32, last: u32): void {
  revokeMsrs(cell, first, last - first + 1, MSR_ACCESS_WRITE);
}

/** Number of ranges that are forbidden to `cell`. */
function forbiddenCount(cell: Cell): u32 {
  return isRoot(cell) ? FORBIDDEN_ROOT : FORBIDDEN_OTHERS;
}

function forbiddenFirst(range: u32): u32 {
  return load<u32>(FORBIDDEN + range * PAIR_SIZE);
}

function forbiddenLast(range: u32): u32 {
  return load<u32>(FORBIDDEN + range * PAIR_SIZE + PAIR_SIZE / 2);
}

/** Grants `cell` what it may use directly. */
export function grantCellMsrs(cell: Cell): void {
  const number = cell.number;
  grantMsrs(number, RANGE_LOW, RANGE_SIZE, READ_WRITE);
  grantMsrs(number, RANGE_SYSCALL, RANGE_SIZE, READ_WRITE);
  grantMsrs(number, RANGE_AMD, RANGE_SIZE, READ_WRITE);
  for (let range: u32 = 0; range < forbiddenCount(cell); range++)
    revokeWrites(number, forbiddenFirst(range), forbiddenLast(range));
  revokeMsrs(number, MSR_PAT, 1, READ_WRITE);
  revokeMsrs(number, MSR_MTRR_DEF_TYPE, 1, READ_WRITE);
  revokeWrites(number, MSR_EFER, MSR_EFER);
  revokeWrites(number, MSR_PERF_GLOBAL_CTRL, MSR_PERF_GLOBAL_CTRL);
  revokeWrites(number, MSR_TRACE_FIRST, MSR_TRACE_LAST);
  if (!isRoot(cell)) revokeWrites(number, MSR_HWCR, MSR_HWCR);
  if (machine().x2apic) {
    revokeWrites(number, MSR_X2APIC_ICR, MSR_X2APIC_ICR);
    revokeWrites(number, MSR_LVT_CMCI, MSR_LVT_CMCI);
    revokeWrites(number, MSR_LVT_FIRST, MSR_LVT_LAST);
  } else revokeMsrs(number, MSR_X2APIC_FIRST, MSR_X2APIC_LAST - MSR_X2APIC_FIRST + 1, READ_WRITE);
}

function isIn(msr: u32, first: u32, last: u32): bool {
  return msr - first <= last - first;
}

function isX2apic(msr: u32): bool {
  return isIn(msr, MSR_X2APIC_FIRST, MSR_X2APIC_LAST);
}

/** Whether the MSR lies where unknown ones raise #GP, not where their use is a violation. */
function isGrantable(msr: u32): bool {
  return (
    msr - RANGE_LOW < RANGE_SIZE ||
    msr - RANGE_SYSCALL < RANGE_SIZE ||
    msr - RANGE_AMD < RANGE_SIZE ||
    msr - RANGE_SMCA < RANGE_SMCA_SIZE
  );
}

/**
 * An access that is a violation. While the hypervisor learns, the root cell's is recorded instead: reads are carried out, writes
 * are not.
 */
function failAccess(cpu: u32, msr: u32, flags: u32, length: u32): i32 {
  const isWrite = (flags & DENIAL_FLAG_WRITE) !== 0;
  const value: u64 = isWrite ? readPair(cpu) : 0;
  if (learns(cpu)) {
    const allowed = isWrite ? 0 : DENIAL_FLAG_ALLOWED;
    lock();
    recordDenial(cpu, DENIAL_KIND_MSR, flags | allowed, 8, msr, value);
    unlock();
    if (isWrite) return finish(cpu, length);
    if (!loadMsr(cpu, msr)) return raiseGeneralProtection(cpu);
    return finishRead(cpu, length, cpuState(cpu).msrValue);
  }
  fatal();
  const record = recordDenial(cpu, DENIAL_KIND_MSR, flags, 8, msr, value);
  print(isWrite ? "Unhandled MSR write: " : "Unhandled MSR read: ");
  printHex(msr, 1);
  return violation(cpu, record);
}

function finish(cpu: u32, length: u32): i32 {
  advance(cpu, length);
  return 1;
}

function finishRead(cpu: u32, length: u32, value: u64): i32 {
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

/** RDMSR that is not granted. Returns 1, or 0 for a violation. */
export function readTrapped(cpu: u32, msr: u32, length: u32): i32 {
  if (msr === MSR_PAT) return finishRead(cpu, length, cpuState(cpu).pat);
  if (msr === MSR_MTRR_DEF_TYPE) return finishRead(cpu, length, readDefType(cpu));
  if (isX2apic(msr)) {
    const register = msr - MSR_X2APIC_FIRST;
    if (machine().x2apic || !isReadable(register)) return raiseGeneralProtection(cpu);
    return finishRead(cpu, length, readX2apic(cpu, register));
  }
  if (isGrantable(msr)) return raiseGeneralProtection(cpu);
  return failAccess(cpu, msr, 0, length);
}

function writePat(cpu: u32, value: u64, length: u32): i32 {
  if (!isPatValid(value)) {
    fatal();
    const record = recordDenial(cpu, DENIAL_KIND_MSR, DENIAL_FLAG_WRITE, 8, MSR_PAT, value);
    print("Invalid PAT value: ");
    printHex(value, 1);
    return violation(cpu, record);
  }
  cpuState(cpu).pat = value;
  applyPat(cpu);
  return finish(cpu, length);
}

function writeDefType(cpu: u32, value: u64, length: u32): i32 {
  cpuState(cpu).mtrrDefType = value & MTRR_DEF_TYPE_ENABLE;
  applyPat(cpu);
  return finish(cpu, length);
}

/** EFER: LMA follows CR0.PG, LME cannot change under paging, SVME stays as it is shown. */
function writeEfer(cpu: u32, value: u64, length: u32): i32 {
  const current = readRegister(cpu, REG_EFER);
  if (value & ~(EFER_BITS | EFER_LMSLE | EFER_FFXSR | EFER_TCE)) return raiseGeneralProtection(cpu);
  if ((value ^ current) & EFER_LME && readRegister(cpu, REG_CR0) & CR0_PG)
    return raiseGeneralProtection(cpu);
  const kept: u64 = EFER_LMA | EFER_SVME;
  let next = (value & ~kept) | (current & EFER_LMA);
  if (machine().isAmd) next |= EFER_SVME;
  writeRegister(cpu, REG_EFER, next);
  return finish(cpu, length);
}

function writeX2apicMsr(cpu: u32, msr: u32, value: u64, length: u32): i32 {
  const register = msr - MSR_X2APIC_FIRST;
  let isDone: bool = false;
  if (register === APIC_ICR) isDone = writeX2apicIcr(cpu, value);
  else if (!isWritable(register)) return raiseGeneralProtection(cpu);
  else if (!machine().x2apic) isDone = writeX2apic(cpu, register, <u32>value);
  else {
    isDone = isAllowed(cpu, register, <u32>value);
    if (isDone && !writeMsr(cpu, msr, value)) return raiseGeneralProtection(cpu);
  }
  if (!isDone) return failAccess(cpu, msr, DENIAL_FLAG_WRITE, length);
  return cpuState(cpu).waiting ? 1 : finish(cpu, length);
}

/** Whether a write by `cell` is a violation, not just unknown. */
function isForbidden(cell: Cell, msr: u32): bool {
  for (let range: u32 = 0; range < forbiddenCount(cell); range++)
    if (isIn(msr, forbiddenFirst(range), forbiddenLast(range))) return true;
  return !isGrantable(msr);
}

/** WRMSR that is not granted. Returns 1, or 0 for a violation. */
export function writeTrapped(cpu: u32, msr: u32, length: u32): i32 {
  const value = readPair(cpu);
  switch (msr) {
    case MSR_PAT:
      return writePat(cpu, value, length);
    case MSR_MTRR_DEF_TYPE:
      return writeDefType(cpu, value, length);
    case MSR_EFER:
      return writeEfer(cpu, value, length);
    case MSR_PERF_GLOBAL_CTRL:
    case MSR_HWCR:
      return finish(cpu, length);
    case MSR_HOST_SAVE:
      // Linux clears it before it resets the machine after a panic, whoever used virtualisation.
      if (!value) return finish(cpu, length);
  }
  if (isX2apic(msr)) return writeX2apicMsr(cpu, msr, value, length);
  if (isForbidden(cellOfCpu(cpu), msr)) return failAccess(cpu, msr, DENIAL_FLAG_WRITE, length);
  return raiseGeneralProtection(cpu);
}
