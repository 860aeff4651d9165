// FSIN, FCOS, FSINCOS and FPTAN, on A, as extended.ts has it. Processors of either vendor reduce the argument by a π of 66 bits, exactly
// (SDM, volume 1, 8.3.8), and leave alone what is 2^63 or more.

import { DE, IE, PE } from "./exceptions.ts";
import { passNan } from "./extended.ts";
import { setInteger } from "./integers.ts";
import {
  A,
  CLASS_INFINITE,
  CLASS_ZERO,
  classOf,
  exponentOf,
  highOf,
  isNan,
  N_DENORMAL,
  N_SIGN,
  NUMBER_SIZE,
  R,
  setFinite,
  setIndefinite,
  setNumber,
  signOf,
} from "./number.ts";
import { FORMAT_EXTENDED, roundResult, setNotRoundedUp } from "./round.ts";
import { circularFactor } from "./series.ts";
import { divideNumbers, multiplyNumbers } from "./wide-number.ts";

/** Sine. */
export const SINE: u32 = 0;
/** Cosine. */
export const COSINE: u32 = 1;
/** Tangent. */
export const TANGENT: u32 = 2;

/** The reduced argument, and a number at hand. */
const X: usize = memory.data(NUMBER_SIZE, 8);
const T: usize = memory.data(NUMBER_SIZE, 8);
/** Arguments from 2^63 on are not reduced. */
const LIMIT: i32 = 63;
/** From this exponent on an argument may be more than a quarter of π. */
const REDUCED: i32 = -1;
/** π / 2 of 66 bits, in units of 2^-65. */
const HALF_PI_HIGH: u64 = 0x3;
const HALF_PI_LOW: u64 = 0x243f6a8885a308d3;
/** Exponent of a significand of 128 bits in these units. */
const UNIT: i32 = 62;
/** Below this exponent a tangent is its argument and next to nothing. */
const TINY: i32 = -66;

/** Whether the last argument was too great: C2, u32. */
const BEYOND: usize = memory.data(4, 4);

/** C2 after an operation: the argument was too great, R is A. */
export function isBeyond(): bool {
  return load<u32>(BEYOND) != 0;
}

/** Whether high:low is at least π / 2. */
function isQuadrant(high: u64, low: u64): bool {
  return high > HALF_PI_HIGH || (high == HALF_PI_HIGH && low >= HALF_PI_LOW);
}

/** X = |A| less the nearest multiple of π / 2; returns that multiple, modulo 4. */
function reduce(): u32 {
  const exponent = exponentOf(A);
  setNumber(X, A);
  store<u32>(X, 0, N_SIGN);
  if (exponent < REDUCED) return 0;
  let high: u64 = 0;
  let low = highOf(A);
  let multiple: u32 = 0;
  for (let i = exponent + 2; i > 0; i--) {
    high = (high << 1) | (low >> 63);
    low <<= 1;
    multiple <<= 1;
    if (!isQuadrant(high, low)) continue;
    high = high - HALF_PI_HIGH - u64(low < HALF_PI_LOW);
    low -= HALF_PI_LOW;
    multiple |= 1;
  }
  const isOver = isQuadrant((high << 1) | (low >> 63), low << 1);
  if (isOver) {
    high = HALF_PI_HIGH - high - u64(HALF_PI_LOW < low);
    low = HALF_PI_LOW - low;
  }
  setFinite(X, u32(isOver), UNIT, high, low);
  return (multiple + u32(isOver)) & 3;
}

/** `to` = the sine (even) or cosine (odd) of X. */
function circle(to: usize, which: u32): void {
  circularFactor(to, X, which & 1 ? 2 : 3);
  if ((which & 1) == 0) multiplyNumbers(to, to, X);
}

/** R = the tangent of X. */
function tangent(quadrant: u32): void {
  if (exponentOf(X) < TINY && quadrant == 0) {
    setFinite(R, 0, exponentOf(X), highOf(X), 1);
    return;
  }
  circle(R, quadrant);
  circle(T, quadrant + 1);
  divideNumbers(R, R, T);
  if ((quadrant & 1) != 0) store<u32>(R, signOf(R) ^ 1, N_SIGN);
}

/** Of zero: itself, or 1. */
function ofZero(which: u32): u32 {
  if (which == COSINE) setInteger(1);
  else setNumber(R, A);
  return 0;
}

/** R = sine, cosine or tangent of A. */
export function circular(which: u32, control: u32): u32 {
  setNotRoundedUp();
  store<u32>(BEYOND, 0);
  if (isNan(A)) return passNan();
  if (classOf(A) == CLASS_INFINITE) {
    setIndefinite(R);
    return IE;
  }
  if (classOf(A) == CLASS_ZERO) return ofZero(which);
  if (exponentOf(A) >= LIMIT) {
    store<u32>(BEYOND, 1);
    setNumber(R, A);
    return 0;
  }
  const sign = which == COSINE ? 0 : signOf(A);
  const quadrant = reduce();
  if (which == TANGENT) tangent(quadrant);
  else {
    circle(R, quadrant + which);
    // Sine and cosine are negative in two quadrants each.
    if (((quadrant + which) & 2) != 0) store<u32>(R, signOf(R) ^ 1, N_SIGN);
  }
  store<u32>(R, signOf(R) ^ sign, N_SIGN);
  const denormal = load<u32>(A, N_DENORMAL) != 0 ? DE : 0;
  return PE | denormal | roundResult(FORMAT_EXTENDED, control);
}
