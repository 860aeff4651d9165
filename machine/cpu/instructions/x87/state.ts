// The x87 unit's state (S_FX) as its instructions see it: a stack of eight registers, and three words (Intel SDM, volume 1, chapter 8).

import { BEFORE_COMPUTATION, IE, MASK_SHIFT, ROUNDING_SHIFT } from "../../float/exceptions.ts";
import { packedSignExponent, packedSignificand, unpackExtended } from "../../float/extended.ts";
import { R, setIndefinite } from "../../float/number.ts";
import {
  FORMAT_EXTENDED,
  FORMAT_EXTENDED_24,
  FORMAT_EXTENDED_53,
  roundedUp,
} from "../../float/round.ts";
import { FX_CONTROL, FX_REGISTERS, FX_STATUS, FX_TAGS, S_FX } from "../../interface.ts";

/** Status: a stack fault. */
export const STATUS_SF: u32 = 0x40;
/** Status: an exception is unmasked. */
export const STATUS_ES: u32 = 0x80;
/** Status: condition codes. */
export const STATUS_C0: u32 = 0x100;
export const STATUS_C1: u32 = 0x200;
export const STATUS_C2: u32 = 0x400;
export const STATUS_C3: u32 = 0x4000;
/** Status: all condition codes. */
export const CONDITIONS: u32 = STATUS_C0 | STATUS_C1 | STATUS_C2 | STATUS_C3;
/** Status: busy, which is ES by another name. */
export const STATUS_BUSY: u32 = 0x8000;
/** Status: where TOP is, three bits. */
export const TOP_SHIFT: u32 = 11;
/** Control: the exceptions' masks. */
export const CONTROL_MASKS: u32 = 0x3f;
/** Control: a bit that is always set. */
const CONTROL_ONE: u32 = 0x40;
/** Control: bits that may be set. */
const CONTROL_BITS: u32 = 0x1f3f;
/** Control: where precision and rounding are, two bits each. */
const PRECISION_SHIFT: u32 = 8;
const RC_SHIFT: u32 = 10;
/** Precision control: 24 and 53 bits; anything else is 64. */
const PRECISION_24: u32 = 0;
const PRECISION_53: u32 = 2;
/** log2 of the size of a register's slot. */
const REGISTER_SHIFT: u32 = 4;

/** Control word. */
export function control(s: u32): u32 {
  return load<u16>(s, S_FX + FX_CONTROL);
}

/** Status word. */
export function status(s: u32): u32 {
  return load<u16>(s, S_FX + FX_STATUS);
}

export function setStatus(s: u32, value: u32): void {
  store<u16>(s, <u16>value, S_FX + FX_STATUS);
}

/** The numeric core's control word. */
export function arithmeticControl(s: u32): u32 {
  const word = control(s);
  return ((word & CONTROL_MASKS) << MASK_SHIFT) | (((word >> RC_SHIFT) & 3) << ROUNDING_SHIFT);
}

/** The format that precision control gives results. */
export function resultFormat(s: u32): u32 {
  const precision = (control(s) >> PRECISION_SHIFT) & 3;
  if (precision === PRECISION_24) return FORMAT_EXTENDED_24;
  return precision === PRECISION_53 ? FORMAT_EXTENDED_53 : FORMAT_EXTENDED;
}

/** Sets ES and B as flags and masks are. */
export function settleSummary(s: u32): void {
  const word = status(s);
  const isPending = (word & ~control(s) & CONTROL_MASKS) !== 0;
  const rest = word & ~(STATUS_ES | STATUS_BUSY);
  setStatus(s, isPending ? rest | STATUS_ES | STATUS_BUSY : rest);
}

/** Sets the control word, as far as it can be set. */
export function setControl(s: u32, value: u32): void {
  store<u16>(s, <u16>((value & CONTROL_BITS) | CONTROL_ONE), S_FX + FX_CONTROL);
  settleSummary(s);
}

/** Sets the condition codes among `which` to `value`. */
export function setConditions(s: u32, which: u32, value: u32): void {
  setStatus(s, (status(s) & ~which) | value);
}

/** Records exceptions. Returns whether a result is to be written all the same: none is unmasked that came before it. */
export function raise(s: u32, flags: u32): bool {
  const pending = flags & ~control(s) & CONTROL_MASKS;
  if (pending === 0) {
    setStatus(s, status(s) | flags);
    return true;
  }
  const isEarly = (pending & BEFORE_COMPUTATION) !== 0;
  const seen = isEarly ? flags & (BEFORE_COMPUTATION | STATUS_SF) : flags;
  setStatus(s, status(s) | seen | STATUS_ES | STATUS_BUSY);
  return !isEarly;
}

/** As `raise`, of a result: C1 tells whether it was rounded up. */
export function raiseRounded(s: u32, flags: u32): bool {
  const isWritten = raise(s, flags);
  setConditions(s, STATUS_C1, isWritten && roundedUp() ? STATUS_C1 : 0);
  return isWritten;
}

/** Records a stack fault; C1 tells which. Returns whether the masked response is to follow, and makes R what it is. */
export function stackFault(s: u32, isOverflow: bool): bool {
  setConditions(s, STATUS_C1, isOverflow ? STATUS_C1 : 0);
  setIndefinite(R);
  return raise(s, IE | STATUS_SF);
}

export function top(s: u32): u32 {
  return (status(s) >> TOP_SHIFT) & 7;
}

export function setTop(s: u32, value: u32): void {
  setStatus(s, (status(s) & ~((<u32>7) << TOP_SHIFT)) | ((value & 7) << TOP_SHIFT));
}

/** Address of ST(i). */
export function registerAt(s: u32, i: u32): u32 {
  return s + S_FX + FX_REGISTERS + (((top(s) + i) & 7) << REGISTER_SHIFT);
}

function tagOf(s: u32, i: u32): u32 {
  return (<u32>1) << ((top(s) + i) & 7);
}

/** Whether ST(i) is empty. */
export function isEmpty(s: u32, i: u32): bool {
  return (load<u8>(s, S_FX + FX_TAGS) & tagOf(s, i)) === 0;
}

/** Marks ST(i) as empty. */
export function free(s: u32, i: u32): void {
  store<u8>(s, <u8>(load<u8>(s, S_FX + FX_TAGS) & ~tagOf(s, i)), S_FX + FX_TAGS);
}

/** Takes ST(i) apart. */
export function unpackRegister(s: u32, number: usize, i: u32): void {
  const at = registerAt(s, i);
  unpackExtended(number, load<u64>(at), load<u16>(at, 8));
}

/** ST(i) = 80 bits. */
export function writeRegister(s: u32, i: u32, significand: u64, signExponent: u32): void {
  const at = registerAt(s, i);
  store<u64>(at, significand);
  store<u16>(at, <u16>signExponent, 8);
  store<u8>(s, <u8>(load<u8>(s, S_FX + FX_TAGS) | tagOf(s, i)), S_FX + FX_TAGS);
}

/** ST(i) = R. */
export function writeResult(s: u32, i: u32): void {
  writeRegister(s, i, packedSignificand(), packedSignExponent());
}

/** Pushes R; the caller has looked whether there is room. */
export function pushResult(s: u32): void {
  setTop(s, top(s) - 1);
  writeResult(s, 0);
}

export function pop(s: u32): void {
  free(s, 0);
  setTop(s, top(s) + 1);
}

/** Whether a push would meet a register that is not empty. */
export function isFull(s: u32): bool {
  return !isEmpty(s, 7);
}
