// Decoder for instructions that access memory-mapped registers: every MOV, MOVZX, MOVSX, ALU, shift, bit and exchange form
// with one explicit memory operand, in 16-, 32- and 64-bit code (AMD64 Architecture Programmer's Manual, volume 3). Only
// what the access needs is decoded: the address is known from the exit.

import { needBytes } from "./fetch.ts";
import {
  FORM_MEMORY_CL,
  FORM_MEMORY_IMMEDIATE,
  FORM_MEMORY_REGISTER,
  FORM_REGISTER_MEMORY,
  INSTRUCTION_MAX,
  Instruction,
  OP_BIT,
  OP_CMPXCHG,
  OP_DEC,
  OP_INC,
  OP_MOV,
  OP_NEG,
  OP_NOT,
  OP_SHIFT,
  OP_TEST,
  OP_XADD,
  OP_XCHG,
} from "./instruction.ts";

// A row of the tables: form in bits 2:0, flags in bits 8:3, operation in 13:9, register field in 19:16, opcode in 31:24,
// its mask in 23:20 (what may differ: MASK_*). Bit 0 of the opcode clear means byte operands.
const FORM_MASK: u32 = 0x7;
/** An immediate of the operand's width, 4 bytes at most. */
const IMMEDIATE: u32 = 0x8;
/** A sign-extended byte. */
const BYTE: u32 = 0x10;
/** The immediate is the number 1. */
const ONE: u32 = 0x18;
const IMMEDIATE_MASK: u32 = 0x18;
/** Memory is narrower than the register: bit 0 of the opcode tells 1 from 2 bytes. */
const NARROW: u32 = 0x20;
/** Sign-extended to the register's width; without NARROW: from 4 bytes (MOVSXD). */
const SIGNED: u32 = 0x40;
/** No ModRM byte: an address follows the opcode, the register is RAX. */
const OFFSET: u32 = 0x80;
/** The opcode has no byte form whatever its bit 0. */
const WIDE: u32 = 0x100;
/** Operands are of 4 or 8 bytes in all modes; an operand size prefix is an error. */
const DWORD: u32 = 0x4000;
const OPERATION_SHIFT: u32 = 9;
const OPERATION_MASK: u32 = 0x1f;
/** The register field of ModRM is not part of the opcode. */
const ANY: u32 = 8 << 16;
/** The register field selects the operation, counted from that of the row. */
const FIELD: u32 = 9 << 16;
/** As FIELD, counted from 4 (the first four do not exist). */
const FIELD_FROM_4: u32 = 10 << 16;
/** Bits 5:3 of the opcode select the operation, counted from that of the row. */
const OPCODE: u32 = 11 << 16;
const F0: u32 = 0 << 16;
const F1: u32 = 1 << 16;
const F2: u32 = 2 << 16;
const F3: u32 = 3 << 16;
const FIELD_SHIFT: u32 = 16;
const FIELD_MASK: u32 = 0xf;
/** Bit 0 of the opcode is the width. */
const MASK_WIDTH: u32 = 1 << 20;
/** Bits 5:3 of the opcode are free. */
const MASK_OPERATION: u32 = 2 << 20;
/** Bits 4:3 of the opcode are free. */
const MASK_BIT_OPERATION: u32 = 4 << 20;
const MR: u32 = FORM_MEMORY_REGISTER;
const RM: u32 = FORM_REGISTER_MEMORY;
const MI: u32 = FORM_MEMORY_IMMEDIATE;
const SHIFT: u32 = OP_SHIFT << OPERATION_SHIFT;
const BIT: u32 = OP_BIT << OPERATION_SHIFT;
const MOV: u32 = OP_MOV << OPERATION_SHIFT;
const TEST: u32 = OP_TEST << OPERATION_SHIFT;
const NOT: u32 = OP_NOT << OPERATION_SHIFT;
const NEG: u32 = OP_NEG << OPERATION_SHIFT;
const INC: u32 = OP_INC << OPERATION_SHIFT;
const DEC: u32 = OP_DEC << OPERATION_SHIFT;
const XCHG: u32 = OP_XCHG << OPERATION_SHIFT;
const XADD: u32 = OP_XADD << OPERATION_SHIFT;
const CMPXCHG: u32 = OP_CMPXCHG << OPERATION_SHIFT;

