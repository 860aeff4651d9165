// FCOM, FUCOM, FCOMI, FUCOMI, FTST, FXAM and their kin.

import {
  FLAG_AF,
  FLAG_CF,
  FLAG_OF,
  FLAG_PF,
  FLAG_SF,
  FLAG_ZF,
} from "../../../../abi/x86/registers.ts";
import { spreadFlags } from "../../flags.ts";
import { compareExtended, relationOf } from "../../float/extended.ts";
import {
  A,
  B,
  CLASS_FINITE,
  CLASS_INFINITE,
  CLASS_UNSUPPORTED,
  CLASS_ZERO,
  classOf,
  N_DENORMAL,
  setZero,
  signOf,
} from "../../float/number.ts";
import { EQUAL, LESS, UNORDERED } from "../../float/order.ts";
import { S_FLAGS } from "../../interface.ts";
import { faulted } from "../../system/fault.ts";
import { memorySize, unpackMemory } from "./arithmetic.ts";
import {
  CONDITIONS,
  isEmpty,
  pop,
  raise,
  STATUS_C0,
  STATUS_C1,
  STATUS_C2,
  STATUS_C3,
  setConditions,
  stackFault,
  unpackRegister,
} from "./state.ts";
import { indexOf, isRefused, modrmOf, numberOf, opcodeOf, readOperand, remember } from "./unit.ts";

/** FCOMPP and FUCOMPP, D8 being 0: they pop twice. */
const FCOMPP: u32 = 6;
const FUCOMPP: u32 = 2;
const FCOMPP_MODRM: u32 = 0xd9;
/** Groups of ModRM.reg: FUCOM and FUCOMP (DD), FUCOMI (DB and DF). */
const FUCOM: u32 = 4;
const FUCOMI: u32 = 5;

/** Condition codes of a relation. */
function conditionsOf(relation: u32): u32 {
  if (relation === UNORDERED) return STATUS_C0 | STATUS_C2 | STATUS_C3;
  if (relation === EQUAL) return STATUS_C3;
  return relation === LESS ? STATUS_C0 : 0;
}

/** Compares A and B, or finds a stack fault; the condition codes tell even of what is unmasked. Returns whether a pop may follow. */
function compare(s: u32, isFaulty: bool, isQuiet: bool): bool {
  if (isFaulty) {
    const isMasked = stackFault(s, false);
    setConditions(s, CONDITIONS, conditionsOf(UNORDERED));
    return isMasked;
  }
  const isMasked = raise(s, compareExtended(isQuiet));
  setConditions(s, CONDITIONS, conditionsOf(relationOf()));
  return isMasked;
}

function popTimes(s: u32, times: u32): void {
  for (let i: u32 = 0; i < times; i++) pop(s);
}

/** FCOM and FCOMP (ModRM.reg 2, 3) with memory. */
export function compareMemory(s: u32, record: u32): void {
  if (isRefused(s)) return;
  const opcode = opcodeOf(record);
  const value = readOperand(s, record, memorySize(opcode));
  if (faulted(s)) return;
  remember(s, record);
  unpackRegister(s, A, 0);
  unpackMemory(B, opcode, value);
  if (compare(s, isEmpty(s, 0), false)) popTimes(s, numberOf(record) & 1);
}

/** How many registers a comparison of registers pops. */
function popsOf(record: u32): u32 {
  const opcode = opcodeOf(record);
  if (opcode === FUCOMPP) return 2;
  if (opcode === FCOMPP) return modrmOf(record) === FCOMPP_MODRM ? 2 : 1;
  return numberOf(record) & 1;
}

/** FCOM, FUCOM and their kin with registers. */
export function compareRegister(s: u32, record: u32): void {
  if (isRefused(s)) return;
  remember(s, record);
  const i = indexOf(record);
  const isQuiet = opcodeOf(record) === FUCOMPP || numberOf(record) >= FUCOM;
  unpackRegister(s, A, 0);
  unpackRegister(s, B, i);
  if (compare(s, isEmpty(s, 0) || isEmpty(s, i), isQuiet)) popTimes(s, popsOf(record));
}

/** FTST. */
export function compareZero(s: u32, record: u32): void {
  if (isRefused(s)) return;
  remember(s, record);
  unpackRegister(s, A, 0);
  setZero(B, 0);
  compare(s, isEmpty(s, 0), false);
}

/** RFLAGS of a relation. */
function flagsOf(relation: u32): u64 {
  if (relation === UNORDERED) return FLAG_ZF | FLAG_PF | FLAG_CF;
  if (relation === EQUAL) return FLAG_ZF;
  return relation === LESS ? FLAG_CF : 0;
}

function setFlags(s: u32, relation: u32): void {
  const all: u64 = FLAG_ZF | FLAG_PF | FLAG_CF | FLAG_OF | FLAG_SF | FLAG_AF;
  store<u64>(s, (load<u64>(s, S_FLAGS) & ~all) | flagsOf(relation), S_FLAGS);
  spreadFlags(s);
}

/** FCOMI, FUCOMI, FCOMIP, FUCOMIP: RFLAGS instead of condition codes. */
export function compareToFlags(s: u32, record: u32): void {
  if (isRefused(s)) return;
  remember(s, record);
  const i = indexOf(record);
  const isPopping = opcodeOf(record) === 7;
  let isMasked: bool;
  if (isEmpty(s, 0) || isEmpty(s, i)) {
    isMasked = stackFault(s, false);
    setFlags(s, UNORDERED);
  } else {
    unpackRegister(s, A, 0);
    unpackRegister(s, B, i);
    isMasked = raise(s, compareExtended(numberOf(record) === FUCOMI));
    setFlags(s, relationOf());
  }
  if (isMasked && isPopping) pop(s);
}

/** Condition codes of a class of number. */
function examined(s: u32): u32 {
  if (isEmpty(s, 0)) return STATUS_C3 | STATUS_C0;
  const kind = classOf(A);
  if (kind === CLASS_UNSUPPORTED) return 0;
  if (kind === CLASS_ZERO) return STATUS_C3;
  if (kind === CLASS_INFINITE) return STATUS_C2 | STATUS_C0;
  if (kind !== CLASS_FINITE) return STATUS_C0;
  return load<u32>(A, N_DENORMAL) !== 0 ? STATUS_C3 | STATUS_C2 : STATUS_C2;
}

/** FXAM. */
export function examine(s: u32, record: u32): void {
  if (isRefused(s)) return;
  remember(s, record);
  unpackRegister(s, A, 0);
  setConditions(s, CONDITIONS, examined(s) | (signOf(A) !== 0 ? STATUS_C1 : 0));
}
