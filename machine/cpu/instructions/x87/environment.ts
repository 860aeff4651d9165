// The unit's words and its state as a whole in memory: FLDCW, FNSTCW, FNSTSW, FNCLEX, FNINIT, FLDENV, FNSTENV, FRSTOR, FNSAVE (SDM,
// volume 1, figures 8-9 to 8-12).

import { A, CLASS_FINITE, CLASS_ZERO, classOf, N_DENORMAL } from "../../float/number.ts";
import {
  FX_CONTROL_INIT,
  FX_INSTRUCTION,
  FX_INSTRUCTION_SELECTOR,
  FX_OPCODE,
  FX_OPERAND,
  FX_OPERAND_SELECTOR,
  FX_TAGS,
  S_FX,
  S_GPR,
} from "../../interface.ts";
import { read } from "../../memory/access.ts";
import { R_WIDTH } from "../../records.ts";
import { faulted } from "../../system/fault.ts";
import { inRealAddressing } from "../../system/mode.ts";
import {
  CONTROL_MASKS,
  control,
  isEmpty,
  registerAt,
  STATUS_BUSY,
  STATUS_ES,
  STATUS_SF,
  setControl,
  setStatus,
  settleSummary,
  status,
  top,
  unpackRegister,
  writeRegister,
} from "./state.ts";
import { isRefused, operandAddress, readOperand, writeAt } from "./unit.ts";

/** Operand size of 16 bits. */
const WIDTH_16: u32 = 1;
/** Fields of an environment: control, status, tags, instruction, its selector and opcode, operand, its selector. */
const FIELDS: u32 = 7;
/** Tags: a valid number, zero, another special value, empty. */
const TAG_ZERO: u32 = 1;
const TAG_SPECIAL: u32 = 2;
const TAG_EMPTY: u32 = 3;
/** Of an opcode: 11 bits. */
const OPCODE_BITS: u32 = 0x7ff;
/** What the upper halves of the words of 16 bits hold in an environment of 32. */
const UPPER_ONES: u32 = 0xffff0000;
const REGISTERS: u32 = 8;
const REGISTER_BYTES: u32 = 10;

/** A field of the environment at hand, u32 each. */
const ENVIRONMENT: usize = memory.data(28, 4);

function setField(i: u32, value: u32): void {
  store<u32>(ENVIRONMENT + i * 4, value);
}

function field(i: u32): u32 {
  return load<u32>(ENVIRONMENT + i * 4);
}

/** FLDCW. */
export function loadControl(s: u32, record: u32): void {
  if (isRefused(s)) return;
  const value = <u32>readOperand(s, record, 2);
  if (!faulted(s)) setControl(s, value);
}

function storeWord(s: u32, record: u32, value: u32): void {
  const linear = operandAddress(s, record, 2, true);
  if (!faulted(s)) writeAt(s, linear, 2, value);
}

/** FNSTCW. */
export function storeControl(s: u32, record: u32): void {
  storeWord(s, record, control(s));
}

/** FNSTSW to memory. */
export function storeStatus(s: u32, record: u32): void {
  storeWord(s, record, status(s));
}

/** FNSTSW AX. */
export function moveStatus(s: u32): void {
  store<u16>(s, <u16>status(s), S_GPR);
}

/** FNCLEX. */
export function clearExceptions(s: u32): void {
  setStatus(s, status(s) & ~(CONTROL_MASKS | STATUS_SF | STATUS_ES | STATUS_BUSY));
}

/** The state that FNINIT leaves. */
function initializeUnit(s: u32): void {
  setStatus(s, 0);
  setControl(s, FX_CONTROL_INIT);
  store<u8>(s, 0, S_FX + FX_TAGS);
  store<u16>(s, 0, S_FX + FX_OPCODE);
  store<u64>(s, 0, S_FX + FX_INSTRUCTION);
  store<u64>(s, 0, S_FX + FX_OPERAND);
  store<u16>(s, 0, S_FX + FX_INSTRUCTION_SELECTOR);
  store<u16>(s, 0, S_FX + FX_OPERAND_SELECTOR);
}

