// Arithmetic of SSE on floating point: lane by lane into a temporary, then the exceptions of all lanes, then the result (Intel SDM
// volume 1, chapter 11.5; AMD64 APM volume 1, section 4.10). R_EXTRA is the kind of the lanes (LANES_*).

import { CR4_OSXMMEXCPT, VECTOR_XF } from "../../../../abi/x86/registers.ts";
import { setArithmeticFlags } from "../../flags.ts";
import { reciprocal32, reciprocalRoot32 } from "../../float/approximations.ts";
import * as double from "../../float/double.ts";
import { reported, roundingOf, takeFlags, unmasked } from "../../float/exceptions.ts";
import { toIntegral } from "../../float/integers.ts";
import { EQUAL, GREATER, LESS, UNORDERED } from "../../float/order.ts";
import { FORMAT_DOUBLE, FORMAT_SINGLE } from "../../float/round.ts";
import * as single from "../../float/single.ts";
import { FX_MXCSR, S_CR4, S_FX } from "../../interface.ts";
import { S_VECTOR_RESULT } from "../../interpreter-state.ts";
import * as op from "../../operations.gen.ts";
import { LANES_DOUBLE, LANES_SCALAR, R_DST, R_EXTRA, R_IMM, R_SRC } from "../../records.ts";
import { NO_ERROR, raiseException, raiseUd } from "../../system/fault.ts";

/** Bytes of a vector. */
const SIZE: u32 = 16;
/** CF, PF and ZF, as COMISS sets them. */
const CF: u32 = 0x1;
const PF: u32 = 0x4;
const ZF: u32 = 0x40;

/** MXCSR. */
export function controlOf(s: u32): u32 {
  return load<u32>(s, S_FX + FX_MXCSR);
}

/** Takes note of the exceptions since the last call; sets #XF (#UD without CR4.OSXMMEXCPT) and returns false where one is unmasked. */
export function settle(s: u32): bool {
  const flags = takeFlags();
  if (flags === 0) return true;
  const control = controlOf(s);
  const seen = reported(control, flags);
  store<u32>(s, control | seen, S_FX + FX_MXCSR);
  if (!unmasked(control, seen)) return true;
  if (load<u32>(s, S_CR4) & CR4_OSXMMEXCPT) raiseException(s, VECTOR_XF, NO_ERROR);
  else raiseUd(s);
  return false;
}

/** Address of the temporary for the result, which holds the destination. */
function begin(s: u32, record: u32): u32 {
  const result = s + S_VECTOR_RESULT;
  memory.copy(result, load<u32>(record, R_DST), SIZE);
  return result;
}

/** Gives the destination its result unless there is a fault. */
export function finish(s: u32, record: u32): void {
  if (settle(s)) memory.copy(load<u32>(record, R_DST), s + S_VECTOR_RESULT, SIZE);
}

function lanesOf(record: u32): u32 {
  const kind = <u32>load<u8>(record, R_EXTRA);
  if (kind & LANES_SCALAR) return 1;
  return kind & LANES_DOUBLE ? 2 : 4;
}

function isDouble(record: u32): bool {
  return (load<u8>(record, R_EXTRA) & LANES_DOUBLE) !== 0;
}

function operate64(operation: u32, a: u64, b: u64, control: u32): u64 {
  if (operation === op.VADD) return double.add64(a, b, control);
  if (operation === op.VMUL) return double.mul64(a, b, control);
  if (operation === op.VSUB) return double.sub64(a, b, control);
  if (operation === op.VDIV) return double.div64(a, b, control);
  if (operation === op.VMIN) return double.min64(a, b, control);
  return operation === op.VMAX ? double.max64(a, b, control) : double.sqrt64(b, control);
}

function operate32(operation: u32, a: u32, b: u32, control: u32): u32 {
  if (operation === op.VADD) return single.add32(a, b, control);
  if (operation === op.VMUL) return single.mul32(a, b, control);
  if (operation === op.VSUB) return single.sub32(a, b, control);
  if (operation === op.VDIV) return single.div32(a, b, control);
  if (operation === op.VMIN) return single.min32(a, b, control);
  return operation === op.VMAX ? single.max32(a, b, control) : single.sqrt32(b, control);
}

