// Integers of 128 bits, as far as arithmetic needs them: functions return the upper half, or the quotient, and leave the rest here.

import { multiplyHighUnsigned } from "../instructions/multiply.ts";

/** The second half of the last result, u64. */
const LOW: usize = memory.data(8, 8);

/** Second half of the last result: lower bits, or the remainder. */
export function lowOf(): u64 {
  return load<u64>(LOW);
}

/** Sets the second half of a result, for functions elsewhere that have two. */
export function setLow(low: u64): void {
  store<u64>(LOW, low);
}

/** high:low shifted right; the lowest bit of the result stands for all that are lost. */
export function shiftRightSticky(high: u64, low: u64, count: u32): u64 {
  if (count == 0) {
    store<u64>(LOW, low);
    return high;
  }
  if (count < 64) {
    const lost = u64(low << (64 - count) != 0);
    store<u64>(LOW, (high << (64 - count)) | (low >> count) | lost);
    return high >> count;
  }
  const within = count - 64;
  const kept: u64 = within == 0 ? high : within < 64 ? high >> within : 0;
  const lost = within == 0 ? 0 : within < 64 ? high << (64 - within) : high;
  store<u64>(LOW, kept | u64((lost | low) != 0));
  return 0;
}

/** Product of 64 by 64 bits. */
export function multiplyWide(a: u64, b: u64): u64 {
  store<u64>(LOW, a * b);
  return multiplyHighUnsigned(a, b);
}

/** One digit of 32 bits of a quotient: rest:digit / by, where rest < by and `by` has its highest bit set. */
function divideDigit(rest: u64, digit: u64, by: u64): u64 {
  const upper = by >> 32;
  let quotient = rest / upper;
  let over = rest - quotient * upper;
  while (quotient >> 32 != 0 || quotient * (by & 0xffffffff) > ((over << 32) | digit)) {
    quotient--;
    over += upper;
    if (over >> 32 != 0) break;
  }
  return quotient;
}

/** high:low / by; high < by, and `by` has its highest bit set. The remainder is left as the second half. */
export function divideWide(high: u64, low: u64, by: u64): u64 {
  const first = divideDigit(high, low >> 32, by);
  const rest = ((high << 32) | (low >> 32)) - first * by;
  const second = divideDigit(rest, low & 0xffffffff, by);
  store<u64>(LOW, ((rest << 32) | (low & 0xffffffff)) - second * by);
  return (first << 32) + second;
}

/** high:low divided by a small number (below 2^32), the rest dropped. */
export function divideSmall(high: u64, low: u64, by: u64): u64 {
  const upper = ((high % by) << 32) | (low >> 32);
  const lower = ((upper % by) << 32) | (low & 0xffffffff);
  store<u64>(LOW, ((upper / by) << 32) + lower / by);
  return high / by;
}

/** Whether root * root > high:low. */
function isAbove(root: u64, high: u64, low: u64): bool {
  const square = multiplyWide(root, root);
  return square > high || (square == high && lowOf() > low);
}

/**
 * Square root of high:low, whose highest two bits are not both zero, rounded down. The second half is then how far it is off:
 * 0 exact, 1 less than a half, all ones more (a half it never is).
 */
export function rootWide(high: u64, low: u64): u64 {
  const guess = sqrt<f64>(<f64>high) * 4294967296.0;
  let root: u64 = guess >= 18446744073709551615.0 ? u64.MAX_VALUE : <u64>guess;
  if (root <= high) root = high == u64.MAX_VALUE ? high : high + 1;
  if (root > high) {
    const quotient = divideWide(high, low, root);
    root = (root >> 1) + (quotient >> 1) + (root & quotient & 1);
  }
  while (isAbove(root, high, low)) root--;
  while (root != u64.MAX_VALUE && !isAbove(root + 1, high, low)) root++;
  const square = multiplyWide(root, root);
  const rest = low - lowOf();
  const isLong = high - square - u64(low < lowOf()) != 0;
  store<u64>(LOW, isLong || rest > root ? u64.MAX_VALUE : u64(rest != 0));
  return root;
}
