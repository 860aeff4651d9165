// Writes records: the common fields, registers' addresses, and memory operands.

import { CS, FS, S_GPR, S_SEGMENT, SEG_BASE, SEGMENT_SIZE } from "../interface.ts";
import { S_ADDRESS, S_BLOCK_RIP, S_ZERO } from "../interpreter-state.ts";
import {
  LEA_SEGMENT,
  LEA16,
  LEA32,
  LEA64,
  LOAD,
  LOAD_FLAT,
  LOAD_INDEXED,
  LOADV,
  LOADV_FLAT,
  LOADV_INDEXED,
  LOADVX,
  LOADX,
  MODIFY,
  MODIFY_FLAT,
  MODIFY_INDEXED,
  MODIFYX,
  STORE,
  STORE_FLAT,
  STORE_INDEXED,
  STOREV,
  STOREV_FLAT,
  STOREV_INDEXED,
  STOREVX,
  STOREX,
} from "../operations.gen.ts";
import {
  R_ADDRESS_WIDTH,
  R_BASE,
  R_DISPLACEMENT,
  R_DST,
  R_EXTRA,
  R_IMM,
  R_INDEX,
  R_INDEX_REGISTER,
  R_LENGTH,
  R_NEXT,
  R_OFFSET,
  R_OP,
  R_SCALE,
  R_SEGMENT,
  R_SRC,
  R_WIDTH,
  RECORD_SIZE,
} from "../records.ts";
import { MODE_FLAT } from "../system/mode.ts";
import {
  BASE_RIP,
  D_ADDRESS,
  D_BASE,
  D_CODE,
  D_DISPLACEMENT,
  D_INDEX,
  D_LENGTH,
  D_REX,
  D_SCALE,
  D_SEGMENT,
  D_VEX,
  DECODER,
  E_BASE,
  E_CPU,
  E_CURSOR,
  E_END,
  E_FORM,
  E_INDEX,
  E_INDEX_REGISTER,
  E_MODE,
  E_OFFSET,
  field,
  NO_REGISTER,
  setField,
  WIDTH_8,
  WIDTH_16,
  WIDTH_32,
  WIDTH_64,
  WIDTH_128,
} from "./fields.ts";

/** The operand is addressed as LOAD does. */
export const FORM_BASED: u32 = 0;
/** The operand is addressed as LOAD_INDEXED does. */
export const FORM_INDEXED: u32 = 1;
/** The operand is addressed as LOAD_FLAT does. */
export const FORM_FLAT: u32 = 2;
/** The operand's offset is in S_ADDRESS, and its segment must be looked at. */
export const FORM_SEGMENTED: u32 = 3;

/** Starts a record and returns its address. */
export function emit(operation: u32): u32 {
  const record = field(E_CURSOR);
  memory.fill(record, 0, RECORD_SIZE);
  setField(E_CURSOR, record + RECORD_SIZE);
  store<u16>(record, <u16>operation, R_OP);
  store<u8>(record, <u8>field(D_LENGTH), R_LENGTH);
  store<u8>(record, <u8>field(E_INDEX), R_INDEX);
  store<u16>(record, <u16>field(E_OFFSET), R_OFFSET);
  store<u16>(record, <u16>(field(E_OFFSET) + field(D_LENGTH)), R_NEXT);
  store<u8>(record, <u8>field(D_ADDRESS), R_ADDRESS_WIDTH);
  store<u8>(record, <u8>field(D_SEGMENT), R_SEGMENT);
  return record;
}

/** Makes the instruction at hand its block's last. */
export function endBlock(): void {
  setField(E_END, 1);
}

/** Starts a record with operands of a width. */
export function emitBinary(operation: u32, width: u32, dst: u32, src: u32): u32 {
  const record = emit(operation);
  store<u8>(record, <u8>width, R_WIDTH);
  store<u32>(record, dst, R_DST);
  store<u32>(record, src, R_SRC);
  return record;
}

