// What x87 instructions have in common: whether they may run, their operands in memory, and what is remembered of the last one.

import { CR0_MP, CR0_NE, CR0_TS, VECTOR_MF, VECTOR_NM } from "../../../../abi/x86/registers.ts";
import {
  CS,
  FX_INSTRUCTION,
  FX_INSTRUCTION_SELECTOR,
  FX_OPCODE,
  FX_OPERAND,
  FX_OPERAND_SELECTOR,
  S_CR0,
  S_FX,
  S_RIP,
  S_SEGMENT,
  SEG_SELECTOR,
  SEGMENT_SIZE,
} from "../../interface.ts";
import { checkWrite, read, write } from "../../memory/access.ts";
import { linearAddress } from "../../memory/segmentation.ts";
import { R_BASE, R_EXTRA, R_IMM, R_SEGMENT } from "../../records.ts";
import { faulted, NO_ERROR, raiseException } from "../../system/fault.ts";
import { STATUS_ES, status } from "./state.ts";

/** ModRM byte of a record. */
export function modrmOf(record: u32): u32 {
  return load<u8>(record, R_IMM);
}

/** ModRM.reg: which instruction of its group. */
export function numberOf(record: u32): u32 {
  return (modrmOf(record) >> 3) & 7;
}

/** ModRM.rm: i of ST(i). */
export function indexOf(record: u32): u32 {
  return modrmOf(record) & 7;
}

/** The opcode's low three bits, D8 being 0. */
export function opcodeOf(record: u32): u32 {
  return load<u8>(record, R_EXTRA);
}

/** Whether the record's operand is in memory. */
export function isInMemory(record: u32): bool {
  return modrmOf(record) < 0xc0;
}

/** Whether an exception waits for this instruction: then #MF is set. #NM is the decoder's business (MODE_X87). */
export function isRefused(s: u32): bool {
  if ((status(s) & STATUS_ES) === 0 || (load<u32>(s, S_CR0) & CR0_NE) === 0) return false;
  raiseException(s, VECTOR_MF, NO_ERROR);
  return true;
}

/** FWAIT. */
export function wait(s: u32): void {
  const both = CR0_MP | CR0_TS;
  if ((load<u32>(s, S_CR0) & both) === both) raiseException(s, VECTOR_NM, NO_ERROR);
  else isRefused(s);
}

/** Remembers the record's instruction as the last that was not one of control. */
export function remember(s: u32, record: u32): void {
  const opcode = (opcodeOf(record) << 8) | modrmOf(record);
  store<u16>(s, <u16>opcode, S_FX + FX_OPCODE);
  store<u64>(s, load<u64>(s, S_RIP), S_FX + FX_INSTRUCTION);
  const code = load<u16>(s, S_SEGMENT + CS * SEGMENT_SIZE + SEG_SELECTOR);
  store<u16>(s, code, S_FX + FX_INSTRUCTION_SELECTOR);
  if (!isInMemory(record)) return;
  store<u64>(s, load<u64>(load<u32>(record, R_BASE)), S_FX + FX_OPERAND);
  const segment = s + S_SEGMENT + <u32>load<u8>(record, R_SEGMENT) * SEGMENT_SIZE;
  store<u16>(s, load<u16>(segment, SEG_SELECTOR), S_FX + FX_OPERAND_SELECTOR);
}

/** Linear address of the record's operand of `size` bytes; a fault may be set. */
export function operandAddress(s: u32, record: u32, size: u32, isWritten: bool): u64 {
  const segment = <u32>load<u8>(record, R_SEGMENT);
  const linear = linearAddress(s, segment, load<u64>(load<u32>(record, R_BASE)), size, isWritten);
  if (isWritten && !faulted(s)) checkWrite(s, linear, size);
  return linear;
}

/** The record's operand of 2, 4 or 8 bytes, zero-extended. */
export function readOperand(s: u32, record: u32, size: u32): u64 {
  const linear = operandAddress(s, record, size, false);
  if (faulted(s)) return 0;
  if (size === 2) return read<u16>(s, linear);
  return size === 4 ? <u64>read<u32>(s, linear) : read<u64>(s, linear);
}

/** Writes 2, 4 or 8 bytes at a linear address that `operandAddress` gave. */
export function writeAt(s: u32, linear: u64, size: u32, value: u64): void {
  if (size === 2) write<u16>(s, linear, <u16>value);
  else if (size === 4) write<u32>(s, linear, <u32>value);
  else write<u64>(s, linear, value);
}
