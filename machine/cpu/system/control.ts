// Control and debug registers (AMD64 APM volume 2, sections 3.1 and 13.1): MOV, LMSW, SMSW, CLTS.

import {
  CR0_AM,
  CR0_CD,
  CR0_EM,
  CR0_ET,
  CR0_MP,
  CR0_NE,
  CR0_NW,
  CR0_PE,
  CR0_PG,
  CR0_TS,
  CR0_WP,
  CR4_DE,
  CR4_FSGSBASE,
  CR4_LA57,
  CR4_MCE,
  CR4_OSFXSR,
  CR4_OSXMMEXCPT,
  CR4_OSXSAVE,
  CR4_PAE,
  CR4_PCE,
  CR4_PGE,
  CR4_PSE,
  CR4_SMEP,
  CR4_TSD,
  CR4_UMIP,
  EFER_LMA,
  EFER_LME,
} from "../../../abi/x86/registers.ts";
import { call } from "../bus.ts";
import {
  FEATURE_DECODEASSISTS,
  FEATURE_FSGSBASE,
  FEATURE_SMEP,
  FEATURE_UMIP,
  FEATURE_XSAVE,
} from "../features.ts";
import {
  BUS_TPR_READ,
  BUS_TPR_WRITE,
  CS,
  EXIT_CR0_WRITE,
  G_INTERCEPTS,
  INTERCEPT_CR0,
  S_BUS_VALUE,
  S_CR0,
  S_CR2,
  S_CR3,
  S_CR4,
  S_DR,
  S_EFER,
  S_GUEST,
  S_INDEX,
  S_VIRTUAL,
  SEG_ATTRIBUTES,
  VIRTUAL_MASKING,
  VIRTUAL_TPR,
} from "../interface.ts";
import { hasFeature } from "../memory/machine.ts";
import { flushTranslations } from "../memory/tlb.ts";
import {
  EXIT_CR_READ,
  EXIT_CR_WRITE,
  EXIT_CR0_SELECTIVE,
  EXIT_DR_READ,
  EXIT_DR_WRITE,
  intercept,
  interceptWith,
} from "../svm/intercepts.ts";
import { inGuest } from "../svm/state.ts";
import { detectAccess, hasBreakpoints } from "./breakpoints.ts";
import { faulted, raiseGp, raiseInstructionExit, raiseUd } from "./fault.ts";
import { ATTR_L, inLongCode, inRealAddressing, segmentAt, updateMode } from "./mode.ts";
import { currentLevel } from "./segments.ts";

/** Bits of CR0 that exist; the others read as written zero. */
const CR0_BITS: u32 =
  CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_NW | CR0_CD | CR0_PG;
/** Bits of CR4 that this CPU can have; setting any other is #GP. */
const CR4_BITS: u32 =
  CR4_TSD |
  CR4_DE |
  CR4_PSE |
  CR4_PAE |
  CR4_MCE |
  CR4_PGE |
  CR4_OSFXSR |
  CR4_OSXMMEXCPT |
  CR4_OSXSAVE |
  CR4_PCE |
  CR4_UMIP |
  CR4_FSGSBASE |
  CR4_SMEP;
/** Bits of CR0 and CR4 whose change makes cached translations wrong. */
const CR0_PAGING: u32 = CR0_PE | CR0_PG | CR0_WP;
/** The same for CR4. */
const CR4_PAGING: u32 = CR4_PSE | CR4_PAE | CR4_PGE | CR4_SMEP | CR4_LA57;
/** Reserved bits of CR3 in long mode: the physical address has 40 bits. */
const CR3_RESERVED: u64 = 0xffffff0000000000;
/** Reserved bits of CR8. */
const CR8_RESERVED: u64 = 0xfffffffffffffff0;
/** DR6: bits that read as one. */
const DR6_FIXED: u64 = 0xffff0ff0;
/** DR6: bits that can be written. */
const DR6_BITS: u64 = 0xe00f;
/** DR7: bit that reads as one. */
const DR7_FIXED: u64 = 0x400;
/** DR7: bits that can be written. */
const DR7_BITS: u64 = 0xffff23ff;
/** MSW: the bits of CR0 that LMSW writes. */
const MSW_BITS: u32 = CR0_PE | CR0_MP | CR0_EM | CR0_TS;

/** Whether CR8 is the control block's, not the local APIC's. */
function hasVirtualTpr(s: u32): bool {
  return inGuest(s) && (load<u64>(s, S_VIRTUAL) & VIRTUAL_MASKING) != 0;
}

