// Comparison, minimum and maximum by SSE's rules (SDM, volume 2, CMPSD, COMISD, MINSD).

import { isSmaller } from "./arithmetic.ts";
import { denormalFlag, unpack } from "./binary.ts";
import { CONTROL_DAZ, IE, raiseFlags } from "./exceptions.ts";
import {
  A,
  B,
  CLASS_INFINITE,
  CLASS_SIGNALLING,
  CLASS_ZERO,
  classOf,
  isNan,
  signOf,
} from "./number.ts";
import { FORMAT_SINGLE } from "./round.ts";

/** a < b. */
export const LESS: u32 = 0;
/** a = b. */
export const EQUAL: u32 = 1;
/** a > b. */
export const GREATER: u32 = 2;
/** One of them is a NaN. */
export const UNORDERED: u32 = 3;

/** Compares the magnitudes of A and B. */
function compareMagnitudes(): u32 {
  const a = classOf(A);
  const b = classOf(B);
  if (a != b) return a < b ? LESS : GREATER;
  if (a == CLASS_ZERO || a == CLASS_INFINITE) return EQUAL;
  if (isSmaller(A, B)) return LESS;
  return isSmaller(B, A) ? GREATER : EQUAL;
}

/** How A is to B; neither is a NaN. */
export function compareNumbers(): u32 {
  if (classOf(A) == CLASS_ZERO && classOf(B) == CLASS_ZERO) return EQUAL;
  if (signOf(A) != signOf(B)) return signOf(A) != 0 ? LESS : GREATER;
  const order = compareMagnitudes();
  return signOf(A) != 0 ? GREATER - order : order;
}

/** How a is to b. Signalling NaNs are invalid, and with `signals` quiet ones too. */
export function compare(format: u32, a: u64, b: u64, control: u32, signals: bool): u32 {
  unpack(A, format, a, control & CONTROL_DAZ);
  unpack(B, format, b, control & CONTROL_DAZ);
  if (isNan(A) || isNan(B)) {
    const isInvalid = signals || classOf(A) == CLASS_SIGNALLING || classOf(B) == CLASS_SIGNALLING;
    if (isInvalid) raiseFlags(IE);
    return UNORDERED;
  }
  raiseFlags(denormalFlag());
  return compareNumbers();
}

/** What a value is under DAZ, if it is a denormal: zero of its sign. */
function flushed(format: u32, number: usize, bits: u64): u64 {
  if (classOf(number) != CLASS_ZERO) return bits;
  return (<u64>signOf(number)) << (format == FORMAT_SINGLE ? 31 : 63);
}

/** The one of a and b that is in `order` (LESS: minimum, GREATER: maximum) to the other; b where neither is, and of NaNs. */
export function choose(format: u32, a: u64, b: u64, control: u32, order: u32): u64 {
  const relation = compare(format, a, b, control, true);
  return relation == order ? flushed(format, A, a) : flushed(format, B, b);
}
