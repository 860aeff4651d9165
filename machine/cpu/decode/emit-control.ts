// Emitters of the stack and of near transfers of control.

import { FAR_BLOCK, NO_BLOCK } from "../blocks.ts";
import { S_SEGMENT, SEGMENT_SIZE } from "../interface.ts";
import * as op from "../operations.gen.ts";
import {
  R_DISPLACEMENT,
  R_FALLEN,
  R_FALLEN_DISPLACEMENT,
  R_IMM,
  R_IMM2,
  R_INDEX,
  R_OP,
  R_TAKEN,
  RECORD_SIZE,
} from "../records.ts";
import { MODE_FLAT, MODE_STACK_32 } from "../system/mode.ts";
import { conditionSet } from "./conditions.ts";
import {
  D_CODE,
  D_IMMEDIATE,
  D_IMMEDIATE2,
  D_LENGTH,
  D_OPCODE,
  D_OPERAND,
  DECODER,
  E_CURSOR,
  E_FIRST,
  E_INDEX,
  E_MODE,
  E_OFFSET,
  E_PAGE_OFFSET,
  field,
  setField,
  WIDTH_16,
  WIDTH_64,
} from "./fields.ts";
import {
  finishSource,
  isMemory,
  registerOf,
  rowOperation,
  sourceOf,
  temporary2,
} from "./operands.ts";
import {
  cutsPointer,
  emit,
  emitBinary,
  endBlock,
  isPlainStack,
  setAddress,
  settleRegisters,
  stateField,
} from "./write.ts";

/** Bytes of a page. */
const PAGE: i64 = 4096;

function plainStack(width: u32): bool {
  return isPlainStack((field(E_MODE) & MODE_STACK_32) !== 0, width);
}

/** One of three operations: 64-bit stack, flat 32-bit stack, any other. */
function stackOperation(wide: u32, flat: u32, any: u32, width: u32): u32 {
  if (!plainStack(width)) return any;
  return width === WIDTH_64 ? wide : flat;
}

function emitPushOf(src: u32, width: u32): u32 {
  return emitBinary(stackOperation(op.PUSH64, op.PUSH32, op.PUSHX, width), width, 0, src);
}

/** PUSH of a register, immediate or memory operand. */
export function emitPush(): void {
  finishSource(emitPushOf(sourceOf(0), field(D_OPERAND)), 0);
}

/** POP to a register or memory. */
export function emitPop(): void {
  const width = field(D_OPERAND);
  if (isMemory(0)) {
    settleRegisters();
    setAddress(emitBinary(op.POP_MEMORY, width, 0, 0));
  } else {
    const operation = stackOperation(op.POP64, op.POP32, op.POPX, width);
    emitBinary(operation, width, registerOf(0), 0);
  }
}

/** PUSH of the segment register that the row names. */
export function emitPushSegment(): void {
  const selector = stateField(S_SEGMENT + rowOperation() * SEGMENT_SIZE);
  emitBinary(op.MOVZX_16_64, WIDTH_64, temporary2(), selector);
  emitPushOf(temporary2(), field(D_OPERAND));
}

/** ENTER. */
export function emitEnter(): void {
  const record = emitBinary(op.ENTER, field(D_OPERAND), 0, 0);
  store<u64>(record, load<u64>(DECODER + D_IMMEDIATE) & 0xffff, R_IMM);
  store<u16>(record, <u16>(field(D_IMMEDIATE2) & 31), R_IMM2);
}

/** LEAVE. */
export function emitLeave(): void {
  const width = field(D_OPERAND);
  emitBinary(stackOperation(op.LEAVE64, op.LEAVE32, op.LEAVEX, width), width, 0, 0);
}

/**
 * Whether IP wraps at the end of a page only. Elsewhere it depends on the base of CS where a jump leads to, and so on more than a
 * block is known by.
 */
function wrapsAtPage(): bool {
  return field(D_CODE) === WIDTH_64 || (field(E_MODE) & MODE_FLAT) !== 0;
}

/** What a jump by `distance` from the block's first byte is linked to at first: jumps out of the page never are. */
function unlinked(distance: i64): u32 {
  const at = <i64>field(E_PAGE_OFFSET) + distance;
  return at >= 0 && at < PAGE && wrapsAtPage() ? NO_BLOCK : FAR_BLOCK;
}

/** Fills in both targets, as distances from the block's first byte. */
export function setTargets(record: u32, taken: i64, fallen: i64): void {
  store<i64>(record, taken, R_DISPLACEMENT);
  store<i64>(record, fallen, R_FALLEN_DISPLACEMENT);
  store<u32>(record, unlinked(taken), R_TAKEN);
  store<u32>(record, unlinked(fallen), R_FALLEN);
}

