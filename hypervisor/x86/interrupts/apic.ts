// Mediation of the local APICs: a cell programs its own, as far as that cannot reach outside (AMD64 Architecture Programmer's
// Manual, volume 2, chapter 16). In xAPIC mode its page is mapped read-only and writes come here; the x2APIC's MSRs are
// emulated there as well, because inmates always use them. In x2APIC mode only the ICR and the local vectors come here.
//
// The mode is each CPU's own. Linux without interrupt remapping stays in xAPIC mode; the CPUs of other cells are then put into
// x2APIC mode where they have it, so that their ticks cost no exit (isMixed). Their xAPIC page is not mapped, and emulated.

import { EIO, ERANGE } from "../../../abi/errno.ts";
import * as apic from "../../../abi/x86/apic.ts";
import { MSR_X2APIC_FIRST } from "../../../abi/x86/msr.ts";
import { Cell, isRoot } from "../../core/cells/cell.ts";
import { cpuExists, nextCpu, perCpu } from "../../core/cells/percpu.ts";
import { endLine, print, printDecimal } from "../../core/console.ts";
import { MAX_CPUS } from "../../core/limits.ts";
import { MMIO_FAULT, MMIO_HANDLED } from "../../core/memory/ranges.ts";
import { beginCause, beginWarning } from "../../core/panic.ts";
import { mmioRead, mmioWrite } from "../../platform.ts";
import { PART_ECX } from "../features.ts";
import { loadMsr } from "../guest.ts";
import { apicId, cpuid, useX2apic, writeMsr } from "../platform.ts";
import { reportCause } from "../report.ts";
import { cellState, cpuState, hasX2apic, machine } from "../state.ts";
import { clusterId, sendIcr } from "./ipi.ts";

/** Registers of the xAPIC page and, in MSRs, of the x2APIC, with AMD's extended ones. */
const REGISTERS: u32 = apic.APIC_EXT_LVT_LAST + 1;
const REGISTER_SHIFT: u32 = 4;
const LDR_SHIFT: u32 = 24;
/** CPUs that flat logical mode can address. */
const FLAT_CPUS: u32 = 8;
const DFR_FLAT: u32 = 0xffffffff;
/** Destinations in the upper half of the xAPIC's ICR. */
const ICR_HIGH_SHIFT: u32 = 24;
/** Highest APIC id; 255 stands for all. */
const APIC_ID_MAX: u32 = 254;

/** CPUID: the leaf and bit of ECX that announces x2APIC mode. */
const LEAF_FEATURES: u32 = 1;
const FEATURE_X2APIC: u32 = 0x200000;
/** Of local vectors: delivery pending, remote IRR. */
const LVT_READ_ONLY: u32 = 0x5000;

// Bits that may be written.
const TPR_BITS: u32 = 0xff;
const SVR_BITS: u32 = 0x13ff;
const ICR_BITS: u32 = 0xcdfff;
const ICR_HIGH_BITS: u32 = 0xff000000;
const LVT_TIMER_BITS: u32 = 0x710ff;
const LVT_BITS: u32 = 0x117ff;
const LVT_LINT_BITS: u32 = 0x1f7ff;
const LVT_ERROR_BITS: u32 = 0x110ff;
const DIVIDE_BITS: u32 = 0xb;
const EXT_CONTROL_BITS: u32 = 0x7;
const EXT_SEOI_BITS: u32 = 0xff;
const ALL_BITS: u32 = 0xffffffff;

/** The bits of a register that a cell may set; 0 for one that cannot be written. */
function writableBits(register: u32): u32 {
  switch (register) {
    case apic.APIC_TPR:
      return TPR_BITS;
    case apic.APIC_SVR:
      return SVR_BITS;
    case apic.APIC_ICR:
      return ICR_BITS;
    case apic.APIC_ICR_HIGH:
      return ICR_HIGH_BITS;
    case apic.APIC_LVT_TIMER:
      return LVT_TIMER_BITS;
    case apic.APIC_LVT_CMCI:
    case apic.APIC_LVT_THERMAL:
    case apic.APIC_LVT_PERF:
      return LVT_BITS;
    case apic.APIC_LVT_LINT0:
    case apic.APIC_LVT_LINT1:
      return LVT_LINT_BITS;
    case apic.APIC_LVT_ERROR:
      return LVT_ERROR_BITS;
    case apic.APIC_TIMER_DIVIDE:
      return DIVIDE_BITS;
    case apic.APIC_ID:
    case apic.APIC_LDR:
    case apic.APIC_DFR:
    case apic.APIC_EOI:
    case apic.APIC_ESR:
    case apic.APIC_TIMER_INITIAL:
      return ALL_BITS;
    case apic.APIC_EXT_CONTROL:
      return EXT_CONTROL_BITS;
    case apic.APIC_EXT_SEOI:
      return EXT_SEOI_BITS;
    default:
      if (isExtendedLvt(register)) return LVT_BITS;
      return isEnableRegister(register) ? ALL_BITS : 0;
  }
}

