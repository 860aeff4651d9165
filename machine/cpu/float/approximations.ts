// RCPSS and RSQRTSS: the architecture only bounds the error (1.5 * 2^-12, SDM, volume 2); vendors differ. MXCSR plays no part, and there
// are no exceptions.

import { indefinite, isNanBits, quieted } from "./binary.ts";
import { FORMAT_SINGLE } from "./round.ts";

const SIGN: u32 = 0x80000000;
const EXPONENT: u32 = 0x7f800000;
/** The bits that are left of an approximation: 12 of the significand. */
const KEPT: u32 = 0xfffff800;

/** The least normal binary32; results below it are zeros. */
const LEAST: f64 = 1.1754943508222875e-38;

function approximation(value: f64): u32 {
  const bits = reinterpret<u32>(<f32>value);
  if (abs<f64>(value) < LEAST) return bits & SIGN;
  return (bits + (~KEPT >> 1) + 1) & KEPT;
}

/** RCPSS. Denormals count as zeros. */
export function reciprocal32(a: u32): u32 {
  if (isNanBits(FORMAT_SINGLE, a)) return <u32>quieted(FORMAT_SINGLE, a);
  if ((a & EXPONENT) == 0) return (a & SIGN) | EXPONENT;
  return approximation(1 / <f64>reinterpret<f32>(a));
}

/** RSQRTSS. */
export function reciprocalRoot32(a: u32): u32 {
  if (isNanBits(FORMAT_SINGLE, a)) return <u32>quieted(FORMAT_SINGLE, a);
  if ((a & EXPONENT) == 0) return (a & SIGN) | EXPONENT;
  if ((a & SIGN) != 0) return <u32>indefinite(FORMAT_SINGLE);
  return approximation(1 / sqrt<f64>(<f64>reinterpret<f32>(a)));
}
