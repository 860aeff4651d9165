// Text of an instruction in Intel syntax, from the same table and parser as the decoder: `add dword ptr [rbx+rcx*4+0x10], eax`.

import {
  BASE_RIP,
  D_ADDRESS,
  D_BASE,
  D_BYTES,
  D_DISPLACEMENT,
  D_IMMEDIATE,
  D_IMMEDIATE2,
  D_INDEX,
  D_LENGTH,
  D_LOCK,
  D_OPCODE,
  D_OPERAND,
  D_OVERRIDE,
  D_REG,
  D_REPEAT,
  D_REX,
  D_RM,
  D_ROW,
  D_SCALE,
  DECODER,
  field,
  MAX_LENGTH,
  NO_REGISTER,
  PREFIX_REP,
  REX_B,
  STATUS_TOO_LONG,
  STATUS_TRUNCATED,
  STATUS_UNDEFINED,
  WIDTH_8,
  WIDTH_16,
} from "./decode/fields.ts";
import { immediate, isMemory, letterOf, widthOf } from "./decode/operands.ts";
import { parse } from "./decode/parse.ts";
import { S_FAULT } from "./interface.ts";
import { readAs } from "./memory/access.ts";
import { stateOf } from "./memory/machine.ts";
import * as e from "./rows.ts";
import { faulted } from "./system/fault.ts";
import { EMIT_STRING, NAME_STARTS, NAMES } from "./table.gen.ts";

/** Where the next letter goes, u32. */
const TEXT: usize = memory.data(4, 4);
/** ax cx dx bx sp bp si di. */
const NAMES_16: usize = memory.data<u8>([
  0x61, 0x78, 0x63, 0x78, 0x64, 0x78, 0x62, 0x78, 0x73, 0x70, 0x62, 0x70, 0x73, 0x69, 0x64, 0x69,
]);
/** al cl dl bl ah ch dh bh. */
const NAMES_8: usize = memory.data<u8>([
  0x61, 0x6c, 0x63, 0x6c, 0x64, 0x6c, 0x62, 0x6c, 0x61, 0x68, 0x63, 0x68, 0x64, 0x68, 0x62, 0x68,
]);
/** es cs ss ds fs gs. */
const NAMES_SEGMENT: usize = memory.data<u8>([
  0x65, 0x73, 0x63, 0x73, 0x73, 0x73, 0x64, 0x73, 0x66, 0x73, 0x67, 0x73,
]);
/** `byte`, `word`, `dword`, `qword`, each followed by a zero, at multiples of 8. */
const SIZES: usize = memory.data<u8>([
  0x62, 0x79, 0x74, 0x65, 0, 0, 0, 0, 0x77, 0x6f, 0x72, 0x64, 0, 0, 0, 0, 0x64, 0x77, 0x6f, 0x72,
  0x64, 0, 0, 0, 0x71, 0x77, 0x6f, 0x72, 0x64, 0, 0, 0,
]);
/** `tbyte`. */
const TBYTE: usize = memory.data<u8>([0x74, 0x62, 0x79, 0x74, 0x65, 0]);
/** ` ptr `. */
const PTR: usize = memory.data<u8>([0x20, 0x70, 0x74, 0x72, 0x20, 0]);
/** `lock `, `rep `, `repne `, each followed by a zero, at multiples of 8. */
const PREFIXES: usize = memory.data<u8>([
  0x6c, 0x6f, 0x63, 0x6b, 0x20, 0, 0, 0, 0x72, 0x65, 0x70, 0x20, 0, 0, 0, 0, 0x72, 0x65, 0x70, 0x6e,
  0x65, 0x20, 0, 0,
]);

function letter(code: u32): void {
  const at = load<u32>(TEXT);
  store<u8>(at, <u8>code);
  store<u32>(TEXT, at + 1);
}

/** Appends letters up to a zero. */
function words(from: usize): void {
  for (let at = from; load<u8>(at) !== 0; at++) letter(load<u8>(at));
}

function twoLetters(from: usize, number: u32): void {
  letter(load<u8>(from + number * 2));
  letter(load<u8>(from + number * 2 + 1));
}

