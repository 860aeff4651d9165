// Emitters of what is executed outside the inner loop with all state exact: far transfers, segments, tables, ports, control registers; and of
// strings, which have an operand of their own shape.

import { DS, S_SEGMENT, SEGMENT_SIZE } from "../interface.ts";
import { S_ADDRESS } from "../interpreter-state.ts";
import * as op from "../operations.gen.ts";
import { R_BASE, R_DST, R_EXTRA, R_IMM, R_IMM2, R_SRC, R_WIDTH } from "../records.ts";
import { MODE_CPL_MASK, MODE_PAUSE_EXITS, MODE_PROTECTED, MODE_VM86 } from "../system/mode.ts";
import {
  D_CODE,
  D_IMMEDIATE,
  D_IMMEDIATE2,
  D_OPERAND,
  D_REG,
  D_REPEAT,
  D_RM,
  DECODER,
  E_MODE,
  field,
  WIDTH_16,
  WIDTH_32,
  WIDTH_64,
} from "./fields.ts";
import { isImmediate, isMemory, registerOf, rowOperation, sourceOf, widthOf } from "./operands.ts";
import { unitOf } from "./units.ts";
import {
  emitBinary,
  emitStore,
  endBlock,
  prepareMemory,
  prepareOffset,
  register,
  stateField,
} from "./write.ts";

/** Starts a record that is executed with S_RIP, S_NEXT and RFLAGS up to date, and ends the block. */
export function emitSystemRecord(number: u32): u32 {
  const record = emitBinary(number, field(D_OPERAND), 0, 0);
  endBlock();
  return record;
}

/** Instructions without explicit operands. */
export function emitSystem(): void {
  emitSystemRecord(rowOperation());
}

/** PAUSE: nothing, but for a guest that may exit there. */
export function emitPause(): void {
  if (field(E_MODE) & MODE_PAUSE_EXITS) emitSystemRecord(op.PAUSE);
}

/** POP of the segment register that the row names. */
export function emitPopSegment(): void {
  store<u8>(emitSystemRecord(op.POP_SEGMENT), <u8>rowOperation(), R_EXTRA);
}

/** Far transfers with an immediate, and INT. */
export function emitFar(): void {
  const record = emitSystemRecord(rowOperation());
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
  store<u8>(emitWithOffset(rowOperation()), 1, R_EXTRA);
}

/** Instructions with a memory operand of their own shape. */
export function emitMemory(): void {
  emitWithOffset(rowOperation());
}

/** LES and its kin: R_EXTRA is the segment. */
export function emitLoadFar(): void {
  const segment = rowOperation();
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
  const number = rowOperation();
  const isMoved = number === op.MOVS || number === op.CMPS;
  const width = isMoved || number === op.STOS || number === op.INS ? widthOf(0) : widthOf(1);
  const record = emitBinary(number, number === op.LODS ? widthOf(0) : width, 0, 0);
  store<u8>(record, <u8>field(D_REPEAT), R_EXTRA);
  if (field(D_REPEAT) || number === op.INS || number === op.OUTS) endBlock();
}

/** IN and OUT: the port is the immediate, or DX where R_EXTRA is set. */
export function emitPort(): void {
  const number = rowOperation();
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
  const number = rowOperation();
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
  emitWritten(rowOperation(), 0);
}

/** MOV from and to control and debug registers: R_EXTRA is the number, R_DST and R_SRC the general-purpose register. */
export function emitControl(): void {
  const record = emitSystemRecord(rowOperation());
  const at = register(field(D_RM), WIDTH_64);
  store<u8>(record, <u8>(field(D_CODE) === WIDTH_64 ? WIDTH_64 : WIDTH_32), R_WIDTH);
  store<u8>(record, <u8>field(D_REG), R_EXTRA);
  store<u32>(record, at, R_DST);
  store<u32>(record, at, R_SRC);
}

/** RDFSBASE and its kin. */
export function emitBase(): void {
  const record = emitSystemRecord(rowOperation());
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
