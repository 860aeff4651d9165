// Loads, constants, FXCH, FCMOVcc, FFREE: numbers on their way to and within the stack.

import { FLAG_CF, FLAG_PF, FLAG_ZF } from "../../../../abi/x86/registers.ts";
import {
  setBinaryLogOf10,
  setDecimalLogOf2,
  setLogOf2,
  setLogOfE,
  setPi,
} from "../../float/constants.ts";
import { setDecimal } from "../../float/decimal.ts";
import { DE } from "../../float/exceptions.ts";
import { loadResult, unpackExtended } from "../../float/extended.ts";
import { setInteger } from "../../float/integers.ts";
import { A, R, setIndefinite, setNumber, setZero } from "../../float/number.ts";
import { FORMAT_EXTENDED, roundResult } from "../../float/round.ts";
import { S_FLAGS } from "../../interface.ts";
import { read } from "../../memory/access.ts";
import { faulted } from "../../system/fault.ts";
import { unpackMemory } from "./arithmetic.ts";
import {
  arithmeticControl,
  free,
  isEmpty,
  isFull,
  pop,
  pushResult,
  raise,
  registerAt,
  STATUS_C1,
  setConditions,
  stackFault,
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
  readOperand,
  remember,
} from "./unit.ts";

/** Bytes of 80 bits, and of their first part. */
const EXTENDED_SIZE: u32 = 10;
const SIGNIFICAND_SIZE: u32 = 8;
/** Opcodes, D8 being 0. */
const FREE_AND_POP: u32 = 7;
const OPCODE_DB: u32 = 3;
/** ModRM of the first constant. */
const FIRST_CONSTANT: u32 = 0xe8;

/** Pushes R, or what a stack that is full gives. */
function pushOrFault(s: u32): void {
  if (!isFull(s)) {
    setConditions(s, STATUS_C1, 0);
    pushResult(s);
  } else if (stackFault(s, true)) pushResult(s);
}

/** Pushes A, which came from binary32 or binary64. A denormal is pushed even where it is an unmasked exception. */
function pushLoaded(s: u32): void {
  if (isFull(s)) return pushOrFault(s);
  const flags = loadResult();
  setConditions(s, STATUS_C1, 0);
  if (raise(s, flags) || flags === DE) pushResult(s);
}

/** FLD of binary32 (D9) or binary64 (DD). */
export function loadFloat(s: u32, record: u32): void {
  if (isRefused(s)) return;
  const isDouble = opcodeOf(record) === 5;
  const value = readOperand(s, record, isDouble ? 8 : 4);
  if (faulted(s)) return;
  remember(s, record);
  unpackMemory(A, isDouble ? 4 : 0, value);
  pushLoaded(s);
}

/** FILD of 16 (DF /0), 32 (DB /0) or 64 bits (DF /5). */
export function loadInteger(s: u32, record: u32): void {
  if (isRefused(s)) return;
  const size: u32 = numberOf(record) === 5 ? 8 : opcodeOf(record) === OPCODE_DB ? 4 : 2;
  const value = readOperand(s, record, size);
  if (faulted(s)) return;
  remember(s, record);
  const unused: i64 = 64 - 8 * size;
  setInteger(((<i64>value) << unused) >> unused);
  pushOrFault(s);
}

/** FLD of 80 bits (DB /5) and FBLD (DF /4). */
export function loadExtended(s: u32, record: u32): void {
  if (isRefused(s)) return;
  const linear = operandAddress(s, record, EXTENDED_SIZE, false);
  if (faulted(s)) return;
  const low = read<u64>(s, linear);
  if (faulted(s)) return;
  const high = <u32>read<u16>(s, linear + SIGNIFICAND_SIZE);
  if (faulted(s)) return;
  remember(s, record);
  if (opcodeOf(record) !== OPCODE_DB) {
    setDecimal(low, high);
    return pushOrFault(s);
  }
  if (isFull(s)) {
    pushOrFault(s);
    return;
  }
  unpackExtended(A, low, high);
  setNumber(R, A);
  pushOrFault(s);
  writeRegister(s, 0, low, high);
}

