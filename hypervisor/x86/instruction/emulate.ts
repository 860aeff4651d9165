// Carries out a decoded instruction on a memory-mapped register (AMD64 Architecture Programmer's Manual, volume 3).

import { REG_RAX, REG_RCX, REG_RFLAGS } from "../../../abi/platform.ts";
import {
  FLAG_AF,
  FLAG_CF,
  FLAG_OF,
  FLAG_PF,
  FLAG_SF,
  FLAG_ZF,
} from "../../../abi/x86/registers.ts";
import { perCpu } from "../../core/cells/percpu.ts";
import { mmioAccess } from "../../core/memory/mmio.ts";
import { MMIO_HANDLED } from "../../core/memory/ranges.ts";
import { readRegister, writeRegister } from "../../platform.ts";
import * as code from "./instruction.ts";
import { Instruction } from "./instruction.ts";

const STATUS: u64 = FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF;
const HIGH_BYTE_SHIFT: u64 = 8;

/** The low `width` bytes. */
function widthMask(width: u32): u64 {
  return ~(<u64>0) >> (64 - (width << 3));
}

function signBit(width: u32): u64 {
  return (<u64>1) << ((width << 3) - 1);
}

function signExtend(value: u64, width: u32): u64 {
  const shift: u64 = 64 - (width << 3);
  return <u64>(<i64>(value << shift) >> shift);
}

function readOperand(insn: Instruction): u64 {
  const value = readRegister(insn.cpu, insn.register);
  return (insn.highByte ? value >> HIGH_BYTE_SHIFT : value) & widthMask(insn.registerWidth);
}

/** Writes `width` bytes of a register: 4 clear the upper half, 1 and 2 leave the rest as it is. */
function writeMerged(cpu: u32, register: u32, width: u32, shift: u64, value: u64): void {
  const mask = widthMask(width) << shift;
  let merged = (value << shift) & mask;
  if (width < 4) merged |= readRegister(cpu, register) & ~mask;
  writeRegister(cpu, register, merged);
}

function writeOperand(insn: Instruction, value: u64): void {
  const shift: u64 = insn.highByte ? HIGH_BYTE_SHIFT : 0;
  writeMerged(insn.cpu, insn.register, insn.registerWidth, shift, value);
}

function setFlags(cpu: u32, changed: u64, value: u64): void {
  writeRegister(cpu, REG_RFLAGS, (readRegister(cpu, REG_RFLAGS) & ~changed) | (value & changed));
}

/** SF, ZF and PF of a result. */
function resultFlags(result: u64, width: u32): u64 {
  let flags: u64 = result & signBit(width) ? FLAG_SF : 0;
  if (!result) flags |= FLAG_ZF;
  if (!(popcnt(result & 0xff) & 1)) flags |= FLAG_PF;
  return flags;
}

/** Flags of an addition with the carries out of each bit. */
function carryFlags(carries: u64, overflow: u64, width: u32): u64 {
  let flags: u64 = carries & signBit(width) ? FLAG_CF : 0;
  if (overflow & signBit(width)) flags |= FLAG_OF;
  if (carries & 8) flags |= FLAG_AF;
  return flags;
}

/** left + right + carry; sets the flags. */
function add(insn: Instruction, left: u64, right: u64, carry: u64, changed: u64): u64 {
  const result = (left + right + carry) & widthMask(insn.width);
  const carries = (left & right) | ((left | right) & ~result);
  const overflow = (left ^ result) & (right ^ result);
  const flags = carryFlags(carries, overflow, insn.width) | resultFlags(result, insn.width);
  setFlags(insn.cpu, changed, flags);
  return result;
}

/** left - right - borrow; sets the flags. */
function subtract(insn: Instruction, left: u64, right: u64, borrow: u64, changed: u64): u64 {
  const result = (left - right - borrow) & widthMask(insn.width);
  const borrows = (~left & right) | ((~left | right) & result);
  const overflow = (left ^ right) & (left ^ result);
  const flags = carryFlags(borrows, overflow, insn.width) | resultFlags(result, insn.width);
  setFlags(insn.cpu, changed, flags);
  return result;
}