/** Opcode that exists in 64-bit code only, and one that does not exist there. */
const MOVSXD: u32 = 0x63;
const ALU_ALIAS: u32 = 0x82;
/** Bytes of a row. */
const ROW_SIZE: usize = 4;
/** One-byte opcodes; the list ends with 0. The ALU's come last, because their row is the least specific. */
const ONE_BYTE = memory.data<u32>([
  (0x88 << 24) | MASK_WIDTH | ANY | MOV | MR,
  (0x8a << 24) | MASK_WIDTH | ANY | MOV | RM,
  (0xa0 << 24) | MASK_WIDTH | ANY | MOV | RM | OFFSET,
  (0xa2 << 24) | MASK_WIDTH | ANY | MOV | MR | OFFSET,
  (0xc6 << 24) | MASK_WIDTH | F0 | MOV | MI | IMMEDIATE,
  (MOVSXD << 24) | ANY | MOV | RM | SIGNED | WIDE,
  (0x80 << 24) | MASK_WIDTH | FIELD | MI | IMMEDIATE,
  (ALU_ALIAS << 24) | FIELD | MI | BYTE,
  (0x83 << 24) | FIELD | MI | BYTE,
  (0x84 << 24) | MASK_WIDTH | ANY | TEST | MR,
  (0x86 << 24) | MASK_WIDTH | ANY | XCHG | MR,
  (0xc0 << 24) | MASK_WIDTH | FIELD | SHIFT | MI | BYTE,
  (0xd0 << 24) | MASK_WIDTH | FIELD | SHIFT | MI | ONE,
  (0xd2 << 24) | MASK_WIDTH | FIELD | SHIFT | FORM_MEMORY_CL,
  (0xf6 << 24) | MASK_WIDTH | F0 | TEST | MI | IMMEDIATE,
  (0xf6 << 24) | MASK_WIDTH | F1 | TEST | MI | IMMEDIATE,
  (0xf6 << 24) | MASK_WIDTH | F2 | NOT | MI,
  (0xf6 << 24) | MASK_WIDTH | F3 | NEG | MI,
  (0xfe << 24) | MASK_WIDTH | F0 | INC | MI,
  (0xfe << 24) | MASK_WIDTH | F1 | DEC | MI,
  (0x00 << 24) | MASK_WIDTH | MASK_OPERATION | OPCODE | MR,
  (0x02 << 24) | MASK_WIDTH | MASK_OPERATION | OPCODE | RM,
  0,
]);

/** Opcodes after 0f. */
const TWO_BYTE = memory.data<u32>([
  (0xb6 << 24) | MASK_WIDTH | ANY | MOV | RM | NARROW,
  (0xbe << 24) | MASK_WIDTH | ANY | MOV | RM | NARROW | SIGNED,
  (0xc3 << 24) | ANY | MOV | MR | DWORD,
  (0xb0 << 24) | MASK_WIDTH | ANY | CMPXCHG | MR,
  (0xc0 << 24) | MASK_WIDTH | ANY | XADD | MR,
  (0xa3 << 24) | MASK_BIT_OPERATION | OPCODE | BIT | MR,
  (0xba << 24) | FIELD_FROM_4 | BIT | MI | BYTE | WIDE,
  0,
]);

const PREFIX_ES: u32 = 0x26;
const PREFIX_CS: u32 = 0x2e;
const PREFIX_SS: u32 = 0x36;
const PREFIX_DS: u32 = 0x3e;
const PREFIX_FS: u32 = 0x64;
const PREFIX_GS: u32 = 0x65;
const PREFIX_OPERAND: u32 = 0x66;
const PREFIX_ADDRESS: u32 = 0x67;
const PREFIX_LOCK: u32 = 0xf0;
const PREFIX_REPNE: u32 = 0xf2;
const PREFIX_REP: u32 = 0xf3;
const ESCAPE: u32 = 0x0f;
const REX: u32 = 0x40;
const REX_W: u32 = 0x8;
const REX_R: u32 = 0x4;
const RM_SIB: u32 = 4;
const RM_DISPLACEMENT: u32 = 5;
const RM_DISPLACEMENT_16: u32 = 6;
const MOD_REGISTER: u32 = 3;

/** Result: decoded. */
export const DECODED: i32 = 0;
/** Result: not an instruction that this decoder knows. */
export const UNKNOWN_INSTRUCTION: i32 = 1;
/** Result: bytes of the instruction cannot be read. */
export const NO_BYTES: i32 = 2;

