// Jumps that the inner loop leaves to others: LOOP, JCXZ, near transfers on stacks that are not flat or with a cut instruction
// pointer, BOUND. They return the new instruction pointer.

import { VECTOR_BR } from "../../../abi/x86/registers.ts";
import { holds } from "../flags.ts";
import { S_GPR } from "../interface.ts";
import { S_BLOCK_RIP, S_RESULT, S_RIP_MASK } from "../interpreter-state.ts";
import {
  CALL_TO32,
  CALL_TO64,
  CALL_TOX,
  CALL32,
  CALL64,
  CALLX,
  JCCX,
  JCXZ,
  JMP_TOX,
  JMPX,
  LOOP,
  LOOPE,
  LOOPNE,
  RET32,
  RET64,
  RETX,
} from "../operations.gen.ts";
import {
  R_ADDRESS_WIDTH,
  R_BASE,
  R_DISPLACEMENT,
  R_FALLEN_DISPLACEMENT,
  R_IMM,
  R_OP,
  R_SEGMENT,
} from "../records.ts";
import { faulted, NO_ERROR, raiseException } from "../system/fault.ts";
import { inLongCode } from "../system/mode.ts";
import { maskOf, readSegment, setAt, signExtend, sourceOf, valueAt, widthOf } from "./sized.ts";
import { popReturn, pushReturn } from "./stack.ts";

/** Offset of RCX in the state block. */
const RCX: u32 = S_GPR + 8;

/** Counts rCX down; whether it is not zero. */
function countDown(s: u32, record: u32): bool {
  const width = <u32>load<u8>(record, R_ADDRESS_WIDTH);
  setAt(s + RCX, width, valueAt(s + RCX, width) - 1);
  return valueAt(s + RCX, width) !== 0;
}

function isTaken(s: u32, record: u32, operation: u32): bool {
  const isZero = load<i64>(s, S_RESULT) === 0;
  if (operation === LOOP) return countDown(s, record);
  if (operation === LOOPE) return countDown(s, record) && isZero;
  if (operation === LOOPNE) return countDown(s, record) && !isZero;
  if (operation === JCXZ) return valueAt(s + RCX, load<u8>(record, R_ADDRESS_WIDTH)) === 0;
  return operation !== JCCX || holds(s, load<u32>(record, R_IMM));
}

/** Mask that a branch of a record's operand size cuts the instruction pointer to. */
function pointerMask(s: u32, record: u32): u64 {
  if (inLongCode(s)) return <u64>-1;
  return load<u64>(s, S_RIP_MASK) & maskOf(widthOf(record));
}

function isReturn(operation: u32): bool {
  return operation === RETX || operation === RET64 || operation === RET32;
}

function isCall(operation: u32): bool {
  return operation === CALLX || operation === CALL64 || operation === CALL32;
}

function isIndirectCall(operation: u32): bool {
  return operation === CALL_TOX || operation === CALL_TO64 || operation === CALL_TO32;
}

/**
 * Executes LOOP to JCXZ and JMPX to RETX, and the inner loop's calls and returns where the stack was not at hand. Returns the
 * new instruction pointer; meaningless with a fault set.
 */
export function branch(s: u32, record: u32): u64 {
  const operation = <u32>load<u16>(record, R_OP);
  if (isReturn(operation)) return popReturn(s, record) & pointerMask(s, record);
  if (operation === JMP_TOX) return sourceOf(record);
  if (isIndirectCall(operation)) {
    const target = sourceOf(record);
    pushReturn(s, record);
    return target;
  }
  if (isCall(operation)) pushReturn(s, record);
  const taken = isCall(operation) || operation === JMPX || isTaken(s, record, operation);
  const distance = load<u64>(record + (taken ? R_DISPLACEMENT : R_FALLEN_DISPLACEMENT));
  const mask = taken ? pointerMask(s, record) : load<u64>(s, S_RIP_MASK);
  return (load<u64>(s, S_BLOCK_RIP) + distance) & mask;
}

/** Whether `branch` executes an operation. */
export function isBranch(operation: u32): bool {
  if (isReturn(operation) || isCall(operation) || isIndirectCall(operation)) return true;
  return operation >= CALLX && operation <= JCXZ;
}

/** BOUND: #BR unless the source is between the two signed numbers in memory. */
export function bound(s: u32, record: u32): void {
  const width = widthOf(record);
  const segment = <u32>load<u8>(record, R_SEGMENT);
  const offset = load<u64>(load<u32>(record, R_BASE));
  const low = signExtend(readSegment(s, segment, offset, width), width);
  if (faulted(s)) return;
  const high = signExtend(readSegment(s, segment, offset + ((<u64>1) << width), width), width);
  if (faulted(s)) return;
  const index = signExtend(sourceOf(record), width);
  if (index < low || index > high) raiseException(s, VECTOR_BR, NO_ERROR);
}