/** ADD, SUB, MUL, DIV, MIN, MAX, and SQRT of the source. */
export function lanewise(s: u32, record: u32, operation: u32): void {
  const result = begin(s, record);
  const src = load<u32>(record, R_SRC);
  const control = controlOf(s);
  const lanes = lanesOf(record);
  for (let i: u32 = 0; i < lanes; i++)
    if (isDouble(record)) {
      const at = result + i * 8;
      store<u64>(at, operate64(operation, load<u64>(at), load<u64>(src + i * 8), control));
    } else {
      const at = result + i * 4;
      store<u32>(at, operate32(operation, load<u32>(at), load<u32>(src + i * 4), control));
    }
  finish(s, record);
}

/** ADDSS and its kin, where the inner loop leaves them. */
export function addScalar(s: u32, record: u32): void {
  lanewise(s, record, op.VADD);
}

export function subScalar(s: u32, record: u32): void {
  lanewise(s, record, op.VSUB);
}

export function mulScalar(s: u32, record: u32): void {
  lanewise(s, record, op.VMUL);
}

export function divScalar(s: u32, record: u32): void {
  lanewise(s, record, op.VDIV);
}

/** HADD, HSUB: each pair of the destination's lanes, then of the source's. */
export function horizontal(s: u32, record: u32, operation: u32): void {
  const dst = load<u32>(record, R_DST);
  const src = load<u32>(record, R_SRC);
  const result = s + S_VECTOR_RESULT;
  const control = controlOf(s);
  const inner = operation === op.VHADD ? op.VADD : op.VSUB;
  const lanes = lanesOf(record);
  for (let i: u32 = 0; i < lanes; i++) {
    const from = i < lanes / 2 ? dst : src;
    const pair = from + (i % (lanes / 2)) * 2 * (SIZE / lanes);
    if (isDouble(record))
      store<u64>(result + i * 8, operate64(inner, load<u64>(pair), load<u64>(pair, 8), control));
    else store<u32>(result + i * 4, operate32(inner, load<u32>(pair), load<u32>(pair, 4), control));
  }
  finish(s, record);
}

/** ADDSUB: even lanes are subtracted, odd ones added. */
export function alternate(s: u32, record: u32): void {
  const result = begin(s, record);
  const src = load<u32>(record, R_SRC);
  const control = controlOf(s);
  const lanes = lanesOf(record);
  for (let i: u32 = 0; i < lanes; i++) {
    const inner = i & 1 ? op.VADD : op.VSUB;
    if (isDouble(record)) {
      const at = result + i * 8;
      store<u64>(at, operate64(inner, load<u64>(at), load<u64>(src + i * 8), control));
    } else {
      const at = result + i * 4;
      store<u32>(at, operate32(inner, load<u32>(at), load<u32>(src + i * 4), control));
    }
  }
  finish(s, record);
}

/** RCP and RSQRT, which know no exceptions. */
export function approximate(record: u32, operation: u32): void {
  const to = load<u32>(record, R_DST);
  const src = load<u32>(record, R_SRC);
  const lanes = lanesOf(record);
  for (let i: u32 = 0; i < lanes; i++) {
    const value = load<u32>(src + i * 4);
    store<u32>(to + i * 4, operation === op.VRCP ? reciprocal32(value) : reciprocalRoot32(value));
  }
}

/** Whether an order is what a predicate of CMPPS asks for: EQ, LT, LE, UNORD; plus 4 for the opposite. */
function isOrder(order: u32, predicate: u32): bool {
  const base = predicate & 3;
  let holds = order === UNORDERED;
  if (base === 0) holds = order === EQUAL;
  else if (base === 1) holds = order === LESS;
  else if (base === 2) holds = order === LESS || order === EQUAL;
  return predicate & 4 ? !holds : holds;
}

