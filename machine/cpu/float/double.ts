// SSE's arithmetic on binary64. `control` is MXCSR; exceptions are noted (`takeFlags`).
//
// WebAssembly computes to nearest and tells nothing: where the operands and the result are normal numbers or exact zeros, and where the
// result is known to be exact or inexactness is already on record, its result is taken.

import { ADD, DIVIDE, MULTIPLY, ROOT, SUBTRACT } from "./arithmetic.ts";
import { operate } from "./binary.ts";
import { CONTROL_SPECIAL, isInexactKnown, PE, raiseFlags } from "./exceptions.ts";
import { choose, compare, EQUAL, GREATER, LESS } from "./order.ts";
import { FORMAT_DOUBLE } from "./round.ts";

const EXPONENT_SHIFT: u32 = 52;
const EXPONENT_MASK: u32 = 0x7ff;
/** Exponents from 2 up to this one are far enough from the ends for every check below. */
const EXPONENTS: u32 = 0x7c0;
const SIGNIFICAND_BITS: u32 = 53;
const IMPLICIT: u64 = 1 << 52;

/** Whether a value is a zero. */
function isZero(bits: u64): bool {
  return bits << 1 == 0;
}

/** Whether a value is normal and neither very small nor very great. */
export function isOrdinary(bits: u64): bool {
  return (<u32>(bits >> EXPONENT_SHIFT) & EXPONENT_MASK) - 2 < EXPONENTS;
}

/** Significant bits of an ordinary value. */
function widthOf(bits: u64): u32 {
  return SIGNIFICAND_BITS - <u32>ctz(bits | IMPLICIT);
}

/** Whether a value is ordinary or a zero. */
export function isPlain(bits: u64): bool {
  return isOrdinary(bits) || isZero(bits);
}

/** Whether two values are ordinary ones or zeros. */
function areOrdinary(a: u64, b: u64): bool {
  return isPlain(a) && isPlain(b);
}

/** Notes inexactness of a sum: the error of a sum to nearest is itself a number (Knuth's two-sum). */
function noteSum(a: f64, b: f64, sum: f64): void {
  const second = sum - a;
  const error = a - (sum - second) + (b - second);
  if (error != 0) raiseFlags(PE);
}

/** Whether the product a * b is exact, by the widths of the factors. */
function isExact(a: u64, b: u64): bool {
  return widthOf(a) + widthOf(b) <= SIGNIFICAND_BITS;
}

export function add64(a: u64, b: u64, control: u32): u64 {
  if ((control & CONTROL_SPECIAL) == 0 && areOrdinary(a, b)) {
    const x = reinterpret<f64>(a);
    const y = reinterpret<f64>(b);
    const sum = x + y;
    const bits = reinterpret<u64>(sum);
    if (isPlain(bits)) {
      if (!isInexactKnown(control)) noteSum(x, y, sum);
      return bits;
    }
  }
  return operate(ADD, FORMAT_DOUBLE, a, b, control);
}

export function sub64(a: u64, b: u64, control: u32): u64 {
  if ((control & CONTROL_SPECIAL) == 0 && areOrdinary(a, b)) {
    const x = reinterpret<f64>(a);
    const y = -reinterpret<f64>(b);
    const sum = x + y;
    const bits = reinterpret<u64>(sum);
    if (isPlain(bits)) {
      if (!isInexactKnown(control)) noteSum(x, y, sum);
      return bits;
    }
  }
  return operate(SUBTRACT, FORMAT_DOUBLE, a, b, control);
}

export function mul64(a: u64, b: u64, control: u32): u64 {
  if ((control & CONTROL_SPECIAL) == 0 && isOrdinary(a) && isOrdinary(b)) {
    const product = reinterpret<u64>(reinterpret<f64>(a) * reinterpret<f64>(b));
    if (isOrdinary(product) && (isInexactKnown(control) || isExact(a, b))) return product;
  }
  return operate(MULTIPLY, FORMAT_DOUBLE, a, b, control);
}

export function div64(a: u64, b: u64, control: u32): u64 {
  if ((control & CONTROL_SPECIAL) == 0 && isOrdinary(a) && isOrdinary(b)) {
    const quotient = reinterpret<f64>(a) / reinterpret<f64>(b);
    const bits = reinterpret<u64>(quotient);
    if (isOrdinary(bits)) {
      if (isInexactKnown(control)) return bits;
      if (isExact(bits, b) && quotient * reinterpret<f64>(b) == reinterpret<f64>(a)) return bits;
    }
  }
  return operate(DIVIDE, FORMAT_DOUBLE, a, b, control);
}

export function sqrt64(a: u64, control: u32): u64 {
  if ((control & CONTROL_SPECIAL) == 0 && isOrdinary(a) && a >> 63 == 0) {
    const root = sqrt<f64>(reinterpret<f64>(a));
    const bits = reinterpret<u64>(root);
    if (isInexactKnown(control) || (isExact(bits, bits) && root * root == reinterpret<f64>(a)))
      return bits;
  }
  return operate(ROOT, FORMAT_DOUBLE, a, a, control);
}

/** How a is to b (order.ts); `signals`: quiet NaNs are invalid too. */
export function compare64(a: u64, b: u64, control: u32, signals: bool): u32 {
  if (!areOrdinary(a, b)) return compare(FORMAT_DOUBLE, a, b, control, signals);
  const x = reinterpret<f64>(a);
  const y = reinterpret<f64>(b);
  return x < y ? LESS : x == y ? EQUAL : GREATER;
}

export function min64(a: u64, b: u64, control: u32): u64 {
  if (!areOrdinary(a, b)) return choose(FORMAT_DOUBLE, a, b, control, LESS);
  return reinterpret<f64>(a) < reinterpret<f64>(b) ? a : b;
}

export function max64(a: u64, b: u64, control: u32): u64 {
  if (!areOrdinary(a, b)) return choose(FORMAT_DOUBLE, a, b, control, GREATER);
  return reinterpret<f64>(a) > reinterpret<f64>(b) ? a : b;
}
