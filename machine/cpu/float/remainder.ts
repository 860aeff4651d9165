// FPREM, FPREM1, FSCALE, FXTRACT and FRNDINT: on A and B into R, as extended.ts has it (SDM, volume 2).

import { denormalFlag } from "./binary.ts";
import { DE, IE, OE, PE, roundingOf, ZE } from "./exceptions.ts";
import { chooseExtendedNan, passNan } from "./extended.ts";
import { roundToIntegral, setInteger } from "./integers.ts";
import {
  A,
  B,
  CLASS_FINITE,
  CLASS_INFINITE,
  CLASS_ZERO,
  classOf,
  exponentOf,
  highOf,
  isNan,
  N_DENORMAL,
  N_EXPONENT,
  R,
  setFinite,
  setIndefinite,
  setInfinite,
  setNumber,
  setZero,
  signOf,
} from "./number.ts";
import {
  FORMAT_EXTENDED,
  maxExponentOf,
  roundResult,
  setNotRoundedUp,
  setRoundedUp,
} from "./round.ts";

/** The quotient of the last remainder, its low 64 bits, u64; whether it was partial, u32. */
const QUOTIENT: usize = memory.data(8, 8);
const PARTIAL: usize = memory.data(4, 4);
/** Exponents that are this far apart are not brought together at once. */
const AT_ONCE: i32 = 64;
/** FSCALE by more than this is over- or underflow whatever the number. */
const MOST_SCALE: i64 = 0x10000;

/** Low bits of the quotient of the last remainder. */
export function quotientOf(): u64 {
  return load<u64>(QUOTIENT);
}

/** Whether the last remainder is to be reduced further: C2. */
export function isPartial(): bool {
  return load<u32>(PARTIAL) != 0;
}

function invalid(): u32 {
  setIndefinite(R);
  return IE;
}

/** Remainder of a * 2^count / b, both with their highest bit set; the quotient is kept. */
function divideLong(a: u64, b: u64, count: i32): u64 {
  let rest = a;
  let quotient: u64 = 0;
  let carry: u64 = 0;
  for (let i = count; ; i--) {
    quotient <<= 1;
    if (carry != 0 || rest >= b) {
      rest -= b;
      quotient |= 1;
    }
    if (i == 0) break;
    carry = rest >> 63;
    rest <<= 1;
  }
  store<u64>(QUOTIENT, quotient);
  return rest;
}

/** R = rest, which has B's exponent less `below`. */
function setRest(rest: u64, sign: u32, exponent: i32): void {
  if (rest == 0) setZero(R, sign);
  else setFinite(R, sign, exponent, rest, 0);
}

/** Whether twice the rest is more than b, or as much and the quotient odd. */
function isNearer(rest: u64, b: u64): bool {
  const other = b - rest;
  return rest > other || (rest == other && (load<u64>(QUOTIENT) & 1) != 0);
}

/** A whole remainder; the exponents differ by less than AT_ONCE. */
function reduce(isNearest: bool): void {
  const distance = exponentOf(A) - exponentOf(B);
  const sign = signOf(A);
  const b = highOf(B);
  setNumber(R, A);
  if (distance < -1 || (distance < 0 && !isNearest)) return;
  if (distance < 0) {
    // A is a half to a whole of B or less: what is nearest to A / B is 0 or 1.
    const a = highOf(A);
    if (a <= b) return;
    store<u64>(QUOTIENT, 1);
    return setRest(b - (a - b), sign ^ 1, exponentOf(A));
  }
  const rest = divideLong(highOf(A), b, distance);
  if (isNearest && isNearer(rest, b)) {
    store<u64>(QUOTIENT, load<u64>(QUOTIENT) + 1);
    setRest(b - rest, sign ^ 1, exponentOf(B));
  } else setRest(rest, sign, exponentOf(B));
}

/** A step of a reduction that takes more than one: the distance comes down by 32 to 63. */
function reducePartly(distance: i32): void {
  const count = 32 + (distance & 31);
  store<u32>(PARTIAL, 1);
  const rest = divideLong(highOf(A), highOf(B), count);
  store<u64>(QUOTIENT, 0);
  setRest(rest, signOf(A), exponentOf(A) - count);
}

