// Emitters of SSE: moves of 128 bits and of their parts, and operations on whole registers. An XMM register is a place in the state
// block like any other, so that parts of it are loaded and stored by the operations of general-purpose registers.

import { FX_MXCSR, S_FX } from "../interface.ts";
import * as op from "../operations.gen.ts";
import { LANES_DOUBLE, LANES_SCALAR, R_EXTRA, R_IMM } from "../records.ts";
import { ROW_ATTRIBUTES, ROW_IS_UNALIGNED } from "../rows.ts";
import { D_OPERAND, D_ROW, field, WIDTH_32, WIDTH_64 } from "./fields.ts";
import {
  finishSource,
  immediate,
  isImmediate,
  isMemory,
  registerOf,
  rowOperation,
  sourceOf,
  widthOf,
} from "./operands.ts";
import {
  emitBinary,
  emitLoad,
  emitLoadVector,
  emitStore,
  emitStoreVector,
  prepareMemory,
  stateField,
} from "./write.ts";

/** Bytes of an XMM register, and of its half. */
const SIZE: u32 = 16;
const HALF: u32 = 8;

/** Whether a memory operand of 128 bits may lie anywhere. */
function isUnaligned(): bool {
  return (load<u16>(field(D_ROW), ROW_ATTRIBUTES) & ROW_IS_UNALIGNED) !== 0;
}

/** Emits an operation on the first operand, with the second as source and the third, if there is one, as immediate. */
function emitOperation(operation: u32): u32 {
  const src = sourceOf(1);
  const record = emitBinary(operation, widthOf(0), registerOf(0), src);
  if (isImmediate(2)) store<u64>(record, immediate(2), R_IMM);
  return record;
}

/** The row's operation on whole registers. */
export function emitVector(): void {
  emitOperation(rowOperation());
}

/** A shift by an immediate. */
export function emitVectorShift(): void {
  finishSource(emitBinary(rowOperation(), widthOf(0), registerOf(0), 0), 1);
}

/** MOVAPS and its kin. */
export function emitVectorMove(): void {
  if (isMemory(1)) {
    prepareMemory();
    emitLoadVector(registerOf(0), !isUnaligned());
  } else if (isMemory(0)) {
    prepareMemory();
    emitStoreVector(registerOf(1), !isUnaligned());
  } else emitBinary(op.VMOV, 0, registerOf(0), registerOf(1));
}

/** MOVSS, MOVSD and MOVQ that clear what they do not load. */
export function emitScalarLoad(): void {
  const width = widthOf(1);
  const to = registerOf(0);
  if (!isMemory(1)) {
    emitBinary(op.VMOVQ, 0, to, registerOf(1));
    return;
  }
  prepareMemory();
  // A load of 32 bits clears the next 32, as it does in a general-purpose register.
  emitLoad(width, to);
  emitBinary(op.VCLEAR_HIGH, 0, to, 0);
}

/** MOVSS and MOVSD between registers, which leave the rest alone, and to memory. */
export function emitScalarMove(): void {
  const width = widthOf(1);
  if (isMemory(0)) {
    prepareMemory();
    emitStore(width, registerOf(1));
  } else if (width === WIDTH_64) emitBinary(op.MOV + width, width, registerOf(0), registerOf(1));
  else emitBinary(op.VMERGE32, width, registerOf(0), registerOf(1));
}

/** MOVQ to a register clears its high half, as MOVQ to memory has none. */
export function emitLowMove(): void {
  if (isMemory(0)) {
    prepareMemory();
    emitStore(WIDTH_64, registerOf(1));
  } else emitBinary(op.VMOVQ, 0, registerOf(0), registerOf(1));
}

/** MOVLPS, MOVHPS, MOVHLPS, MOVLHPS: bit 0 of the operation is the destination's half, bit 1 the source's. */
export function emitHalfMove(): void {
  const half = rowOperation();
  const high = (half & 1) * HALF;
  if (isMemory(1)) {
    prepareMemory();
    emitLoad(WIDTH_64, registerOf(0) + high);
  } else if (isMemory(0)) {
    prepareMemory();
    emitStore(WIDTH_64, registerOf(1) + high);
  } else
    emitBinary(
      op.MOV + WIDTH_64,
      WIDTH_64,
      registerOf(0) + high,
      registerOf(1) + (half >> 1) * HALF,
    );
}