/** Whether a register is one of the extended local vector table (sections 16.4.5 and 16.7.3). */
function isExtendedLvt(register: u32): bool {
  return register >= apic.APIC_EXT_LVT && register <= apic.APIC_EXT_LVT_LAST;
}

/** Whether a register is one of the eight that enable interrupts by vector. */
function isEnableRegister(register: u32): bool {
  return register >= apic.APIC_EXT_IER && register < apic.APIC_EXT_LVT;
}

/**
 * Whether the calling CPU's local APIC has a register beyond the architecture's own. On others Linux writes some of them all the
 * same when a CPU goes down or comes up; nothing is there then.
 */
function hasExtended(cpu: u32, register: u32): bool {
  if (!(readCurrent(cpu, apic.APIC_VERSION) & apic.APIC_VERSION_EXTENDED)) return false;
  if (!isExtendedLvt(register)) return true;
  const features = readCurrent(cpu, apic.APIC_EXT_FEATURE);
  const count = (features >>> apic.APIC_EXT_COUNT_SHIFT) & apic.APIC_EXT_COUNT_MASK;
  return register - apic.APIC_EXT_LVT < count;
}

/** Reads a register of the calling CPU's local APIC, in its mode; 0 for one that there is not. */
function readCurrent(cpu: u32, register: u32): u32 {
  if (!hasX2apic(cpu)) return readXapic(register);
  loadMsr(cpu, MSR_X2APIC_FIRST + register);
  return <u32>cpuState(cpu).msrValue;
}

/** Reads a register of the calling CPU's xAPIC. */
function readXapic(register: u32): u32 {
  return <u32>mmioRead(<u64>apic.APIC_PAGE + (register << REGISTER_SHIFT), 4);
}

function writeXapic(register: u32, value: u32): void {
  mmioWrite(<u64>apic.APIC_PAGE + (register << REGISTER_SHIFT), 4, value);
}

/** Writes a register of the calling CPU's local APIC as the xAPIC has it, in whatever mode; but not the ICR. */
function writeCurrent(cpu: u32, register: u32, value: u32): void {
  if (!hasX2apic(cpu)) writeXapic(register, value);
  else if (register === apic.APIC_EOI || register === apic.APIC_ESR)
    writeX2apicMsr(cpu, register, 0);
  else if (isLvt(register)) writeX2apicMsr(cpu, register, value & ~LVT_READ_ONLY);
  else if (isWritable(register)) writeX2apicMsr(cpu, register, value);
}

function writeX2apicMsr(cpu: u32, register: u32, value: u32): void {
  writeMsr(cpu, MSR_X2APIC_FIRST + register, value);
}

/** The only logical id that CPU `cpu` may have, in place. */
function flatId(cpu: u32): u32 {
  return cpu < FLAT_CPUS ? 1 << (LDR_SHIFT + cpu) : 0;
}

/** Whether a register is an entry of the local vector table. */
function isLvt(register: u32): bool {
  if (register >= apic.APIC_LVT_TIMER && register <= apic.APIC_LVT_ERROR) return true;
  return register === apic.APIC_LVT_CMCI || isExtendedLvt(register);
}

/** Whether an entry of the local vector table delivers an interrupt or NMI, or nothing. */
function isDeliverable(register: u32, value: u32): bool {
  const hasMode = (writableBits(register) & apic.ICR_MODE_MASK) !== 0;
  if (!isLvt(register) || !hasMode || value & apic.APIC_LVT_MASKED) return true;
  const mode = (value & apic.ICR_MODE_MASK) >>> apic.ICR_MODE_SHIFT;
  return mode === apic.ICR_MODE_FIXED || mode === apic.ICR_MODE_NMI;
}

/** What the firmware has set up may stay, whatever it delivers: an SMI for a threshold that Linux writes back as it was. */
function isAsItWas(cpu: u32, register: u32, value: u32): bool {
  return ((readCurrent(cpu, register) ^ value) & ~apic.ICR_PENDING) === 0;
}

/** Whether a write of the extended control would change how many bits the id has, by which others find this CPU. */
function changesId(cpu: u32, value: u32): bool {
  return ((readCurrent(cpu, apic.APIC_EXT_CONTROL) ^ value) & apic.APIC_EXT_CONTROL_ID) !== 0;
}

