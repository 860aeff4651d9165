// Functions of ST(0), or of ST(0) and ST(1): D9 E0 to D9 FF but for constants and comparisons.

import { ROOT } from "../../float/arithmetic.ts";
import { COSINE, circular, isBeyond, SINE, TANGENT } from "../../float/circular.ts";
import { operateExtended } from "../../float/extended.ts";
import { setInteger } from "../../float/integers.ts";
import { A, B, isNan, R, setNumber } from "../../float/number.ts";
import {
  extractExponent,
  extractSignificand,
  isPartial,
  quotientOf,
  remainder,
  roundExtended,
  scale,
} from "../../float/remainder.ts";
import {
  angle,
  multiplyLogarithm,
  multiplyLogarithmOfSum,
  power,
} from "../../float/transcendental.ts";
import {
  arithmeticControl,
  CONDITIONS,
  isEmpty,
  isFull,
  pop,
  pushResult,
  raise,
  raiseRounded,
  registerAt,
  resultFormat,
  STATUS_C0,
  STATUS_C1,
  STATUS_C2,
  STATUS_C3,
  setConditions,
  setTop,
  stackFault,
  top,
  unpackRegister,
  writeResult,
} from "./state.ts";
import { isRefused, modrmOf, remember } from "./unit.ts";

/** ModRM bytes. */
const F2XM1: u32 = 0xf0;
const FYL2X: u32 = 0xf1;
const FPATAN: u32 = 0xf3;
const FPREM1: u32 = 0xf5;
const FDECSTP: u32 = 0xf6;
const FRNDINT: u32 = 0xfc;
const FSIN: u32 = 0xfe;
const FCOS: u32 = 0xff;
/** The sign of 80 bits, in their upper 16. */
const SIGN: u32 = 0x8000;

/** Starts an instruction. Returns false if it may not run. */
function begin(s: u32, record: u32): bool {
  if (isRefused(s)) return false;
  remember(s, record);
  return true;
}

/** FCHS, FABS (ModRM E0, E1): of whatever there is. */
export function changeSign(s: u32, record: u32): void {
  if (!begin(s, record)) return;
  if (isEmpty(s, 0)) {
    if (stackFault(s, false)) writeResult(s, 0);
    return;
  }
  setConditions(s, STATUS_C1, 0);
  const at = registerAt(s, 0);
  const word = <u32>load<u16>(at, 8);
  store<u16>(at, <u16>(modrmOf(record) & 1 ? word & ~SIGN : word ^ SIGN), 8);
}

/** R = a function of A; returns its exceptions. */
function compute(s: u32, number: u32): u32 {
  const control = arithmeticControl(s);
  if (number === F2XM1) return power(control);
  if (number === FRNDINT) return roundExtended(control);
  if (number === FSIN) return circular(SINE, control);
  if (number === FCOS) return circular(COSINE, control);
  setNumber(B, A);
  return operateExtended(ROOT, resultFormat(s), control);
}

/** F2XM1, FSQRT, FRNDINT, FSIN, FCOS. */
export function unary(s: u32, record: u32): void {
  if (!begin(s, record)) return;
  const number = modrmOf(record);
  if (number >= FSIN) setConditions(s, STATUS_C2, 0);
  if (isEmpty(s, 0)) {
    if (stackFault(s, false)) writeResult(s, 0);
    return;
  }
  unpackRegister(s, A, 0);
  const flags = compute(s, number);
  const isWritten = raiseRounded(s, flags);
  if (number >= FSIN && !settleRange(s)) return;
  if (isWritten) writeResult(s, 0);
}

/** C2 = whether the argument was too great; returns whether it was not. */
function settleRange(s: u32): bool {
  setConditions(s, STATUS_C2, isBeyond() ? STATUS_C2 : 0);
  return !isBeyond();
}

/** FYL2X, FYL2XP1, FPATAN: into ST(1), with a pop. */
export function binary(s: u32, record: u32): void {
  if (!begin(s, record)) return;
  if (isEmpty(s, 0) || isEmpty(s, 1)) {
    if (!stackFault(s, false)) return;
  } else {
    unpackRegister(s, A, 0);
    unpackRegister(s, B, 1);
    const control = arithmeticControl(s);
    const number = modrmOf(record);
    let flags: u32;
    if (number === FYL2X) flags = multiplyLogarithm(control);
    else flags = number === FPATAN ? angle(control) : multiplyLogarithmOfSum(control);
    if (!raiseRounded(s, flags)) return;
  }
  writeResult(s, 1);
  pop(s);
}