/** Makes the record's own immediate its source. */
export function setImmediate(record: u32, value: u64): void {
  store<u64>(record, value, R_IMM);
  store<u32>(record, record + R_IMM, R_SRC);
}

/** Address of a field of the CPU's state block. */
export function stateField(offset: u32): u32 {
  return field(E_CPU) + offset;
}

/** Address of a general-purpose register; without REX the 8-bit registers 4 to 7 are AH, CH, DH, BH. */
export function register(number: u32, width: u32): u32 {
  const isHigh = width === WIDTH_8 && number >= 4 && number < 8 && !field(D_REX) && !field(D_VEX);
  return stateField(isHigh ? S_GPR + (number - 4) * 8 + 1 : S_GPR + number * 8);
}

/** Sets base and index of the memory operand at hand as the instruction has them. */
export function settleRegisters(): void {
  const base = field(D_BASE);
  const index = field(D_INDEX);
  const zero = stateField(S_ZERO);
  if (base === BASE_RIP) setField(E_BASE, stateField(S_BLOCK_RIP));
  else setField(E_BASE, base === NO_REGISTER ? zero : register(base, WIDTH_64));
  setField(E_INDEX_REGISTER, index === NO_REGISTER ? zero : register(index, WIDTH_64));
}

/** Displacement of the memory operand, from the block's RIP where it is relative to RIP. */
function displacement(): u64 {
  const value = load<u64>(DECODER + D_DISPLACEMENT);
  if (field(D_BASE) !== BASE_RIP) return value;
  return value + field(E_OFFSET) + field(D_LENGTH);
}

/** Gives a record the base, index and displacement of the memory operand at hand. */
export function setAddress(record: u32): void {
  store<u32>(record, field(E_BASE), R_BASE);
  store<u32>(record, field(E_INDEX_REGISTER), R_INDEX_REGISTER);
  store<u8>(record, <u8>field(D_SCALE), R_SCALE);
  store<u64>(record, displacement(), R_DISPLACEMENT);
}

/** Emits the computation of the operand's offset, cut to the address size, into `dst`. */
export function emitOffset(dst: u32): void {
  const width = field(D_ADDRESS);
  const record = emit(width === WIDTH_64 ? LEA64 : width === WIDTH_32 ? LEA32 : LEA16);
  store<u32>(record, dst, R_DST);
  setAddress(record);
}

/** Makes S_ADDRESS, which holds the operand's offset, what the following records use. */
export function useOffset(): void {
  const segment = field(D_SEGMENT);
  const at = stateField(S_ADDRESS);
  if (field(D_CODE) === WIDTH_64 && segment >= FS) {
    const record = emit(LEA_SEGMENT);
    store<u32>(record, at, R_DST);
    store<u32>(record, stateField(S_SEGMENT + segment * SEGMENT_SIZE + SEG_BASE), R_SRC);
    store<u32>(record, at, R_BASE);
    store<u32>(record, stateField(S_ZERO), R_INDEX_REGISTER);
  }
  setField(E_BASE, at);
  setField(E_INDEX_REGISTER, stateField(S_ZERO));
  setField(E_FORM, field(D_CODE) === WIDTH_64 || isFlat() ? FORM_BASED : FORM_SEGMENTED);
}

/** Whether offsets in the operand's segment are linear addresses, outside 64-bit code. */
function isFlat(): bool {
  const segment = field(D_SEGMENT);
  return (field(E_MODE) & MODE_FLAT) !== 0 && segment < FS && segment !== CS;
}

/** Prepares the memory operand at hand: decides its form, emits what its address needs. */
export function prepareMemory(): void {
  settleRegisters();
  const simple = field(D_CODE) === WIDTH_64 && field(D_ADDRESS) === WIDTH_64;
  if (simple && field(D_SEGMENT) < FS) {
    setField(E_FORM, field(D_INDEX) === NO_REGISTER ? FORM_BASED : FORM_INDEXED);
  } else if (field(D_CODE) === WIDTH_32 && field(D_ADDRESS) === WIDTH_32 && isFlat()) {
    setField(E_FORM, FORM_FLAT);
  } else prepareMemoryApart();
}