/** Whether a cell may write `value` to a register that is not the ICR; says why not. */
export function isAllowed(cpu: u32, register: u32, value: u32): bool {
  if (value & ~writableBits(register) || !writableBits(register)) {
    reportCause("Setting reserved APIC bits", register, value);
    return false;
  }
  if (register === apic.APIC_LDR && value !== flatId(cpu)) {
    reportCause("Unsupported change of LDR", register, value);
    return false;
  }
  if (register === apic.APIC_DFR && value !== DFR_FLAT) {
    reportCause("Unsupported change of DFR", register, value);
    return false;
  }
  if (register === apic.APIC_EXT_CONTROL && changesId(cpu, value)) {
    reportCause("Unsupported change of the extended APIC id", register, value);
    return false;
  }
  if (!isDeliverable(register, value) && !isAsItWas(cpu, register, value)) {
    reportCause("Unsupported APIC delivery mode", register, value);
    return false;
  }
  return true;
}

/** Writes a register of the calling CPU's local APIC as the xAPIC has it, but not the ICR, for a cell. Returns false when it must not. */
function writeRegister(cpu: u32, register: u32, value: u32): bool {
  if (!isAllowed(cpu, register, value)) return false;
  if (register === apic.APIC_ICR_HIGH) cpuState(cpu).icrHigh = value;
  if (register !== apic.APIC_ID) writeCurrent(cpu, register, value);
  return true;
}

/** A register of the calling CPU's xAPIC page; in x2APIC mode what it would be. */
function readPage(cpu: u32, register: u32): u32 {
  if (!hasX2apic(cpu)) return readXapic(register);
  switch (register) {
    case apic.APIC_ID:
      return apicId(cpu) << ICR_HIGH_SHIFT;
    case apic.APIC_LDR:
      return flatId(cpu);
    case apic.APIC_DFR:
      return DFR_FLAT;
    case apic.APIC_ICR:
      return cpuState(cpu).icrLow;
    case apic.APIC_ICR_HIGH:
      return cpuState(cpu).icrHigh;
    default:
      return isReadable(register) ? readCurrent(cpu, register) : 0;
  }
}

/** Access of the calling CPU to its xAPIC's page, on any machine (core/memory/mmio.ts). */
export function xapicAccess(cpu: u32, offset: u64, size: u32, write: bool, value: u64): i32 {
  if (machine().x2apic) {
    beginCause();
    print("xAPIC access in x2APIC mode");
    endLine();
    return MMIO_FAULT;
  }
  const register = <u32>offset >>> REGISTER_SHIFT;
  if (size !== 4 || offset & 0xf || register >= REGISTERS) return MMIO_FAULT;
  if (!write) {
    perCpu(cpu).mmioValue = readPage(cpu, register);
    return MMIO_HANDLED;
  }
  if (register > apic.APIC_SELF_IPI && !hasExtended(cpu, register)) return MMIO_HANDLED;
  if (register !== apic.APIC_ICR)
    return writeRegister(cpu, register, <u32>value) ? MMIO_HANDLED : MMIO_FAULT;
  const destination = cpuState(cpu).icrHigh >>> ICR_HIGH_SHIFT;
  return writeIcr(cpu, <u32>value, destination, false) ? MMIO_HANDLED : MMIO_FAULT;
}

/** The ICR of either mode. */
function writeIcr(cpu: u32, low: u32, destination: u32, isX2apic: bool): bool {
  if (low & ~ICR_BITS) {
    reportCause("Setting reserved APIC bits", apic.APIC_ICR, low);
    return false;
  }
  cpuState(cpu).icrLow = low;
  return sendIcr(cpu, low, destination, isX2apic);
}

/** A trapped write of the x2APIC's ICR, on any machine: `value` is EDX:EAX. Returns false when it must not. */
export function writeX2apicIcr(cpu: u32, value: u64): bool {
  if (hasX2apic(cpu)) cpuState(cpu).icrHigh = <u32>(value >> 32);
  return writeIcr(cpu, <u32>value, <u32>(value >> 32), true);
}

/** Whether a register is one of AMD's extended ones. */
function isExtendedRegister(register: u32): bool {
  return register <= apic.APIC_EXT_SEOI || isEnableRegister(register) || isExtendedLvt(register);
}

/** Whether a register of the x2APIC is one that this CPU has not; in x2APIC mode the processor knows itself. */
export function isMissing(cpu: u32, register: u32): bool {
  return register > apic.APIC_SELF_IPI && !hasX2apic(cpu) && !hasExtended(cpu, register);
}

