// A module of the numeric core alone: runs an operation over an array of cases in its memory, as the native runner does (native.ts).
import { reciprocal32, reciprocalRoot32 } from "../../../../machine/cpu/float/approximations";
import {
  doubleToInteger,
  doubleToSingle,
  integerToDouble,
  integerToSingle,
  singleToDouble,
  singleToInteger,
} from "../../../../machine/cpu/float/conversions";
import {
  add64,
  compare64,
  div64,
  max64,
  min64,
  mul64,
  sqrt64,
  sub64,
} from "../../../../machine/cpu/float/double";
import {
  ROUND_ZERO,
  reported,
  roundingOf,
  takeFlags,
} from "../../../../machine/cpu/float/exceptions";
import { toIntegral } from "../../../../machine/cpu/float/integers";
import { FORMAT_DOUBLE, FORMAT_SINGLE } from "../../../../machine/cpu/float/round";
import {
  add32,
  compare32,
  div32,
  max32,
  min32,
  mul32,
  sqrt32,
  sub32,
} from "../../../../machine/cpu/float/single";
import { runExtended } from "./extended.as";

/** Layout of a case, as native.ts has it. */
const CASE_B: u32 = 16;
const CASE_CONTROL: u32 = 32;
const CASE_FLAGS: u32 = 36;
const CASE_RESULT: u32 = 48;
const CASE_SIZE: u32 = 576;

export function heapBase(): u32 {
  return <u32>__heap_base;
}

function single(operation: u32, a: u32, b: u32, control: u32): u32 {
  switch (operation) {
    case 0:
      return add32(a, b, control);
    case 1:
      return sub32(a, b, control);
    case 2:
      return mul32(a, b, control);
    case 3:
      return div32(a, b, control);
    case 4:
      return sqrt32(b, control);
    case 5:
      return min32(a, b, control);
    case 6:
      return max32(a, b, control);
    case 7:
      return compare32(a, b, control, false);
    case 8:
      return compare32(a, b, control, true);
    default:
      return <u32>toIntegral(FORMAT_SINGLE, b, control, roundingOf(control), false);
  }
}

function double(operation: u32, a: u64, b: u64, control: u32): u64 {
  switch (operation) {
    case 0:
      return add64(a, b, control);
    case 1:
      return sub64(a, b, control);
    case 2:
      return mul64(a, b, control);
    case 3:
      return div64(a, b, control);
    case 4:
      return sqrt64(b, control);
    case 5:
      return min64(a, b, control);
    case 6:
      return max64(a, b, control);
    case 7:
      return compare64(a, b, control, false);
    case 8:
      return compare64(a, b, control, true);
    default:
      return toIntegral(FORMAT_DOUBLE, b, control, roundingOf(control), false);
  }
}

/** Conversions; the operand is `a`. */
function converted(operation: u32, a: u64, control: u32): u64 {
  switch (operation) {
    case 0:
      return doubleToSingle(a, control);
    case 1:
      return singleToDouble(<u32>a, control);
    case 2:
      return <u64>doubleToInteger(a, 32, control, roundingOf(control)) & 0xffffffff;
    case 3:
      return <u64>doubleToInteger(a, 64, control, roundingOf(control));
    case 4:
      return <u64>doubleToInteger(a, 32, control, ROUND_ZERO) & 0xffffffff;
    case 5:
      return <u64>doubleToInteger(a, 64, control, ROUND_ZERO);
    case 6:
      return <u64>singleToInteger(<u32>a, 32, control, roundingOf(control)) & 0xffffffff;
    case 7:
      return <u64>singleToInteger(<u32>a, 64, control, roundingOf(control));
    case 8:
      return <u64>singleToInteger(<u32>a, 32, control, ROUND_ZERO) & 0xffffffff;
    case 9:
      return <u64>singleToInteger(<u32>a, 64, control, ROUND_ZERO);
    case 10:
      return integerToDouble(<i32>a, control);
    case 11:
      return integerToDouble(<i64>a, control);
    case 12:
      return integerToSingle(<i32>a, control);
    default:
      return integerToSingle(<i64>a, control);
  }
}

/** Approximations, of binary32; the operand is `b`. */
function approximated(operation: u32, b: u32): u32 {
  return operation === 0 ? reciprocal32(b) : reciprocalRoot32(b);
}

/** Operations of binary32 on all four lanes. */
function packed(operation: u32, at: u32, control: u32): void {
  for (let lane: u32 = 0; lane < 16; lane += 4) {
    const a = load<u32>(at + lane);
    const b = load<u32>(at + lane, CASE_B);
    store<u32>(at + lane, single(operation, a, b, control), CASE_RESULT);
  }
  store<u32>(at, reported(control, takeFlags()), CASE_FLAGS);
}

/** Runs an operation over cases: 0 to 9 on binary32, from 16 on binary64, 32 conversions, 48 approximations, 64 packed binary32, 128 x87. */
export function run(operation: u32, at: u32, count: u32): void {
  for (let i: u32 = 0; i < count; i++, at += CASE_SIZE) {
    const control = load<u32>(at, CASE_CONTROL);
    if (operation >= 128) {
      runExtended(operation - 128, at, control);
      continue;
    }
    if (operation >= 64) {
      packed(operation - 64, at, control);
      continue;
    }
    const a = load<u64>(at);
    const b = load<u64>(at, CASE_B);
    let result: u64;
    if (operation >= 48) result = approximated(operation - 48, <u32>b);
    else if (operation >= 32) result = converted(operation - 32, b, control);
    else if (operation >= 16) result = double(operation - 16, a, b, control);
    else result = single(operation, <u32>a, <u32>b, control);
    store<u64>(at, result, CASE_RESULT);
    store<u32>(at, reported(control, takeFlags()), CASE_FLAGS);
  }
}
