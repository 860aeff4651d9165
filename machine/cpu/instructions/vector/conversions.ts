// Conversions of SSE between floating point and integers, and between the two precisions.

import {
  doubleToInteger,
  doubleToSingle,
  integerToDouble,
  integerToSingle,
  singleToDouble,
  singleToInteger,
} from "../../float/conversions.ts";
import { ROUND_ZERO, roundingOf } from "../../float/exceptions.ts";
import { S_VECTOR_RESULT } from "../../interpreter-state.ts";
import * as op from "../../operations.gen.ts";
import { LANES_DOUBLE, R_DST, R_EXTRA, R_SRC } from "../../records.ts";
import { setDestinationOf, widthOf } from "../sized.ts";
import { controlOf, finish, settle } from "./float.ts";

/** Bytes of a vector. */
const SIZE: u32 = 16;
/** Width of 64 bits. */
const QUAD: u32 = 3;

/** CVTPS2PD and CVTPD2PS (whose high half is zero); one lane only leaves the rest of the destination alone. */
export function changePrecision(s: u32, record: u32, operation: u32): void {
  const result = s + S_VECTOR_RESULT;
  const src = load<u32>(record, R_SRC);
  const control = controlOf(s);
  if (operation === op.CVTSS2SD || operation === op.CVTSD2SS)
    memory.copy(result, load<u32>(record, R_DST), SIZE);
  else store<u64>(result, 0, 8);
  if (operation === op.CVTSS2SD) store<u64>(result, singleToDouble(load<u32>(src), control));
  else if (operation === op.CVTSD2SS) store<u32>(result, doubleToSingle(load<u64>(src), control));
  else if (operation === op.CVTPS2PD) {
    const high = load<u32>(src, 4);
    store<u64>(result, singleToDouble(load<u32>(src), control));
    store<u64>(result, singleToDouble(high, control), 8);
  } else {
    store<u32>(result, doubleToSingle(load<u64>(src), control));
    store<u32>(result, doubleToSingle(load<u64>(src, 8), control), 4);
  }
  finish(s, record);
}

/** CVTDQ2PS, and CVTPI2PS with two lanes, which leaves the high half alone. */
export function integersToSingles(s: u32, record: u32, lanes: u32): void {
  const result = s + S_VECTOR_RESULT;
  const src = load<u32>(record, R_SRC);
  const control = controlOf(s);
  memory.copy(result, load<u32>(record, R_DST), SIZE);
  for (let i: u32 = 0; i < lanes; i++)
    store<u32>(result + i * 4, integerToSingle(load<i32>(src + i * 4), control));
  finish(s, record);
}

/** CVTDQ2PD and CVTPI2PD, which are exact. */
export function integersToDoubles(s: u32, record: u32): void {
  const src = load<u32>(record, R_SRC);
  const control = controlOf(s);
  const high = load<i32>(src, 4);
  const to = load<u32>(record, R_DST);
  store<u64>(to, integerToDouble(load<i32>(src), control));
  store<u64>(to, integerToDouble(high, control), 8);
}

/** CVTPS2DQ and CVTTPS2DQ; with two lanes CVTPS2PI and CVTTPS2PI, in a temporary. */
export function singlesToIntegers(s: u32, record: u32, lanes: u32, truncates: bool): void {
  const result = s + S_VECTOR_RESULT;
  const src = load<u32>(record, R_SRC);
  const control = controlOf(s);
  const mode = truncates ? ROUND_ZERO : roundingOf(control);
  for (let i: u32 = 0; i < lanes; i++)
    store<i32>(result + i * 4, <i32>singleToInteger(load<u32>(src + i * 4), 32, control, mode));
  finish(s, record);
}

/** CVTPD2DQ and CVTTPD2DQ, whose high half is zero; CVTPD2PI and CVTTPD2PI, in a temporary. */
export function doublesToIntegers(s: u32, record: u32, truncates: bool): void {
  const result = s + S_VECTOR_RESULT;
  const src = load<u32>(record, R_SRC);
  const control = controlOf(s);
  const mode = truncates ? ROUND_ZERO : roundingOf(control);
  store<i32>(result, <i32>doubleToInteger(load<u64>(src), 32, control, mode));
  store<i32>(result, <i32>doubleToInteger(load<u64>(src, 8), 32, control, mode), 4);
  store<u64>(result, 0, 8);
  finish(s, record);
}

/** CVTSI2SS and CVTSI2SD: R_WIDTH is the integer's. */
export function integerToScalar(s: u32, record: u32): void {
  const result = s + S_VECTOR_RESULT;
  const src = load<u32>(record, R_SRC);
  const value = widthOf(record) === QUAD ? load<i64>(src) : <i64>load<i32>(src);
  const control = controlOf(s);
  memory.copy(result, load<u32>(record, R_DST), SIZE);
  if (load<u8>(record, R_EXTRA) & LANES_DOUBLE) store<u64>(result, integerToDouble(value, control));
  else store<u32>(result, integerToSingle(value, control));
  finish(s, record);
}

/** CVTSS2SI, CVTSD2SI and their truncating twins: R_WIDTH is the integer's. */
export function scalarToInteger(s: u32, record: u32, truncates: bool): void {
  const src = load<u32>(record, R_SRC);
  const control = controlOf(s);
  const mode = truncates ? ROUND_ZERO : roundingOf(control);
  const bits: u32 = widthOf(record) === QUAD ? 64 : 32;
  const value =
    load<u8>(record, R_EXTRA) & LANES_DOUBLE
      ? doubleToInteger(load<u64>(src), bits, control, mode)
      : singleToInteger(load<u32>(src), bits, control, mode);
  if (settle(s)) setDestinationOf(record, <u64>value);
}