/** FLD of a register. */
export function loadRegister(s: u32, record: u32): void {
  if (isRefused(s)) return;
  remember(s, record);
  const from = registerAt(s, indexOf(record));
  const significand = load<u64>(from);
  const signExponent = <u32>load<u16>(from, 8);
  const isAbsent = isEmpty(s, indexOf(record));
  if (isAbsent || isFull(s)) {
    if (stackFault(s, !isAbsent)) pushResult(s);
    return;
  }
  setZero(R, 0);
  pushOrFault(s);
  writeRegister(s, 0, significand, signExponent);
}

/** R = the constant of FLD1 to FLDZ, before it is rounded. */
function setConstant(number: u32): void {
  if (number === 0) return setInteger(1);
  if (number === 1) return setBinaryLogOf10(R);
  if (number === 2) return setLogOfE(R);
  if (number === 3) return setPi(R);
  if (number === 4) return setDecimalLogOf2(R);
  if (number === 5) return setLogOf2(R);
  setZero(R, 0);
}

/** FLD1, FLDL2T, FLDL2E, FLDPI, FLDLG2, FLDLN2, FLDZ: rounded as the control word says, and never inexact. */
export function loadConstant(s: u32, record: u32): void {
  if (isRefused(s)) return;
  remember(s, record);
  setConstant(modrmOf(record) - FIRST_CONSTANT);
  roundResult(FORMAT_EXTENDED, arithmeticControl(s));
  pushOrFault(s);
}

/** ST(i) = indefinite if it is empty. */
function fill(s: u32, i: u32): void {
  if (!isEmpty(s, i)) return;
  setIndefinite(R);
  writeResult(s, i);
}

/** FXCH. */
export function exchange(s: u32, record: u32): void {
  if (isRefused(s)) return;
  remember(s, record);
  const i = indexOf(record);
  if (isEmpty(s, 0) || isEmpty(s, i)) {
    if (!stackFault(s, false)) return;
    fill(s, 0);
    fill(s, i);
  } else setConditions(s, STATUS_C1, 0);
  const a = registerAt(s, 0);
  const b = registerAt(s, i);
  const significand = load<u64>(a);
  const signExponent = <u32>load<u16>(a, 8);
  writeRegister(s, 0, load<u64>(b), load<u16>(b, 8));
  writeRegister(s, i, significand, signExponent);
}

/** Whether the condition of FCMOVcc (DA: below, equal, below or equal, unordered; DB: not) holds. */
function holds(s: u32, record: u32): bool {
  const number = numberOf(record);
  const masks: u64 = number === 0 ? FLAG_CF : number === 1 ? FLAG_ZF : FLAG_CF | FLAG_ZF;
  const isSet = (load<u64>(s, S_FLAGS) & (number === 3 ? FLAG_PF : masks)) !== 0;
  return isSet !== (opcodeOf(record) === OPCODE_DB);
}

/** FCMOVcc. */
export function moveIf(s: u32, record: u32): void {
  if (isRefused(s)) return;
  remember(s, record);
  const i = indexOf(record);
  if (isEmpty(s, 0) || isEmpty(s, i)) {
    if (stackFault(s, false)) writeResult(s, 0);
    return;
  }
  if (!holds(s, record)) return;
  const from = registerAt(s, i);
  writeRegister(s, 0, load<u64>(from), load<u16>(from, 8));
}

/** FFREE, and FFREEP (DF), which pops. */
export function freeRegister(s: u32, record: u32): void {
  if (isRefused(s)) return;
  remember(s, record);
  free(s, indexOf(record));
  setConditions(s, STATUS_C1, 0);
  if (opcodeOf(record) === FREE_AND_POP) pop(s);
}
