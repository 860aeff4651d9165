// binary32 and binary64: taking apart, putting together, and SSE's arithmetic on them in its general form. A value of either format is a
// u64 here, a binary32 in its low half.

import { compute } from "./arithmetic.ts";
import { CONTROL_DAZ, DE, IE, raiseFlags, ZE } from "./exceptions.ts";
import {
  A,
  B,
  CLASS_FINITE,
  CLASS_QUIET,
  CLASS_SIGNALLING,
  CLASS_ZERO,
  classOf,
  exponentOf,
  highOf,
  INTEGER_BIT,
  isNan,
  N_DENORMAL,
  QUIET_BIT,
  R,
  setFinite,
  setInfinite,
  setSpecial,
  setZero,
  signOf,
} from "./number.ts";
import { FORMAT_SINGLE, maxExponentOf, precisionOf, roundResult } from "./round.ts";

/** Bits of the fraction. */
function fractionBits(format: u32): u32 {
  return precisionOf(format) - 1;
}

/** The exponent field of infinities and NaNs. */
function topExponent(format: u32): u32 {
  return <u32>(2 * maxExponentOf(format) + 1);
}

/** The bit that makes a NaN quiet. */
function quietBit(format: u32): u64 {
  return (<u64>1) << (fractionBits(format) - 1);
}

/** "Real indefinite": what an invalid operation gives. */
export function indefinite(format: u32): u64 {
  return format == FORMAT_SINGLE ? 0xffc00000 : 0xfff8000000000000;
}

export function isNanBits(format: u32, bits: u64): bool {
  const magnitude = format == FORMAT_SINGLE ? bits & 0x7fffffff : bits & 0x7fffffffffffffff;
  return magnitude > (<u64>topExponent(format)) << fractionBits(format);
}

/** Whether a value, known as a NaN, signals. */
function isSignalling(format: u32, bits: u64): bool {
  return (bits & quietBit(format)) == 0;
}

/** A NaN as an operation returns it: quiet. */
export function quieted(format: u32, bits: u64): u64 {
  return bits | quietBit(format);
}

/** Takes a value apart. `daz` (CONTROL_DAZ or 0): denormals are zeros. */
export function unpack(number: usize, format: u32, bits: u64, daz: u32): void {
  const width = fractionBits(format);
  const top = topExponent(format);
  const field = <u32>(bits >> width) & top;
  const sign = <u32>(bits >> (format == FORMAT_SINGLE ? 31 : 63)) & 1;
  const fraction = bits << (64 - width);
  if (field == top) {
    if (fraction == 0) return setInfinite(number, sign);
    const kind = (fraction & INTEGER_BIT) != 0 ? CLASS_QUIET : CLASS_SIGNALLING;
    return setSpecial(number, kind, sign, INTEGER_BIT | (fraction >> 1));
  }
  const most = maxExponentOf(format);
  if (field != 0) {
    setFinite(number, sign, <i32>field - most, INTEGER_BIT | (fraction >> 1), 0);
  } else if (fraction == 0 || daz != 0) setZero(number, sign);
  else {
    setFinite(number, sign, -most, fraction, 0);
    store<u32>(number, 1, N_DENORMAL);
  }
}

/** The result R, rounded to the format, as its bits. */
export function pack(format: u32): u64 {
  const width = fractionBits(format);
  const kind = classOf(R);
  const high = highOf(R);
  let field: u32 = 0;
  if (kind == CLASS_FINITE) {
    if (high >> 63 != 0) field = <u32>(exponentOf(R) + maxExponentOf(format));
  } else if (kind != CLASS_ZERO) field = topExponent(format);
  const sign = (<u64>signOf(R)) << (format == FORMAT_SINGLE ? 31 : 63);
  return sign | ((<u64>field) << width) | ((high << 1) >> (64 - width));
}

/** DE if an operand is a denormal. */
export function denormalFlag(): u32 {
  return (load<u32>(A, N_DENORMAL) | load<u32>(B, N_DENORMAL)) != 0 ? DE : 0;
}

/** The NaN of an operation on two values of which one is a NaN, by SSE's rule: the first that is one (SDM, volume 1, table 4-7). */
export function chooseNan(format: u32, a: u64, b: u64): u64 {
  const isA = isNanBits(format, a);
  if ((isA && isSignalling(format, a)) || (isNanBits(format, b) && isSignalling(format, b)))
    raiseFlags(IE);
  return quieted(format, isA ? a : b);
}

/** An operation of arithmetic by SSE's rules; exceptions are noted (`takeFlags`). */
export function operate(operation: u32, format: u32, a: u64, b: u64, control: u32): u64 {
  unpack(A, format, a, control & CONTROL_DAZ);
  unpack(B, format, b, control & CONTROL_DAZ);
  if (isNan(A) || isNan(B)) return chooseNan(format, a, b);
  const early = compute(operation, control);
  if (early == IE) {
    raiseFlags(IE);
    return indefinite(format);
  }
  raiseFlags(early | (early == ZE ? 0 : denormalFlag()) | roundResult(format, control));
  return pack(format);
}

/** Converts between binary32 and binary64. */
export function convert(from: u32, to: u32, bits: u64, control: u32): u64 {
  unpack(R, from, bits, control & CONTROL_DAZ);
  if (isNan(R)) {
    if (classOf(R) == CLASS_SIGNALLING) raiseFlags(IE);
    setSpecial(R, CLASS_QUIET, signOf(R), highOf(R) | QUIET_BIT);
    return pack(to);
  }
  const denormal = load<u32>(R, N_DENORMAL) != 0 ? DE : 0;
  raiseFlags(denormal | roundResult(to, control));
  return pack(to);
}