/** A logical result: clears CF, OF and AF. */
function logical(insn: Instruction, result: u64): u64 {
  setFlags(insn.cpu, STATUS, resultFlags(result, insn.width));
  return result;
}

function arithmetic(insn: Instruction, operation: u32, left: u64, right: u64): u64 {
  const carry: u64 = readRegister(insn.cpu, REG_RFLAGS) & FLAG_CF;
  switch (operation) {
    case code.OP_ADD:
      return add(insn, left, right, 0, STATUS);
    case code.OP_OR:
      return logical(insn, left | right);
    case code.OP_ADC:
      return add(insn, left, right, carry, STATUS);
    case code.OP_SBB:
      return subtract(insn, left, right, carry, STATUS);
    case code.OP_AND:
      return logical(insn, left & right);
    case code.OP_XOR:
      return logical(insn, left ^ right);
    default:
      return subtract(insn, left, right, 0, STATUS);
  }
}

// Kinds of shifts as encoded; the others need no name.
const ROR: u32 = 1;
const RCR: u32 = 3;
const SHR: u32 = 5;
const SAR: u32 = 7;

/** One step of a shift or rotation: the bit that enters, given the one that leaves. */
function entering(kind: u32, leaving: bool, carry: bool, sign: bool): bool {
  if (kind <= ROR) return leaving;
  if (kind <= RCR) return carry;
  return kind === SAR ? sign : false;
}

/** OF of a shift by one, from its result; by more than one it is undefined, and this is what processors leave. */
function shiftOverflow(kind: u32, result: u64, carry: bool, top: u64, sign: bool): bool {
  const isTop = (result & top) !== 0;
  if (kind === SAR) return false;
  if (kind === SHR) return sign;
  if (kind === ROR || kind === RCR) return isTop !== ((result & (top >> 1)) !== 0);
  return isTop !== carry;
}

/** Shifts bit by bit: at most 63 steps. */
function shift(insn: Instruction, kind: u32, operand: u64, by: u64): u64 {
  const top = signBit(insn.width);
  const isRight = kind === ROR || kind === RCR || kind === SHR || kind === SAR;
  let count = <u32>by & (insn.width === 8 ? 63 : 31);
  if (!count) return operand;
  let carry = (readRegister(insn.cpu, REG_RFLAGS) & FLAG_CF) !== 0;
  let sign = false;
  let value = operand;
  while (count--) {
    sign = (value & top) !== 0;
    const leaving = isRight ? (value & 1) !== 0 : sign;
    const bit = entering(kind, leaving, carry, sign);
    if (isRight) value = (value >> 1) | (bit ? top : 0);
    else value = ((value << 1) & widthMask(insn.width)) | (bit ? 1 : 0);
    carry = leaving;
  }
  let flags: u64 = carry ? FLAG_CF : 0;
  if (shiftOverflow(kind, value, carry, top, sign)) flags |= FLAG_OF;
  let changed: u64 = FLAG_CF | FLAG_OF;
  if (kind > RCR) {
    changed = STATUS;
    flags |= resultFlags(value, insn.width);
  }
  setFlags(insn.cpu, changed, flags);
  return value;
}

/** BT, BTS, BTR or BTC; the address of the exit is already that of the bit's word. */
function bitOperation(insn: Instruction, kind: u32, value: u64, index: u64): u64 {
  const bit = (<u64>1) << (index & ((insn.width << 3) - 1));
  setFlags(insn.cpu, FLAG_CF, value & bit ? FLAG_CF : 0);
  if (kind === 1) return value | bit;
  if (kind === 2) return value & ~bit;
  return kind === 3 ? value ^ bit : value;
}

/** The accumulator, as wide as the operand, for CMPXCHG. Returns what memory gets. */
function compareExchange(insn: Instruction, old: u64, source: u64): u64 {
  const accumulator = readRegister(insn.cpu, REG_RAX) & widthMask(insn.width);
  subtract(insn, accumulator, old, 0, STATUS);
  if (accumulator === old) return source;
  writeMerged(insn.cpu, REG_RAX, insn.width, 0, old);
  return old;
}

