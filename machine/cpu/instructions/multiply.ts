// IMUL with two and three operands: CF and OF tell whether the product was cut.

import { extended, flagsOfShift } from "../flags.ts";
import { destination, setDestination, source } from "./operands.ts";

/** Upper half of a signed 64 by 64 bit product. */
export function multiplyHigh(a: i64, b: i64): i64 {
  const high = <i64>multiplyHighUnsigned(<u64>a, <u64>b);
  return high - ((a >> 63) & b) - ((b >> 63) & a);
}

/** Upper half of an unsigned 64 by 64 bit product. */
export function multiplyHighUnsigned(a: u64, b: u64): u64 {
  const a0 = a & 0xffffffff;
  const a1 = a >> 32;
  const b0 = b & 0xffffffff;
  const b1 = b >> 32;
  const middle = a1 * b0 + ((a0 * b0) >> 32);
  const middle2 = a0 * b1 + (middle & 0xffffffff);
  return a1 * b1 + (middle >> 32) + (middle2 >> 32);
}

export function imul<T extends number>(s: u32, record: u32): void {
  const a = extended<T>(destination<T>(record));
  const b = extended<T>(source<T>(record));
  const r = a * b;
  const cut = sizeof<T>() === 8 ? multiplyHigh(a, b) !== r >> 63 : extended<T>(<T>r) !== r;
  setDestination<T>(record, <T>r);
  flagsOfShift<T>(s, <T>r, u64(cut), u64(cut));
}

export function imulQuiet<T extends number>(record: u32): void {
  setDestination<T>(record, <T>(destination<T>(record) * source<T>(record)));
}