/** FNINIT. */
export function initialize(s: u32): void {
  initializeUnit(s);
}

/** FNENI, FNDISI, FNSETPM: nothing since the 80387. */
export function obsolete(): void {}

/** Two bits for ST(i). */
function tagOf(s: u32, i: u32): u32 {
  if (isEmpty(s, i)) return TAG_EMPTY;
  unpackRegister(s, A, i);
  const kind = classOf(A);
  if (kind === CLASS_ZERO) return TAG_ZERO;
  return kind === CLASS_FINITE && load<u32>(A, N_DENORMAL) === 0 ? 0 : TAG_SPECIAL;
}

/** The tag word, two bits for each physical register. */
function tagWord(s: u32): u32 {
  let word: u32 = 0;
  for (let i: u32 = 0; i < REGISTERS; i++) word |= tagOf(s, i) << (((top(s) + i) & 7) * 2);
  return word;
}

/** Makes the unit's tags of a tag word. */
function setTags(s: u32, word: u32): void {
  let tags: u32 = 0;
  for (let i: u32 = 0; i < REGISTERS; i++)
    if (((word >> (i * 2)) & 3) !== TAG_EMPTY) tags |= 1 << i;
  store<u8>(s, <u8>tags, S_FX + FX_TAGS);
}

/** Whether the record's environment has fields of 16 bits. */
function isNarrow(record: u32): bool {
  return load<u8>(record, R_WIDTH) === WIDTH_16;
}

function environmentSize(record: u32): u32 {
  return isNarrow(record) ? FIELDS * 2 : FIELDS * 4;
}

/** Fields of instruction and operand as protected mode has them: offsets and selectors. */
function gatherPointers(s: u32, isWide: bool): void {
  const opcode = <u32>load<u16>(s, S_FX + FX_OPCODE);
  const selector = <u32>load<u16>(s, S_FX + FX_INSTRUCTION_SELECTOR);
  setField(3, <u32>load<u64>(s, S_FX + FX_INSTRUCTION));
  setField(4, isWide ? selector | (opcode << 16) : selector);
  setField(5, <u32>load<u64>(s, S_FX + FX_OPERAND));
  setField(6, load<u16>(s, S_FX + FX_OPERAND_SELECTOR) | UPPER_ONES);
}

/** The same as real mode has them: linear addresses, whose upper bits share fields with the opcode. */
function gatherAddresses(s: u32): void {
  const opcode = <u32>load<u16>(s, S_FX + FX_OPCODE);
  const instruction =
    <u32>load<u64>(s, S_FX + FX_INSTRUCTION) +
    ((<u32>load<u16>(s, S_FX + FX_INSTRUCTION_SELECTOR)) << 4);
  const operand =
    <u32>load<u64>(s, S_FX + FX_OPERAND) + ((<u32>load<u16>(s, S_FX + FX_OPERAND_SELECTOR)) << 4);
  setField(3, (instruction & 0xffff) | UPPER_ONES);
  setField(4, ((instruction >> 16) << 12) | opcode);
  setField(5, (operand & 0xffff) | UPPER_ONES);
  setField(6, (operand >> 16) << 12);
}

/** Fills in the environment at hand. */
function gather(s: u32, record: u32): void {
  setField(0, control(s) | UPPER_ONES);
  setField(1, status(s) | UPPER_ONES);
  setField(2, tagWord(s) | UPPER_ONES);
  if (inRealAddressing(s)) gatherAddresses(s);
  else gatherPointers(s, !isNarrow(record));
}

/** Puts instruction and operand where they belong, from the fields of protected mode. */
function spreadPointers(s: u32, isWide: bool): void {
  store<u64>(s, field(3), S_FX + FX_INSTRUCTION);
  store<u16>(s, <u16>field(4), S_FX + FX_INSTRUCTION_SELECTOR);
  const opcode = isWide ? (field(4) >> 16) & OPCODE_BITS : 0;
  store<u16>(s, <u16>opcode, S_FX + FX_OPCODE);
  store<u64>(s, field(5), S_FX + FX_OPERAND);
  store<u16>(s, <u16>field(6), S_FX + FX_OPERAND_SELECTOR);
}