/** CMP: all ones where the predicate holds. LT, LE and their opposites signal quiet NaNs as well. */
export function compareLanes(s: u32, record: u32): void {
  const result = begin(s, record);
  const src = load<u32>(record, R_SRC);
  const predicate = load<u32>(record, R_IMM) & 7;
  const signals = (predicate & 3) === 1 || (predicate & 3) === 2;
  const control = controlOf(s);
  const lanes = lanesOf(record);
  for (let i: u32 = 0; i < lanes; i++)
    if (isDouble(record)) {
      const at = result + i * 8;
      const order = double.compare64(load<u64>(at), load<u64>(src + i * 8), control, signals);
      store<i64>(at, isOrder(order, predicate) ? -1 : 0);
    } else {
      const at = result + i * 4;
      const order = single.compare32(load<u32>(at), load<u32>(src + i * 4), control, signals);
      store<i32>(at, isOrder(order, predicate) ? -1 : 0);
    }
  finish(s, record);
}

/** COMISS, COMISD, UCOMISS, UCOMISD: ZF, PF and CF tell the order, the other flags are cleared. */
export function compareScalars(s: u32, record: u32, operation: u32): void {
  const a = load<u32>(record, R_DST);
  const b = load<u32>(record, R_SRC);
  const control = controlOf(s);
  const signals = operation === op.VCOMI;
  const order = isDouble(record)
    ? double.compare64(load<u64>(a), load<u64>(b), control, signals)
    : single.compare32(load<u32>(a), load<u32>(b), control, signals);
  if (!settle(s)) return;
  let flags: u32 = 0;
  if (order === UNORDERED) flags = ZF | PF | CF;
  else if (order === LESS) flags = CF;
  else if (order !== GREATER) flags = ZF;
  setArithmeticFlags(s, flags);
}

/** ROUNDPS to ROUNDSD: the immediate's bits 1 and 0 are the mode unless bit 2 says MXCSR's; bit 3 keeps inexactness to itself. */
export function roundLanes(s: u32, record: u32): void {
  const result = begin(s, record);
  const src = load<u32>(record, R_SRC);
  const order = load<u32>(record, R_IMM);
  const control = controlOf(s);
  const mode = order & 4 ? roundingOf(control) : order & 3;
  const isQuiet = (order & 8) !== 0;
  const lanes = lanesOf(record);
  for (let i: u32 = 0; i < lanes; i++)
    if (isDouble(record)) {
      const value = toIntegral(FORMAT_DOUBLE, load<u64>(src + i * 8), control, mode, isQuiet);
      store<u64>(result + i * 8, value);
    } else {
      const value = toIntegral(FORMAT_SINGLE, load<u32>(src + i * 4), control, mode, isQuiet);
      store<u32>(result + i * 4, <u32>value);
    }
  finish(s, record);
}

/** The product of a lane of both operands, or zero where the immediate leaves it out. */
function product(record: u32, i: u32, control: u32): u32 {
  if (!((load<u32>(record, R_IMM) >> (4 + i)) & 1)) return 0;
  const a = load<u32>(load<u32>(record, R_DST) + i * 4);
  return single.mul32(a, load<u32>(load<u32>(record, R_SRC) + i * 4), control);
}

function product64(record: u32, i: u32, control: u32): u64 {
  if (!((load<u32>(record, R_IMM) >> (4 + i)) & 1)) return 0;
  const a = load<u64>(load<u32>(record, R_DST) + i * 8);
  return double.mul64(a, load<u64>(load<u32>(record, R_SRC) + i * 8), control);
}

/** DPPS and DPPD: the sum of the products that the immediate's high half names, in the lanes that its low half names. */
export function dotProduct(s: u32, record: u32): void {
  const result = s + S_VECTOR_RESULT;
  const control = controlOf(s);
  const order = load<u32>(record, R_IMM);
  if (isDouble(record)) {
    const low = product64(record, 0, control);
    const sum = double.add64(low, product64(record, 1, control), control);
    for (let i: u32 = 0; i < 2; i++) store<u64>(result + i * 8, (order >> i) & 1 ? sum : 0);
  } else {
    const a = product(record, 0, control);
    const b = product(record, 1, control);
    const c = product(record, 2, control);
    const d = product(record, 3, control);
    const low = single.add32(a, b, control);
    const sum = single.add32(low, single.add32(c, d, control), control);
    for (let i: u32 = 0; i < 4; i++) store<u32>(result + i * 4, (order >> i) & 1 ? sum : 0);
  }
  finish(s, record);
}
