// FXSAVE, FXRSTOR, XSAVE and XRSTOR, for x87 (MMX) and SSE (Intel SDM volume 1, sections 10.5 and 13.4 to 13.8; AMD64 APM volume 2,
// section 11.4). Last instruction and operand are always saved; their selectors only where addresses have 32 bits.

import { CR0_TS, CR4_OSFXSR, CR4_OSXSAVE, VECTOR_NM } from "../../../../abi/x86/registers.ts";
import {
  FX_CONTROL,
  FX_CONTROL_INIT,
  FX_INSTRUCTION,
  FX_INSTRUCTION_SELECTOR,
  FX_MXCSR,
  FX_MXCSR_MASK,
  FX_OPCODE,
  FX_OPERAND,
  FX_OPERAND_SELECTOR,
  FX_REGISTERS,
  FX_SIZE,
  FX_STATUS,
  FX_TAGS,
  FX_XMM,
  S_CR0,
  S_CR4,
  S_FX,
  S_GPR,
  S_XCR0,
} from "../../interface.ts";
import { checkWrite, read, write } from "../../memory/access.ts";
import { linearAddress } from "../../memory/segmentation.ts";
import { R_BASE, R_SEGMENT } from "../../records.ts";
import { faulted, NO_ERROR, raiseException, raiseGp, raiseUd } from "../../system/fault.ts";
import { inLongCode } from "../../system/mode.ts";
import { widthOf } from "../sized.ts";
import { MXCSR_BITS } from "./control.ts";

/** Components of XCR0, XSTATE_BV and the instructions' masks. */
const COMPONENT_X87: u64 = 1;
const COMPONENT_SSE: u64 = 2;
/** Alignment of the two areas. */
const FX_ALIGNMENT: u32 = 16;
const XSAVE_ALIGNMENT: u32 = 64;
/** XSAVE: the header that follows, of which XSTATE_BV is the first word. */
const HEADER_SIZE: u32 = 64;
/** Size of the area of XSAVE. */
export const XSAVE_SIZE: u32 = FX_SIZE + HEADER_SIZE;
/** Bytes of an 80-bit register and of a place for one. */
const REGISTER_BYTES: u32 = 10;
const REGISTER_SIZE: u32 = 16;
/** Registers of each kind that there are outside 64-bit code. */
const REGISTERS: u32 = 8;
/** x87 status word: the stack's top. */
const TOP_SHIFT: u32 = 11;
/** x87 control word: bits that there are, and the one that is always set. */
const CONTROL_BITS: u16 = 0x1f3f;
const CONTROL_FIXED: u16 = 0x40;
/** Bits of the last opcode. */
const OPCODE_BITS: u16 = 0x7ff;
/** Operand size of 64 bits: the addresses have all their bits. */
const QUAD: u32 = 3;

/** The area as it is written and read. */
const AREA: usize = memory.data(576, 16);

/** Linear address of the record's operand, or with the fault set, because it is not aligned or not accessible. */
function areaAddress(s: u32, record: u32, size: u32, alignment: u32, isWrite: bool): u64 {
  const offset = load<u64>(load<u32>(record, R_BASE));
  const linear = linearAddress(s, load<u8>(record, R_SEGMENT), offset, size, isWrite);
  if (!faulted(s) && <u32>linear & (alignment - 1)) raiseGp(s, 0);
  if (!faulted(s) && isWrite) checkWrite(s, linear, size);
  return linear;
}

/** Copies guest memory to the area; false with the fault set. */
function fetch(s: u32, linear: u64, size: u32): bool {
  for (let at: u32 = 0; at < size; at += 8) {
    store<u64>(AREA + at, read<u64>(s, linear + at));
    if (faulted(s)) return false;
  }
  return true;
}

/** Writes a part of the area to guest memory, which is known to be accessible. */
function put(s: u32, linear: u64, first: u32, end: u32): void {
  for (let at = first; at < end; at += 8) write<u64>(s, linear + at, load<u64>(AREA + at));
}

/** Address in the state of entry `i` of the register stack. */
function entry(s: u32, i: u32): u32 {
  const top = (<u32>load<u16>(s, S_FX + FX_STATUS) >> TOP_SHIFT) & 7;
  return s + S_FX + FX_REGISTERS + ((top + i) & 7) * REGISTER_SIZE;
}

