// The x87 unit's numbers: 80 bits, a significand with its integer bit (u64) and sign and exponent (u16); x87's rule for NaNs; and the
// operations on two operands. Functions return the exceptions; `roundedUp` tells C1.

import { compute } from "./arithmetic.ts";
import { denormalFlag, pack, unpack } from "./binary.ts";
import { DE, IE, OE, PE, UE, unmasked, ZE } from "./exceptions.ts";
import {
  A,
  B,
  CLASS_FINITE,
  CLASS_QUIET,
  CLASS_SIGNALLING,
  CLASS_UNSUPPORTED,
  CLASS_ZERO,
  classOf,
  exponentOf,
  highOf,
  INTEGER_BIT,
  isNan,
  N_DENORMAL,
  QUIET_BIT,
  R,
  setFinite,
  setIndefinite,
  setInfinite,
  setNumber,
  setSpecial,
  setZero,
  signOf,
} from "./number.ts";
import { compareNumbers, UNORDERED } from "./order.ts";
import { roundResult, setNotRoundedUp } from "./round.ts";

const BIAS: i32 = 16383;
const TOP: u32 = 0x7fff;
const SIGN_SHIFT: u32 = 15;

/** Takes 80 bits apart. */
export function unpackExtended(number: usize, significand: u64, signExponent: u32): void {
  const sign = (signExponent >> SIGN_SHIFT) & 1;
  const field = signExponent & TOP;
  const hasInteger = significand >> 63 != 0;
  if (field != 0 && !hasInteger) return setSpecial(number, CLASS_UNSUPPORTED, sign, significand);
  if (field == TOP) {
    if (significand == INTEGER_BIT) return setInfinite(number, sign);
    const isQuiet = (significand & QUIET_BIT) != 0;
    return setSpecial(number, isQuiet ? CLASS_QUIET : CLASS_SIGNALLING, sign, significand);
  }
  if (significand == 0) return setZero(number, sign);
  setFinite(number, sign, <i32>max(field, 1) - BIAS, significand, 0);
  store<u32>(number, u32(field == 0), N_DENORMAL);
}

/** Significand of R, rounded to 80 bits. */
export function packedSignificand(): u64 {
  return highOf(R);
}

/** Sign and exponent of R, rounded to 80 bits. */
export function packedSignExponent(): u32 {
  const kind = classOf(R);
  let field: u32 = TOP;
  if (kind == CLASS_ZERO) field = 0;
  else if (kind == CLASS_FINITE) field = highOf(R) >> 63 != 0 ? <u32>(exponentOf(R) + BIAS) : 0;
  return (signOf(R) << SIGN_SHIFT) | field;
}

/** Makes R the NaN `number`, quiet. */
function setNan(number: usize): void {
  setSpecial(R, CLASS_QUIET, signOf(number), highOf(number) | QUIET_BIT);
}

/** The NaN with the greater significand; of equal ones the positive. */
function setGreaterNan(): void {
  const a = highOf(A);
  const b = highOf(B);
  if (a != b) setNan(a > b ? A : B);
  else setNan(signOf(A) <= signOf(B) ? A : B);
}

/**
 * R from two operands of which one is a NaN (SDM, volume 1, table 4-7): a quiet one goes before a signalling one; of two of a kind the greater.
 */
export function chooseExtendedNan(): u32 {
  setNotRoundedUp();
  const a = classOf(A);
  const b = classOf(B);
  if (a == CLASS_UNSUPPORTED || b == CLASS_UNSUPPORTED) {
    setIndefinite(R);
    return IE;
  }
  if (a == b) setGreaterNan();
  else if (isNan(A) && isNan(B)) setNan(a == CLASS_QUIET ? A : B);
  else setNan(isNan(A) ? A : B);
  return a == CLASS_SIGNALLING || b == CLASS_SIGNALLING ? IE : 0;
}

/** A is a NaN, or unsupported: R is what an operation on it alone gives. */
export function passNan(): u32 {
  setNumber(B, A);
  return chooseExtendedNan();
}

/** An operation of arithmetic.ts on A and B, rounded to a format. */
export function operateExtended(operation: u32, format: u32, control: u32): u32 {
  if (isNan(A) || isNan(B)) return chooseExtendedNan();
  setNotRoundedUp();
  const early = compute(operation, control);
  if (early == IE) return IE;
  return early | (early == ZE ? 0 : denormalFlag()) | roundResult(format, control);
}

/** What the last comparison found: LESS to UNORDERED (order.ts), u32. */
const RELATION: usize = memory.data(4, 4);

/** Result of `compareExtended`. */
export function relationOf(): u32 {
  return load<u32>(RELATION);
}

/** Compares A to B. `isQuiet`: quiet NaNs are no exception (FUCOM). */
export function compareExtended(isQuiet: bool): u32 {
  if (isNan(A) || isNan(B)) {
    store<u32>(RELATION, UNORDERED);
    const a = classOf(A);
    const b = classOf(B);
    return isQuiet && a <= CLASS_QUIET && b <= CLASS_QUIET ? 0 : IE;
  }
  store<u32>(RELATION, compareNumbers());
  return denormalFlag();
}

/** Loads a binary32 or binary64 as an operand: a signalling NaN stays one. Exceptions are those of an operation on it. */
export function unpackOperand(number: usize, format: u32, bits: u64): void {
  unpack(number, format, bits, 0);
}

/** R from the number A, which came from memory (FLD): denormals are reported, signalling NaNs made quiet. */
export function loadResult(): u32 {
  setNotRoundedUp();
  if (isNan(A)) return passNan();
  setNumber(R, A);
  return load<u32>(A, N_DENORMAL) != 0 ? DE : 0;
}

/**
 * R from the number A (FST), rounded to binary32 or binary64, to be packed. Denormals are not reported. After unmasked over- or underflow
 * nothing is to be stored, and so is nothing inexact (SDM, volume 1, 8.5.6).
 */
export function storeResult(format: u32, control: u32): u32 {
  if (isNan(A)) return passNan();
  setNumber(R, A);
  const flags = roundResult(format, control);
  return unmasked(control, flags & (OE | UE)) != 0 ? flags & ~PE : flags;
}

/** Bits of R after `storeResult`. */
export function storedBits(format: u32): u64 {
  return pack(format);
}
