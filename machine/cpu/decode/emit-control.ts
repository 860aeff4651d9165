// Emitters of the stack and of transfers of control, and of what is executed outside the inner loop.

import { FAR_BLOCK, NO_BLOCK } from "../blocks.ts";
import { ROW_OPERATION } from "../emitters.ts";
import { DS, S_SEGMENT, SEGMENT_SIZE } from "../interface.ts";
import { S_ADDRESS } from "../interpreter-state.ts";
import * as op from "../operations.gen.ts";
import {
  R_BASE,
  R_DISPLACEMENT,
  R_DST,
  R_EXTRA,
  R_FALLEN,
  R_FALLEN_DISPLACEMENT,
  R_IMM,
  R_IMM2,
  R_INDEX,
  R_OP,
  R_SRC,
  R_TAKEN,
  R_WIDTH,
  RECORD_SIZE,
} from "../records.ts";
import {
  MODE_CPL_MASK,
  MODE_FLAT,
  MODE_PROTECTED,
  MODE_STACK_32,
  MODE_VM86,
} from "../system/mode.ts";
import { conditionSet } from "./conditions.ts";
import {
  D_CODE,
  D_IMMEDIATE,
  D_IMMEDIATE2,
  D_LENGTH,
  D_OPCODE,
  D_OPERAND,
  D_REG,
  D_REPEAT,
  D_RM,
  D_ROW,
  DECODER,
  E_CURSOR,
  E_END,
  E_FIRST,
  E_INDEX,
  E_MODE,
  E_OFFSET,
  E_PAGE_OFFSET,
  field,
  setField,
  WIDTH_16,
  WIDTH_32,
  WIDTH_64,
} from "./fields.ts";
import {
  finishSource,
  isImmediate,
  isMemory,
  registerOf,
  sourceOf,
  temporary2,
  widthOf,
} from "./operands.ts";
import { unitOf } from "./units.ts";
import {
  cutsPointer,
  emit,
  emitBinary,
  emitStore,
  isPlainStack,
  prepareMemory,
  prepareOffset,
  register,
  setAddress,
  settleRegisters,
  stateField,
} from "./write.ts";

/** Bytes of a page. */
const PAGE: i64 = 4096;

function operation(): u32 {
  return load<u16>(field(D_ROW), ROW_OPERATION);
}

function plainStack(width: u32): bool {
  return isPlainStack((field(E_MODE) & MODE_STACK_32) !== 0, width);
}

function endBlock(): void {
  setField(E_END, 1);
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
  const selector = stateField(S_SEGMENT + operation() * SEGMENT_SIZE);
  emitBinary(op.MOVZX_16_64, WIDTH_64, temporary2(), selector);
  emitPushOf(temporary2(), field(D_OPERAND));
}

/** Starts a record that is executed with S_RIP, S_NEXT and RFLAGS up to date, and ends the block. */
export function emitSystemRecord(number: u32): u32 {
  const record = emitBinary(number, field(D_OPERAND), 0, 0);
  endBlock();
  return record;
}

/** Instructions without explicit operands. */
export function emitSystem(): void {
  emitSystemRecord(operation());
}

