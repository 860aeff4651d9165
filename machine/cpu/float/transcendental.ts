// F2XM1, FYL2X, FYL2XP1 and FPATAN: on A (ST(0)) and B (ST(1)) into R, as extended.ts has it (SDM, volume 2). Results are cut at 128 bits
// and rounded, so that they are within a unit of the last place of 64; processors set PE whenever a result is computed.

import { isSmaller } from "./arithmetic.ts";
import { denormalFlag } from "./binary.ts";
import { setArcTangent, setHalfPi, setLogOf2, setLogOfE, setPi } from "./constants.ts";
import { IE, PE, UE, ZE } from "./exceptions.ts";
import { chooseExtendedNan, passNan } from "./extended.ts";
import { setInteger } from "./integers.ts";
import {
  A,
  B,
  CLASS_FINITE,
  CLASS_INFINITE,
  CLASS_ZERO,
  classOf,
  exponentOf,
  highOf,
  INTEGER_BIT,
  isNan,
  N_EXPONENT,
  N_SIGN,
  NUMBER_SIZE,
  R,
  setFinite,
  setIndefinite,
  setInfinite,
  setNumber,
  setZero,
  signOf,
} from "./number.ts";
import { FORMAT_EXTENDED, roundResult, setNotRoundedUp } from "./round.ts";
import { arcTangentFactor, areaTangentFactor, exponentialFactor } from "./series.ts";
import { addNumbers, divideNumbers, multiplyNumbers, negate } from "./wide-number.ts";

/** Numbers at hand. */
const X: usize = memory.data(NUMBER_SIZE, 8);
const Y: usize = memory.data(NUMBER_SIZE, 8);
const T: usize = memory.data(NUMBER_SIZE, 8);
/** Significand of the square root of 2. */
const ROOT_OF_2: u64 = 0xb504f333f9de6484;
/** Below this exponent a number is less than 1 - 2^-0.5. */
const SMALL: i32 = -2;
/** Exponent of a sixteenth. */
const SIXTEENTH: i32 = -4;

function invalid(): u32 {
  setIndefinite(R);
  return IE;
}

/** Rounds what was computed; it counts as inexact, and so as underflow if it is a denormal. */
function rounded(control: u32): u32 {
  const flags = PE | denormalFlag() | roundResult(FORMAT_EXTENDED, control);
  const isDenormal = classOf(R) == CLASS_FINITE && highOf(R) >> 63 == 0;
  return isDenormal ? flags | UE : flags;
}

/** F2XM1: 2^A - 1. Beyond [-1, 1], where it is not defined, A stays as it is. */
export function power(control: u32): u32 {
  setNotRoundedUp();
  if (isNan(A)) return passNan();
  setNumber(B, A);
  setNumber(R, A);
  if (classOf(A) == CLASS_ZERO) return 0;
  const isOne = exponentOf(A) == 0 && highOf(A) == INTEGER_BIT;
  if (classOf(A) == CLASS_INFINITE) {
    if (signOf(A) != 0) setInteger(-1);
    return 0;
  }
  if (exponentOf(A) >= 0) {
    if (isOne && signOf(A) != 0) setFinite(R, 1, -1, INTEGER_BIT, 0);
    return rounded(control);
  }
  setLogOf2(Y);
  multiplyNumbers(X, A, Y);
  exponentialFactor(T, X);
  multiplyNumbers(R, X, T);
  return rounded(control);
}

/** Y = the binary logarithm that belongs to T = (x - 1) / (x + 1): 2 artanh(T) / ln 2. */
function setLogarithm(): void {
  if (classOf(T) == CLASS_ZERO) return setZero(Y, 0);
  areaTangentFactor(Y, T);
  multiplyNumbers(Y, Y, T);
  setLogOfE(T);
  multiplyNumbers(Y, Y, T);
  store<i32>(Y, exponentOf(Y) + 1, N_EXPONENT);
}

/** Y = the binary logarithm of X, finite and positive. */
function logarithm(): void {
  const isHigh = highOf(X) > ROOT_OF_2;
  const exponent = exponentOf(X) + i32(isHigh);
  store<i32>(X, 0, N_EXPONENT);
  setInteger(isHigh ? 2 : 1);
  addNumbers(Y, X, R);
  negate(R);
  addNumbers(T, X, R);
  if (classOf(T) != CLASS_ZERO) divideNumbers(T, T, Y);
  setLogarithm();
  setInteger(exponent);
  addNumbers(Y, Y, R);
}

/** R = B * Y, a logarithm. */
function timesLogarithm(control: u32): u32 {
  multiplyNumbers(R, B, Y);
  return rounded(control);
}

/** B times the logarithm of zero. */
function timesLogarithmOfZero(): u32 {
  if (classOf(B) == CLASS_ZERO) return invalid();
  setInfinite(R, signOf(B) ^ 1);
  return classOf(B) == CLASS_INFINITE ? 0 : ZE;
}

/** B times the logarithm of infinity. */
function timesInfinity(): u32 {
  if (classOf(B) == CLASS_ZERO) return invalid();
  setInfinite(R, signOf(B));
  return denormalFlag();
}

