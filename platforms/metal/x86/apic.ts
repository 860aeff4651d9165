// The physical local APIC of the calling CPU, in the mode that Linux has chosen or its cell has (AMD64 Architecture Programmer's
// Manual, volume 2, chapter 16).

import { IPI_NMI } from "../../../abi/platform.ts";
import * as apic from "../../../abi/x86/apic.ts";
import {
  APIC_BASE_ENABLE,
  APIC_BASE_X2APIC,
  MSR_APIC_BASE,
  MSR_X2APIC_FIRST,
} from "../../../abi/x86/msr.ts";
import { cellOf } from "./cells.ts";
import { Cpu, cpuOf } from "./cpu.ts";
import * as hw from "./hw.ts";
import { APIC_WINDOW } from "./numbers.ts";

const REGISTER_SHIFT: u32 = 4;
const XAPIC_ID_SHIFT: u32 = 24;
/** Registers of in-service bits, and of requests. */
const BIT_REGISTERS: u32 = 8;
/** Local vectors: from the timer to the error interrupt. */
const SVR_CLEAN: u32 = 0xff;
/** The vector of an interrupt that a CPU sends to itself. */
const OWN_VECTOR: u32 = 0xfe;
/** Bits 23:16 of the version register: the last local vector's number. */
const LAST_LVT_SHIFT: u32 = 16;
const LAST_LVT_MASK: u32 = 0xff;
const LVT_CMCI_COUNT: u32 = 6;

/** 1: Linux has its CPUs in x2APIC mode, and so has everyone. */
const LINUX_X2APIC: usize = memory.data(4, 4);

/** Learns the mode, and the id, of the calling CPU, which Linux has had until now. */
export function adoptApic(cpu: Cpu): void {
  cpu.x2apic = (hw.readMsr(MSR_APIC_BASE) & APIC_BASE_X2APIC) !== 0 ? 1 : 0;
  store<u32>(LINUX_X2APIC, cpu.x2apic);
  cpu.apicId = ownApicId();
}

/** The waist's useX2apic. */
export function useX2apic(cell: u32): void {
  cellOf(cell).x2apic = 1;
}

/** The mode that a CPU has to have for its cell: 1 for x2APIC. */
export function wantedMode(cpu: Cpu): u32 {
  return load<u32>(LINUX_X2APIC) | cellOf(cpu.cell).x2apic;
}

/**
 * Changes the mode of the calling CPU's local APIC, which is disabled by software. The way back is by switching it off, when it
 * forgets all that it has (section 16.9; SDM volume 3A, section 10.12.5): the caller makes it clean again. What is sent to it
 * meanwhile is lost.
 */
export function setMode(cpu: Cpu, mode: u32): void {
  const base = hw.readMsr(MSR_APIC_BASE) & ~(<u64>APIC_BASE_X2APIC);
  const width = widthOfId();
  if (!mode) hw.writeMsr(MSR_APIC_BASE, base & ~(<u64>APIC_BASE_ENABLE));
  hw.writeMsr(MSR_APIC_BASE, mode ? base | APIC_BASE_X2APIC : base);
  cpu.x2apic = mode;
  if (mode) return;
  writeApic(apic.APIC_LDR, 0);
  if (width) writeApic(apic.APIC_EXT_CONTROL, width);
}

/** AMD's: the bit by which the firmware gives the id 8 bits (section 16.3.2), and others find this CPU. */
function widthOfId(): u32 {
  if (!(readApic(apic.APIC_VERSION) & apic.APIC_VERSION_EXTENDED)) return 0;
  return readApic(apic.APIC_EXT_CONTROL) & apic.APIC_EXT_CONTROL_ID;
}

function isX2apic(): bool {
  return cpuOf(hw.cpuIndex()).x2apic !== 0;
}

function placeOf(register: u32): u64 {
  return APIC_WINDOW + (register << REGISTER_SHIFT);
}

function readApic(register: u32): u32 {
  if (isX2apic()) return <u32>hw.readMsr(MSR_X2APIC_FIRST + register);
  hw.windowRead(placeOf(register), 4);
  return <u32>hw.windowValue();
}

function writeApic(register: u32, value: u32): void {
  if (isX2apic()) hw.writeMsr(MSR_X2APIC_FIRST + register, value);
  else hw.windowWrite(placeOf(register), 4, value);
}

function ownApicId(): u32 {
  const id = readApic(apic.APIC_ID);
  return isX2apic() ? id : id >>> XAPIC_ID_SHIFT;
}

function awaitDelivery(): void {
  while (readApic(apic.APIC_ICR) & apic.ICR_PENDING) hw.pause();
}

/**
 * Sends an interrupt command. The xAPIC's high half belongs to the guest between two commands, so it is put back; the command
 * is accepted on return.
 */