/** Appends a number in hexadecimal, with 0x. */
function hex(value: u64): void {
  letter(0x30);
  letter(0x78);
  let shift: i64 = 60;
  while (shift > 0 && value >> shift === 0) shift -= 4;
  for (; shift >= 0; shift -= 4) {
    const digit = <u32>(value >> shift) & 15;
    letter(digit < 10 ? 0x30 + digit : 0x57 + digit);
  }
}

function decimalNumber(value: u32): void {
  if (value >= 10) letter(0x30 + value / 10);
  letter(0x30 + (value % 10));
}

/** Appends a general-purpose register's name. */
function registerName(number: u32, width: u32): void {
  if (number >= 8) {
    letter(0x72);
    decimalNumber(number);
    if (width < 3) letter(width === 2 ? 0x64 : width === WIDTH_16 ? 0x77 : 0x62);
    return;
  }
  if (width === WIDTH_8) {
    if (!field(D_REX) || number < 4) return twoLetters(NAMES_8, number);
    twoLetters(NAMES_16, number);
    return letter(0x6c);
  }
  if (width > WIDTH_16) letter(width === 2 ? 0x65 : 0x72);
  twoLetters(NAMES_16, number);
}

/** Appends the displacement with its sign; alone it is an address. */
function displacement(isAlone: bool): void {
  const value = load<i64>(DECODER + D_DISPLACEMENT);
  if (isAlone) return hex(<u64>value);
  if (value === 0) return;
  letter(value < 0 ? 0x2d : 0x2b);
  hex(<u64>(value < 0 ? 0 - value : value));
}

/** Appends the memory operand, with its size unless the operand has none. */
function memoryOperand(i: u32, hasSize: bool): void {
  if (hasSize) {
    words(
      load<u8>(field(D_ROW) + e.ROW_OPERANDS + i * 2 + 1) === e.SIZE_T
        ? TBYTE
        : SIZES + widthOf(i) * 8,
    );
    words(PTR);
  }
  const segment = field(D_OVERRIDE);
  if (segment !== NO_REGISTER) {
    twoLetters(NAMES_SEGMENT, segment);
    letter(0x3a);
  }
  letter(0x5b);
  const base = field(D_BASE);
  const index = field(D_INDEX);
  if (base === BASE_RIP) {
    letter(0x72);
    letter(0x69);
    letter(0x70);
  } else if (base !== NO_REGISTER) registerName(base, field(D_ADDRESS));
  if (index !== NO_REGISTER) {
    if (base !== NO_REGISTER) letter(0x2b);
    registerName(index, field(D_ADDRESS));
    if (field(D_SCALE)) {
      letter(0x2a);
      letter(0x30 + (1 << field(D_SCALE)));
    }
  }
  displacement(base === NO_REGISTER && index === NO_REGISTER);
  letter(0x5d);
}

/** Appends a register that is not general-purpose: its letter pair and number. */
function specialRegister(first: u32): void {
  letter(first);
  letter(0x72);
  decimalNumber(field(D_REG));
}

/** Appends `st`, or `st(i)`. */
function x87Register(kind: u32): void {
  letter(0x73);
  letter(0x74);
  if (kind === e.OPERAND_H) return;
  letter(0x28);
  letter(0x30 + (field(D_RM) & 7));
  letter(0x29);
}

/** Appends an immediate, cut to its operand's width. */
function immediateOperand(value: u64, width: u32): void {
  hex(value & (<u64>-1 >> (64 - ((<u64>8) << width))));
}

/** Whether a memory operand of this letter shows no size: far pointers, descriptors, LEA. */
function isUnsized(i: u32): bool {
  const size = <u32>load<u8>(field(D_ROW) + e.ROW_OPERANDS + i * 2 + 1);
  return size === e.SIZE_A || size === e.SIZE_P;
}

/** Number of the register that an operand letter stands for. */
function registerNumber(kind: u32): u32 {
  if (kind === e.OPERAND_E || kind === e.OPERAND_R) return field(D_RM);
  if (kind === e.OPERAND_G) return field(D_REG);
  if (kind === e.OPERAND_Z) return (field(D_OPCODE) & 7) | (field(D_REX) & REX_B ? 8 : 0);
  if (kind === e.OPERAND_C) return 1;
  return kind === e.OPERAND_D ? 2 : 0;
}