/** MOVD and MOVQ from a general-purpose register or memory. */
export function emitToScalar(): void {
  if (isMemory(1)) emitScalarLoad();
  else emitBinary(widthOf(1) === WIDTH_64 ? op.VMOVQ : op.VMOVD, 0, registerOf(0), registerOf(1));
}

/** MOVD and MOVQ to one. */
export function emitFromScalar(): void {
  const width = widthOf(0);
  if (isMemory(0)) {
    prepareMemory();
    emitStore(width, registerOf(1));
  } else emitBinary(op.MOV + width, width, registerOf(0), registerOf(1));
}

/** MASKMOVQ and MASKMOVDQU, without MMX's check: R_EXTRA is the number of bytes. */
export function emitMaskedStore(): void {
  const record = emitBinary(rowOperation(), 0, registerOf(0), registerOf(1));
  store<u8>(record, <u8>(widthOf(0) === WIDTH_64 ? HALF : SIZE), R_EXTRA);
}

/** The operation for lanes of a kind: ADD, SUB, MUL and DIV of scalars are the inner loop's. */
function operationFor(kind: u32): u32 {
  const number = rowOperation() - op.VADD;
  const isQuick = (kind & LANES_SCALAR) !== 0 && number <= op.VDIV - op.VADD;
  return isQuick ? op.ADDSS + number * 2 + (kind & LANES_DOUBLE) : rowOperation();
}

/** Arithmetic on lanes of a kind (LANES_*). */
function emitFloat(kind: u32): void {
  store<u8>(emitOperation(operationFor(kind)), <u8>kind, R_EXTRA);
}

/** Packed singles. */
export function emitPs(): void {
  emitFloat(0);
}

/** Packed doubles. */
export function emitPd(): void {
  emitFloat(LANES_DOUBLE);
}

/** A single. */
export function emitSs(): void {
  emitFloat(LANES_SCALAR);
}

/** A double. */
export function emitSd(): void {
  emitFloat(LANES_SCALAR | LANES_DOUBLE);
}

/** CVTSI2SS and CVTSI2SD: the operation is the kind of the lane, the width the integer's. */
export function emitFromInteger(): void {
  const src = sourceOf(1);
  const record = emitBinary(op.CVTSI2S, widthOf(1), registerOf(0), src);
  store<u8>(record, <u8>rowOperation(), R_EXTRA);
}

/** LDMXCSR. */
export function emitControlLoad(): void {
  const src = sourceOf(0);
  emitBinary(rowOperation(), 0, 0, src);
}

/** STMXCSR. */
export function emitControlStore(): void {
  prepareMemory();
  emitStore(WIDTH_32, stateField(S_FX + FX_MXCSR));
}

/** INSERTPS of a register, of which the immediate names the lane. */
export function emitInsertLane(): void {
  const lane = (<u32>immediate(2) >> 6) & 3;
  const record = emitBinary(rowOperation(), widthOf(0), registerOf(0), registerOf(1) + lane * 4);
  store<u64>(record, immediate(2), R_IMM);
}

/** PEXTRB and its kin to memory: the lane that the immediate names. */
export function emitLaneStore(): void {
  const width = widthOf(0);
  const lane = <u32>immediate(2) & ((SIZE >> width) - 1);
  prepareMemory();
  emitStore(width, registerOf(1) + (lane << width));
}

/** PINSRD and PINSRQ. */
export function emitInsertGeneral(): void {
  const width = widthOf(1);
  const src = sourceOf(1);
  const record = emitBinary(width === WIDTH_64 ? op.PINSRQ : op.PINSRD, width, registerOf(0), src);
  store<u64>(record, immediate(2), R_IMM);
}

/** PCMPESTRI and its kin: the width is that of explicit lengths. */
export function emitCompareText(): void {
  const src = sourceOf(1);
  const record = emitBinary(rowOperation(), field(D_OPERAND), registerOf(0), src);
  store<u64>(record, immediate(2), R_IMM);
}