/** Sets #GP(0) unless at level 0; returns whether it is. */
export function isPrivileged(s: u32): bool {
  if (currentLevel(s) == 0) return true;
  raiseGp(s, 0);
  return false;
}

/** First fact of the exit of a MOV (AMD64 APM volume 2, section 15.8.1): that it is one, and the general register's number. */
const MOVE: u64 = 0x8000000000000000;

/** Sets the exit of a MOV from or to the general register `gpr`, if it is wanted; returns whether it is. */
function interceptMove(s: u32, code: u32, gpr: u32): bool {
  return interceptWith(s, code, hasFeature(FEATURE_DECODEASSISTS) ? MOVE | gpr : 0, 0);
}

/** MOV from CR0, CR2, CR3, CR4 or CR8 to the general register `gpr`; #UD for others. */
export function movFromCr(s: u32, register: u32, gpr: u32): u64 {
  if (register > 4 ? register != 8 : register == 1) {
    raiseUd(s);
    return 0;
  }
  if (!isPrivileged(s) || interceptMove(s, EXIT_CR_READ + register, gpr)) return 0;
  if (register == 0) return load<u64>(s, S_CR0);
  if (register == 2) return load<u64>(s, S_CR2);
  if (register == 3) return load<u64>(s, S_CR3);
  if (register == 4) return load<u64>(s, S_CR4);
  if (hasVirtualTpr(s)) return load<u64>(s, S_VIRTUAL) & VIRTUAL_TPR;
  call(load<u32>(s, S_INDEX), BUS_TPR_READ, 8);
  return load<u64>(s, S_BUS_VALUE);
}

/** MOV to CR0, CR2, CR3, CR4 or CR8; #UD for others. Outside 64-bit code `value` has 32 bits. */
export function movToCr(s: u32, register: u32, value: u64, gpr: u32): void {
  if (register > 4 ? register != 8 : register == 1) return raiseUd(s);
  if (!isPrivileged(s) || interceptMove(s, EXIT_CR_WRITE + register, gpr)) return;
  if (register == 0) writeCr0(s, value);
  else if (register == 2) store<u64>(s, value, S_CR2);
  else if (register == 3) writeCr3(s, value);
  else if (register == 4) writeCr4(s, value);
  else if (value & CR8_RESERVED) raiseGp(s, 0);
  else if (hasVirtualTpr(s)) {
    store<u64>(s, (load<u64>(s, S_VIRTUAL) & ~(<u64>VIRTUAL_TPR)) | value, S_VIRTUAL);
  } else {
    store<u64>(s, value, S_BUS_VALUE);
    call(load<u32>(s, S_INDEX), BUS_TPR_WRITE, 8);
  }
}

/** Whether a CR0 value is one that the CPU accepts. */
function isValidCr0(s: u32, value: u64): bool {
  if (value >> 32 || (value & CR0_PG && !(value & CR0_PE))) return false;
  if (value & CR0_NW && !(value & CR0_CD)) return false;
  const long = (load<u32>(s, S_EFER) & EFER_LME) != 0;
  const turnsOn = (value & CR0_PG) != 0 && !(load<u32>(s, S_CR0) & CR0_PG);
  const code = load<u32>(segmentAt(s, CS), SEG_ATTRIBUTES);
  if (long && turnsOn && (!(load<u32>(s, S_CR4) & CR4_PAE) || code & ATTR_L)) return false;
  // Long mode is left through compatibility mode.
  return (value & CR0_PG) != 0 || !inLongCode(s);
}

function writeCr0(s: u32, value: u64): void {
  if (!isValidCr0(s, value)) return raiseGp(s, 0);
  const old = load<u64>(s, S_CR0);
  const next = (value & CR0_BITS) | CR0_ET;
  const guest = load<u32>(s, S_GUEST);
  const selective = ((old ^ next) & ~(<u64>(CR0_TS | CR0_MP))) != 0;
  if (guest != 0 && load<u32>(guest, G_INTERCEPTS) & INTERCEPT_CR0 && selective)
    return raiseInstructionExit(s, EXIT_CR0_WRITE, 0, value);
  if (selective && intercept(s, EXIT_CR0_SELECTIVE)) return;
  assignCr0(s, next);
}

/** Sets CR0 and what follows from it: long mode becomes active or inactive with paging. */
function assignCr0(s: u32, next: u64): void {
  const old = load<u64>(s, S_CR0);
  store<u64>(s, next, S_CR0);
  const efer = load<u64>(s, S_EFER);
  const active = (next & CR0_PG) != 0 && (efer & EFER_LME) != 0;
  store<u64>(s, active ? efer | EFER_LMA : efer & ~(<u64>EFER_LMA), S_EFER);
  if ((old ^ next) & CR0_PAGING) flushTranslations(s);
  updateMode(s);
}

