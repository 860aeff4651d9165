// What the module of the numeric core does for an x87 instruction (AssemblyScript, part of float.as.ts).
import { ROOT } from "../../../../machine/cpu/float/arithmetic";
import { circular, isBeyond } from "../../../../machine/cpu/float/circular";
import { decimalFlags, decimalUpper, resultToDecimal } from "../../../../machine/cpu/float/decimal";
import {
  ROUND_ZERO,
  reported,
  roundingOf,
  takeFlags,
} from "../../../../machine/cpu/float/exceptions";
import {
  compareExtended,
  operateExtended,
  packedSignExponent,
  packedSignificand,
  relationOf,
  storedBits,
  storeResult,
  unpackExtended,
} from "../../../../machine/cpu/float/extended";
import { resultToInteger } from "../../../../machine/cpu/float/integers";
import { A, B, R, setNumber } from "../../../../machine/cpu/float/number";
import {
  extractExponent,
  extractSignificand,
  isPartial,
  quotientOf,
  remainder,
  roundExtended,
  scale,
} from "../../../../machine/cpu/float/remainder";
import {
  FORMAT_DOUBLE,
  FORMAT_EXTENDED,
  FORMAT_EXTENDED_24,
  FORMAT_EXTENDED_53,
  FORMAT_SINGLE,
  roundedUp,
} from "../../../../machine/cpu/float/round";

import {
  angle,
  multiplyLogarithm,
  multiplyLogarithmOfSum,
  power,
} from "../../../../machine/cpu/float/transcendental";

/** Layout of a case, as native.ts has it. */
const CASE_B: u32 = 16;
const CASE_FLAGS: u32 = 36;
const CASE_RESULT: u32 = 48;
/** C1, and what C0, C2, C3 are of a result. */
const C1: u32 = 0x200;
const C2: u32 = 0x400;

/** MXCSR of an x87 control word. */
function controlOf(word: u32): u32 {
  return ((word & 0x3f) << 7) | (((word >> 10) & 3) << 13);
}

function formatOf(word: u32): u32 {
  const precision = (word >> 8) & 3;
  return precision === 0
    ? FORMAT_EXTENDED_24
    : precision === 2
      ? FORMAT_EXTENDED_53
      : FORMAT_EXTENDED;
}

function arithmetic(operation: u32, word: u32): u32 {
  const control = controlOf(word);
  if (operation === ROOT) setNumber(B, A);
  if (operation <= ROOT) return operateExtended(operation, formatOf(word), control);
  if (operation === 5 || operation === 6) return remainder(operation === 6, control);
  if (operation === 7) return scale(control);
  if (operation === 8) return roundExtended(control);
  if (operation === 9) return extractExponent();
  const flags = extractExponent();
  extractSignificand();
  return flags;
}

/** 48 to 54: transcendental functions. */
function transcendental(operation: u32, control: u32): u32 {
  switch (operation) {
    case 48:
      return power(control);
    case 49:
      return multiplyLogarithm(control);
    case 50:
      return multiplyLogarithmOfSum(control);
    case 51:
      return angle(control);
    default:
      return circular(operation - 52, control);
  }
}

/** Condition codes of the status word. */
function conditions(operation: u32): u32 {
  if (operation >= 52) return isBeyond() ? C2 : 0;
  if (operation !== 5 && operation !== 6) return roundedUp() ? C1 : 0;
  const q = <u32>quotientOf();
  return (((q >> 2) & 1) << 8) | ((q & 1) << 9) | (((q >> 1) & 1) << 14) | (isPartial() ? C2 : 0);
}

function stored(operation: u32, at: u32, word: u32): u32 {
  const control = controlOf(word);
  let flags: u32;
  if (operation < 2) {
    const format = operation === 0 ? FORMAT_SINGLE : FORMAT_DOUBLE;
    flags = storeResult(format, control);
    store<u64>(at, storedBits(format), CASE_RESULT);
  } else {
    setNumber(R, A);
    if (operation === 8) {
      store<u64>(at, resultToDecimal(roundingOf(control)), CASE_RESULT);
      store<u16>(at, <u16>decimalUpper(), CASE_RESULT + 8);
      flags = decimalFlags();
    } else {
      const mode = operation >= 5 ? ROUND_ZERO : roundingOf(control);
      const bits = (<u32>16) << ((operation - 2) % 3);
      store<u64>(at, resultToInteger(bits, mode), CASE_RESULT);
      flags = takeFlags();
    }
  }
  return flags | (roundedUp() ? C1 : 0);
}

/** Operations 0 to 10 leave R; 16, 17 compare; 32 to 40 store; 48 to 54 leave R. The status word is left in the case. */
export function runExtended(operation: u32, at: u32, word: u32): void {
  unpackExtended(A, load<u64>(at), load<u16>(at, 8));
  unpackExtended(B, load<u64>(at, CASE_B), load<u16>(at, CASE_B + 8));
  let status: u32;
  if (operation >= 48) {
    const control = controlOf(word);
    status = reported(control, transcendental(operation, control)) | conditions(operation);
    store<u64>(at, packedSignificand(), CASE_RESULT);
    store<u16>(at, <u16>packedSignExponent(), CASE_RESULT + 8);
  } else if (operation >= 32) status = stored(operation - 32, at, word);
  else if (operation >= 16) {
    status = compareExtended(operation === 17);
    const relation = relationOf();
    status |= relation === 0 ? 0x100 : relation === 1 ? 0x4000 : relation === 3 ? 0x4500 : 0;
  } else {
    status = reported(controlOf(word), arithmetic(operation, word));
    status |= conditions(operation);
    store<u64>(at, packedSignificand(), CASE_RESULT);
    store<u16>(at, <u16>packedSignExponent(), CASE_RESULT + 8);
  }
  store<u32>(at, status, CASE_FLAGS);
}