/** Whether the x2APIC has this register and software may read it. */
export function isReadable(register: u32): bool {
  if (register >= apic.APIC_ISR && register <= apic.APIC_ESR)
    return register < apic.APIC_ISR + 0x18 || register === apic.APIC_ESR;
  if (register >= apic.APIC_LVT_TIMER && register <= apic.APIC_TIMER_CURRENT) return true;
  if (register > apic.APIC_SELF_IPI) return isExtendedRegister(register);
  switch (register) {
    case apic.APIC_ID:
    case apic.APIC_VERSION:
    case apic.APIC_TPR:
    case apic.APIC_PPR:
    case apic.APIC_LDR:
    case apic.APIC_SVR:
    case apic.APIC_LVT_CMCI:
    case apic.APIC_ICR:
    case apic.APIC_TIMER_DIVIDE:
      return true;
    default:
      return false;
  }
}

/** Whether the x2APIC has this register and software may write it; the ICR is not asked for here. */
export function isWritable(register: u32): bool {
  if (register >= apic.APIC_LVT_TIMER && register <= apic.APIC_TIMER_INITIAL) return true;
  if (register > apic.APIC_SELF_IPI)
    return register !== apic.APIC_EXT_FEATURE && isExtendedRegister(register);
  switch (register) {
    case apic.APIC_TPR:
    case apic.APIC_EOI:
    case apic.APIC_SVR:
    case apic.APIC_ESR:
    case apic.APIC_LVT_CMCI:
    case apic.APIC_TIMER_DIVIDE:
    case apic.APIC_SELF_IPI:
      return true;
    default:
      return false;
  }
}

/** A readable register of the x2APIC whose read exits: in x2APIC mode that is the ICR. */
export function readX2apic(cpu: u32, register: u32): u64 {
  const state = cpuState(cpu);
  if (hasX2apic(cpu))
    return register === apic.APIC_ICR
      ? ((<u64>state.icrHigh) << 32) | state.icrLow
      : readCurrent(cpu, register);
  if (register === apic.APIC_ID) return apicId(cpu);
  if (register === apic.APIC_LDR) return clusterId(apicId(cpu));
  if (register === apic.APIC_ICR)
    return ((<u64>readXapic(apic.APIC_ICR_HIGH)) << 32) | readXapic(apic.APIC_ICR);
  return readXapic(register);
}

/** Writes a writable register of the x2APIC, in xAPIC mode. Returns false when it must not. */
export function writeX2apic(cpu: u32, register: u32, value: u32): bool {
  if (register !== apic.APIC_SELF_IPI) return writeRegister(cpu, register, value);
  if (beginWarning(cpu)) {
    print("Unhandled x2APIC self IPI write");
    endLine();
  }
  return true;
}

/**
 * Whether messages to x2APIC `cpu` cannot be confused with others of the mixed machine: the root cell's have flat logical
 * destinations, a bit for each CPU number, and an x2APIC takes them for its cluster 0, a bit for each id.
 */
function isDistinct(cpu: u32): bool {
  const id = apicId(cpu);
  return id === cpu || id >= FLAT_CPUS || !cpuExists(id);
}

/** Chooses the mode of the local APICs of a new `cell`, whose CPUs are its own already. */
export function chooseMode(cell: Cell): void {
  let isX2apic = machine().x2apic;
  if (!isRoot(cell) && machine().offersX2apic) {
    isX2apic = true;
    for (let cpu = nextCpu(cell, 0); cpu < MAX_CPUS; cpu = nextCpu(cell, cpu + 1))
      if (!isDistinct(cpu)) isX2apic = false;
    if (isX2apic) useX2apic(cell.number);
  }
  cellState(cell).x2apic = isX2apic;
}

/**
 * Checks that the calling CPU's local APIC is as the hypervisor expects it, and prints its id. Returns 0, -ERANGE for an
 * id that cannot be addressed, or -EIO for another logical mode than flat with one bit per CPU number.
 */
export function initApic(cpu: u32): i32 {
  const id = apicId(cpu);
  print("(APIC ID ");
  printDecimal(id);
  print(") ");
  if (id > APIC_ID_MAX) return -ERANGE;
  if (machine().x2apic) return 0;
  if (!(cpuid(cpu, LEAF_FEATURES, 0, PART_ECX) & FEATURE_X2APIC)) machine().offersX2apic = false;
  const logical = readXapic(apic.APIC_LDR);
  if (logical && logical !== flatId(cpu)) return -EIO;
  return readXapic(apic.APIC_DFR) === DFR_FLAT ? 0 : -EIO;
}
