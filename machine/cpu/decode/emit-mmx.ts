// Emitters of MMX. Its operations are those of SSE on 64 bits that are extended with zeros, in two temporaries; MMX_PUT then sets the
// register. Before anything else an x87 exception that waits is raised, after the last fault the x87's stack is made MMX's.

import { S_MMX, S_MMX_SOURCE } from "../interpreter-state.ts";
import * as op from "../operations.gen.ts";
import { R_EXTRA, R_IMM } from "../records.ts";
import { OPERAND_N, OPERAND_Q } from "../rows.ts";
import { emitMaskedStore } from "./emit-vector.ts";
import { WIDTH_64, WIDTH_128 } from "./fields.ts";
import {
  finishSource,
  immediate,
  isImmediate,
  isMemory,
  letterOf,
  registerOf,
  rowOperation,
  sourceOf,
  widthOf,
} from "./operands.ts";
import { emit, emitBinary, emitLoad, emitStore, prepareMemory, stateField } from "./write.ts";

/** Offset of the high half of a temporary. */
const HIGH: u32 = 8;

/** The second operand, zero-extended to 64 bits or more, in a place whose high half is zero. */
function sourceOfMmx(): u32 {
  const to = stateField(S_MMX_SOURCE);
  const width = widthOf(1);
  if (isMemory(1)) {
    prepareMemory();
    emitLoad(width, to);
  } else emitBinary(op.MOV + width, width, to, registerOf(1));
  return to;
}

/** The first operand, zero-extended. */
function destinationOfMmx(): u32 {
  const to = stateField(S_MMX);
  emitBinary(op.VMOVQ, 0, to, registerOf(0));
  return to;
}

function emitOperation(dst: u32, src: u32): void {
  const record = emitBinary(rowOperation(), WIDTH_64, dst, src);
  store<u8>(record, 1, R_EXTRA);
  if (isImmediate(2)) store<u64>(record, immediate(2), R_IMM);
}

function emitPut(from: u32): void {
  emitBinary(op.MMX_PUT, WIDTH_64, registerOf(0), from);
}

/** An operation that takes each lane by itself. */
export function emitMmx(): void {
  emit(op.MMX_CHECK);
  const src = sourceOfMmx();
  const dst = destinationOfMmx();
  emitOperation(dst, src);
  emitPut(dst);
}

/** A shift by an immediate. */
export function emitMmxShift(): void {
  emit(op.MMX_CHECK);
  const dst = destinationOfMmx();
  finishSource(emitBinary(rowOperation(), WIDTH_64, dst, 0), 1);
  emitPut(dst);
}

/** An operation that makes half as many lanes of both operands, one after the other. */
export function emitMmxPair(): void {
  emit(op.MMX_CHECK);
  const src = sourceOfMmx();
  const dst = destinationOfMmx();
  emitBinary(op.MOV + WIDTH_64, WIDTH_64, dst + HIGH, src);
  emitOperation(dst, dst);
  emitPut(dst);
}

/** An operation whose result is the high half of what SSE makes of the low ones. */
export function emitMmxHigh(): void {
  emit(op.MMX_CHECK);
  const src = sourceOfMmx();
  const dst = destinationOfMmx();
  emitOperation(dst, src);
  emitPut(dst + HIGH);
}

/** An operation that leads from an MMX register to another kind. */
export function emitMmxRead(): void {
  emit(op.MMX_CHECK);
  emitOperation(registerOf(0), sourceOfMmx());
  emit(op.MMX_SET);
}

/** MOVD, MOVQ, MOVDQ2Q. */
export function emitMmxMove(): void {
  emit(op.MMX_CHECK);
  if (letterOf(0) === OPERAND_N) {
    emitPut(sourceOfMmx());
    return;
  }
  const width = widthOf(0);
  const src = registerOf(1);
  if (isMemory(0)) {
    prepareMemory();
    emitStore(width, src);
    emit(op.MMX_SET);
  } else if (letterOf(0) === OPERAND_Q) emitPut(src);
  else {
    emitBinary(op.MOV + width, width, registerOf(0), src);
    emit(op.MMX_SET);
  }
}

/** MOVQ2DQ. */
export function emitMmxToVector(): void {
  emit(op.MMX_CHECK);
  emitBinary(op.VMOVQ, 0, registerOf(0), registerOf(1));
  emit(op.MMX_SET);
}

/** EMMS. */
export function emitEmms(): void {
  emit(op.MMX_CHECK);
  emit(op.EMMS);
}

/** MASKMOVQ and MASKMOVDQU. */
export function emitMaskMove(): void {
  const isMmx = letterOf(0) === OPERAND_N;
  if (isMmx) emit(op.MMX_CHECK);
  emitMaskedStore();
  if (isMmx) emit(op.MMX_SET);
}

/** CVTPI2PS and CVTPI2PD; a register makes the x87's stack MMX's, memory does not. */
export function emitMmxSource(): void {
  const toMmx = !isMemory(1);
  if (toMmx) {
    emit(op.MMX_CHECK);
    emit(op.MMX_SET);
  }
  const src = sourceOfMmx();
  emitBinary(rowOperation(), WIDTH_128, registerOf(0), src);
}

/** CVTPS2PI and its kin. */
export function emitMmxResult(): void {
  emit(op.MMX_CHECK);
  const src = sourceOf(1);
  // #XF finds the stack MMX's already, as on AMD's processors.
  emit(op.MMX_SET);
  const dst = stateField(S_MMX);
  emitBinary(rowOperation(), WIDTH_64, dst, src);
  emitPut(dst);
}
