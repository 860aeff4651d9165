// SSE's arithmetic on binary32. `control` is MXCSR; exceptions are noted (`takeFlags`).
//
// WebAssembly computes to nearest and tells nothing: where the operands and the result are normal numbers or exact zeros, its result is
// taken, and the error or binary64 tells whether it is exact.

import { ADD, DIVIDE, MULTIPLY, ROOT, SUBTRACT } from "./arithmetic.ts";
import { operate } from "./binary.ts";
import { CONTROL_SPECIAL, isInexactKnown, PE, raiseFlags } from "./exceptions.ts";
import { choose, compare, EQUAL, GREATER, LESS } from "./order.ts";
import { FORMAT_SINGLE } from "./round.ts";

const EXPONENT_SHIFT: u32 = 23;
const EXPONENT_MASK: u32 = 0xff;
/** Exponents from 2 up to this one are far enough from the ends for every check below. */
const EXPONENTS: u32 = 0xe0;

/** Whether a value is a zero. */
function isZero(bits: u32): bool {
  return bits << 1 == 0;
}

/** Whether a value is normal and neither very small nor very great. */
export function isOrdinary(bits: u32): bool {
  return ((bits >> EXPONENT_SHIFT) & EXPONENT_MASK) - 2 < EXPONENTS;
}

/** Whether a value is ordinary or a zero. */
export function isPlain(bits: u32): bool {
  return isOrdinary(bits) || isZero(bits);
}

/** Whether two values are ordinary ones or zeros. */
function areOrdinary(a: u32, b: u32): bool {
  return isPlain(a) && isPlain(b);
}

/** Notes inexactness of a sum: the error of a sum to nearest is itself a number (Knuth's two-sum). */
function noteSum(a: f32, b: f32, sum: f32): void {
  const second = sum - a;
  const error = a - (sum - second) + (b - second);
  if (error != 0) raiseFlags(PE);
}

/** Whether a * b = product; binary64 holds all products of two binary32. */
function isProduct(a: f32, b: f32, product: f32): bool {
  return <f64>a * <f64>b == <f64>product;
}

export function add32(a: u32, b: u32, control: u32): u32 {
  if ((control & CONTROL_SPECIAL) == 0 && areOrdinary(a, b)) {
    const x = reinterpret<f32>(a);
    const y = reinterpret<f32>(b);
    const sum = x + y;
    const bits = reinterpret<u32>(sum);
    if (isPlain(bits)) {
      if (!isInexactKnown(control)) noteSum(x, y, sum);
      return bits;
    }
  }
  return <u32>operate(ADD, FORMAT_SINGLE, a, b, control);
}

export function sub32(a: u32, b: u32, control: u32): u32 {
  if ((control & CONTROL_SPECIAL) == 0 && areOrdinary(a, b)) {
    const x = reinterpret<f32>(a);
    const y = -reinterpret<f32>(b);
    const sum = x + y;
    const bits = reinterpret<u32>(sum);
    if (isPlain(bits)) {
      if (!isInexactKnown(control)) noteSum(x, y, sum);
      return bits;
    }
  }
  return <u32>operate(SUBTRACT, FORMAT_SINGLE, a, b, control);
}

export function mul32(a: u32, b: u32, control: u32): u32 {
  if ((control & CONTROL_SPECIAL) == 0 && isOrdinary(a) && isOrdinary(b)) {
    const x = reinterpret<f32>(a);
    const y = reinterpret<f32>(b);
    const product = x * y;
    const bits = reinterpret<u32>(product);
    if (isOrdinary(bits)) {
      if (!isInexactKnown(control) && !isProduct(x, y, product)) raiseFlags(PE);
      return bits;
    }
  }
  return <u32>operate(MULTIPLY, FORMAT_SINGLE, a, b, control);
}

export function div32(a: u32, b: u32, control: u32): u32 {
  if ((control & CONTROL_SPECIAL) == 0 && isOrdinary(a) && isOrdinary(b)) {
    const x = reinterpret<f32>(a);
    const y = reinterpret<f32>(b);
    const quotient = x / y;
    const bits = reinterpret<u32>(quotient);
    if (isOrdinary(bits)) {
      if (!isInexactKnown(control) && !isProduct(quotient, y, x)) raiseFlags(PE);
      return bits;
    }
  }
  return <u32>operate(DIVIDE, FORMAT_SINGLE, a, b, control);
}

export function sqrt32(a: u32, control: u32): u32 {
  if ((control & CONTROL_SPECIAL) == 0 && isOrdinary(a) && a >> 31 == 0) {
    const root = sqrt<f32>(reinterpret<f32>(a));
    if (!isInexactKnown(control) && !isProduct(root, root, reinterpret<f32>(a))) raiseFlags(PE);
    return reinterpret<u32>(root);
  }
  return <u32>operate(ROOT, FORMAT_SINGLE, a, a, control);
}

/** How a is to b (order.ts); `signals`: quiet NaNs are invalid too. */
export function compare32(a: u32, b: u32, control: u32, signals: bool): u32 {
  if (!areOrdinary(a, b)) return compare(FORMAT_SINGLE, a, b, control, signals);
  const x = reinterpret<f32>(a);
  const y = reinterpret<f32>(b);
  return x < y ? LESS : x == y ? EQUAL : GREATER;
}

export function min32(a: u32, b: u32, control: u32): u32 {
  if (!areOrdinary(a, b)) return <u32>choose(FORMAT_SINGLE, a, b, control, LESS);
  return reinterpret<f32>(a) < reinterpret<f32>(b) ? a : b;
}

export function max32(a: u32, b: u32, control: u32): u32 {
  if (!areOrdinary(a, b)) return <u32>choose(FORMAT_SINGLE, a, b, control, GREATER);
  return reinterpret<f32>(a) > reinterpret<f32>(b) ? a : b;
}
