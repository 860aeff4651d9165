// Scalar arithmetic in the inner loop: WebAssembly's own result, where MXCSR is as programs leave it (to nearest, inexactness noted and
// masked, no denormals as zeros), and operands and result are zeros or ordinary numbers. Each function returns false, having changed
// nothing, where that is not so; float.ts then does all of it.

import {
  CONTROL_DAZ,
  CONTROL_FTZ,
  CONTROL_INEXACT,
  ROUND_ZERO,
  ROUNDING_SHIFT,
} from "../../float/exceptions.ts";
import { FX_MXCSR, S_FX } from "../../interface.ts";
import { R_DST, R_SRC } from "../../records.ts";

/** Bits of MXCSR that are looked at. */
const RULES: u32 = CONTROL_DAZ | CONTROL_FTZ | CONTROL_INEXACT | (ROUND_ZERO << ROUNDING_SHIFT);
/** Exponent fields from 2 up to this far beyond are ordinary: no product or quotient of two of them is taken for another. */
const ORDINARY_64: u32 = 0x7c0;
const ORDINARY_32: u32 = 0xf8;

function isUsual(s: u32): bool {
  return (load<u32>(s, S_FX + FX_MXCSR) & RULES) === CONTROL_INEXACT;
}

function isZero64(bits: u64): bool {
  return bits << 1 === 0;
}

function isZero32(bits: u32): bool {
  return bits << 1 === 0;
}

function isPlain64(bits: u64): bool {
  return (<u32>(bits >> 52) & 0x7ff) - 2 < ORDINARY_64 || isZero64(bits);
}

function isPlain32(bits: u32): bool {
  return ((bits >> 23) & 0xff) - 2 < ORDINARY_32 || isZero32(bits);
}

/** Takes a result. One of zero is exact where `isExactZero`; else it may be too small. */
function put64(to: u32, result: u64, isExactZero: bool): bool {
  if (!isPlain64(result) || (isZero64(result) && !isExactZero)) return false;
  store<u64>(to, result);
  return true;
}

function put32(to: u32, result: u32, isExactZero: bool): bool {
  if (!isPlain32(result) || (isZero32(result) && !isExactZero)) return false;
  store<u32>(to, result);
  return true;
}

export function add64(s: u32, record: u32): bool {
  const to = load<u32>(record, R_DST);
  const a = load<u64>(to);
  const b = load<u64>(load<u32>(record, R_SRC));
  if (!isUsual(s) || !isPlain64(a) || !isPlain64(b)) return false;
  return put64(to, reinterpret<u64>(reinterpret<f64>(a) + reinterpret<f64>(b)), true);
}

export function sub64(s: u32, record: u32): bool {
  const to = load<u32>(record, R_DST);
  const a = load<u64>(to);
  const b = load<u64>(load<u32>(record, R_SRC));
  if (!isUsual(s) || !isPlain64(a) || !isPlain64(b)) return false;
  return put64(to, reinterpret<u64>(reinterpret<f64>(a) - reinterpret<f64>(b)), true);
}

export function mul64(s: u32, record: u32): bool {
  const to = load<u32>(record, R_DST);
  const a = load<u64>(to);
  const b = load<u64>(load<u32>(record, R_SRC));
  if (!isUsual(s) || !isPlain64(a) || !isPlain64(b)) return false;
  const product = reinterpret<u64>(reinterpret<f64>(a) * reinterpret<f64>(b));
  return put64(to, product, isZero64(a) || isZero64(b));
}

export function div64(s: u32, record: u32): bool {
  const to = load<u32>(record, R_DST);
  const a = load<u64>(to);
  const b = load<u64>(load<u32>(record, R_SRC));
  if (!isUsual(s) || !isPlain64(a) || !isPlain64(b)) return false;
  return put64(to, reinterpret<u64>(reinterpret<f64>(a) / reinterpret<f64>(b)), isZero64(a));
}

export function add32(s: u32, record: u32): bool {
  const to = load<u32>(record, R_DST);
  const a = load<u32>(to);
  const b = load<u32>(load<u32>(record, R_SRC));
  if (!isUsual(s) || !isPlain32(a) || !isPlain32(b)) return false;
  return put32(to, reinterpret<u32>(reinterpret<f32>(a) + reinterpret<f32>(b)), true);
}

export function sub32(s: u32, record: u32): bool {
  const to = load<u32>(record, R_DST);
  const a = load<u32>(to);
  const b = load<u32>(load<u32>(record, R_SRC));
  if (!isUsual(s) || !isPlain32(a) || !isPlain32(b)) return false;
  return put32(to, reinterpret<u32>(reinterpret<f32>(a) - reinterpret<f32>(b)), true);
}

export function mul32(s: u32, record: u32): bool {
  const to = load<u32>(record, R_DST);
  const a = load<u32>(to);
  const b = load<u32>(load<u32>(record, R_SRC));
  if (!isUsual(s) || !isPlain32(a) || !isPlain32(b)) return false;
  const product = reinterpret<u32>(reinterpret<f32>(a) * reinterpret<f32>(b));
  return put32(to, product, isZero32(a) || isZero32(b));
}

export function div32(s: u32, record: u32): bool {
  const to = load<u32>(record, R_DST);
  const a = load<u32>(to);
  const b = load<u32>(load<u32>(record, R_SRC));
  if (!isUsual(s) || !isPlain32(a) || !isPlain32(b)) return false;
  return put32(to, reinterpret<u32>(reinterpret<f32>(a) / reinterpret<f32>(b)), isZero32(a));
}