/** Distance from the block's first byte to the next instruction. */
function nextDistance(): i64 {
  return <i64>(field(E_OFFSET) + field(D_LENGTH));
}

/** Distance to the target of a relative branch. */
function targetDistance(): i64 {
  return nextDistance() + load<i64>(DECODER + D_IMMEDIATE);
}

function emitBranch(number: u32): u32 {
  const record = emitBinary(number, field(D_OPERAND), 0, 0);
  setTargets(record, targetDistance(), nextDistance());
  endBlock();
  return record;
}

/** JMP with a distance. */
export function emitJmp(): void {
  emitBranch(cutsPointer(field(D_OPERAND)) ? op.JMPX : op.JMP);
}

/** CALL with a distance. */
export function emitCall(): void {
  emitBranch(stackOperation(op.CALL64, op.CALL32, op.CALLX, field(D_OPERAND)));
}

/** Emits the fall into the block that follows. */
export function emitFall(): void {
  setField(D_LENGTH, 0);
  const record = emit(op.JMP);
  setTargets(record, <i64>field(E_OFFSET), <i64>field(E_OFFSET));
}

/** The fused operation for a pair, or 0. `condition` is even. */
function fusedWith(first: u32, condition: u32): u32 {
  if (first >= op.CMP && first < op.CMP + 4) {
    const width = first - op.CMP;
    if (condition === 2) return op.CMP_JB + width;
    if (condition === 4) return op.CMP_JE + width;
    if (condition === 6) return op.CMP_JBE + width;
    if (condition === 8) return op.CMP_JS + width;
    if (condition === 12) return op.CMP_JL + width;
    return condition === 14 ? op.CMP_JLE + width : 0;
  }
  if (first >= op.TEST && first < op.TEST + 4) {
    const width = first - op.TEST;
    if (condition === 4) return op.TEST_JE + width;
    if (condition === 8 || condition === 12) return op.TEST_JS + width;
    return condition === 14 ? op.TEST_JLE + width : 0;
  }
  if (first >= op.DEC && first < op.DEC + 4 && condition === 4) return op.DEC_JE + first - op.DEC;
  return 0;
}

/** Turns the last record into a fused pair, if it is of the instruction before and can be; its address or 0. */
function fuse(condition: u32): u32 {
  const last = field(E_CURSOR) - RECORD_SIZE;
  if (last < field(E_FIRST) || <u32>load<u8>(last, R_INDEX) + 1 !== field(E_INDEX)) return 0;
  const fused = fusedWith(load<u16>(last), condition);
  if (fused !== 0) store<u16>(last, <u16>fused, R_OP);
  return fused !== 0 ? last : 0;
}

/** Jcc. */
export function emitJcc(): void {
  const code = field(D_OPCODE) & 15;
  const even = code & 14;
  if (cutsPointer(field(D_OPERAND))) {
    store<u64>(emitBranch(op.JCCX), conditionSet(code), R_IMM);
    return;
  }
  let record = fuse(even);
  if (record === 0) {
    record = emit(even === 4 ? op.JE : even === 2 ? op.JB : op.JCC);
    store<u64>(record, conditionSet(even), R_IMM);
  }
  if (code & 1) setTargets(record, nextDistance(), targetDistance());
  else setTargets(record, targetDistance(), nextDistance());
  endBlock();
}

/** LOOP, LOOPE, LOOPNE, JCXZ. */
export function emitLoop(): void {
  emitBranch(rowOperation());
}

/** RET, with or without bytes to drop. */
export function emitRet(): void {
  const width = field(D_OPERAND);
  const record = emitBinary(stackOperation(op.RET64, op.RET32, op.RETX, width), width, 0, 0);
  store<u64>(record, load<u64>(DECODER + D_IMMEDIATE) & 0xffff, R_IMM);
  endBlock();
}

/** CALL to a register or memory operand. */
export function emitCallIndirect(): void {
  const width = field(D_OPERAND);
  const src = sourceOf(0);
  emitBinary(stackOperation(op.CALL_TO64, op.CALL_TO32, op.CALL_TOX, width), width, 0, src);
  endBlock();
}

/** JMP to a register or memory operand. */
export function emitJmpIndirect(): void {
  const width = field(D_OPERAND);
  const src = sourceOf(0);
  const wide = width === WIDTH_64 ? op.JMP_TO64 : op.JMP_TO32;
  emitBinary(width === WIDTH_16 ? op.JMP_TOX : wide, width, 0, src);
  endBlock();
}
