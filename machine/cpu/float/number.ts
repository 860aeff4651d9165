// Numbers taken apart: what all arithmetic works on. Three of them are enough: two operands and a result.

/** CLASS_*, u32. */
export const N_CLASS: u32 = 0;
/** 1 if negative, u32. */
export const N_SIGN: u32 = 4;
/** Exponent: a finite number is N_HIGH / 2^63 * 2^exponent, i32. */
export const N_EXPONENT: u32 = 8;
/** 1 if it came from a denormal that counts (not under DAZ), u32. */
export const N_DENORMAL: u32 = 12;
/** Significand; its highest bit is set, but in a rounded denormal result. NaNs as the 80-bit format has them. u64. */
export const N_HIGH: u32 = 16;
/** What follows N_HIGH: more bits of an exact result, the lowest standing for all that are not zero behind it, u64. */
export const N_LOW: u32 = 24;
/** Size of a number. */
export const NUMBER_SIZE: i32 = 32;

/** First operand. */
export const A: usize = memory.data(NUMBER_SIZE, 8);
/** Second operand. */
export const B: usize = memory.data(NUMBER_SIZE, 8);
/** Result. */
export const R: usize = memory.data(NUMBER_SIZE, 8);

/** Zero. */
export const CLASS_ZERO: u32 = 0;
/** Finite, not zero. */
export const CLASS_FINITE: u32 = 1;
/** Infinite. */
export const CLASS_INFINITE: u32 = 2;
/** Quiet NaN. */
export const CLASS_QUIET: u32 = 3;
/** Signalling NaN. */
export const CLASS_SIGNALLING: u32 = 4;
/** An encoding of 80 bits that is no number since the 80387 (SDM, volume 1, 8.2.2). */
export const CLASS_UNSUPPORTED: u32 = 5;

/** The explicit integer bit. */
export const INTEGER_BIT: u64 = 0x8000000000000000;
/** The bit that makes a NaN a quiet one. */
export const QUIET_BIT: u64 = 0x4000000000000000;

export function classOf(number: usize): u32 {
  return load<u32>(number, N_CLASS);
}

export function signOf(number: usize): u32 {
  return load<u32>(number, N_SIGN);
}

export function exponentOf(number: usize): i32 {
  return load<i32>(number, N_EXPONENT);
}

export function highOf(number: usize): u64 {
  return load<u64>(number, N_HIGH);
}

/** Whether a class is one of the NaNs, or unsupported. */
export function isNan(number: usize): bool {
  return classOf(number) >= CLASS_QUIET;
}

/** Makes a number one without a significand to compute with: zero, infinity, or a NaN with its significand. */
export function setSpecial(number: usize, kind: u32, sign: u32, high: u64): void {
  store<u32>(number, kind, N_CLASS);
  store<u32>(number, sign, N_SIGN);
  store<i32>(number, 0, N_EXPONENT);
  store<u32>(number, 0, N_DENORMAL);
  store<u64>(number, high, N_HIGH);
  store<u64>(number, 0, N_LOW);
}

export function setZero(number: usize, sign: u32): void {
  setSpecial(number, CLASS_ZERO, sign, 0);
}

export function setInfinite(number: usize, sign: u32): void {
  setSpecial(number, CLASS_INFINITE, sign, INTEGER_BIT);
}

/** The NaN that invalid operations give: "real indefinite". */
export function setIndefinite(number: usize): void {
  setSpecial(number, CLASS_QUIET, 1, INTEGER_BIT | QUIET_BIT);
}

/** A finite number from a significand of 128 bits, not zero, whose highest bit is brought to its place. */
export function setFinite(number: usize, sign: u32, exponent: i32, high: u64, low: u64): void {
  if (high == 0) {
    high = low;
    low = 0;
    exponent -= 64;
  }
  const shift = <i32>clz(high);
  if (shift != 0) {
    high = (high << shift) | (low >> (64 - shift));
    low <<= shift;
  }
  store<u32>(number, CLASS_FINITE, N_CLASS);
  store<u32>(number, sign, N_SIGN);
  store<i32>(number, exponent - shift, N_EXPONENT);
  store<u32>(number, 0, N_DENORMAL);
  store<u64>(number, high, N_HIGH);
  store<u64>(number, low, N_LOW);
}

/** Copies a number. */
export function setNumber(to: usize, from: usize): void {
  memory.copy(to, from, NUMBER_SIZE);
}
