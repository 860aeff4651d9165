// Pairs of instructions in one record: CMP, TEST or DEC, and the conditional jump that follows. They leave the flags as the first
// would, and return whether the jump is taken; a jump on the negated condition has its two targets exchanged.

import { flagsOfLogic, flagsOfSub } from "../flags.ts";
import { S_RESULT } from "../interpreter-state.ts";
import { dec } from "./arithmetic.ts";
import { destination, source } from "./operands.ts";

export function cmpBelow<T extends number>(s: u32, record: u32): bool {
  const a = destination<T>(record);
  const b = source<T>(record);
  flagsOfSub<T>(s, a, b, <T>(a - b));
  return a < b;
}

export function cmpEqual<T extends number>(s: u32, record: u32): bool {
  const a = destination<T>(record);
  const b = source<T>(record);
  flagsOfSub<T>(s, a, b, <T>(a - b));
  return a === b;
}

export function cmpBelowOrEqual<T extends number>(s: u32, record: u32): bool {
  const a = destination<T>(record);
  const b = source<T>(record);
  flagsOfSub<T>(s, a, b, <T>(a - b));
  return a <= b;
}

export function cmpNegative<T extends number>(s: u32, record: u32): bool {
  const a = destination<T>(record);
  const b = source<T>(record);
  flagsOfSub<T>(s, a, b, <T>(a - b));
  return load<i64>(s, S_RESULT) < 0;
}

/** `I` is the signed type of T's width. */
export function cmpLess<T extends number, I extends number>(s: u32, record: u32): bool {
  const a = destination<T>(record);
  const b = source<T>(record);
  flagsOfSub<T>(s, a, b, <T>(a - b));
  return destination<I>(record) < source<I>(record);
}

/** `I` is the signed type of T's width. */
export function cmpLessOrEqual<T extends number, I extends number>(s: u32, record: u32): bool {
  const a = destination<T>(record);
  const b = source<T>(record);
  flagsOfSub<T>(s, a, b, <T>(a - b));
  return destination<I>(record) <= source<I>(record);
}

export function testZero<T extends number>(s: u32, record: u32): bool {
  const r = <T>(destination<T>(record) & source<T>(record));
  flagsOfLogic<T>(s, r);
  return r === <T>0;
}

export function testNegative<T extends number>(s: u32, record: u32): bool {
  const r = <T>(destination<T>(record) & source<T>(record));
  flagsOfLogic<T>(s, r);
  return load<i64>(s, S_RESULT) < 0;
}

export function testNegativeOrZero<T extends number>(s: u32, record: u32): bool {
  const r = <T>(destination<T>(record) & source<T>(record));
  flagsOfLogic<T>(s, r);
  return load<i64>(s, S_RESULT) <= 0;
}

export function decZero<T extends number>(s: u32, record: u32): bool {
  dec<T>(s, record);
  return load<i64>(s, S_RESULT) === 0;
}