/** The same from those of real mode. */
function spreadAddresses(s: u32): void {
  store<u64>(s, (field(3) & 0xffff) | ((field(4) >> 12) << 16), S_FX + FX_INSTRUCTION);
  store<u16>(s, 0, S_FX + FX_INSTRUCTION_SELECTOR);
  store<u16>(s, <u16>(field(4) & OPCODE_BITS), S_FX + FX_OPCODE);
  store<u64>(s, (field(5) & 0xffff) | ((field(6) >> 12) << 16), S_FX + FX_OPERAND);
  store<u16>(s, 0, S_FX + FX_OPERAND_SELECTOR);
}

/** Makes the environment at hand the unit's. */
function spread(s: u32, record: u32): void {
  setControl(s, field(0));
  setStatus(s, field(1));
  settleSummary(s);
  setTags(s, field(2));
  if (inRealAddressing(s)) spreadAddresses(s);
  else spreadPointers(s, !isNarrow(record));
}

/** Writes the environment at hand. */
function writeEnvironment(s: u32, record: u32, linear: u64): void {
  const size: u32 = isNarrow(record) ? 2 : 4;
  for (let i: u32 = 0; i < FIELDS && !faulted(s); i++)
    writeAt(s, linear + i * size, size, field(i));
}

/** Reads an environment. */
function readEnvironment(s: u32, record: u32, linear: u64): void {
  const isShort = isNarrow(record);
  for (let i: u32 = 0; i < FIELDS && !faulted(s); i++) {
    if (isShort) setField(i, read<u16>(s, linear + i * 2));
    else setField(i, read<u32>(s, linear + i * 4));
  }
}

/** FNSTENV: masks all exceptions afterwards. */
export function storeEnvironment(s: u32, record: u32): void {
  const linear = operandAddress(s, record, environmentSize(record), true);
  if (faulted(s)) return;
  gather(s, record);
  writeEnvironment(s, record, linear);
  if (!faulted(s)) setControl(s, control(s) | CONTROL_MASKS);
}

/** FLDENV. */
export function loadEnvironment(s: u32, record: u32): void {
  if (isRefused(s)) return;
  const linear = operandAddress(s, record, environmentSize(record), false);
  if (faulted(s)) return;
  readEnvironment(s, record, linear);
  if (!faulted(s)) spread(s, record);
}

/** FNSAVE: FNINIT afterwards. */
export function saveState(s: u32, record: u32): void {
  const size = environmentSize(record);
  const linear = operandAddress(s, record, size + REGISTERS * REGISTER_BYTES, true);
  if (faulted(s)) return;
  gather(s, record);
  writeEnvironment(s, record, linear);
  for (let i: u32 = 0; i < REGISTERS && !faulted(s); i++) {
    const from = registerAt(s, i);
    const to = linear + size + i * REGISTER_BYTES;
    writeAt(s, to, 8, load<u64>(from));
    if (!faulted(s)) writeAt(s, to + 8, 2, load<u16>(from, 8));
  }
  if (!faulted(s)) initializeUnit(s);
}

/** FRSTOR. All is read before anything changes. */
export function restoreState(s: u32, record: u32): void {
  if (isRefused(s)) return;
  const size = environmentSize(record);
  const total = size + REGISTERS * REGISTER_BYTES;
  const linear = operandAddress(s, record, total, false);
  if (faulted(s)) return;
  read<u8>(s, linear + total - 1);
  if (faulted(s)) return;
  readEnvironment(s, record, linear);
  if (faulted(s)) return;
  const tags = field(2);
  spread(s, record);
  for (let i: u32 = 0; i < REGISTERS; i++) {
    const from = linear + size + i * REGISTER_BYTES;
    writeRegister(s, i, read<u64>(s, from), read<u16>(s, from + 8));
  }
  setTags(s, tags);
}
