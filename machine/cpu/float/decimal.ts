// Packed decimal integers of 18 digits: 9 bytes of digits and one of the sign (FBLD, FBSTP).

import { IE, takeFlags } from "./exceptions.ts";
import { resultToInteger, setInteger } from "./integers.ts";
import { N_SIGN, R, signOf } from "./number.ts";
import { setNotRoundedUp } from "./round.ts";

/** The magnitude that has one digit too many. */
const LIMIT: u64 = 1000000000000000000;

/** Low and high part of "packed decimal indefinite". */
const INDEFINITE_LOW: u64 = 0xc000000000000000;
const INDEFINITE_HIGH: u32 = 0xffff;

/** Makes R of 80 bits of packed decimal; digits above 9 count what they would. */
export function setDecimal(low: u64, high: u32): void {
  let value: i64 = 0;
  for (let i: i32 = 4; i >= 0; i -= 4) value = value * 10 + <i64>((high >> i) & 15);
  for (let i: i32 = 60; i >= 0; i -= 4) value = value * 10 + <i64>((low >> i) & 15);
  setInteger(value);
  store<u32>(R, (high >> 15) & 1, N_SIGN);
}

/** The upper 16 bits of the last decimal, u32. */
const UPPER: usize = memory.data(4, 4);

/** Upper 16 bits of the last `resultToDecimal`. */
export function decimalUpper(): u32 {
  return load<u32>(UPPER);
}

/** Exceptions of the last `resultToDecimal`, u32. */
const RAISED: usize = memory.data(4, 4);

/** Exceptions of the last `resultToDecimal`. */
export function decimalFlags(): u32 {
  return load<u32>(RAISED);
}

/** R, rounded to a whole number, as packed decimal: its lower 64 bits. */
export function resultToDecimal(mode: u32): u64 {
  const sign = signOf(R);
  const value = resultToInteger(64, mode);
  const flags = takeFlags();
  const size = value < 0 ? 0 - <u64>value : <u64>value;
  if ((flags & IE) != 0 || size >= LIMIT) {
    setNotRoundedUp();
    store<u32>(RAISED, IE);
    store<u32>(UPPER, INDEFINITE_HIGH);
    return INDEFINITE_LOW;
  }
  let rest = size;
  let low: u64 = 0;
  for (let i: u64 = 0; i < 64; i += 4) {
    low |= (rest % 10) << i;
    rest /= 10;
  }
  const pair = <u32>(rest % 10) | ((<u32>(rest / 10)) << 4);
  store<u32>(UPPER, pair | (sign << 15));
  store<u32>(RAISED, flags);
  return low;
}
