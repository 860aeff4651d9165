// Descriptor-table registers: LGDT, LIDT, SGDT, SIDT, LLDT, LTR, SLDT, STR (AMD64 APM volume 2, sections 4.6 and 12.2).

import { VECTOR_GP, VECTOR_NP } from "../../../abi/x86/registers.ts";
import {
  LDTR,
  S_GDT_BASE,
  S_GDT_LIMIT,
  S_IDT_BASE,
  S_IDT_LIMIT,
  SEG_SELECTOR,
  TR,
} from "../interface.ts";
import { isCanonical } from "../memory/segmentation.ts";
import {
  EXIT_LDTR_READ,
  EXIT_LDTR_WRITE,
  EXIT_TR_READ,
  EXIT_TR_WRITE,
  intercept,
} from "../svm/intercepts.ts";
import { isHiddenFromUser, isPrivileged } from "./control.ts";
import {
  attributesOf,
  baseOf,
  isNull,
  limitOf,
  markDescriptor,
  readDescriptor,
  readUpperHalf,
  SELECTOR_ERROR,
  setSegment,
  TYPE_BUSY,
  TYPE_LDT,
  TYPE_TSS_16,
  TYPE_TSS_32,
} from "./descriptors.ts";
import { faulted, raiseException, raiseGp, raiseUd } from "./fault.ts";
import { ATTR_P, ATTR_S, ATTR_TYPE, inLongMode, inRealAddressing, segmentAt } from "./mode.ts";

/** Selector bit that names the local table, where LDTs and TSSs cannot be. */
const SELECTOR_LOCAL: u32 = 0x4;

/** Whether LGDT and LIDT may happen, and their base is one; sets #GP(0) if not. */
function mayLoadTable(s: u32, base: u64): bool {
  if (!isPrivileged(s)) return false;
  if (isCanonical(base)) return true;
  raiseGp(s, 0);
  return false;
}

/** LGDT, its operand read by the caller (24 bits of base with 16-bit operands). */
export function lgdt(s: u32, limit: u32, base: u64): void {
  if (!mayLoadTable(s, base)) return;
  store<u32>(s, limit & 0xffff, S_GDT_LIMIT);
  store<u64>(s, base, S_GDT_BASE);
}

/** LIDT; as lgdt. */
export function lidt(s: u32, limit: u32, base: u64): void {
  if (!mayLoadTable(s, base)) return;
  store<u32>(s, limit & 0xffff, S_IDT_LIMIT);
  store<u64>(s, base, S_IDT_BASE);
}

/** SGDT: returns the limit; the caller stores it and S_GDT_BASE unless a fault is set. */
export function sgdt(s: u32): u32 {
  return isHiddenFromUser(s) ? 0 : load<u32>(s, S_GDT_LIMIT);
}

/** SIDT: returns the limit; the caller stores it and S_IDT_BASE unless a fault is set. */
export function sidt(s: u32): u32 {
  return isHiddenFromUser(s) ? 0 : load<u32>(s, S_IDT_LIMIT);
}

/** Sets #UD in real and virtual-8086 mode; returns whether it did. */
function refusedByMode(s: u32): bool {
  if (!inRealAddressing(s)) return false;
  raiseUd(s);
  return true;
}

/** SLDT: the selector. */
export function sldt(s: u32): u32 {
  if (refusedByMode(s) || isHiddenFromUser(s) || intercept(s, EXIT_LDTR_READ)) return 0;
  return load<u32>(segmentAt(s, LDTR), SEG_SELECTOR);
}

/** STR: the selector. */
export function str(s: u32): u32 {
  if (refusedByMode(s) || isHiddenFromUser(s) || intercept(s, EXIT_TR_READ)) return 0;
  return load<u32>(segmentAt(s, TR), SEG_SELECTOR);
}

/** Reads the descriptor of an LDT or TSS, whose type bits must be `type`: #GP or #NP with the selector. */
function readSystemDescriptor(s: u32, selector: u32, type: u32, other: u32): u64 {
  const error = <i32>(selector & SELECTOR_ERROR);
  if (selector & SELECTOR_LOCAL) {
    raiseException(s, VECTOR_GP, error);
    return 0;
  }
  const descriptor = readDescriptor(s, selector, VECTOR_GP);
  if (faulted(s)) return 0;
  const attributes = attributesOf(descriptor);
  const found = attributes & (ATTR_S | ATTR_TYPE);
  if (found != type && found != other) raiseException(s, VECTOR_GP, error);
  else if (!(attributes & ATTR_P)) raiseException(s, VECTOR_NP, error);
  return descriptor;
}

/** Base of a system descriptor, which has 16 bytes in long mode; #GP if that is not canonical. */
function systemBase(s: u32, selector: u32, descriptor: u64): u64 {
  if (!inLongMode(s)) return baseOf(descriptor);
  const upper = readUpperHalf(s, selector, VECTOR_GP);
  const base = baseOf(descriptor) | (upper << 32);
  if (!faulted(s) && !isCanonical(base)) raiseGp(s, selector & SELECTOR_ERROR);
  return base;
}

/** LLDT. A null selector empties the register. */
export function lldt(s: u32, selector: u32): void {
  selector &= 0xffff;
  if (refusedByMode(s) || !isPrivileged(s) || intercept(s, EXIT_LDTR_WRITE)) return;
  if (isNull(selector)) return setSegment(s, LDTR, selector, 0, 0, 0);
  const descriptor = readSystemDescriptor(s, selector, TYPE_LDT, TYPE_LDT);
  if (faulted(s)) return;
  const base = systemBase(s, selector, descriptor);
  if (faulted(s)) return;
  setSegment(s, LDTR, selector, base, limitOf(descriptor), attributesOf(descriptor));
}

/** LTR: the TSS must be available and becomes busy. */
export function ltr(s: u32, selector: u32): void {
  selector &= 0xffff;
  if (refusedByMode(s) || !isPrivileged(s) || intercept(s, EXIT_TR_WRITE)) return;
  if (isNull(selector)) return raiseGp(s, 0);
  const other = inLongMode(s) ? TYPE_TSS_32 : TYPE_TSS_16;
  const descriptor = readSystemDescriptor(s, selector, TYPE_TSS_32, other);
  if (faulted(s)) return;
  const base = systemBase(s, selector, descriptor);
  if (faulted(s)) return;
  markDescriptor(s, selector, descriptor, TYPE_BUSY);
  if (faulted(s)) return;
  const attributes = attributesOf(descriptor) | TYPE_BUSY;
  setSegment(s, TR, selector, base, limitOf(descriptor), attributes);
}