/** Appends operand `i`; `next` is the address of the next instruction. */
function operand(i: u32, next: u64): void {
  const kind = letterOf(i);
  if (isMemory(i)) return memoryOperand(i, !isUnsized(i));
  if (kind === e.OPERAND_I)
    return immediateOperand(
      i === 1 && letterOf(0) === e.OPERAND_I ? field(D_IMMEDIATE2) : immediate(i),
      widthOf(i),
    );
  if (kind === e.OPERAND_F || kind === e.OPERAND_H) return x87Register(kind);
  if (kind === e.OPERAND_ONE) return letter(0x31);
  if (kind === e.OPERAND_J) return hex(next + load<u64>(DECODER + D_IMMEDIATE));
  if (kind === e.OPERAND_S) return twoLetters(NAMES_SEGMENT, min<u32>(field(D_REG), 5));
  if (kind === e.OPERAND_SEG)
    return twoLetters(NAMES_SEGMENT, load<u8>(field(D_ROW) + e.ROW_OPERANDS + i * 2 + 1));
  if (kind === e.OPERAND_K) return specialRegister(0x63);
  if (kind === e.OPERAND_T) return specialRegister(0x64);
  if (kind === e.OPERAND_P) {
    hex(field(D_IMMEDIATE2));
    letter(0x3a);
    return hex(load<u64>(DECODER + D_IMMEDIATE));
  }
  registerName(registerNumber(kind), widthOf(i));
}

/** Appends the mnemonic; some depend on the operand or address size. */
function mnemonic(): void {
  const row = field(D_ROW);
  let number = <u32>load<u16>(row, e.ROW_MNEMONIC);
  const variant = <u32>load<u8>(row, e.ROW_NAMES);
  if (variant === e.NAME_BY_OPERAND) number += field(D_OPERAND) - WIDTH_16;
  else if (variant === e.NAME_BY_ADDRESS) number += field(D_ADDRESS) - WIDTH_16;
  const slot = NAME_STARTS + number * 2;
  for (let at = <u32>load<u16>(slot); at < <u32>load<u16>(slot, 2); at++)
    letter(load<u8>(NAMES + at));
}

function prefixes(isString: bool): void {
  if (field(D_LOCK)) words(PREFIXES);
  if (isString && field(D_REPEAT)) words(PREFIXES + (field(D_REPEAT) === PREFIX_REP ? 8 : 16));
}

/** Writes the text of the parsed instruction, whose successor is at `next`. */
function describe(next: u64): void {
  const isString = load<u8>(field(D_ROW), e.ROW_EMITTER) === EMIT_STRING;
  prefixes(isString);
  mnemonic();
  for (let i: u32 = 0; i < 3 && !isString && letterOf(i) !== e.OPERAND_NONE; i++) {
    letter(i === 0 ? 0x20 : 0x2c);
    if (i !== 0) letter(0x20);
    operand(i, next);
  }
}

/** Copies up to MAX_LENGTH bytes of code at a linear address for the parser; how many could be read. */
function gather(s: u32, linear: u64): u32 {
  const fault = load<u32>(s, S_FAULT);
  let count: u32 = 0;
  for (; count < MAX_LENGTH; count++) {
    const byte = readAs(s, linear + count, 1, 0);
    if (faulted(s)) break;
    store<u8>(DECODER + D_BYTES + count, <u8>byte);
  }
  store<u32>(s, fault, S_FAULT);
  return count;
}

/**
 * Writes the text of the instruction at `linear` of a CPU to `out` (64 bytes, ends with a zero), for code of `mode` 0, 1, 2 =
 * 16, 32, 64 bits. Returns its length in bytes; 0 if it is undefined, too long or cannot be read: the text is then empty.
 */
export function disassemble(cpu: u32, linear: u64, mode: u32, out: u32): u32 {
  const status = parse(mode + WIDTH_16, gather(stateOf(cpu), linear));
  const isKnown =
    status !== STATUS_UNDEFINED && status !== STATUS_TRUNCATED && status !== STATUS_TOO_LONG;
  store<u32>(TEXT, out);
  const length = field(D_LENGTH);
  if (isKnown && field(D_ROW) !== 0) describe(linear + length);
  letter(0);
  return isKnown ? length : 0;
}