/** Makes the image of the x87 part in the area. */
function makeX87(s: u32, isWide: bool): void {
  const fx = s + S_FX;
  memory.copy(<u32>AREA, fx, FX_MXCSR);
  store<u8>(AREA, 0, FX_TAGS + 1);
  if (!isWide) {
    store<u32>(AREA, load<u16>(fx, FX_INSTRUCTION_SELECTOR), FX_INSTRUCTION + 4);
    store<u32>(AREA, load<u16>(fx, FX_OPERAND_SELECTOR), FX_OPERAND + 4);
  }
  for (let i: u32 = 0; i < REGISTERS; i++) {
    const to = <u32>AREA + FX_REGISTERS + i * REGISTER_SIZE;
    memory.fill(to, 0, REGISTER_SIZE);
    memory.copy(to, entry(s, i), REGISTER_BYTES);
  }
}

/** Takes the x87 part from the area. */
function takeX87(s: u32, isWide: bool): void {
  const fx = s + S_FX;
  memory.copy(fx, <u32>AREA, FX_MXCSR);
  store<u8>(fx, 0, FX_TAGS + 1);
  store<u16>(fx, (load<u16>(fx, FX_CONTROL) & CONTROL_BITS) | CONTROL_FIXED, FX_CONTROL);
  store<u16>(fx, load<u16>(fx, FX_OPCODE) & OPCODE_BITS, FX_OPCODE);
  store<u16>(fx, isWide ? 0 : load<u16>(AREA, FX_INSTRUCTION + 4), FX_INSTRUCTION_SELECTOR);
  store<u16>(fx, isWide ? 0 : load<u16>(AREA, FX_OPERAND + 4), FX_OPERAND_SELECTOR);
  if (!isWide) {
    store<u32>(fx, 0, FX_INSTRUCTION + 4);
    store<u32>(fx, 0, FX_OPERAND + 4);
  }
  for (let i: u32 = 0; i < REGISTERS; i++)
    memory.copy(entry(s, i), <u32>AREA + FX_REGISTERS + i * REGISTER_SIZE, REGISTER_BYTES);
  settleStatus(fx);
}

/** The x87 status word's ES and B follow from its exceptions and the control word's masks. */
function settleStatus(fx: u32): void {
  const status = <u32>load<u16>(fx, FX_STATUS);
  const isWaiting = (status & ~(<u32>load<u16>(fx, FX_CONTROL)) & 0x3f) !== 0;
  store<u16>(fx, <u16>(isWaiting ? status | 0x8080 : status & ~0x8080), FX_STATUS);
}

function initializeX87(s: u32): void {
  const fx = s + S_FX;
  memory.fill(fx, 0, FX_MXCSR);
  store<u16>(fx, 0, FX_INSTRUCTION_SELECTOR);
  store<u16>(fx, 0, FX_OPERAND_SELECTOR);
  memory.fill(fx + FX_REGISTERS, 0, REGISTERS * REGISTER_SIZE);
  store<u16>(fx, <u16>FX_CONTROL_INIT, FX_CONTROL);
}

/** End of the XMM registers that the code at hand can name, in the area. */
function endOfXmm(s: u32): u32 {
  return FX_XMM + (inLongCode(s) ? 2 : 1) * REGISTERS * REGISTER_SIZE;
}

function makeMxcsr(s: u32): void {
  store<u32>(AREA, load<u32>(s, S_FX + FX_MXCSR), FX_MXCSR);
  store<u32>(AREA, MXCSR_BITS, FX_MXCSR_MASK);
}

/** Sets #GP(0) and returns false where the area's MXCSR has bits that there are not. */
function isMxcsrValid(s: u32): bool {
  if (!(load<u32>(AREA, FX_MXCSR) & ~MXCSR_BITS)) return true;
  raiseGp(s, 0);
  return false;
}

/** Whether FXSAVE and FXRSTOR know of SSE. */
function hasSse(s: u32): bool {
  return (load<u32>(s, S_CR4) & CR4_OSFXSR) !== 0;
}

/** FXSAVE, FXSAVE64: leaves the last bytes to software. */
export function fxsave(s: u32, record: u32): void {
  const linear = areaAddress(s, record, FX_SIZE, FX_ALIGNMENT, true);
  if (faulted(s)) return;
  makeX87(s, widthOf(record) === QUAD);
  makeMxcsr(s);
  put(s, linear, 0, FX_XMM);
  if (!hasSse(s)) return;
  memory.copy(<u32>AREA + FX_XMM, s + S_FX + FX_XMM, 2 * REGISTERS * REGISTER_SIZE);
  put(s, linear, FX_XMM, endOfXmm(s));
}