function sendCommand(id: u32, command: u32): void {
  if (isX2apic()) {
    hw.writeMsr(MSR_X2APIC_FIRST + apic.APIC_ICR, ((<u64>id) << 32) | command);
    return;
  }
  const high = readApic(apic.APIC_ICR_HIGH);
  awaitDelivery();
  writeApic(apic.APIC_ICR_HIGH, id << XAPIC_ID_SHIFT);
  writeApic(apic.APIC_ICR, command);
  awaitDelivery();
  writeApic(apic.APIC_ICR_HIGH, high);
}

/** Sends an NMI to the CPU whose local APIC has `id`. */
export function sendNmi(id: u32): void {
  sendCommand(id, (IPI_NMI << apic.ICR_MODE_SHIFT) | apic.ICR_ASSERT);
}

/** Sends an interrupt with `mode` IPI_* and `vector`. */
export function sendInterrupt(id: u32, mode: u32, vector: u32): void {
  sendCommand(id, (mode << apic.ICR_MODE_SHIFT) | apic.ICR_ASSERT | vector);
}

/** The waist's apicId. */
export function apicId(cpu: u32): u32 {
  return cpuOf(cpu).apicId;
}

/** Whether any of eight registers of bits from `first` on has one set. */
function hasBits(first: u32): bool {
  for (let index: u32 = 0; index < BIT_REGISTERS; index++) if (readApic(first + index)) return true;
  return false;
}

/** Whether interrupts have been requested and not yet been taken. */
export function hasRequests(): bool {
  return hasBits(apic.APIC_IRR);
}

/** AMD's extended registers (sections 16.3.2, 16.4.5 and 16.7): as after a reset, but for the width of the id. */
function cleanExtended(): void {
  if (!(readApic(apic.APIC_VERSION) & apic.APIC_VERSION_EXTENDED)) return;
  const features = readApic(apic.APIC_EXT_FEATURE);
  const count = (features >>> apic.APIC_EXT_COUNT_SHIFT) & apic.APIC_EXT_COUNT_MASK;
  const last = min(apic.APIC_EXT_LVT + count, apic.APIC_EXT_LVT_LAST + 1);
  for (let register = apic.APIC_EXT_LVT; register < last; register++)
    writeApic(register, apic.APIC_LVT_MASKED);
  const control = readApic(apic.APIC_EXT_CONTROL) & apic.APIC_EXT_CONTROL_ID;
  if (features & apic.APIC_EXT_FEATURE_IER) {
    writeApic(apic.APIC_EXT_CONTROL, control | apic.APIC_EXT_CONTROL_IER);
    for (let index: u32 = 0; index < BIT_REGISTERS; index++)
      writeApic(apic.APIC_EXT_IER + index, ~0);
  }
  writeApic(apic.APIC_EXT_CONTROL, control);
}

/**
 * Leaves a command in the register that is nobody's: an interrupt for the CPU itself, to be taken with the others. Its vector is
 * not the spurious one, whose interrupts are not ended by an EOI (section 16.4.7): Bochs keeps such a one in service for ever.
 */
function sendToSelf(): void {
  const command = (apic.SHORTHAND_SELF << apic.ICR_SHORTHAND_SHIFT) | apic.ICR_ASSERT | OWN_VECTOR;
  if (!isX2apic()) awaitDelivery();
  writeApic(apic.APIC_ICR, command);
}

/** Masks all local vectors and lets everything else through, so that what is pending can be taken. */
export function maskApic(): void {
  const last = (readApic(apic.APIC_VERSION) >>> LAST_LVT_SHIFT) & LAST_LVT_MASK;
  for (let register = apic.APIC_LVT_TIMER; register <= apic.APIC_LVT_ERROR; register++)
    writeApic(register, apic.APIC_LVT_MASKED);
  if (last >= LVT_CMCI_COUNT) writeApic(apic.APIC_LVT_CMCI, apic.APIC_LVT_MASKED);
  cleanExtended();
  writeApic(apic.APIC_TIMER_INITIAL, 0);
  writeApic(apic.APIC_TPR, 0);
  writeApic(apic.APIC_SVR, SVR_CLEAN | apic.APIC_SVR_ENABLE);
  sendToSelf();
}

/** Ends all interrupts that are in service. */
export function endInterrupts(): void {
  while (hasBits(apic.APIC_ISR)) writeApic(apic.APIC_EOI, 0);
}

/**
 * Disables the local APIC as after a reset, without errors or a destination that a former owner has left. The timer divides by
 * 16, which Linux leaves and inmates rely on.
 */
export function disableApic(): void {
  writeApic(apic.APIC_ESR, 0);
  writeApic(apic.APIC_ESR, 0);
  if (!isX2apic()) writeApic(apic.APIC_ICR_HIGH, 0);
  writeApic(apic.APIC_TIMER_DIVIDE, apic.APIC_DIVIDE_BY_16);
  writeApic(apic.APIC_SVR, SVR_CLEAN);
}
