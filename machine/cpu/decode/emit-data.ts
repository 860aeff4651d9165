// Emitters of instructions that move and compute: operands in, operation, result out.

import { S_GPR } from "../interface.ts";
import { S_ADDRESS } from "../interpreter-state.ts";
import * as op from "../operations.gen.ts";
import { R_BASE, R_DST, R_EXTRA, R_IMM } from "../records.ts";
import {
  OPERAND_C,
  OPERAND_NONE,
  ROW_ATTRIBUTES,
  ROW_IS_WIDE,
  ROW_READS,
  ROW_WRITES,
} from "../rows.ts";
import { conditionSet } from "./conditions.ts";
import {
  D_ADDRESS,
  D_BASE,
  D_IMMEDIATE,
  D_OPCODE,
  D_OPERAND,
  D_ROW,
  DECODER,
  E_INDEX_REGISTER,
  field,
  setField,
  WIDTH_8,
  WIDTH_16,
  WIDTH_32,
  WIDTH_64,
} from "./fields.ts";
import {
  finishSource,
  immediate,
  isImmediate,
  isMemory,
  letterOf,
  registerOf,
  rowOperation,
  sourceOf,
  temporary,
  temporary2,
  widthOf,
} from "./operands.ts";
import {
  emit,
  emitBinary,
  emitLoad,
  emitModify,
  emitOffset,
  emitStore,
  prepareMemory,
  prepareMemoryApart,
  prepareOffset,
  setImmediate,
  settleRegisters,
  stateField,
  useOffset,
} from "./write.ts";

/** Number of RBX. */
const RBX: u32 = 3;

/** The row's operation, with the width added where it comes in four. */
function operationOf(width: u32): u32 {
  return attributes() & ROW_IS_WIDE ? rowOperation() + width : rowOperation();
}

function attributes(): u32 {
  return load<u16>(field(D_ROW), ROW_ATTRIBUTES);
}

/** Emits the loading of a memory operand that is the first one, as its access demands. */
function loadFirst(width: u32): void {
  const access = attributes() & (ROW_READS | ROW_WRITES);
  if (access === (ROW_READS | ROW_WRITES)) emitModify(width, temporary());
  else if (access === ROW_READS) emitLoad(width, temporary());
}

/** One operation on the first operand, with the second as source. */
export function emitGeneric(): void {
  const width = widthOf(0);
  const src = sourceOf(1);
  const toMemory = isMemory(0);
  if (toMemory) {
    prepareMemory();
    loadFirst(width);
  }
  const record = emitBinary(operationOf(width), width, toMemory ? temporary() : registerOf(0), src);
  finishSource(record, 1);
  if (toMemory && attributes() & ROW_WRITES) emitStore(width, temporary());
}

/** SETcc and CMOVcc: as generic, with the condition's set as the immediate. */
export function emitCondition(): void {
  const width = widthOf(0);
  const src = sourceOf(1);
  const toMemory = isMemory(0);
  if (toMemory) prepareMemory();
  const record = emitBinary(operationOf(width), width, toMemory ? temporary() : registerOf(0), src);
  store<u64>(record, conditionSet(field(D_OPCODE) & 15), R_IMM);
  if (toMemory) emitStore(width, temporary());
}

/** IMUL with three operands: the product is made in the destination, which no fault can follow. */
export function emitImul3(): void {
  const width = widthOf(0);
  const to = registerOf(0);
  if (isMemory(1)) {
    prepareMemory();
    emitLoad(width, to);
  } else if (registerOf(1) !== to) emitBinary(op.MOV + width, width, to, registerOf(1));
  setImmediate(emitBinary(op.IMUL + width, width, to, 0), immediate(2));
}

/** SHLD and SHRD: the count is the immediate, or CL where R_EXTRA is set. */
export function emitDouble(): void {
  const width = widthOf(0);
  const toMemory = isMemory(0);
  if (toMemory) {
    prepareMemory();
    emitModify(width, temporary());
  }
  const to = toMemory ? temporary() : registerOf(0);
  const record = emitBinary(operationOf(width), width, to, registerOf(1));
  store<u64>(record, load<u64>(DECODER + D_IMMEDIATE), R_IMM);
  store<u8>(record, u8(letterOf(2) === OPERAND_C), R_EXTRA);
  if (toMemory) emitStore(width, temporary());
}

/** MOV: one record. */
export function emitMove(): void {
  const width = widthOf(0);
  if (isMemory(1)) {
    prepareMemory();
    emitLoad(width, registerOf(0));
  } else if (isMemory(0)) {
    prepareMemory();
    finishSource(emitStore(width, isImmediate(1) ? 0 : registerOf(1)), 1);
  } else {
    const src = isImmediate(1) ? 0 : registerOf(1);
    finishSource(emitBinary(op.MOV + width, width, registerOf(0), src), 1);
  }
}

/** The operation that extends `from` to `to` without a sign; MOV where nothing is to be extended. */
function zeroExtension(from: u32, to: u32): u32 {
  if (from === to) return op.MOV + to;
  if (from === WIDTH_8) return to === WIDTH_16 ? op.MOVZX_8_16 : op.MOVZX_8_64;
  return op.MOVZX_16_64;
}

/** The same with the sign. */
function signExtension(from: u32, to: u32): u32 {
  if (from >= to) return op.MOV + to;
  if (from === WIDTH_8)
    return to === WIDTH_16 ? op.MOVSX_8_16 : to === WIDTH_32 ? op.MOVSX_8_32 : op.MOVSX_8_64;
  if (from === WIDTH_32) return op.MOVSX_32_64;
  return to === WIDTH_32 ? op.MOVSX_16_32 : op.MOVSX_16_64;
}

