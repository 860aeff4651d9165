// Whole numbers: rounding R to one, and conversions between integers and the formats.

import { pack, quieted, unpack } from "./binary.ts";
import { CONTROL_DAZ, IE, PE, raiseFlags } from "./exceptions.ts";
import {
  CLASS_FINITE,
  CLASS_SIGNALLING,
  classOf,
  exponentOf,
  highOf,
  isNan,
  N_LOW,
  R,
  setFinite,
  setZero,
  signOf,
} from "./number.ts";
import { hasCarried, roundBits, roundResult, setNotRoundedUp, wasInexact } from "./round.ts";
import { lowOf, shiftRightSticky } from "./wide.ts";

/** Exponent of a significand that is a whole number of 64 bits. */
const WHOLE: i32 = 63;

/**
 * Magnitude of R as a whole number; 0 if R is zero. R is finite or zero, its exponent at most WHOLE. `wasInexact` and
 * `roundedUp` tell about it.
 */
export function roundToWhole(mode: u32): u64 {
  if (classOf(R) != CLASS_FINITE) {
    setNotRoundedUp();
    return roundBits(0, 0, 0, mode, 0);
  }
  const high = shiftRightSticky(highOf(R), load<u64>(R, N_LOW), <u32>(WHOLE - exponentOf(R)));
  return roundBits(high, lowOf(), 0, mode, signOf(R));
}

/** Rounds R to a whole number; returns PE or 0. Infinities and NaNs stay, and so do the signs of zeros. */
export function roundToIntegral(mode: u32): u32 {
  setNotRoundedUp();
  if (classOf(R) != CLASS_FINITE || exponentOf(R) >= WHOLE) return 0;
  const sign = signOf(R);
  const whole = roundToWhole(mode);
  if (whole == 0) setZero(R, sign);
  else setFinite(R, sign, WHOLE, whole, 0);
  return wasInexact() ? PE : 0;
}

/** What an integer of `bits` bits is that cannot be: the most negative one, "integer indefinite". */
export function integerIndefinite(bits: u32): u64 {
  return (<u64>1) << (bits - 1);
}

/**
 * R as a signed integer of 16, 32 or 64 bits, sign-extended to 64; notes IE and gives the integer indefinite where it does not fit
 * (and of NaNs), or notes PE.
 */
export function resultToInteger(bits: u32, mode: u32): i64 {
  const none = (<i64>-1) << (bits - 1);
  const isTooGreat = classOf(R) == CLASS_FINITE ? exponentOf(R) > WHOLE : classOf(R) > CLASS_FINITE;
  if (!isTooGreat) {
    const magnitude = roundToWhole(mode);
    const most = integerIndefinite(bits) - u64(signOf(R) == 0);
    if (!hasCarried() && magnitude <= most) {
      raiseFlags(wasInexact() ? PE : 0);
      return signOf(R) != 0 ? 0 - <i64>magnitude : <i64>magnitude;
    }
  }
  setNotRoundedUp();
  raiseFlags(IE);
  return none;
}

/** A value of a format as a signed integer of 32 or 64 bits. Denormals are not reported. */
export function toInteger(format: u32, bits: u64, width: u32, control: u32, mode: u32): i64 {
  unpack(R, format, bits, control & CONTROL_DAZ);
  return resultToInteger(width, mode);
}

/** Makes R of a signed integer. */
export function setInteger(value: i64): void {
  const sign = u32(value < 0);
  if (value == 0) setZero(R, 0);
  else setFinite(R, sign, WHOLE, sign != 0 ? 0 - <u64>value : <u64>value, 0);
}

/** A signed integer as a value of a format. */
export function fromInteger(format: u32, value: i64, control: u32): u64 {
  setInteger(value);
  raiseFlags(roundResult(format, control));
  return pack(format);
}

/** ROUNDSS, ROUNDSD and their kind: a whole number of the same format. `isQuiet`: an inexact result is not reported. */
export function toIntegral(format: u32, bits: u64, control: u32, mode: u32, isQuiet: bool): u64 {
  unpack(R, format, bits, control & CONTROL_DAZ);
  if (isNan(R)) {
    if (classOf(R) == CLASS_SIGNALLING) raiseFlags(IE);
    return quieted(format, bits);
  }
  const flags = roundToIntegral(mode);
  if (!isQuiet) raiseFlags(flags);
  return pack(format);
}
