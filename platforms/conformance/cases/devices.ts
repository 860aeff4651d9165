// What a platform does on a cell's behalf with ports, PCI configuration space and the console, and the lock around it.
import { CONSOLE_FRESH_LINE, MSR_ACCESS_READ } from "../../../abi/platform.ts";
import { APIC_BASE_X2APIC, MSR_APIC_BASE } from "../../../abi/x86/msr.ts";
import {
  attachDevice,
  detachDevice,
  lock,
  pciRead,
  pciWrite,
  putConsole,
  relax,
  resumeCpu,
  stopCpu,
  unlock,
} from "../../../hypervisor/platform.ts";
import {
  apicId,
  cpuid,
  grantMsrs,
  portIn,
  portOut,
  readMsr,
  useX2apic,
} from "../../../hypervisor/x86/platform.ts";
import {
  awaitEnd,
  consoleDescription,
  countLocked,
  GUEST,
  GUEST_CPU,
  lockedCount,
  putCode,
  ROOT_CPU,
  readMark,
  runProgram,
  startProgram,
} from "../guest.ts";

/** CMOS RAM (MC146818A, 64 bytes): index port, data port, and a byte that the firmware only uses at a reset. */
const CMOS_INDEX: u32 = 0x70;
const CMOS_DATA: u32 = 0x71;
const CMOS_UNUSED: u32 = 0x0e;
/** PCI configuration mechanism 1 (PCI Local Bus Specification 3.0, section 3.2.2.3.2). */
const PCI_ADDRESS_PORT: u32 = 0xcf8;
const PCI_DATA_PORT: u32 = 0xcfc;
const PCI_ENABLE: u32 = 0x80000000;
const BDF_SHIFT: u32 = 8;
const PCI_INTERRUPT_LINE: u32 = 0x3c;
const PCI_DEVICES: u32 = 256;
const NO_DEVICE: u32 = 0xffff;
/** CPUID: leaf with the APIC id (EBX 31 to 24) and the presence of x2APIC (ECX 21). */
const LEAF_FEATURES: u32 = 1;
const PART_EBX: u32 = 1;
const PART_ECX: u32 = 2;
const APIC_ID_SHIFT: u32 = 24;
const HAS_X2APIC: u32 = 1 << 21;
const MSR_X2APIC_ID: u32 = 0x802;
/** How often each side takes the lock. */
const TURNS: u32 = 200;
const VALUE: usize = memory.data(8, 8);
/** "The conformance suite speaks." and the end of the line. */
const LINE: usize = memory.data<u8>([
  84, 104, 101, 32, 99, 111, 110, 102, 111, 114, 109, 97, 110, 99, 101, 32, 115, 117, 105, 116, 101,
  32, 115, 112, 101, 97, 107, 115, 46, 13, 10,
]);
const LINE_SIZE: u32 = 31;

// mov cx, 200; again: out 0xf8, al; loop again; out 0xf4, al
const TURNS_PROGRAM: usize = memory.data<u8>([
  0xb9, 200, 0, 0xe6, 0xf8, 0xe2, 0xfc, 0xe6, 0xf4, 0, 0, 0,
]);
const TURNS_PROGRAM_SIZE: u32 = 12;
// mov ecx, 0x802; rdmsr; mov [0x800], eax; out 0xf4, al
const X2APIC: usize = memory.data<u8>([
  0x66, 0xb9, 0x02, 0x08, 0, 0, 0x0f, 0x32, 0x66, 0xa3, 0x00, 0x08, 0xe6, 0xf4, 0, 0,
]);
const X2APIC_SIZE: u32 = 16;

/** Ports are read and written, a byte of CMOS RAM for example. */
export function portsAreUsed(): i32 {
  portOut(CMOS_INDEX, 1, CMOS_UNUSED);
  const value = portIn(CMOS_DATA, 1);
  const other = value ^ 0x5a;
  if (value > 0xff) return 1;
  portOut(CMOS_DATA, 1, other);
  portOut(CMOS_INDEX, 1, CMOS_UNUSED);
  if (portIn(CMOS_DATA, 1) !== other) return 2;
  portOut(CMOS_INDEX, 1, CMOS_UNUSED);
  portOut(CMOS_DATA, 1, value);
  return 0;
}

