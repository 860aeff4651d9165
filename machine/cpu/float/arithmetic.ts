// The operations of arithmetic on A and B, exactly, into R; `roundResult` is to follow. None of them is given a NaN.

import { IE, ROUND_DOWN, roundingOf, ZE } from "./exceptions.ts";
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
  N_SIGN,
  R,
  setFinite,
  setIndefinite,
  setInfinite,
  setNumber,
  setZero,
  signOf,
} from "./number.ts";
import { divideWide, lowOf, multiplyWide, rootWide, shiftRightSticky } from "./wide.ts";

/** A + B. */
export const ADD: u32 = 0;
/** A - B. */
export const SUBTRACT: u32 = 1;
/** A * B. */
export const MULTIPLY: u32 = 2;
/** A / B. */
export const DIVIDE: u32 = 3;
/** Square root of A; B is a copy of it. */
export const ROOT: u32 = 4;

function invalid(): u32 {
  setIndefinite(R);
  return IE;
}

/** Sum of finite numbers of the same sign. `a` has the greater exponent, or the same. */
function addMagnitudes(a: usize, b: usize, sign: u32): void {
  const exponent = exponentOf(a);
  const small = shiftRightSticky(highOf(b), 0, <u32>(exponent - exponentOf(b)));
  const low = lowOf();
  const sum = highOf(a) + small;
  if (sum >= small) return setFinite(R, sign, exponent, sum, low);
  const high = shiftRightSticky(sum, low, 1) | INTEGER_BIT;
  setFinite(R, sign, exponent + 1, high, lowOf());
}

/** Difference of finite magnitudes, the first not smaller, nor its exponent. */
function subtractMagnitudes(a: usize, b: usize, sign: u32, mode: u32): void {
  const exponent = exponentOf(a);
  const small = shiftRightSticky(highOf(b), 0, <u32>(exponent - exponentOf(b)));
  const low = lowOf();
  const high = highOf(a) - small - u64(low != 0);
  if ((high | low) == 0) setZero(R, u32(mode == ROUND_DOWN));
  else setFinite(R, sign, exponent, high, 0 - low);
}

/** Whether the magnitude of finite A is less than that of B. */
export function isSmaller(a: usize, b: usize): bool {
  if (exponentOf(a) != exponentOf(b)) return exponentOf(a) < exponentOf(b);
  return highOf(a) < highOf(b);
}

/** A + B, where B has `sign`. */
function add(sign: u32, control: u32): u32 {
  const a = classOf(A);
  const b = classOf(B);
  const isAlike = signOf(A) == sign;
  if (a == CLASS_INFINITE) {
    if (b == CLASS_INFINITE && !isAlike) return invalid();
    setInfinite(R, signOf(A));
  } else if (b == CLASS_INFINITE) setInfinite(R, sign);
  else if (a == CLASS_ZERO && b == CLASS_ZERO) {
    setZero(R, isAlike ? sign : u32(roundingOf(control) == ROUND_DOWN));
  } else if (b == CLASS_ZERO) setNumber(R, A);
  else if (a == CLASS_ZERO) {
    setNumber(R, B);
    store<u32>(R, sign, N_SIGN);
  } else {
    const isSwapped = isSmaller(A, B);
    const greater = isSwapped ? B : A;
    const lesser = isSwapped ? A : B;
    const signOfGreater = isSwapped ? sign : signOf(A);
    if (isAlike) addMagnitudes(greater, lesser, sign);
    else subtractMagnitudes(greater, lesser, signOfGreater, roundingOf(control));
  }
  return 0;
}

function multiply(): u32 {
  const a = classOf(A);
  const b = classOf(B);
  const sign = signOf(A) ^ signOf(B);
  if (a == CLASS_INFINITE || b == CLASS_INFINITE) {
    if (a == CLASS_ZERO || b == CLASS_ZERO) return invalid();
    setInfinite(R, sign);
  } else if (a == CLASS_ZERO || b == CLASS_ZERO) setZero(R, sign);
  else {
    const high = multiplyWide(highOf(A), highOf(B));
    setFinite(R, sign, exponentOf(A) + exponentOf(B) + 1, high, lowOf());
  }
  return 0;
}

/** What follows a quotient: its half, and a bit for the rest. */
function afterQuotient(rest: u64, by: u64): u64 {
  if (rest == 0) return 0;
  const other = by - rest;
  return rest == other ? INTEGER_BIT : rest > other ? u64.MAX_VALUE : 1;
}

function divideFinite(sign: u32): void {
  const a = highOf(A);
  const b = highOf(B);
  const exponent = exponentOf(A) - exponentOf(B);
  const isLess = a < b;
  const high = isLess ? divideWide(a, 0, b) : divideWide(a >> 1, a << 63, b);
  setFinite(R, sign, isLess ? exponent - 1 : exponent, high, afterQuotient(lowOf(), b));
}

function divide(): u32 {
  const a = classOf(A);
  const b = classOf(B);
  const sign = signOf(A) ^ signOf(B);
  if (a == b && a != CLASS_FINITE) return invalid();
  if (a == CLASS_INFINITE) setInfinite(R, sign);
  else if (a == CLASS_ZERO || b == CLASS_INFINITE) setZero(R, sign);
  else if (b == CLASS_ZERO) {
    setInfinite(R, sign);
    return ZE;
  } else divideFinite(sign);
  return 0;
}

function root(): u32 {
  const a = classOf(A);
  if (a == CLASS_ZERO || (a == CLASS_INFINITE && signOf(A) == 0)) {
    setNumber(R, A);
    return 0;
  }
  if (signOf(A) != 0) return invalid();
  const exponent = exponentOf(A);
  const high = highOf(A);
  const isOdd = (exponent & 1) != 0;
  const result = isOdd ? rootWide(high, 0) : rootWide(high >> 1, high << 63);
  setFinite(R, 0, exponent >> 1, result, lowOf());
  return 0;
}

/** Computes; returns IE or ZE, or none. */
export function compute(operation: u32, control: u32): u32 {
  if (operation == ADD) return add(signOf(B), control);
  if (operation == SUBTRACT) return add(signOf(B) ^ 1, control);
  if (operation == MULTIPLY) return multiply();
  return operation == DIVIDE ? divide() : root();
}
