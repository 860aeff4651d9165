// Scalar arithmetic in the inner loop: WebAssembly's own result, where MXCSR is as programs leave it (to nearest, inexactness noted and
// masked, no denormals as zeros), and nothing is special about operands and result. U holds the bits of an F. Each function returns
// false, having changed nothing, where that is not so; float.ts then does all of it.

import * as double from "../../float/double.ts";
import { CONTROL_INEXACT, CONTROL_SPECIAL } from "../../float/exceptions.ts";
import * as single from "../../float/single.ts";
import { FX_MXCSR, S_FX } from "../../interface.ts";
import { R_DST, R_SRC } from "../../records.ts";

function isUsual(s: u32): bool {
  return (load<u32>(s, S_FX + FX_MXCSR) & (CONTROL_SPECIAL | CONTROL_INEXACT)) === CONTROL_INEXACT;
}

function isOrdinary<U extends number>(bits: U): bool {
  if (sizeof<U>() === 8) return double.isOrdinary(<u64>bits);
  return single.isOrdinary(<u32>bits);
}

function isPlain<U extends number>(bits: U): bool {
  if (sizeof<U>() === 8) return double.isPlain(<u64>bits);
  return single.isPlain(<u32>bits);
}

/** Takes a sum or difference: one of zero is exact. */
function putSum<U extends number>(to: u32, result: U): bool {
  if (!isPlain<U>(result)) return false;
  store<U>(to, result);
  return true;
}

/** Takes a product or quotient: one of zero may have been too small. */
function putProduct<U extends number>(to: u32, result: U): bool {
  if (!isOrdinary<U>(result)) return false;
  store<U>(to, result);
  return true;
}

export function add<U extends number, F extends number>(s: u32, record: u32): bool {
  const to = load<u32>(record, R_DST);
  const a = load<U>(to);
  const b = load<U>(load<u32>(record, R_SRC));
  if (!isUsual(s) || !isPlain<U>(a) || !isPlain<U>(b)) return false;
  return putSum<U>(to, reinterpret<U>(<F>(reinterpret<F>(a) + reinterpret<F>(b))));
}

export function sub<U extends number, F extends number>(s: u32, record: u32): bool {
  const to = load<u32>(record, R_DST);
  const a = load<U>(to);
  const b = load<U>(load<u32>(record, R_SRC));
  if (!isUsual(s) || !isPlain<U>(a) || !isPlain<U>(b)) return false;
  return putSum<U>(to, reinterpret<U>(<F>(reinterpret<F>(a) - reinterpret<F>(b))));
}

export function mul<U extends number, F extends number>(s: u32, record: u32): bool {
  const to = load<u32>(record, R_DST);
  const a = load<U>(to);
  const b = load<U>(load<u32>(record, R_SRC));
  if (!isUsual(s) || !isOrdinary<U>(a) || !isOrdinary<U>(b)) return false;
  return putProduct<U>(to, reinterpret<U>(<F>(reinterpret<F>(a) * reinterpret<F>(b))));
}

export function div<U extends number, F extends number>(s: u32, record: u32): bool {
  const to = load<u32>(record, R_DST);
  const a = load<U>(to);
  const b = load<U>(load<u32>(record, R_SRC));
  if (!isUsual(s) || !isOrdinary<U>(a) || !isOrdinary<U>(b)) return false;
  return putProduct<U>(to, reinterpret<U>(<F>(reinterpret<F>(a) / reinterpret<F>(b))));
}
