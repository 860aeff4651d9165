// FADD, FMUL, FSUB, FSUBR, FDIV, FDIVR in all their forms: ModRM.reg 0, 1, 4 to 7.

import { ADD, DIVIDE, MULTIPLY, SUBTRACT } from "../../float/arithmetic.ts";
import { operateExtended, unpackOperand } from "../../float/extended.ts";
import { setInteger } from "../../float/integers.ts";
import { A, B, R, setNumber } from "../../float/number.ts";
import { FORMAT_DOUBLE, FORMAT_SINGLE } from "../../float/round.ts";
import { faulted } from "../../system/fault.ts";
import {
  arithmeticControl,
  isEmpty,
  pop,
  raiseRounded,
  resultFormat,
  stackFault,
  unpackRegister,
  writeResult,
} from "./state.ts";
import { indexOf, isRefused, numberOf, opcodeOf, readOperand, remember } from "./unit.ts";

/** Opcodes less D8: binary32 and binary64, integers of 32 and 16 bits; or the first, third and last with registers. */
const SINGLE: u32 = 0;
const INTEGER_32: u32 = 2;
const DOUBLE: u32 = 4;
/** DE with registers pops. */
const POPPING: u32 = 6;

/** What a ModRM.reg stands for. */
function operationOf(number: u32): u32 {
  if (number < 2) return number === 0 ? ADD : MULTIPLY;
  return number < 6 ? SUBTRACT : DIVIDE;
}

/** Whether ST(0) is the second operand: FSUBR, FDIVR. */
function isReversed(number: u32): bool {
  return number >= 4 && (number & 1) !== 0;
}

/** Takes a number of memory apart: binary32, binary64, or an integer of 16 or 32 bits. */
export function unpackMemory(number: usize, opcode: u32, value: u64): void {
  if (opcode === SINGLE) unpackOperand(number, FORMAT_SINGLE, value);
  else if (opcode === DOUBLE) unpackOperand(number, FORMAT_DOUBLE, value);
  else {
    setInteger(opcode === INTEGER_32 ? <i64>(<i32>value) : <i64>(<i16>value));
    setNumber(number, R);
  }
}

/** Bytes of such a number. */
export function memorySize(opcode: u32): u32 {
  if (opcode === DOUBLE) return 8;
  return opcode === SINGLE || opcode === INTEGER_32 ? 4 : 2;
}

/** Computes with A and B, and puts the result into ST(i). Returns whether it did. */
function operate(s: u32, operation: u32, i: u32): bool {
  const flags = operateExtended(operation, resultFormat(s), arithmeticControl(s));
  if (!raiseRounded(s, flags)) return false;
  writeResult(s, i);
  return true;
}

/** ST(0) and a number in memory. */
export function arithmeticWithMemory(s: u32, record: u32): void {
  if (isRefused(s)) return;
  const opcode = opcodeOf(record);
  const value = readOperand(s, record, memorySize(opcode));
  if (faulted(s)) return;
  remember(s, record);
  if (isEmpty(s, 0)) {
    if (stackFault(s, false)) writeResult(s, 0);
    return;
  }
  const number = numberOf(record);
  const isSwapped = isReversed(number);
  unpackMemory(isSwapped ? A : B, opcode, value);
  unpackRegister(s, isSwapped ? B : A, 0);
  operate(s, operationOf(number), 0);
}

/** ST(0) and ST(i): into ST(0), into ST(i), or into ST(i) with a pop. */
export function arithmetic(s: u32, record: u32): void {
  if (isRefused(s)) return;
  remember(s, record);
  const opcode = opcodeOf(record);
  const number = numberOf(record);
  const i = indexOf(record);
  const to = opcode === SINGLE ? 0 : i;
  let isDone: bool;
  if (isEmpty(s, 0) || isEmpty(s, i)) {
    isDone = stackFault(s, false);
    if (isDone) writeResult(s, to);
  } else {
    const isSwapped = isReversed(number);
    unpackRegister(s, A, isSwapped ? i : 0);
    unpackRegister(s, B, isSwapped ? 0 : i);
    isDone = operate(s, operationOf(number), to);
  }
  if (isDone && opcode === POPPING) pop(s);
}