/** What stands for a byte that cannot be read, or that would make the instruction too long. */
export const NO_BYTE: i32 = -1;

/** Whether `count` more bytes are there. */
function have(insn: Instruction, count: u32): bool {
  return insn.length + count <= INSTRUCTION_MAX && needBytes(insn, insn.length + count);
}

/** The next byte; the caller has asked `have`. */
function next(insn: Instruction): u32 {
  return <u32>load<u8>(changetype<usize>(insn) + insn.length++);
}

function readPrefix(insn: Instruction, byte: u32): bool {
  switch (byte) {
    case PREFIX_OPERAND:
      insn.operandSize = true;
      break;
    case PREFIX_ADDRESS:
      insn.addressSize = true;
      break;
    case PREFIX_ES:
    case PREFIX_CS:
    case PREFIX_SS:
    case PREFIX_DS:
    case PREFIX_FS:
    case PREFIX_GS:
    case PREFIX_LOCK:
    case PREFIX_REPNE:
    case PREFIX_REP:
      break;
    default:
      if (insn.mode !== 8 || (byte & 0xf0) !== REX) return false;
      insn.rex = byte;
      return true;
  }
  // A REX prefix that is not the last one is ignored.
  insn.rex = 0;
  return true;
}

function isMatch(row: u32, opcode: u32, field: u32): bool {
  let free: u32 = row & MASK_WIDTH ? 1 : 0;
  if (row & MASK_OPERATION) free |= 0x38;
  if (row & MASK_BIT_OPERATION) free |= 0x18;
  if (row >>> 24 !== (opcode & ~free)) return false;
  const wanted = (row >>> FIELD_SHIFT) & FIELD_MASK;
  return wanted >= 8 || wanted === field;
}

/** The row for this opcode and register field, or 0. */
function find(table: usize, opcode: u32, field: u32): u32 {
  let at = table;
  while (load<u32>(at) && !isMatch(load<u32>(at), opcode, field)) at += ROW_SIZE;
  return load<u32>(at);
}

/** Bytes of address after the ModRM byte, the SIB byte included. */
function addressBytes(insn: Instruction, modrm: u32, addressWidth: u32): u32 {
  const mod = modrm >>> 6;
  const rm = modrm & 7;
  if (addressWidth === 2) {
    if (mod === 0) return rm === RM_DISPLACEMENT_16 ? 2 : 0;
    return mod;
  }
  let bytes: u32 = 0;
  let base = rm;
  if (rm === RM_SIB) {
    bytes = 1;
    base = <u32>load<u8>(changetype<usize>(insn) + insn.length) & 7;
  }
  if (mod === 1) bytes += 1;
  else if (mod === 2 || base === RM_DISPLACEMENT) bytes += 4;
  return bytes;
}

function addressWidth(insn: Instruction): u32 {
  if (insn.mode === 4) return insn.addressSize ? 2 : 4;
  if (insn.mode === 2) return insn.addressSize ? 4 : 2;
  return insn.addressSize ? 4 : 8;
}

function operandWidth(insn: Instruction): u32 {
  if (insn.rex & REX_W) return 8;
  return (insn.mode === 2) === insn.operandSize ? 4 : 2;
}

/** Sets the widths of both operands. */
function setWidths(insn: Instruction, row: u32, opcode: u32): void {
  const wide = row & WIDE || opcode & 1;
  let width = operandWidth(insn);
  if (row & DWORD) width = max(width, 4);
  insn.width = wide ? width : 1;
  insn.registerWidth = insn.width;
  if (row & (NARROW | SIGNED)) {
    insn.registerWidth = width;
    insn.width = row & NARROW ? 1 << (opcode & 1) : 4;
  }
  // MOVSXD without REX.W copies 16 or 32 bits.
  if (insn.width > insn.registerWidth) insn.width = insn.registerWidth;
  insn.signed = (row & SIGNED) !== 0;
}

function setRegister(insn: Instruction, field: u32): void {
  insn.highByte = insn.registerWidth === 1 && !insn.rex && field >= 4;
  insn.register = insn.highByte ? field & 3 : field | (insn.rex & REX_R ? 8 : 0);
}