/** POP of the segment register that the row names. */
export function emitPopSegment(): void {
  store<u8>(emitSystemRecord(op.POP_SEGMENT), <u8>operation(), R_EXTRA);
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
  emitBranch(operation());
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

/** Far transfers with an immediate, and INT. */
export function emitFar(): void {
  const record = emitSystemRecord(operation());
  store<u64>(record, load<u64>(DECODER + D_IMMEDIATE), R_IMM);
  store<u16>(record, <u16>field(D_IMMEDIATE2), R_IMM2);
}

/** A record that does its own access to the memory operand, whose offset it finds at R_BASE. */
function emitWithOffset(number: u32): u32 {
  prepareOffset();
  const record = emitSystemRecord(number);
  store<u32>(record, stateField(S_ADDRESS), R_BASE);
  return record;
}

/** Far transfers through memory: R_EXTRA is 1. */
export function emitFarMemory(): void {
  store<u8>(emitWithOffset(operation()), 1, R_EXTRA);
}

/** Instructions with a memory operand of their own shape. */
export function emitMemory(): void {
  emitWithOffset(operation());
}

/** LES and its kin: R_EXTRA is the segment. */
export function emitLoadFar(): void {
  const segment = operation();
  const record = emitWithOffset(op.LOAD_FAR);
  store<u8>(record, <u8>segment, R_EXTRA);
  store<u32>(record, registerOf(0), R_DST);
}

/** BOUND. */
export function emitBound(): void {
  store<u32>(emitWithOffset(op.BOUND), registerOf(0), R_SRC);
}

/** String instructions: R_EXTRA is the repeat prefix, R_SEGMENT the source's segment. */
export function emitString(): void {
  const number = operation();
  const isMoved = number === op.MOVS || number === op.CMPS;
  const width = isMoved || number === op.STOS || number === op.INS ? widthOf(0) : widthOf(1);
  const record = emitBinary(number, number === op.LODS ? widthOf(0) : width, 0, 0);
  store<u8>(record, <u8>field(D_REPEAT), R_EXTRA);
  if (field(D_REPEAT) || number === op.INS || number === op.OUTS) endBlock();
}

/** IN and OUT: the port is the immediate, or DX where R_EXTRA is set. */
export function emitPort(): void {
  const number = operation();
  const width = widthOf(number === op.IN ? 0 : 1);
  const record = emitSystemRecord(number);
  store<u8>(record, <u8>width, R_WIDTH);
  store<u64>(record, load<u64>(DECODER + D_IMMEDIATE) & 0xff, R_IMM);
  store<u8>(record, u8(!isImmediate(number === op.IN ? 1 : 0)), R_EXTRA);
}

/** MOV from a segment register: 16 bits to memory, zero-extended to a register. */
export function emitFromSegment(): void {
  const selector = stateField(S_SEGMENT + field(D_REG) * SEGMENT_SIZE);
  if (field(D_REG) > 5) {
    emitUndefined();
  } else if (isMemory(0)) {
    prepareMemory();
    emitStore(WIDTH_16, selector);
  } else if (field(D_OPERAND) === WIDTH_16) {
    emitBinary(op.MOV + WIDTH_16, WIDTH_16, registerOf(0), selector);
  } else emitBinary(op.MOVZX_16_64, WIDTH_64, registerOf(0), selector);
}

/** MOV to a segment register: R_EXTRA is its number. */
export function emitToSegment(): void {
  const number = field(D_REG);
  if (number > DS + 2 || number === 1) {
    emitUndefined();
    return;
  }
  const src = sourceOf(1);
  const record = emitSystemRecord(op.MOV_TO_SEGMENT);
  store<u32>(record, src, R_SRC);
  store<u8>(record, <u8>number, R_EXTRA);
}

/** Whether LLDT, LTR or LMSW faults by its privilege level (or, but for LMSW, by the mode) before its operand is read. */
function isRefused(number: u32): bool {
  const mode = field(E_MODE);
  if (number !== op.LMSW && (mode & (MODE_PROTECTED | MODE_VM86)) !== MODE_PROTECTED) return true;
  const isPrivileged = number === op.LMSW || number === op.LLDT || number === op.LTR;
  return isPrivileged && (mode & MODE_CPL_MASK) !== 0;
}

/** Instructions whose last operand is read from register or memory: R_SRC; a register first operand is R_DST. */
export function emitChecked(): void {
  const number = operation();
  if (isRefused(number)) {
    const refused = emitSystemRecord(number);
    store<u32>(refused, register(0, WIDTH_16), R_SRC);
    store<u32>(refused, register(0, WIDTH_16), R_DST);
    return;
  }
  if (number === op.ARPL) {
    emitWritten(number, registerOf(1));
    return;
  }
  const isPair = number === op.LAR || number === op.LSL;
  const src = sourceOf(isPair ? 1 : 0);
  const record = emitSystemRecord(number);
  store<u32>(record, src, R_SRC);
  if (isPair) store<u32>(record, registerOf(0), R_DST);
}

/** An instruction that writes its first operand: R_DST, or at R_BASE where R_EXTRA is 1. */
function emitWritten(number: u32, src: u32): void {
  const toMemory = isMemory(0);
  const record = toMemory ? emitWithOffset(number) : emitSystemRecord(number);
  store<u8>(record, u8(toMemory), R_EXTRA);
  store<u32>(record, src, R_SRC);
  if (!toMemory) store<u32>(record, registerOf(0), R_DST);
}

/** SLDT, STR, SMSW. */
export function emitCheckedStore(): void {
  emitWritten(operation(), 0);
}

/** MOV from and to control and debug registers: R_EXTRA is the number, R_DST and R_SRC the general-purpose register. */
export function emitControl(): void {
  const record = emitSystemRecord(operation());
  const at = register(field(D_RM), WIDTH_64);
  store<u8>(record, <u8>(field(D_CODE) === WIDTH_64 ? WIDTH_64 : WIDTH_32), R_WIDTH);
  store<u8>(record, <u8>field(D_REG), R_EXTRA);
  store<u32>(record, at, R_DST);
  store<u32>(record, at, R_SRC);
}

/** RDFSBASE and its kin. */
export function emitBase(): void {
  const record = emitSystemRecord(operation());
  store<u32>(record, registerOf(0), R_DST);
  store<u32>(record, registerOf(0), R_SRC);
}

/** #UD. */
export function emitUndefined(): void {
  emitSystemRecord(op.UNDEFINED);
}

/** An instruction that stops the CPU: R_EXTRA is the absent unit that it belongs to. */
export function emitUnimplemented(): void {
  store<u8>(emitSystemRecord(op.UNIMPLEMENTED), <u8>unitOf(), R_EXTRA);
}
