// Power series in fixed point of 128 bits (wide-number.ts), by Horner's rule. Each gives the factor that its argument, or 1, is
// multiplied by; argument and result are numbers. How many terms: the first that is left out is below 2^-128.

import { signOf } from "./number.ts";
import { divideSmall, lowOf, setLow } from "./wide.ts";
import { fromFixed, multiplyUpper, toFixed } from "./wide-number.ts";

const ONE: u64 = 0x8000000000000000;
/** Last factors of the exponential's terms for arguments up to ln 2, and of sine and cosine up to π / 4. */
const EXPONENTIAL_TERMS: u64 = 34;
const CIRCULAR_TERMS: u64 = 34;
/** Terms of the area tangent for squares up to 0.0295, and of the arc tangent for squares up to 2^-8. */
const AREA_TANGENT_TERMS: u64 = 27;
const ARC_TANGENT_TERMS: u64 = 17;

/** a * b in fixed point. */
function multiplyFixed(aHigh: u64, aLow: u64, bHigh: u64, bLow: u64): u64 {
  const high = multiplyUpper(aHigh, aLow, bHigh, bLow);
  const low = lowOf();
  setLow(low << 1);
  return (high << 1) | (low >> 63);
}

/** 1 - high:low, which is at most 1, or 1 + high:low. What is next to nothing still makes a difference. */
function besideOne(high: u64, low: u64, isLess: bool): u64 {
  const step = low | u64((high | low) == 0);
  setLow(isLess ? 0 - step : step);
  return isLess ? ONE - high - u64(step != 0) : ONE + high;
}

/** (e^y - 1) / y for |y| up to ln 2. */
export function exponentialFactor(to: usize, y: usize): void {
  const yHigh = toFixed(y);
  const yLow = lowOf();
  const isNegative = signOf(y) != 0;
  let high: u64 = ONE;
  let low: u64 = 0;
  for (let k = EXPONENTIAL_TERMS; k > 1; k--) {
    high = multiplyFixed(yHigh, yLow, high, low);
    high = divideSmall(high, lowOf(), k);
    high = besideOne(high, lowOf(), isNegative);
    low = lowOf();
  }
  fromFixed(to, 0, high, low);
}

/** sin(r) / r (`first` 3) or cos(r) (`first` 2) for |r| up to π / 4. */
export function circularFactor(to: usize, r: usize, first: u64): void {
  let high = toFixed(r);
  let low = lowOf();
  const squareHigh = multiplyFixed(high, low, high, low);
  const squareLow = lowOf();
  high = ONE;
  low = 0;
  for (let k = CIRCULAR_TERMS + (first & 1); k >= first; k -= 2) {
    high = multiplyFixed(squareHigh, squareLow, high, low);
    high = divideSmall(high, lowOf(), k * (k - 1));
    high = besideOne(high, lowOf(), true);
    low = lowOf();
  }
  fromFixed(to, 0, high, low);
}

/** artanh(s) / s, or arctan(s) / s if `alternates`. */
function tangentFactor(to: usize, s: usize, terms: u64, alternates: bool): void {
  let high = toFixed(s);
  let low = lowOf();
  const squareHigh = multiplyFixed(high, low, high, low);
  const squareLow = lowOf();
  high = 0;
  low = 0;
  for (let k = terms; k > 0; k--) {
    high = multiplyFixed(squareHigh, squareLow, high, low);
    low = lowOf();
    if (k == 1) break;
    const termHigh = divideSmall(ONE, 0, 2 * k - 1);
    const termLow = lowOf();
    if (alternates) {
      high = termHigh - high - u64(termLow < low);
      low = termLow - low;
    } else {
      low += termLow;
      high += termHigh + u64(low < termLow);
    }
  }
  high = besideOne(high, low, alternates);
  fromFixed(to, 0, high, lowOf());
}

/** artanh(s) / s for |s| up to 0.1716. */
export function areaTangentFactor(to: usize, s: usize): void {
  tangentFactor(to, s, AREA_TANGENT_TERMS, false);
}

/** arctan(s) / s for |s| up to 1 / 16. */
export function arcTangentFactor(to: usize, s: usize): void {
  tangentFactor(to, s, ARC_TANGENT_TERMS, true);
}