/** FSCALE. */
export function scaleBy(s: u32, record: u32): void {
  if (!begin(s, record)) return;
  if (isEmpty(s, 0) || isEmpty(s, 1)) {
    if (stackFault(s, false)) writeResult(s, 0);
    return;
  }
  unpackRegister(s, A, 0);
  unpackRegister(s, B, 1);
  const flags = scale(arithmeticControl(s));
  if (raiseRounded(s, flags)) writeResult(s, 0);
}

/** Condition codes of a remainder: the quotient's low bits, or C2. */
function remainderConditions(): u32 {
  const quotient = <u32>quotientOf();
  let conditions: u32 = isPartial() ? STATUS_C2 : 0;
  if (quotient & 1) conditions |= STATUS_C1;
  if (quotient & 2) conditions |= STATUS_C3;
  return quotient & 4 ? conditions | STATUS_C0 : conditions;
}

/** FPREM, FPREM1. */
export function divideRest(s: u32, record: u32): void {
  if (!begin(s, record)) return;
  if (isEmpty(s, 0) || isEmpty(s, 1)) {
    if (stackFault(s, false)) writeResult(s, 0);
    setConditions(s, STATUS_C2, 0);
    return;
  }
  unpackRegister(s, A, 0);
  unpackRegister(s, B, 1);
  const flags = remainder(modrmOf(record) === FPREM1, arithmeticControl(s));
  const isWritten = raise(s, flags);
  if (isWritten && !isNan(R)) setConditions(s, CONDITIONS, remainderConditions());
  else setConditions(s, STATUS_C1 | STATUS_C2, 0);
  if (isWritten) writeResult(s, 0);
}

/** Whether an instruction that replaces ST(0) and pushes finds the stack wrong; the response is done then. */
function hasPairFault(s: u32): bool {
  const isAbsent = isEmpty(s, 0);
  if (!isAbsent && !isFull(s)) return false;
  if (stackFault(s, !isAbsent)) {
    writeResult(s, 0);
    pushResult(s);
  }
  return true;
}

/** FXTRACT. */
export function extract(s: u32, record: u32): void {
  if (!begin(s, record) || hasPairFault(s)) return;
  unpackRegister(s, A, 0);
  const flags = extractExponent();
  if (!raiseRounded(s, flags)) return;
  writeResult(s, 0);
  extractSignificand();
  pushResult(s);
}

/** FPTAN: the tangent, then 1. */
export function tangent(s: u32, record: u32): void {
  if (!begin(s, record)) return;
  setConditions(s, STATUS_C2, 0);
  if (hasPairFault(s)) return;
  unpackRegister(s, A, 0);
  const flags = circular(TANGENT, arithmeticControl(s));
  const isWritten = raiseRounded(s, flags);
  if (!settleRange(s) || !isWritten) return;
  writeResult(s, 0);
  if (!isNan(R)) setInteger(1);
  pushResult(s);
}

/** FSINCOS: the sine, then the cosine. */
export function sineAndCosine(s: u32, record: u32): void {
  if (!begin(s, record)) return;
  setConditions(s, STATUS_C2, 0);
  if (hasPairFault(s)) return;
  unpackRegister(s, A, 0);
  const control = arithmeticControl(s);
  let flags = circular(SINE, control);
  const isWritten = raiseRounded(s, flags);
  if (!settleRange(s) || !isWritten) return;
  writeResult(s, 0);
  flags = circular(COSINE, control);
  raise(s, flags);
  pushResult(s);
}

/** FDECSTP, FINCSTP. */
export function turn(s: u32, record: u32): void {
  if (!begin(s, record)) return;
  setTop(s, modrmOf(record) === FDECSTP ? top(s) - 1 : top(s) + 1);
  setConditions(s, STATUS_C1, 0);
}

/** FNOP. */
export function nothing(s: u32, record: u32): void {
  begin(s, record);
}