function writeCr3(s: u32, value: u64): void {
  if (load<u32>(s, S_EFER) & EFER_LMA && value & CR3_RESERVED) return raiseGp(s, 0);
  store<u64>(s, value, S_CR3);
  flushTranslations(s);
}

/** Bits of CR4 that this CPU has. */
export function cr4Bits(): u32 {
  let bits = CR4_BITS;
  if (!hasFeature(FEATURE_XSAVE)) bits &= ~CR4_OSXSAVE;
  if (!hasFeature(FEATURE_UMIP)) bits &= ~CR4_UMIP;
  if (!hasFeature(FEATURE_FSGSBASE)) bits &= ~CR4_FSGSBASE;
  return hasFeature(FEATURE_SMEP) ? bits : bits & ~CR4_SMEP;
}

function writeCr4(s: u32, value: u64): void {
  const leavesLong = load<u32>(s, S_EFER) & EFER_LMA && !(value & CR4_PAE);
  if (value & ~(<u64>cr4Bits()) || leavesLong) return raiseGp(s, 0);
  const old = load<u64>(s, S_CR4);
  store<u64>(s, value, S_CR4);
  if ((old ^ value) & CR4_PAGING) flushTranslations(s);
  updateMode(s);
}

/** LMSW: PE (can only be set), MP, EM, TS. The selective intercept is one like the other here (AMD64 APM volume 2, section 15.9). */
export function lmsw(s: u32, value: u32): void {
  if (!isPrivileged(s) || intercept(s, EXIT_CR_WRITE) || intercept(s, EXIT_CR0_SELECTIVE)) return;
  const old = load<u64>(s, S_CR0);
  const kept = (old & ~(<u64>MSW_BITS)) | (old & CR0_PE);
  writeCr0(s, kept | (value & MSW_BITS));
}

/** SMSW: the low half of CR0 (the operand size cuts it); #GP(0) under UMIP. */
export function smsw(s: u32): u64 {
  return isHiddenFromUser(s) || intercept(s, EXIT_CR_READ) ? 0 : load<u64>(s, S_CR0);
}

/** Sets #GP(0) for SGDT, SIDT, SLDT, STR and SMSW at level 3 under CR4.UMIP; returns whether it did. */
export function isHiddenFromUser(s: u32): bool {
  const hidden = (load<u32>(s, S_CR4) & CR4_UMIP) != 0 && !inRealAddressing(s);
  if (!hidden || currentLevel(s) == 0) return false;
  raiseGp(s, 0);
  return true;
}

/** CLTS. */
export function clts(s: u32): void {
  if (!isPrivileged(s) || intercept(s, EXIT_CR_WRITE)) return;
  store<u64>(s, load<u64>(s, S_CR0) & ~(<u64>CR0_TS), S_CR0);
  updateMode(s);
}

/** Number of the debug register that an encoding means (4 and 5 are 6 and 7 unless CR4.DE), or 8 with the fault set. */
function debugRegister(s: u32, register: u32): u32 {
  const alias = register == 4 || register == 5;
  if (register > 7 || (alias && load<u32>(s, S_CR4) & CR4_DE)) raiseUd(s);
  else if (isPrivileged(s)) detectAccess(s);
  return alias ? register + 2 : register;
}

/** MOV from a debug register. */
export function movFromDr(s: u32, register: u32, gpr: u32): u64 {
  const number = debugRegister(s, register);
  return faulted(s) || interceptMove(s, EXIT_DR_READ + register, gpr)
    ? 0
    : load<u64>(s + number * 8, S_DR);
}

/** MOV to a debug register. What is watched changes, and so does what the translation caches and jumps may know. */
export function movToDr(s: u32, register: u32, value: u64, gpr: u32): void {
  const number = debugRegister(s, register);
  if (faulted(s) || interceptMove(s, EXIT_DR_WRITE + register, gpr)) return;
  if (number >= 6 && value >> 32) return raiseGp(s, 0);
  if (number == 6) value = (value & DR6_BITS) | DR6_FIXED;
  if (number == 7) value = (value & DR7_BITS) | DR7_FIXED;
  const had = hasBreakpoints(s);
  store<u64>(s + number * 8, value, S_DR);
  if (had || hasBreakpoints(s)) flushTranslations(s);
}
