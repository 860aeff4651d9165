// Operands of the instruction at hand, as addresses that records can name.

import { FX_REGISTERS, FX_XMM, S_FX, S_GPR } from "../interface.ts";
import { S_TEMPORARY, S_TEMPORARY2, S_VECTOR } from "../interpreter-state.ts";
import {
  OPERAND_A,
  OPERAND_B,
  OPERAND_C,
  OPERAND_D,
  OPERAND_E,
  OPERAND_G,
  OPERAND_I,
  OPERAND_M,
  OPERAND_N,
  OPERAND_NONE,
  OPERAND_O,
  OPERAND_ONE,
  OPERAND_Q,
  OPERAND_R,
  OPERAND_V,
  OPERAND_W,
  OPERAND_Z,
  ROW_ATTRIBUTES,
  ROW_IS_UNALIGNED,
  ROW_OPERANDS,
  ROW_OPERATION,
  SIZE_B,
  SIZE_D,
  SIZE_Q,
  SIZE_S,
  SIZE_V,
  SIZE_W,
  SIZE_X,
  SIZE_Y,
} from "../rows.ts";
import {
  D_IMMEDIATE,
  D_MEMORY,
  D_OPCODE,
  D_OPERAND,
  D_REG,
  D_REX,
  D_RM,
  D_ROW,
  D_VVVV,
  DECODER,
  field,
  REX_B,
  WIDTH_8,
  WIDTH_16,
  WIDTH_32,
  WIDTH_64,
  WIDTH_128,
} from "./fields.ts";
import {
  emitLoad,
  emitLoadVector,
  prepareMemory,
  register,
  setImmediate,
  stateField,
} from "./write.ts";

/** Number of RCX. */
const RCX: u32 = 1;
/** Number of RDX. */
const RDX: u32 = 2;

/** The operation of the row at hand, or another number that it has in that place. */
export function rowOperation(): u32 {
  return load<u16>(field(D_ROW), ROW_OPERATION);
}

/** Letter of operand `i` (OPERAND_*). */
export function letterOf(i: u32): u32 {
  return load<u8>(field(D_ROW) + ROW_OPERANDS + i * 2);
}

/** Width of operand `i`. */
export function widthOf(i: u32): u32 {
  const size = <u32>load<u8>(field(D_ROW) + ROW_OPERANDS + i * 2 + 1);
  const width = field(D_OPERAND);
  if (size === SIZE_B) return WIDTH_8;
  if (size === SIZE_W) return WIDTH_16;
  if (size === SIZE_D) return WIDTH_32;
  if (size === SIZE_Q) return WIDTH_64;
  if (size === SIZE_X) return WIDTH_128;
  if (size === SIZE_V || size === SIZE_S) return width;
  if (size === SIZE_Y) return width === WIDTH_64 ? WIDTH_64 : WIDTH_32;
  return width === WIDTH_64 ? WIDTH_32 : width;
}

/** Whether operand `i` is in memory. */
export function isMemory(i: u32): bool {
  const letter = letterOf(i);
  if (letter === OPERAND_O || letter === OPERAND_M) return true;
  return (
    (letter === OPERAND_E || letter === OPERAND_W || letter === OPERAND_Q) && field(D_MEMORY) !== 0
  );
}

/** Whether operand `i` is part of the instruction. */
export function isImmediate(i: u32): bool {
  const letter = letterOf(i);
  return letter === OPERAND_I || letter === OPERAND_ONE;
}

/** Value of an immediate operand. */
export function immediate(i: u32): u64 {
  return letterOf(i) === OPERAND_ONE ? 1 : load<u64>(DECODER + D_IMMEDIATE);
}

/** Bytes from a register of MMX or SSE to the next. */
const VECTOR_SIZE: u32 = 16;

function xmm(number: u32): u32 {
  return stateField(S_FX + FX_XMM + number * VECTOR_SIZE);
}

/** REX does not reach the eight registers of MMX. */
function mm(number: u32): u32 {
  return stateField(S_FX + FX_REGISTERS + (number & 7) * VECTOR_SIZE);
}

/** Address of operand `i`, a register of MMX or SSE, or 0. */
function vectorRegisterOf(letter: u32): u32 {
  if (letter === OPERAND_V) return xmm(field(D_REG));
  if (letter === OPERAND_W) return xmm(field(D_RM));
  if (letter === OPERAND_N) return mm(field(D_REG));
  return letter === OPERAND_Q ? mm(field(D_RM)) : 0;
}

/** Address of operand `i`, a register, or 0. */
export function registerOf(i: u32): u32 {
  const letter = letterOf(i);
  if (letter >= OPERAND_V) return vectorRegisterOf(letter);
  const width = widthOf(i);
  if (letter === OPERAND_E || letter === OPERAND_R) return register(field(D_RM), width);
  if (letter === OPERAND_G) return register(field(D_REG), width);
  if (letter === OPERAND_B) return register(field(D_VVVV), width);
  if (letter === OPERAND_Z)
    return register((field(D_OPCODE) & 7) | (field(D_REX) & REX_B ? 8 : 0), width);
  if (letter === OPERAND_A) return stateField(S_GPR);
  if (letter === OPERAND_C) return stateField(S_GPR + RCX * 8);
  return letter === OPERAND_D ? stateField(S_GPR + RDX * 8) : 0;
}

/** Address of operand `i` as a source; a memory operand is loaded. 0 for an immediate: see `finishSource`. */
export function sourceOf(i: u32): u32 {
  if (letterOf(i) === OPERAND_NONE || isImmediate(i)) return 0;
  if (!isMemory(i)) return registerOf(i);
  prepareMemory();
  if (widthOf(i) === WIDTH_128) {
    const place = stateField(S_VECTOR);
    emitLoadVector(place, (load<u16>(field(D_ROW), ROW_ATTRIBUTES) & ROW_IS_UNALIGNED) === 0);
    return place;
  }
  const to = stateField(S_TEMPORARY2);
  emitLoad(widthOf(i), to);
  return to;
}

/** Gives a record its immediate where operand `i` is one. */
export function finishSource(record: u32, i: u32): void {
  if (isImmediate(i)) setImmediate(record, immediate(i));
}

/** Address of the temporary for a memory operand that is the destination. */
export function temporary(): u32 {
  return stateField(S_TEMPORARY);
}

/** Address of the temporary for a memory operand that is the source. */
export function temporary2(): u32 {
  return stateField(S_TEMPORARY2);
}