/** FXRSTOR, FXRSTOR64. */
export function fxrstor(s: u32, record: u32): void {
  const linear = areaAddress(s, record, FX_SIZE, FX_ALIGNMENT, false);
  if (faulted(s) || !fetch(s, linear, FX_SIZE)) return;
  if (hasSse(s) && !isMxcsrValid(s)) return;
  takeX87(s, widthOf(record) === QUAD);
  if (!hasSse(s)) return;
  store<u32>(s, load<u32>(AREA, FX_MXCSR), S_FX + FX_MXCSR);
  memory.copy(s + S_FX + FX_XMM, <u32>AREA + FX_XMM, endOfXmm(s) - FX_XMM);
}

/** Sets #UD without CR4.OSXSAVE, #NM with CR0.TS; returns whether neither is so. */
function canSave(s: u32): bool {
  if (!(load<u32>(s, S_CR4) & CR4_OSXSAVE)) raiseUd(s);
  else if (load<u32>(s, S_CR0) & CR0_TS) raiseException(s, VECTOR_NM, NO_ERROR);
  return !faulted(s);
}

/** The components that EDX:EAX asks for, of those in XCR0. */
function requested(s: u32): u64 {
  const mask = <u64>load<u32>(s, S_GPR) | ((<u64>load<u32>(s, S_GPR + 2 * 8)) << 32);
  return mask & load<u64>(s, S_XCR0);
}

/** XSAVE, XSAVE64. */
export function xsave(s: u32, record: u32): void {
  if (!canSave(s)) return;
  const linear = areaAddress(s, record, XSAVE_SIZE, XSAVE_ALIGNMENT, true);
  if (faulted(s)) return;
  const components = requested(s);
  if (components & COMPONENT_X87) {
    makeX87(s, widthOf(record) === QUAD);
    put(s, linear, 0, FX_MXCSR);
    put(s, linear, FX_REGISTERS, FX_XMM);
  }
  if (components & COMPONENT_SSE) {
    makeMxcsr(s);
    memory.copy(<u32>AREA + FX_XMM, s + S_FX + FX_XMM, 2 * REGISTERS * REGISTER_SIZE);
    put(s, linear, FX_MXCSR, FX_REGISTERS);
    put(s, linear, FX_XMM, endOfXmm(s));
  }
  const header = linear + FX_SIZE;
  write<u64>(s, header, (read<u64>(s, header) & ~components) | components);
}

/** Whether the header at the area's end is one of XSAVE, with components that there are; else #GP(0). */
function isHeaderValid(s: u32): bool {
  const components = load<u64>(AREA, FX_SIZE);
  const isStandard = (load<u64>(AREA, FX_SIZE + 8) | load<u64>(AREA, FX_SIZE + 16)) === 0;
  if (isStandard && !(components & ~load<u64>(s, S_XCR0))) return true;
  raiseGp(s, 0);
  return false;
}

/** XRSTOR, XRSTOR64: what was asked for and is not in the area gets its first values. */
export function xrstor(s: u32, record: u32): void {
  if (!canSave(s)) return;
  const linear = areaAddress(s, record, XSAVE_SIZE, XSAVE_ALIGNMENT, false);
  if (faulted(s) || !fetch(s, linear, XSAVE_SIZE) || !isHeaderValid(s)) return;
  const components = requested(s);
  if (components & COMPONENT_SSE && !isMxcsrValid(s)) return;
  const present = load<u64>(AREA, FX_SIZE) & components;
  if (present & COMPONENT_X87) takeX87(s, widthOf(record) === QUAD);
  else if (components & COMPONENT_X87) initializeX87(s);
  if (!(components & COMPONENT_SSE)) return;
  store<u32>(s, load<u32>(AREA, FX_MXCSR), S_FX + FX_MXCSR);
  const size = endOfXmm(s) - FX_XMM;
  if (present & COMPONENT_SSE) memory.copy(s + S_FX + FX_XMM, <u32>AREA + FX_XMM, size);
  else memory.fill(s + S_FX + FX_XMM, 0, size);
}
