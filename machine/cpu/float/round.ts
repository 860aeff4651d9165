// The one place where results are rounded (SDM, volume 1, 4.8.4 and 4.9.1).

import {
  CONTROL_FTZ,
  isUnmasked,
  OE,
  PE,
  ROUND_DOWN,
  ROUND_NEAREST,
  ROUND_UP,
  roundingOf,
  UE,
} from "./exceptions.ts";
import {
  CLASS_FINITE,
  CLASS_ZERO,
  classOf,
  exponentOf,
  highOf,
  N_EXPONENT,
  N_HIGH,
  N_LOW,
  R,
  setInfinite,
  setZero,
  signOf,
} from "./number.ts";
import { lowOf, shiftRightSticky } from "./wide.ts";

/** binary32. */
export const FORMAT_SINGLE: u32 = 0;
/** binary64. */
export const FORMAT_DOUBLE: u32 = 1;
/** The x87 unit's 80 bits. */
export const FORMAT_EXTENDED: u32 = 2;
/** An x87 register under precision control: 24 bits, and the exponents of 80 bits. */
export const FORMAT_EXTENDED_24: u32 = 3;
/** The same with 53 bits. */
export const FORMAT_EXTENDED_53: u32 = 4;

/** What the exponent of a result is moved by when its over- or underflow is unmasked (x87 registers only; SDM, volume 1, 8.5.4). */
const BIAS_ADJUST: i32 = 0x6000;
const HALF: u64 = 0x8000000000000000;

/** What the last rounding did: the significand's carry out, u32; whether it was inexact, u32; whether it grew, u32. */
const CARRY: usize = memory.data(4, 4);
const INEXACT: usize = memory.data(4, 4);
const GREW: usize = memory.data(4, 4);

/** Bits of a significand. */
export function precisionOf(format: u32): u32 {
  if (format == FORMAT_EXTENDED) return 64;
  return format == FORMAT_SINGLE || format == FORMAT_EXTENDED_24 ? 24 : 53;
}

/** The greatest exponent; the least of a normal number is 1 minus this. */
export function maxExponentOf(format: u32): i32 {
  if (format == FORMAT_SINGLE) return 127;
  return format == FORMAT_DOUBLE ? 1023 : 16383;
}

/** Whether the last rounding made the magnitude greater: C1 of the x87 status word. */
export function roundedUp(): bool {
  return load<u32>(GREW) != 0;
}

/** Says whether the last result was rounded up. */
export function setRoundedUp(grew: bool): void {
  store<u32>(GREW, u32(grew));
}

/** Says that the last result is exact, or was not rounded up. */
export function setNotRoundedUp(): void {
  store<u32>(GREW, 0);
}

/**
 * Whether a magnitude followed by `fraction` (its highest bit a half, the lowest sticky) grows when it is cut to a whole number,
 * which is odd or not.
 */
function growsBy(mode: u32, sign: u32, isOdd: bool, fraction: u64): bool {
  if (fraction == 0) return false;
  if (mode == ROUND_NEAREST) return fraction > HALF || (fraction == HALF && isOdd);
  return mode == ROUND_UP ? sign == 0 : mode == ROUND_DOWN && sign != 0;
}

/** A significand rounded to all but its last `drop` bits; CARRY, INEXACT and GREW are set. */
export function roundBits(high: u64, low: u64, drop: u32, mode: u32, sign: u32): u64 {
  const kept = drop == 0 ? high : (high >> drop) << drop;
  const fraction =
    drop == 0 ? low : (high << (64 - drop)) | (low >> drop) | u64(low << (64 - drop) != 0);
  const unit = (<u64>1) << drop;
  const grows = growsBy(mode, sign, (kept & unit) != 0, fraction);
  const sum = grows ? kept + unit : kept;
  store<u32>(INEXACT, u32(fraction != 0));
  store<u32>(GREW, u32(grows));
  store<u32>(CARRY, u32(sum < kept));
  return sum;
}

/** Whether the last `roundBits` was inexact. */
export function wasInexact(): bool {
  return load<u32>(INEXACT) != 0;
}

/** Whether the last `roundBits` overflowed its 64 bits: the result is then 2^64, and 0 was returned. */
export function hasCarried(): bool {
  return load<u32>(CARRY) != 0;
}

function inexactFlag(): u32 {
  return wasInexact() ? PE : 0;
}

function setResult(exponent: i32, high: u64): void {
  store<i32>(R, exponent, N_EXPONENT);
  store<u64>(R, high, N_HIGH);
  store<u64>(R, 0, N_LOW);
}

/** The masked answer to overflow: infinity, or the greatest finite number. */
function overflow(format: u32, mode: u32): u32 {
  const sign = signOf(R);
  const isInfinite = mode == ROUND_NEAREST || mode == (sign != 0 ? ROUND_DOWN : ROUND_UP);
  store<u32>(GREW, u32(isInfinite));
  if (isInfinite) setInfinite(R, sign);
  else setResult(maxExponentOf(format), u64.MAX_VALUE << (64 - precisionOf(format)));
  return OE | PE;
}

/** Rounds a result whose exponent is below the least of normal numbers. */
function roundTiny(format: u32, control: u32): u32 {
  const least = 1 - maxExponentOf(format);
  const exponent = exponentOf(R);
  const drop = 64 - precisionOf(format);
  const mode = roundingOf(control);
  const sign = signOf(R);
  const low = load<u64>(R, N_LOW);
  const high = roundBits(highOf(R), low, drop, mode, sign);
  const carry = <i32>hasCarried();
  const isTiny = exponent + carry < least;
  if (isTiny && isUnmasked(control, UE)) {
    setResult(exponent + carry + BIAS_ADJUST, carry != 0 ? HALF : high);
    return UE | inexactFlag();
  }
  if (isTiny && (control & CONTROL_FTZ) != 0) {
    setZero(R, sign);
    return UE | PE;
  }
  const shifted = shiftRightSticky(highOf(R), low, <u32>(least - exponent));
  setResult(least, roundBits(shifted, lowOf(), drop, mode, sign));
  if (highOf(R) == 0) store<u32>(R, CLASS_ZERO);
  return wasInexact() ? (isTiny ? UE | PE : PE) : 0;
}

/**
 * Rounds the result R, as it is computed exactly, to a format; returns the exceptions. Zeros, infinities and NaNs stay as they
 * are. Unmasked over- and underflow leave the exponent adjusted, which only x87 registers take.
 */
export function roundResult(format: u32, control: u32): u32 {
  store<u32>(GREW, 0);
  if (classOf(R) != CLASS_FINITE) return 0;
  let exponent = exponentOf(R);
  const most = maxExponentOf(format);
  if (exponent < 1 - most) return roundTiny(format, control);
  const mode = roundingOf(control);
  let high = roundBits(highOf(R), load<u64>(R, N_LOW), 64 - precisionOf(format), mode, signOf(R));
  if (hasCarried()) {
    high = HALF;
    exponent++;
  }
  if (exponent <= most) {
    setResult(exponent, high);
    return inexactFlag();
  }
  if (!isUnmasked(control, OE)) return overflow(format, mode);
  setResult(exponent - BIAS_ADJUST, high);
  return OE | inexactFlag();
}
