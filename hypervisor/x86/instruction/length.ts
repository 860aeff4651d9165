// Instructions of which the platform tells neither length nor operands (processors without decode assists and next RIP): the
// core reads them itself (AMD64 Architecture Programmer's Manual, volume 3, sections 1.2 and 4).

import { REG_CR0 } from "../../../abi/platform.ts";
import { cellOfCpu } from "../../core/cells/percpu.ts";
import { readRegister } from "../../platform.ts";
import { instructionOf } from "../state.ts";
import { decodePrefixes, NO_BYTE, nextByte } from "./decode.ts";
import { peek, startFetch } from "./fetch.ts";
import { Instruction } from "./instruction.ts";

// Opcodes, the first byte lowest.
/** CPUID. */
export const OPCODE_CPUID: u32 = 0xa20f;
/** RDMSR. */
export const OPCODE_RDMSR: u32 = 0x320f;
/** WRMSR. */
export const OPCODE_WRMSR: u32 = 0x300f;
/** VMMCALL; VMCALL is as long. */
export const OPCODE_VMMCALL: u32 = 0xd9010f;
/** XSETBV. */
export const OPCODE_XSETBV: u32 = 0xd1010f;
/** Opcodes beyond have three bytes. */
const SHORT_MAX: u32 = 0xffff;

const ESCAPE: i32 = 0x0f;
const MOV_TO_CR: i32 = 0x22;
const CLTS: i32 = 0x06;
/** LMSW is /6 of this opcode. */
const GROUP_7: i32 = 0x01;
const LMSW: u32 = 6;
const REX_B: u32 = 0x1;
const REX_R: u32 = 0x4;
/** ModRM with a register as operand. */
const MOD_REGISTER: u32 = 0xc0;
const CR0_TS: u64 = 0x8;
/** What LMSW can change, and what of that it cannot clear. */
const LMSW_BITS: u64 = 0xf;
const LMSW_STICKY: u64 = 0x1;

function start(cpu: u32): Instruction {
  const insn = instructionOf(cpu);
  startFetch(insn, cpu, cellOfCpu(cpu).number);
  return insn;
}

/**
 * Length of the instruction at which `cpu` has exited: `length` if the platform knows it (not 0), otherwise that of `opcode`
 * (OPCODE_*) and its prefixes. 0 if the instruction cannot be read.
 */
export function lengthOf(cpu: u32, length: u32, opcode: u32): u32 {
  if (length) return length;
  const size: u32 = opcode > SHORT_MAX ? 3 : 2;
  const insn = start(cpu);
  if (peek(insn, size) === opcode) return size;
  return decodePrefixes(insn) === NO_BYTE ? 0 : insn.length + size - 1;
}

/** Number of the control register REG_*: those from CR2 on follow CR0. */
function controlNumber(register: u32): u32 {
  return register === REG_CR0 ? 0 : register - REG_CR0 + 1;
}

/** MOV to control register number `wanted`. */
function decodeMove(insn: Instruction, modrm: u32, wanted: u32): bool {
  const target = ((modrm >>> 3) & 7) | (insn.rex & REX_R ? 8 : 0);
  const source = (modrm & 7) | (insn.rex & REX_B ? 8 : 0);
  const value = readRegister(insn.cpu, source);
  insn.immediate = insn.mode === 8 ? value : value & 0xffffffff;
  return target === wanted;
}

/** LMSW from a register; its memory form needs segments that the waist does not show, and nobody uses it. */
function decodeLmsw(insn: Instruction, modrm: u32): bool {
  if (((modrm >>> 3) & 7) !== LMSW || modrm < MOD_REGISTER) return false;
  const value = readRegister(insn.cpu, (modrm & 7) | (insn.rex & REX_B ? 8 : 0));
  const kept = readRegister(insn.cpu, REG_CR0) & ~(LMSW_BITS & ~LMSW_STICKY);
  insn.immediate = kept | (value & LMSW_BITS);
  return true;
}

/**
 * Decodes the write of control register REG_* at which `cpu` has exited: the Instruction's `immediate` is the new value,
 * its `length` the length. Null if it cannot be read or is not such an instruction.
 */
export function decodeControlWrite(cpu: u32, register: u32): Instruction | null {
  const insn = start(cpu);
  if (decodePrefixes(insn) !== ESCAPE) return null;
  const opcode = nextByte(insn);
  if (opcode === CLTS && register === REG_CR0) {
    insn.immediate = readRegister(cpu, REG_CR0) & ~CR0_TS;
    return insn;
  }
  const modrm = nextByte(insn);
  let isDecoded: bool = false;
  if (modrm === NO_BYTE) return null;
  if (opcode === MOV_TO_CR) isDecoded = decodeMove(insn, modrm, controlNumber(register));
  else if (opcode === GROUP_7 && register === REG_CR0) isDecoded = decodeLmsw(insn, modrm);
  return isDecoded ? insn : null;
}
