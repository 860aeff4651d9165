// Arithmetic on numbers with significands of 128 bits (N_HIGH, N_LOW), not rounded but cut: what transcendental functions are computed
// with. And fixed-point numbers of 128 bits, whose highest bit counts 1.

import { multiplyHighUnsigned } from "../instructions/multiply.ts";
import {
  CLASS_ZERO,
  classOf,
  exponentOf,
  highOf,
  N_LOW,
  N_SIGN,
  setFinite,
  setNumber,
  setZero,
  signOf,
} from "./number.ts";
import { lowOf, multiplyWide, setLow, shiftRightSticky } from "./wide.ts";

/** Upper 128 bits of a product of 128 by 128 bits, a few units off; the second half by `lowOf`. */
export function multiplyUpper(aHigh: u64, aLow: u64, bHigh: u64, bLow: u64): u64 {
  const first = multiplyHighUnsigned(aHigh, bLow);
  const cross = first + multiplyHighUnsigned(aLow, bHigh);
  const high = multiplyWide(aHigh, bHigh) + u64(cross < first);
  const low = lowOf() + cross;
  setLow(low);
  return high + u64(low < cross);
}

/** a * b. */
export function multiplyNumbers(to: usize, a: usize, b: usize): void {
  const sign = signOf(a) ^ signOf(b);
  if (classOf(a) == CLASS_ZERO || classOf(b) == CLASS_ZERO) return setZero(to, sign);
  const high = multiplyUpper(highOf(a), load<u64>(a, N_LOW), highOf(b), load<u64>(b, N_LOW));
  setFinite(to, sign, exponentOf(a) + exponentOf(b) + 1, high, lowOf());
}

/** Whether the magnitude of finite a is less than that of b. */
function isLess(a: usize, b: usize): bool {
  if (exponentOf(a) != exponentOf(b)) return exponentOf(a) < exponentOf(b);
  if (highOf(a) != highOf(b)) return highOf(a) < highOf(b);
  return load<u64>(a, N_LOW) < load<u64>(b, N_LOW);
}

/** a + b. */
export function addNumbers(to: usize, a: usize, b: usize): void {
  if (classOf(b) == CLASS_ZERO) return setNumber(to, a);
  if (classOf(a) == CLASS_ZERO) return setNumber(to, b);
  const isSwapped = isLess(a, b);
  const more = isSwapped ? b : a;
  const less = isSwapped ? a : b;
  const sign = signOf(more);
  const exponent = exponentOf(more);
  const distance = <u32>(exponent - exponentOf(less));
  const high = shiftRightSticky(highOf(less), load<u64>(less, N_LOW), distance);
  const low = lowOf();
  const moreLow = load<u64>(more, N_LOW);
  if (signOf(less) != sign) {
    const rest = highOf(more) - high - u64(moreLow < low);
    if ((rest | (moreLow - low)) == 0) return setZero(to, 0);
    return setFinite(to, sign, exponent, rest, moreLow - low);
  }
  const sumLow = moreLow + low;
  const carried = highOf(more) + u64(sumLow < low);
  const sum = carried + high;
  if (sum >= high && carried >= highOf(more)) return setFinite(to, sign, exponent, sum, sumLow);
  const half = shiftRightSticky(sum, sumLow, 1);
  setFinite(to, sign, exponent + 1, half | 0x8000000000000000, lowOf());
}

/** a / b, both finite; the lowest bit stands for a rest. */
export function divideNumbers(to: usize, a: usize, b: usize): void {
  let high = highOf(a);
  let low = load<u64>(a, N_LOW);
  const byHigh = highOf(b);
  const byLow = load<u64>(b, N_LOW);
  let quotientHigh: u64 = 0;
  let quotientLow: u64 = 0;
  let carry: u64 = 0;
  for (let i = 0; i < 128; i++) {
    quotientHigh = (quotientHigh << 1) | (quotientLow >> 63);
    quotientLow <<= 1;
    if (carry != 0 || high > byHigh || (high == byHigh && low >= byLow)) {
      high = high - byHigh - u64(low < byLow);
      low -= byLow;
      quotientLow |= 1;
    }
    carry = high >> 63;
    high = (high << 1) | (low >> 63);
    low <<= 1;
  }
  quotientLow |= u64((high | low | carry) != 0);
  const exponent = exponentOf(a) - exponentOf(b);
  setFinite(to, signOf(a) ^ signOf(b), exponent, quotientHigh, quotientLow);
}

/** Magnitude of a number below 2 in fixed point; the second half by `lowOf`. */
export function toFixed(number: usize): u64 {
  if (classOf(number) == CLASS_ZERO) {
    setLow(0);
    return 0;
  }
  return shiftRightSticky(highOf(number), load<u64>(number, N_LOW), <u32>-exponentOf(number));
}

/** A number from fixed point, not zero. */
export function fromFixed(to: usize, sign: u32, high: u64, low: u64): void {
  setFinite(to, sign, 0, high, low);
}

/** A number's sign turned. */
export function negate(number: usize): void {
  store<u32>(number, signOf(number) ^ 1, N_SIGN);
}