/** The result for memory of an operation on `old` and `source`; sets flags and, where it exchanges, the register. */
function modify(insn: Instruction, old: u64, source: u64): u64 {
  const operation = insn.operation;
  if (operation <= code.OP_CMP) return arithmetic(insn, operation, old, source);
  if (operation < code.OP_BIT) return shift(insn, operation - code.OP_SHIFT, old, source);
  if (operation < code.OP_MOV) return bitOperation(insn, operation - code.OP_BIT, old, source);
  switch (operation) {
    case code.OP_TEST:
      return logical(insn, old & source);
    case code.OP_NOT:
      return ~old & widthMask(insn.width);
    case code.OP_NEG:
      return subtract(insn, 0, old, 0, STATUS);
    case code.OP_INC:
      return add(insn, old, 1, 0, STATUS & ~FLAG_CF);
    case code.OP_DEC:
      return subtract(insn, old, 1, 0, STATUS & ~FLAG_CF);
    case code.OP_XCHG:
      return source;
    case code.OP_XADD:
      return add(insn, old, source, 0, STATUS);
    default:
      return source;
  }
}

/** Whether memory is only read. */
function isReadOnly(insn: Instruction): bool {
  if (insn.form === code.FORM_REGISTER_MEMORY) return true;
  const operation = insn.operation;
  return operation === code.OP_CMP || operation === code.OP_TEST || operation === code.OP_BIT;
}

function sourceOperand(insn: Instruction): u64 {
  if (insn.form === code.FORM_MEMORY_CL) return readRegister(insn.cpu, REG_RCX) & 0xff;
  if (insn.form === code.FORM_MEMORY_IMMEDIATE) return insn.immediate & widthMask(insn.width);
  return readOperand(insn);
}

/** Register op= memory. */
function loadOperand(insn: Instruction, value: u64): void {
  if (insn.operation === code.OP_MOV) {
    writeOperand(insn, insn.signed ? signExtend(value, insn.width) : value);
    return;
  }
  const result = arithmetic(insn, insn.operation, readOperand(insn), value);
  if (insn.operation !== code.OP_CMP) writeOperand(insn, result);
}

/** Reads, modifies and writes memory. The register of an exchange is written last, when nothing can fail any more. */
function readModifyWrite(insn: Instruction, address: u64, source: u64): i32 {
  const cpu = insn.cpu;
  let result = mmioAccess(cpu, address, insn.width, false, 0);
  if (result !== MMIO_HANDLED) return result;
  const old = perCpu(cpu).mmioValue & widthMask(insn.width);
  if (isReadOnly(insn)) {
    modify(insn, old, source);
    return result;
  }
  const isExchange = insn.operation === code.OP_CMPXCHG;
  const value = isExchange ? compareExchange(insn, old, source) : modify(insn, old, source);
  result = mmioAccess(cpu, address, insn.width, true, value);
  if (insn.operation === code.OP_XCHG || insn.operation === code.OP_XADD) writeOperand(insn, old);
  return result;
}

/**
 * Carries out `insn`, whose memory operand is at guest-physical `address`, without advancing RIP. Returns MMIO_HANDLED,
 * or what the failing access gave (core/memory/mmio.ts).
 */
export function emulate(insn: Instruction, address: u64): i32 {
  if (insn.form === code.FORM_REGISTER_MEMORY) {
    const result = mmioAccess(insn.cpu, address, insn.width, false, 0);
    if (result === MMIO_HANDLED)
      loadOperand(insn, perCpu(insn.cpu).mmioValue & widthMask(insn.width));
    return result;
  }
  const source = sourceOperand(insn);
  if (insn.operation === code.OP_MOV)
    return mmioAccess(insn.cpu, address, insn.width, true, source);
  return readModifyWrite(insn, address, source);
}

/** Whether `insn` writes memory. */
export function isWriting(insn: Instruction): bool {
  return !isReadOnly(insn);
}
