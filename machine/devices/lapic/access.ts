// How a CPU reaches its local APIC: the page of xAPIC mode and the MSRs (Intel SDM volume 3, sections 11.4.1 and 11.12).
// MSR values are pairs of 32-bit halves; `false` and undefined mean #GP(0).
import { APIC_EOI, APIC_ICR, APIC_LVT_TIMER } from "../../../abi/x86/apic.ts";
import {
  APIC_BASE_BSP,
  APIC_BASE_ENABLE,
  APIC_BASE_X2APIC,
  MSR_APIC_BASE,
  MSR_TSC_DEADLINE,
  MSR_X2APIC_FIRST,
  MSR_X2APIC_LAST,
} from "../../../abi/x86/msr.ts";
import type { Lapic } from "./lapic.ts";
import {
  isSelfIpi,
  noteIllegalRegister,
  readRegister,
  writableBits,
  writeRegister,
  writeSelfIpi,
} from "./registers.ts";
import { setDeadline } from "./timer.ts";

const REGISTER_SHIFT = 4;
const REGISTER_BYTES = 16;
const WORD_BYTES = 4;
const BYTE = 8;
const WORD = 32n;
const LOW_MASK = 0xffffffffn;
const BASE_ADDRESS = 0xfffff000;
const BASE_MODES = APIC_BASE_ENABLE | APIC_BASE_X2APIC;
/** Bits 63:40 of APIC base are reserved (40 address bits); above bit 31 we have no place for the page either. */
const BASE_HIGH_RESERVED = 0xffffffffn << WORD;

/** Reads `size` (1, 2, 4) bytes of the page. Only dwords at multiples of 16 are architectural; other places read 0. */
export function readPage(lapic: Lapic, offset: number, size: number): number {
  const inside = offset & (REGISTER_BYTES - 1);
  if (inside + size > WORD_BYTES) return 0;
  const value = readRegister(lapic, offset >> REGISTER_SHIFT);
  if (value === undefined) {
    noteIllegalRegister(lapic);
    return 0;
  }
  return value >>> (inside * BYTE);
}

/** Writes a dword of the page; any other width or place is ignored. */
export function writePage(lapic: Lapic, offset: number, size: number, value: number): void {
  if (offset & (REGISTER_BYTES - 1) || size !== WORD_BYTES) return;
  const register = offset >> REGISTER_SHIFT;
  const bits = writableBits(lapic, register);
  if (bits === undefined) noteUnwritable(lapic, register);
  else writeRegister(lapic, register, (value & bits) >>> 0);
}

function noteUnwritable(lapic: Lapic, register: number): void {
  if (readRegister(lapic, register) === undefined) noteIllegalRegister(lapic);
}

/** Whether an MSR belongs to the local APIC. */
export function isLapicMsr(msr: number): boolean {
  return (
    msr === MSR_APIC_BASE ||
    msr === MSR_TSC_DEADLINE ||
    (msr >= MSR_X2APIC_FIRST && msr <= MSR_X2APIC_LAST)
  );
}

/** Reads an MSR for which `isLapicMsr` holds. */
export function readMsr(lapic: Lapic, msr: number): bigint | undefined {
  const state = lapic.registers;
  if (msr === MSR_APIC_BASE) return BigInt(state.page) | BigInt(state.mode);
  if (msr === MSR_TSC_DEADLINE) {
    if (!lapic.options.tscDeadline) return undefined;
    lapic.advance(lapic.pins.now);
    return BigInt(state.timer.deadline);
  }
  const register = msr - MSR_X2APIC_FIRST;
  if (!lapic.x2apic || register === APIC_EOI || isSelfIpi(register)) return undefined;
  const value = readRegister(lapic, register);
  if (value === undefined) return undefined;
  const high = register === APIC_ICR ? state.icrHigh : 0;
  return (BigInt(high) << WORD) | BigInt(value);
}

/** Writes an MSR for which `isLapicMsr` holds; false: #GP(0). */
export function writeMsr(lapic: Lapic, msr: number, value: bigint): boolean {
  if (msr === MSR_APIC_BASE) return writeBase(lapic, value);
  if (msr === MSR_TSC_DEADLINE) return writeDeadline(lapic, value);
  if (!lapic.x2apic) return false;
  return writeX2apic(lapic, msr - MSR_X2APIC_FIRST, value);
}

function writeX2apic(lapic: Lapic, register: number, value: bigint): boolean {
  const low = Number(value & LOW_MASK);
  const high = Number(value >> WORD);
  if (register !== APIC_ICR && high !== 0) return false;
  if (isSelfIpi(register)) {
    if (low > 0xff) return false;
    writeSelfIpi(lapic, low);
    return true;
  }
  const bits = writableBits(lapic, register);
  if (bits === undefined || (low & ~bits) !== 0) return false;
  if (register === APIC_ICR) lapic.registers.icrHigh = high;
  writeRegister(lapic, register, low);
  return true;
}

function writeDeadline(lapic: Lapic, value: bigint): boolean {
  if (!lapic.options.tscDeadline) return false;
  lapic.advance(lapic.pins.now);
  setDeadline(lapic.registers.timer, lapic.lvt(APIC_LVT_TIMER), value, lapic.pins.tscOffset);
  lapic.pins.timerChanged();
  return true;
}

/**
 * Writes APIC base. Faults: reserved bits, x2APIC where it does not exist, x2APIC without enable, from disabled straight
 * to x2APIC, from x2APIC back to xAPIC. Leaving for disabled resets the registers.
 */
function writeBase(lapic: Lapic, value: bigint): boolean {
  const state = lapic.registers;
  const low = Number(value & LOW_MASK);
  const allowed = BASE_ADDRESS | BASE_MODES | APIC_BASE_BSP;
  if (value & BASE_HIGH_RESERVED || (low & ~allowed) !== 0) return false;
  const before = state.mode & BASE_MODES;
  const after = low & BASE_MODES;
  if (!isLegalTransition(lapic, before, after)) return false;
  if (before !== 0 && after === 0) lapic.initialize();
  lapic.registers.page = (low & BASE_ADDRESS) >>> 0;
  lapic.registers.mode = after | (state.mode & APIC_BASE_BSP);
  lapic.update();
  return true;
}

function isLegalTransition(lapic: Lapic, before: number, after: number): boolean {
  if (after & APIC_BASE_X2APIC) {
    if (!lapic.options.x2apic || !(after & APIC_BASE_ENABLE)) return false;
    return before !== 0;
  }
  return !(before & APIC_BASE_X2APIC) || after === 0;
}