/** As prepareMemory, with the address computed once, into S_ADDRESS, for instructions that change their own base. */
export function prepareMemoryApart(): void {
  prepareOffset();
  useOffset();
}

/** Computes the operand's offset into S_ADDRESS. */
export function prepareOffset(): void {
  settleRegisters();
  emitOffset(stateField(S_ADDRESS));
}

/** Emits a memory record; `based` to `segmented` are its operations by form. */
function emitAccess(based: u32, indexed: u32, flat: u32, segmented: u32, width: u32): u32 {
  const form = field(E_FORM);
  const number = width === WIDTH_128 ? 0 : width;
  let operation = segmented;
  if (form === FORM_BASED) operation = based + number;
  else if (form === FORM_INDEXED) operation = indexed + number;
  else if (form === FORM_FLAT) operation = flat + number;
  const record = emit(operation);
  store<u8>(record, <u8>width, R_WIDTH);
  store<u32>(record, field(E_BASE), R_BASE);
  store<u32>(record, field(E_INDEX_REGISTER), R_INDEX_REGISTER);
  if (field(E_BASE) !== stateField(S_ADDRESS)) {
    store<u8>(record, <u8>field(D_SCALE), R_SCALE);
    store<u64>(record, displacement(), R_DISPLACEMENT);
  }
  return record;
}

/** Emits dst = memory operand. */
export function emitLoad(width: u32, dst: u32): u32 {
  const record = emitAccess(LOAD, LOAD_INDEXED, LOAD_FLAT, LOADX, width);
  store<u32>(record, dst, R_DST);
  return record;
}

/** Emits dst = memory operand, which will be written. */
export function emitModify(width: u32, dst: u32): void {
  const record = emitAccess(MODIFY, MODIFY_INDEXED, MODIFY_FLAT, MODIFYX, width);
  store<u32>(record, dst, R_DST);
}

/** Emits memory operand = src. */
export function emitStore(width: u32, src: u32): u32 {
  const record = emitAccess(STORE, STORE_INDEXED, STORE_FLAT, STOREX, width);
  store<u32>(record, src, R_SRC);
  return record;
}

/** Bits of an address that must be 0 where an operand of 128 bits is aligned. */
const ALIGNED: u32 = 15;

/** Emits dst = memory operand of 128 bits. */
export function emitLoadVector(dst: u32, isAligned: bool): void {
  const record = emitAccess(LOADV, LOADV_INDEXED, LOADV_FLAT, LOADVX, WIDTH_128);
  store<u32>(record, dst, R_DST);
  store<u8>(record, <u8>(isAligned ? ALIGNED : 0), R_EXTRA);
}

/** Emits memory operand of 128 bits = src. */
export function emitStoreVector(src: u32, isAligned: bool): void {
  const record = emitAccess(STOREV, STOREV_INDEXED, STOREV_FLAT, STOREVX, WIDTH_128);
  store<u32>(record, src, R_SRC);
  store<u8>(record, <u8>(isAligned ? ALIGNED : 0), R_EXTRA);
}

/** Whether the stack is flat and its pointer, and what is pushed, have `width`. */
export function isPlainStack(stack32: bool, width: u32): bool {
  if (field(D_CODE) === WIDTH_64) return width === WIDTH_64;
  return (field(E_MODE) & MODE_FLAT) !== 0 && stack32 && width === WIDTH_32;
}

/** Width of the code's instruction pointer when cut to the operand size differs from the code size. */
export function cutsPointer(width: u32): bool {
  return field(D_CODE) === WIDTH_32 && width === WIDTH_16;
}