/** MOVZX, MOVSX, MOVSXD. */
export function emitExtend(): void {
  const from = widthOf(1);
  const to = widthOf(0);
  const isZero = rowOperation() === 0;
  if (isZero && isMemory(1) && to > WIDTH_16) {
    prepareMemory();
    emitZeroLoad(from, registerOf(0));
    return;
  }
  const src = sourceOf(1);
  emitBinary(isZero ? zeroExtension(from, to) : signExtension(from, to), to, registerOf(0), src);
}

/** Emits LOADZX in the form of the address at hand, or LOADX and MOVZX. */
function emitZeroLoad(from: u32, to: u32): void {
  const record = emitLoad(from, to);
  const operation = <u32>load<u16>(record);
  if (operation === op.LOADX) {
    store<u32>(record, temporary2(), R_DST);
    emitBinary(zeroExtension(from, WIDTH_64), WIDTH_64, to, temporary2());
  } else if (operation >= op.LOAD_FLAT) store<u16>(record, <u16>(op.LOADZX_FLAT + from));
  else if (operation >= op.LOAD_INDEXED) store<u16>(record, <u16>(op.LOADZX_INDEXED + from));
  else store<u16>(record, <u16>(op.LOADZX + from));
}

/** NOP and its kin: nothing. */
export function emitNop(): void {}

/** XCHG. */
export function emitExchange(): void {
  const width = widthOf(0);
  const register = registerOf(1);
  const toMemory = isMemory(0);
  const other = toMemory ? temporary() : registerOf(0);
  if (toMemory) {
    prepareMemoryApart();
    emitModify(width, other);
  }
  emitBinary(op.MOV + width, width, temporary2(), register);
  emitBinary(op.MOV + width, width, register, other);
  if (toMemory) emitStore(width, temporary2());
  else emitBinary(op.MOV + width, width, other, temporary2());
}

/** LEA: no segment, and only as many bits as fit. */
export function emitLea(): void {
  const width = widthOf(0);
  const to = registerOf(0);
  const isDirect = width === WIDTH_64 || (width === WIDTH_32 && field(D_ADDRESS) !== WIDTH_64);
  if (isDirect) {
    emitOffsetTo(to);
    return;
  }
  if (width === WIDTH_32) setField(D_ADDRESS, WIDTH_32);
  emitOffsetTo(width === WIDTH_32 ? to : temporary());
  if (width === WIDTH_16) emitBinary(op.MOV + WIDTH_16, width, to, temporary());
}

function emitOffsetTo(to: u32): void {
  settleRegisters();
  emitOffset(to);
}

/** XLAT: AL = memory at rBX + AL. */
export function emitXlat(): void {
  setField(D_BASE, RBX);
  const at = stateField(S_ADDRESS);
  emitBinary(op.MOVZX_8_64, WIDTH_64, temporary2(), stateField(S_GPR));
  settleRegisters();
  setField(E_INDEX_REGISTER, temporary2());
  emitOffset(at);
  useOffset();
  emitLoad(WIDTH_8, stateField(S_GPR));
}

/** CBW, CWDE, CDQE, CWD, CDQ, CQO. */
export function emitConvert(): void {
  const width = field(D_OPERAND);
  const rax = stateField(S_GPR);
  if (rowOperation() === op.CBW) emitBinary(signExtension(width - 1, width), width, rax, rax);
  else emitBinary(op.SIGN + width, width, stateField(S_GPR + 2 * 8), rax);
}

/** BT and its kin with a register as bit number: in memory the number also selects the word. */
export function emitBits(): void {
  if (!isMemory(0)) {
    emitGeneric();
    return;
  }
  const width = widthOf(0);
  prepareOffset();
  emitBinary(op.BIT_ADDRESS, width, stateField(S_ADDRESS), registerOf(1));
  useOffset();
  loadFirst(width);
  emitBinary(operationOf(width), width, temporary(), registerOf(1));
  if (attributes() & ROW_WRITES) emitStore(width, temporary());
}

/** CMPXCHG and XADD, which may change the register that addresses them. */
export function emitSwap(): void {
  const width = widthOf(0);
  const toMemory = isMemory(0);
  if (toMemory) {
    prepareMemoryApart();
    emitModify(width, temporary());
  }
  emitBinary(operationOf(width), width, toMemory ? temporary() : registerOf(0), registerOf(1));
  if (toMemory) emitStore(width, temporary());
}

/** CLFLUSH: faults as a read does. */
export function emitTouch(): void {
  prepareMemory();
  emitLoad(WIDTH_8, temporary());
}

/** AAM, AAD and their like: an operation with an immediate and no other operand. */
export function emitDecimal(): void {
  setImmediate(emit(rowOperation()), load<u64>(DECODER + D_IMMEDIATE));
}

/** CRC32: the width is the source's. */
export function emitCrc(): void {
  const src = sourceOf(1);
  emitBinary(operationOf(0), widthOf(1), registerOf(0), src);
}

/** Operations of BMI with a destination and up to two sources, of which one may be in memory. */
export function emitThree(): void {
  const width = widthOf(0);
  const src = sourceOf(1);
  const other = isImmediate(2) || letterOf(2) === OPERAND_NONE ? 0 : sourceOf(2);
  const record = emitBinary(operationOf(width), width, registerOf(0), src);
  store<u32>(record, other, R_BASE);
  if (isImmediate(2)) store<u64>(record, immediate(2), R_IMM);
}

/** MULX: the second operand is the low half of the product. */
export function emitMulx(): void {
  const width = widthOf(0);
  const src = sourceOf(2);
  const record = emitBinary(operationOf(width), width, registerOf(0), src);
  store<u32>(record, registerOf(1), R_BASE);
}