function setOperation(insn: Instruction, row: u32, opcode: u32, field: u32): bool {
  const wanted = row & (FIELD_MASK << FIELD_SHIFT);
  insn.operation = (row >>> OPERATION_SHIFT) & OPERATION_MASK;
  if (wanted === FIELD) insn.operation += field;
  else if (wanted === FIELD_FROM_4) {
    if (field < 4) return false;
    insn.operation += field - 4;
  } else if (wanted === OPCODE) {
    const mask: u32 = row & MASK_OPERATION ? 7 : 3;
    insn.operation += (opcode >>> 3) & mask;
  }
  return true;
}

/** Reads the immediate that the row asks for. */
function readImmediate(insn: Instruction, row: u32): bool {
  insn.immediate = 1;
  const kind = row & IMMEDIATE_MASK;
  if (kind === ONE || kind === 0) return true;
  let width = min(insn.width, 4);
  if (kind === BYTE) width = 1;
  if (!have(insn, width)) return false;
  const at = changetype<usize>(insn) + insn.length;
  if (width === 1) insn.immediate = <i64>load<i8>(at);
  else if (width === 2) insn.immediate = <i64>load<i16>(at);
  else insn.immediate = <i64>load<i32>(at);
  insn.length += width;
  return true;
}

/** Skips ModRM's address, or that of a MOV without ModRM. */
function skipAddress(insn: Instruction, row: u32, modrm: u32): bool {
  const width = addressWidth(insn);
  let bytes = width;
  if (!(row & OFFSET)) {
    if (width !== 2 && (modrm & 7) === RM_SIB && !have(insn, 1)) return false;
    bytes = addressBytes(insn, modrm, width);
  }
  if (!have(insn, bytes)) return false;
  insn.length += bytes;
  return true;
}

function reset(insn: Instruction): void {
  insn.length = 0;
  insn.rex = 0;
  insn.operandSize = false;
  insn.addressSize = false;
}

/** Whether the opcode of this row exists in the code at hand. */
function exists(insn: Instruction, row: u32, opcode: u32): bool {
  if (row & DWORD) return !insn.operandSize;
  if (row & SIGNED && !(row & NARROW)) return insn.mode === 8;
  return opcode !== ALU_ALIAS || insn.mode !== 8;
}

/** What a missing byte means: unreadable, or an instruction longer than any. */
function missing(insn: Instruction): i32 {
  return insn.length + 1 > INSTRUCTION_MAX ? UNKNOWN_INSTRUCTION : NO_BYTES;
}

/** The next byte of an instruction that is being decoded, or NO_BYTE. */
export function nextByte(insn: Instruction): i32 {
  return have(insn, 1) ? next(insn) : NO_BYTE;
}

/** Decodes the prefixes of the instruction that startFetch has prepared. Returns its opcode's first byte, or NO_BYTE. */
export function decodePrefixes(insn: Instruction): i32 {
  reset(insn);
  let byte: i32 = 0;
  do byte = nextByte(insn);
  while (byte !== NO_BYTE && readPrefix(insn, byte));
  return byte;
}

/** Decodes the instruction that startFetch has prepared. Returns DECODED, UNKNOWN_INSTRUCTION or NO_BYTES. */
export function decode(insn: Instruction): i32 {
  const first = decodePrefixes(insn);
  if (first === NO_BYTE) return missing(insn);
  let opcode: u32 = first;
  let table = ONE_BYTE;
  if (opcode === ESCAPE) {
    if (!have(insn, 1)) return missing(insn);
    opcode = next(insn);
    table = TWO_BYTE;
  }
  let row = find(table, opcode, ANY >>> FIELD_SHIFT);
  let modrm: u32 = 0;
  if (!(row & OFFSET)) {
    if (!have(insn, 1)) return missing(insn);
    modrm = next(insn);
    if (modrm >>> 6 === MOD_REGISTER) return UNKNOWN_INSTRUCTION;
    row = find(table, opcode, (modrm >>> 3) & 7);
  }
  if (!row) return UNKNOWN_INSTRUCTION;
  const field = (modrm >>> 3) & 7;
  if (!exists(insn, row, opcode)) return UNKNOWN_INSTRUCTION;
  setWidths(insn, row, opcode);
  setRegister(insn, field);
  insn.form = row & FORM_MASK;
  if (!setOperation(insn, row, opcode, field)) return UNKNOWN_INSTRUCTION;
  if (!skipAddress(insn, row, modrm) || !readImmediate(insn, row)) return missing(insn);
  return DECODED;
}