/** FPREM, or FPREM1 (`isNearest`). C0, C3, C1 are bits 2, 1, 0 of `quotientOf`, C2 is `isPartial`. */
export function remainder(isNearest: bool, control: u32): u32 {
  setNotRoundedUp();
  store<u64>(QUOTIENT, 0);
  store<u32>(PARTIAL, 0);
  if (isNan(A) || isNan(B)) return chooseExtendedNan();
  if (classOf(A) == CLASS_INFINITE || classOf(B) == CLASS_ZERO) return invalid();
  const denormal = denormalFlag();
  setNumber(R, A);
  if (classOf(A) == CLASS_FINITE && classOf(B) == CLASS_FINITE) {
    const distance = exponentOf(A) - exponentOf(B);
    if (distance < AT_ONCE) reduce(isNearest);
    else reducePartly(distance);
  }
  return denormal | roundResult(FORMAT_EXTENDED, control);
}

/** FSCALE by an infinity. */
function scaleInfinitely(): u32 {
  const isDown = signOf(B) != 0;
  const a = classOf(A);
  if (a == (isDown ? CLASS_INFINITE : CLASS_ZERO)) return invalid();
  if (isDown) setZero(R, signOf(A));
  else setInfinite(R, signOf(A));
  return denormalFlag();
}

/** B as a whole number, cut, within MOST_SCALE. */
function scaleOf(): i32 {
  if (classOf(B) == CLASS_ZERO) return 0;
  const exponent = exponentOf(B);
  if (exponent < 0) return 0;
  const size = exponent > 16 ? MOST_SCALE : <i64>(highOf(B) >> <u64>(63 - exponent));
  const most = min<i64>(size, MOST_SCALE);
  return <i32>(signOf(B) != 0 ? -most : most);
}

/**
 * Rounds a scaled R. Where an unmasked over- or underflow would need more than the adjusted exponent, it is infinity or zero after all
 * (SDM, volume 1, 8.5.4 and 8.5.5).
 */
function roundScaled(control: u32): u32 {
  const flags = roundResult(FORMAT_EXTENDED, control);
  const most = maxExponentOf(FORMAT_EXTENDED);
  if (classOf(R) != CLASS_FINITE || (exponentOf(R) <= most && exponentOf(R) >= 1 - most))
    return flags;
  if ((flags & OE) != 0) setInfinite(R, signOf(R));
  else setZero(R, signOf(R));
  setRoundedUp((flags & OE) != 0);
  return flags | PE;
}

/** FSCALE: A * 2^B. */
export function scale(control: u32): u32 {
  setNotRoundedUp();
  if (isNan(A) || isNan(B)) return chooseExtendedNan();
  if (classOf(B) == CLASS_INFINITE) return scaleInfinitely();
  const denormal = denormalFlag();
  setNumber(R, A);
  store<i32>(R, exponentOf(R) + scaleOf(), N_EXPONENT);
  return denormal | roundScaled(control);
}

/** FXTRACT, first result: the exponent of A as a number. */
export function extractExponent(): u32 {
  setNotRoundedUp();
  if (isNan(A)) return passNan();
  if (classOf(A) == CLASS_ZERO) {
    setInfinite(R, 1);
    return ZE;
  }
  if (classOf(A) == CLASS_INFINITE) setInfinite(R, 0);
  else setInteger(exponentOf(A));
  return load<u32>(A, N_DENORMAL) != 0 ? DE : 0;
}

/** FXTRACT, second result: A with the exponent 0. */
export function extractSignificand(): void {
  if (isNan(A)) passNan();
  else setNumber(R, A);
  store<i32>(R, 0, N_EXPONENT);
}

/** FRNDINT. */
export function roundExtended(control: u32): u32 {
  if (isNan(A)) return passNan();
  setNumber(R, A);
  const denormal = load<u32>(A, N_DENORMAL) != 0 ? DE : 0;
  return denormal | roundToIntegral(roundingOf(control));
}
