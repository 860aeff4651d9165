// SSE's conversions, with WebAssembly's own where they tell enough. `control` is MXCSR; exceptions are noted (`takeFlags`).

import { convert } from "./binary.ts";
import {
  CONTROL_DAZ,
  CONTROL_FTZ,
  PE,
  ROUND_NEAREST,
  ROUND_ZERO,
  ROUNDING_SHIFT,
  raiseFlags,
} from "./exceptions.ts";
import { fromInteger, toInteger } from "./integers.ts";
import { FORMAT_DOUBLE, FORMAT_SINGLE } from "./round.ts";

/** Bits of MXCSR that rule the native way out. */
const SPECIAL: u32 = CONTROL_DAZ | CONTROL_FTZ | (ROUND_ZERO << ROUNDING_SHIFT);
/** Magnitudes below these fit integers of 32 and 64 bits. */
const LIMIT_32: f64 = 2147483648;
const LIMIT_64: f64 = 9223372036854775808;
/** Normal binary32 that are not at an end of the range. */
const LEAST_SINGLE: f64 = 2e-38;
const MOST_SINGLE: f64 = 1e38;

/** A double as a signed integer of 32 or 64 bits, sign-extended, rounded by `mode` (CVTTSD2SI: ROUND_ZERO). */
function integerOf(value: f64, width: u32, mode: u32): i64 {
  const rounded = mode == ROUND_NEAREST ? nearest<f64>(value) : trunc<f64>(value);
  if (rounded != value) raiseFlags(PE);
  return width == 32 ? <i64>(<i32>rounded) : <i64>rounded;
}

/** Whether `integerOf` can answer. */
function isIntegral(value: f64, width: u32, mode: u32, control: u32): bool {
  if (mode != ROUND_NEAREST && mode != ROUND_ZERO) return false;
  const size = abs<f64>(value);
  return size < (width == 32 ? LIMIT_32 - 1 : LIMIT_64) && (control & CONTROL_DAZ) == 0;
}

/** CVTSD2SI and CVTTSD2SI; `width` 32 or 64, `mode` the rounding mode. */
export function doubleToInteger(a: u64, width: u32, control: u32, mode: u32): i64 {
  const value = reinterpret<f64>(a);
  if (isIntegral(value, width, mode, control)) return integerOf(value, width, mode);
  return toInteger(FORMAT_DOUBLE, a, width, control, mode);
}

/** CVTSS2SI and CVTTSS2SI, CVTPS2DQ and CVTTPS2DQ. */
export function singleToInteger(a: u32, width: u32, control: u32, mode: u32): i64 {
  const value = <f64>reinterpret<f32>(a);
  if (isIntegral(value, width, mode, control)) return integerOf(value, width, mode);
  return toInteger(FORMAT_SINGLE, a, width, control, mode);
}

/** CVTSI2SD, CVTDQ2PD. */
export function integerToDouble(value: i64, control: u32): u64 {
  if (<i64>(<i32>value) == value) return reinterpret<u64>(<f64>value);
  return fromInteger(FORMAT_DOUBLE, value, control);
}

/** CVTSI2SS, CVTDQ2PS. */
export function integerToSingle(value: i64, control: u32): u32 {
  return <u32>fromInteger(FORMAT_SINGLE, value, control);
}

/** CVTSS2SD, CVTPS2PD. */
export function singleToDouble(a: u32, control: u32): u64 {
  const exponent = a & 0x7f800000;
  if (exponent != 0 && exponent != 0x7f800000) return reinterpret<u64>(<f64>reinterpret<f32>(a));
  return convert(FORMAT_SINGLE, FORMAT_DOUBLE, a, control);
}

/** CVTSD2SS, CVTPD2PS. */
export function doubleToSingle(a: u64, control: u32): u32 {
  const value = reinterpret<f64>(a);
  const size = abs<f64>(value);
  if ((control & SPECIAL) == 0 && size > LEAST_SINGLE && size < MOST_SINGLE) {
    const single = <f32>value;
    if (<f64>single != value) raiseFlags(PE);
    return reinterpret<u32>(single);
  }
  return <u32>convert(FORMAT_DOUBLE, FORMAT_SINGLE, a, control);
}
