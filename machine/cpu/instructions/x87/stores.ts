// FST, FSTP, FIST, FISTP, FISTTP, FBSTP. Memory is written before the unit changes, so that a fault leaves all as it was.

import { decimalFlags, decimalUpper, resultToDecimal } from "../../float/decimal.ts";
import { IE, OE, ROUND_ZERO, roundingOf, takeFlags, UE, unmasked } from "../../float/exceptions.ts";
import { storedBits, storeResult } from "../../float/extended.ts";
import { resultToInteger } from "../../float/integers.ts";
import { A, R, setIndefinite, setNumber } from "../../float/number.ts";
import { FORMAT_DOUBLE, FORMAT_SINGLE, setNotRoundedUp } from "../../float/round.ts";
import { faulted } from "../../system/fault.ts";
import {
  arithmeticControl,
  isEmpty,
  pop,
  raiseRounded,
  registerAt,
  STATUS_C1,
  STATUS_SF,
  setConditions,
  stackFault,
  unpackRegister,
  writeRegister,
  writeResult,
} from "./state.ts";
import {
  indexOf,
  isRefused,
  modrmOf,
  numberOf,
  opcodeOf,
  operandAddress,
  remember,
  writeAt,
} from "./unit.ts";

/** Bytes of 80 bits, and of their first part. */
const EXTENDED_SIZE: u32 = 10;
const SIGNIFICAND_SIZE: u32 = 8;
/** Exceptions that keep a number from being stored where they are unmasked. */
const KEEPING: u32 = IE | OE | UE;
/** Opcodes, D8 being 0. */
const OPCODE_D9: u32 = 1;
const OPCODE_DB: u32 = 3;
const OPCODE_DD: u32 = 5;
const OPCODE_DF: u32 = 7;
/** The first ModRM byte of FSTP to a register, but for DF D0, which is FSTP too. */
const FIRST_POPPING: u32 = 0xd8;
/** ModRM.reg: FISTTP; FBSTP; FISTP of 64 bits. */
const FISTTP: u32 = 1;
const FISTP_64: u32 = 7;

/** What an empty ST(0) stores: R. Returns its exceptions. */
function underflow(): u32 {
  setNotRoundedUp();
  setIndefinite(R);
  return IE | STATUS_SF;
}

/** Whether nothing is to be stored. */
function isKept(s: u32, flags: u32): bool {
  return unmasked(arithmeticControl(s), flags & KEEPING) !== 0;
}

/** Ends a store: rounding, exceptions, and the pop unless something forbids it. */
function finish(s: u32, flags: u32, isPopping: bool): void {
  const isForbidden = isKept(s, flags);
  if (isForbidden) setNotRoundedUp();
  raiseRounded(s, flags);
  if (isPopping && !isForbidden) pop(s);
}

/** FST and FSTP (ModRM.reg 2, 3) of binary32 (D9) or binary64 (DD). */
export function storeFloat(s: u32, record: u32): void {
  if (isRefused(s)) return;
  const format = opcodeOf(record) === OPCODE_D9 ? FORMAT_SINGLE : FORMAT_DOUBLE;
  const size: u32 = format === FORMAT_SINGLE ? 4 : 8;
  const linear = operandAddress(s, record, size, true);
  if (faulted(s)) return;
  unpackRegister(s, A, 0);
  const flags = isEmpty(s, 0) ? underflow() : storeResult(format, arithmeticControl(s));
  if (!isKept(s, flags)) writeAt(s, linear, size, storedBits(format));
  if (faulted(s)) return;
  remember(s, record);
  finish(s, flags, (numberOf(record) & 1) !== 0);
}

/** Bytes of an integer: FISTP 64 (DF /7), FISTTP 64 (DD /1), 32 bits (DB), 16 bits (DF). */
function integerSize(record: u32): u32 {
  const opcode = opcodeOf(record);
  if (opcode === OPCODE_DB) return 4;
  return opcode === OPCODE_DD || numberOf(record) === FISTP_64 ? 8 : 2;
}

/** FIST (2), FISTP (3, 7), FISTTP (1). */
export function storeInteger(s: u32, record: u32): void {
  if (isRefused(s)) return;
  const size = integerSize(record);
  const linear = operandAddress(s, record, size, true);
  if (faulted(s)) return;
  const number = numberOf(record);
  const mode = number === FISTTP ? ROUND_ZERO : roundingOf(arithmeticControl(s));
  unpackRegister(s, A, 0);
  setNumber(R, A);
  let flags: u32 = isEmpty(s, 0) ? underflow() : 0;
  const value = resultToInteger(size * 8, mode);
  flags |= takeFlags();
  if (!isKept(s, flags)) writeAt(s, linear, size, <u64>value);
  if (faulted(s)) return;
  remember(s, record);
  finish(s, flags, number !== 2);
}

/** Writes 80 bits. */
function writeExtended(s: u32, linear: u64, low: u64, high: u32): void {
  writeAt(s, linear, SIGNIFICAND_SIZE, low);
  if (!faulted(s)) writeAt(s, linear + SIGNIFICAND_SIZE, 2, high);
}

/** FBSTP. */
export function storeDecimal(s: u32, record: u32): void {
  if (isRefused(s)) return;
  const linear = operandAddress(s, record, EXTENDED_SIZE, true);
  if (faulted(s)) return;
  unpackRegister(s, A, 0);
  setNumber(R, A);
  let flags: u32 = isEmpty(s, 0) ? underflow() : 0;
  const low = resultToDecimal(roundingOf(arithmeticControl(s)));
  flags |= decimalFlags();
  if (!isKept(s, flags)) writeExtended(s, linear, low, decimalUpper());
  if (faulted(s)) return;
  remember(s, record);
  finish(s, flags, true);
}

/** FSTP of 80 bits, as they are. */
export function storeExtended(s: u32, record: u32): void {
  if (isRefused(s)) return;
  const linear = operandAddress(s, record, EXTENDED_SIZE, true);
  if (faulted(s)) return;
  const at = registerAt(s, 0);
  setNotRoundedUp();
  if (!isEmpty(s, 0)) {
    writeExtended(s, linear, load<u64>(at), load<u16>(at, 8));
    if (faulted(s)) return;
    remember(s, record);
    return finish(s, 0, true);
  }
  const flags = underflow();
  if (!isKept(s, flags)) writeExtended(s, linear, INDEFINITE_LOW, INDEFINITE_HIGH);
  if (faulted(s)) return;
  remember(s, record);
  finish(s, flags, true);
}

/** "Real indefinite" of 80 bits. */
const INDEFINITE_LOW: u64 = 0xc000000000000000;
const INDEFINITE_HIGH: u32 = 0xffff;

/** ST(i) = ST(0), whatever it is. */
function copyTop(s: u32, i: u32): void {
  const from = registerAt(s, 0);
  writeRegister(s, i, load<u64>(from), load<u16>(from, 8));
}

/** FST and FSTP to a register, under all their opcodes. */
export function storeRegister(s: u32, record: u32): void {
  if (isRefused(s)) return;
  remember(s, record);
  const isPopping = modrmOf(record) >= FIRST_POPPING || opcodeOf(record) === OPCODE_DF;
  setConditions(s, STATUS_C1, 0);
  if (!isEmpty(s, 0)) copyTop(s, indexOf(record));
  else if (opcodeOf(record) !== OPCODE_D9) {
    // FSTPNCE, the one under D9, does not look whether there is something to store.
    if (!stackFault(s, false)) return;
    writeResult(s, indexOf(record));
  }
  if (isPopping) pop(s);
}