/** A CPU has the APIC id that it says of itself, another one another. */
export function apicIdsAreTheCpus(): i32 {
  const id = cpuid(ROOT_CPU, LEAF_FEATURES, 0, PART_EBX) >>> APIC_ID_SHIFT;
  if (apicId(ROOT_CPU) !== id) return 1;
  return apicId(GUEST_CPU) !== id ? 0 : 2;
}

/** Reads by configuration mechanism 1. */
function readByPorts(bdf: u32, register: u32): u32 {
  portOut(PCI_ADDRESS_PORT, 4, PCI_ENABLE | (bdf << BDF_SHIFT) | register);
  return portIn(PCI_DATA_PORT, 4);
}

/** Whether a device keeps what is written to its interrupt line, which no hardware heeds. */
function keepsLine(bdf: u32): bool {
  const line = pciRead(bdf, PCI_INTERRUPT_LINE, 1);
  pciWrite(bdf, PCI_INTERRUPT_LINE, 1, line ^ 1);
  const isKept = pciRead(bdf, PCI_INTERRUPT_LINE, 1) === (line ^ 1);
  pciWrite(bdf, PCI_INTERRUPT_LINE, 1, line);
  return isKept && pciRead(bdf, PCI_INTERRUPT_LINE, 1) === line;
}

/** Configuration space is what the ports of mechanism 1 show of it, in all sizes, and is written. */
export function configSpaceIsUsed(): i32 {
  const identity = readByPorts(0, 0);
  if (identity === 0xffffffff) return 1;
  if (pciRead(0, 0, 4) !== identity) return 2;
  if (pciRead(0, 0, 2) !== (identity & 0xffff) || pciRead(0, 2, 2) !== identity >>> 16) return 3;
  if (pciRead(0, 3, 1) !== identity >>> 24) return 4;
  for (let bdf: u32 = 0; bdf < PCI_DEVICES; bdf++)
    if (pciRead(bdf, 0, 2) !== NO_DEVICE && keepsLine(bdf)) return 0;
  return 5;
}

/** A device that is given to a cell and taken from it is as it was. */
export function devicesComeAndGo(): i32 {
  const identity = pciRead(0, 0, 4);
  attachDevice(GUEST, 0, 0);
  if (pciRead(0, 0, 4) !== identity) return 1;
  detachDevice(0, 0);
  attachDevice(0, 0, 0);
  return pciRead(0, 0, 4) === identity ? 0 : 2;
}

/** Two CPUs count with the lock, and none of their steps is lost. */
export function lockIsOnes(): i32 {
  putCode(0, TURNS_PROGRAM, TURNS_PROGRAM_SIZE);
  const before = lockedCount();
  startProgram();
  for (let turn: u32 = 0; turn < TURNS; turn++) {
    countLocked();
    relax(ROOT_CPU);
  }
  if (!awaitEnd()) return 1;
  return lockedCount() - before === TURNS * 2 ? 0 : 2;
}

/** Bytes for the console are taken with the lock; a bed's test looks for the line. */
export function consoleTakesBytes(): i32 {
  const console = consoleDescription();
  lock();
  putConsole(console, CONSOLE_FRESH_LINE);
  for (let at: u32 = 0; at < LINE_SIZE; at++) putConsole(console, load<u8>(LINE + at));
  unlock();
  return 0;
}

/**
 * Where CPUs have an x2APIC and the root cell's are in xAPIC mode, a cell's CPU is in x2APIC mode once that was ordered: a register
 * that has no other name answers with the CPU's id.
 */
export function x2apicIsUsed(): i32 {
  const hasOne = cpuid(ROOT_CPU, LEAF_FEATURES, 0, PART_ECX) & HAS_X2APIC;
  readMsr(ROOT_CPU, MSR_APIC_BASE, VALUE);
  if (!hasOne || load<u64>(VALUE) & APIC_BASE_X2APIC) return 0;
  stopCpu(GUEST_CPU);
  useX2apic(GUEST);
  grantMsrs(GUEST, MSR_X2APIC_ID, 1, MSR_ACCESS_READ);
  resumeCpu(GUEST_CPU);
  if (!runProgram(X2APIC, X2APIC_SIZE)) return 1;
  return readMark() === apicId(GUEST_CPU) ? 0 : 2;
}