/** B, zero or infinite, times a logarithm that is finite, not zero, and negative or not. */
function specialTimes(sign: u32): u32 {
  if (classOf(B) == CLASS_ZERO) setZero(R, signOf(B) ^ sign);
  else setInfinite(R, signOf(B) ^ sign);
  return denormalFlag();
}

/** FYL2X: B * log2(A). */
export function multiplyLogarithm(control: u32): u32 {
  setNotRoundedUp();
  if (isNan(A) || isNan(B)) return chooseExtendedNan();
  if (classOf(A) == CLASS_ZERO) return timesLogarithmOfZero();
  if (signOf(A) != 0) return invalid();
  if (classOf(A) == CLASS_INFINITE) return timesInfinity();
  if (exponentOf(A) == 0 && highOf(A) == INTEGER_BIT) {
    if (classOf(B) == CLASS_INFINITE) return invalid();
    setZero(R, signOf(B));
    return denormalFlag();
  }
  if (classOf(B) != CLASS_FINITE) return specialTimes(u32(exponentOf(A) < 0));
  setNumber(X, A);
  logarithm();
  return timesLogarithm(control);
}

/** FYL2XP1: B * log2(A + 1). Where it is not defined, above 2^0.5 - 1, it goes on; below -1 it is invalid. */
export function multiplyLogarithmOfSum(control: u32): u32 {
  setNotRoundedUp();
  if (isNan(A) || isNan(B)) return chooseExtendedNan();
  if (classOf(A) == CLASS_INFINITE) return signOf(A) != 0 ? invalid() : timesInfinity();
  if (classOf(A) == CLASS_ZERO) {
    if (classOf(B) == CLASS_INFINITE) return invalid();
    setZero(R, signOf(A) ^ signOf(B));
    return denormalFlag();
  }
  if (signOf(A) != 0 && exponentOf(A) >= 0) {
    return exponentOf(A) == 0 && highOf(A) == INTEGER_BIT ? timesLogarithmOfZero() : invalid();
  }
  if (classOf(B) != CLASS_FINITE) return specialTimes(signOf(A));
  setInteger(exponentOf(A) < SMALL ? 2 : 1);
  addNumbers(X, A, R);
  if (exponentOf(A) < SMALL) {
    divideNumbers(T, A, X);
    setLogarithm();
  } else logarithm();
  return timesLogarithm(control);
}

/** R = the arc tangent of less / more, finite magnitudes. */
function arcTangent(less: usize, more: usize): void {
  divideNumbers(T, less, more);
  store<u32>(T, 0, N_SIGN);
  let eighths: u32 = 0;
  if (exponentOf(T) >= SIXTEENTH) {
    eighths = (<u32>(highOf(T) >> <u64>(59 - exponentOf(T))) + 1) >> 1;
    // The tangent of the difference: (T - eighths / 8) / (1 + T * eighths / 8).
    setFinite(R, 0, 60, eighths, 0);
    multiplyNumbers(X, T, R);
    setNumber(Y, R);
    negate(Y);
    addNumbers(Y, T, Y);
    setInteger(1);
    addNumbers(X, X, R);
    if (classOf(Y) == CLASS_ZERO) return setArcTangent(R, eighths);
    divideNumbers(T, Y, X);
  }
  arcTangentFactor(Y, T);
  multiplyNumbers(R, T, Y);
  if (eighths == 0) return;
  setArcTangent(T, eighths);
  addNumbers(R, R, T);
}

/** R = `quarters` * π / 4. */
function setQuarters(quarters: u32): void {
  setPi(T);
  setInteger(quarters);
  multiplyNumbers(R, R, T);
  store<i32>(R, exponentOf(R) - 2, N_EXPONENT);
}

/** FPATAN where an operand is zero or infinite. Sets R to the magnitude; returns whether it is exact (zero). */
function specialAngle(): bool {
  const a = classOf(A);
  const b = classOf(B);
  const isBack = signOf(A) != 0;
  if (a == CLASS_INFINITE && b == CLASS_INFINITE) setQuarters(isBack ? 3 : 1);
  else if (b == CLASS_INFINITE || (a == CLASS_ZERO && b != CLASS_ZERO)) setHalfPi(R);
  else if (isBack) setPi(R);
  else {
    setZero(R, 0);
    return true;
  }
  return false;
}

/** FPATAN: the angle of the point (A, B). */
export function angle(control: u32): u32 {
  setNotRoundedUp();
  if (isNan(A) || isNan(B)) return chooseExtendedNan();
  if (classOf(A) != CLASS_FINITE || classOf(B) != CLASS_FINITE) {
    const isExact = specialAngle();
    store<u32>(R, signOf(B), N_SIGN);
    return isExact ? denormalFlag() : rounded(control);
  }
  const isSteep = isSmaller(A, B);
  if (isSteep) arcTangent(A, B);
  else arcTangent(B, A);
  if (isSteep) {
    negate(R);
    setHalfPi(T);
    addNumbers(R, R, T);
  }
  if (signOf(A) != 0) {
    negate(R);
    setPi(T);
    addNumbers(R, R, T);
  }
  store<u32>(R, signOf(B), N_SIGN);
  return rounded(control);
}
