// From bytes to fields: prefixes, opcode, row of the table, ModRM, SIB, displacement, immediates (AMD64 APM volume 3, chapter 1).

import {
  ANY,
  EMIT_UNDEFINED,
  EMIT_UNIMPLEMENTED,
  FORM_ANY,
  FORM_MEMORY,
  NEEDS_66,
  NEEDS_F2,
  NEEDS_F3,
  NEEDS_NOTHING,
  OPERAND_B,
  OPERAND_E,
  OPERAND_I,
  OPERAND_J,
  OPERAND_M,
  OPERAND_O,
  OPERAND_P,
  OPERAND_R,
  ROW_ATTRIBUTES,
  ROW_EMITTER,
  ROW_FORM,
  ROW_HAS_MODRM,
  ROW_IS_64,
  ROW_IS_DEFAULT_64,
  ROW_IS_FORCED_64,
  ROW_IS_LEGACY,
  ROW_IS_LOCKABLE,
  ROW_IS_VEX,
  ROW_MODRM,
  ROW_OPERANDS,
  ROW_PREFIX,
  ROW_REG,
  ROW_SIZE,
  ROW_VEX_W,
  SIZE_B,
  SIZE_S,
  SIZE_V,
  SIZE_W,
} from "../emitters.ts";
import { CS, DS, ES, FS, GS, SS } from "../interface.ts";
import { ROW_STARTS, ROWS } from "../table.gen.ts";
import {
  BASE_RIP,
  D_ADDRESS,
  D_AVAILABLE,
  D_BASE,
  D_BYTES,
  D_CODE,
  D_DISPLACEMENT,
  D_IMMEDIATE,
  D_IMMEDIATE2,
  D_INDEX,
  D_LENGTH,
  D_LOCK,
  D_MAP,
  D_MEMORY,
  D_MODRM,
  D_OPCODE,
  D_OPERAND,
  D_OVERRIDE,
  D_REG,
  D_REPEAT,
  D_REX,
  D_RM,
  D_ROW,
  D_SCALE,
  D_SEGMENT,
  D_SIZE_PREFIX,
  D_STATUS,
  D_VEX,
  D_VEX_L,
  D_VVVV,
  DECODER,
  field,
  MAX_LENGTH,
  NO_REGISTER,
  PREFIX_REP,
  PREFIX_REPNE,
  REX_B,
  REX_R,
  REX_W,
  REX_X,
  STATUS_OK,
  STATUS_TOO_LONG,
  STATUS_TRUNCATED,
  STATUS_UNDEFINED,
  STATUS_UNIMPLEMENTED,
  setField,
  WIDTH_16,
  WIDTH_32,
  WIDTH_64,
} from "./fields.ts";

/** Opcodes in a map. */
const MAP_SIZE: u32 = 256;

function fail(status: u32): void {
  if (field(D_STATUS) === STATUS_OK) setField(D_STATUS, status);
}

/** Reads the next `size` (1, 2, 4, 8) bytes, zero-extended; 0 with the status set where they are missing. */
function take(size: u32): u64 {
  const at = field(D_LENGTH);
  if (at + size > MAX_LENGTH) fail(STATUS_TOO_LONG);
  else if (at + size > field(D_AVAILABLE)) fail(STATUS_TRUNCATED);
  if (field(D_STATUS) !== STATUS_OK) return 0;
  setField(D_LENGTH, at + size);
  const from = <u32>DECODER + D_BYTES + at;
  if (size === 1) return load<u8>(from);
  if (size === 2) return load<u16>(from);
  return size === 4 ? load<u32>(from) : load<u64>(from);
}

/** Reads the next bytes, sign-extended. */
function takeSigned(size: u32): i64 {
  const shift = <i64>(64 - size * 8);
  return ((<i64>take(size)) << shift) >> shift;
}

/** Segment that a prefix byte selects, or NO_REGISTER. */
function segmentOfPrefix(byte: u32): u32 {
  if (byte === 0x26) return ES;
  if (byte === 0x2e) return CS;
  if (byte === 0x36) return SS;
  if (byte === 0x3e) return DS;
  if (byte === 0x64) return FS;
  return byte === 0x65 ? GS : NO_REGISTER;
}

/** Takes note of a legacy prefix; false if the byte is none. */
function isLegacyPrefix(byte: u32): bool {
  const segment = segmentOfPrefix(byte);
  if (segment !== NO_REGISTER) {
    if (field(D_CODE) !== WIDTH_64 || segment >= FS) setField(D_OVERRIDE, segment);
  } else if (byte === 0x66) setField(D_SIZE_PREFIX, 1);
  else if (byte === 0x67) setField(D_ADDRESS, field(D_CODE) === WIDTH_32 ? WIDTH_16 : WIDTH_32);
  else if (byte === 0xf0) setField(D_LOCK, 1);
  else if (byte === 0xf3) setField(D_REPEAT, PREFIX_REP);
  else if (byte === 0xf2) setField(D_REPEAT, PREFIX_REPNE);
  else return false;
  return true;
}

/** Takes prefixes and returns the first byte of the opcode. */
function takePrefixes(): u32 {
  let byte = <u32>take(1);
  while (field(D_STATUS) === STATUS_OK) {
    if (field(D_CODE) === WIDTH_64 && (byte & 0xf0) === 0x40) {
      setField(D_REX, byte);
    } else {
      if (!isLegacyPrefix(byte)) return byte;
      // A REX prefix counts only right before the opcode.
      setField(D_REX, 0);
    }
    byte = <u32>take(1);
  }
  return 0;
}

/** The byte after those consumed, not consumed. */
function peek(): u32 {
  const at = field(D_LENGTH);
  if (at >= field(D_AVAILABLE)) return 0;
  return load<u8>(<u32>DECODER + D_BYTES + at);
}

/** Takes the rest of a VEX prefix whose first byte is `byte`. */
function takeVex(byte: u32): void {
  const first = <u32>take(1);
  let last = first;
  let rex = (~first >> 5) & REX_R;
  let map: u32 = 1;
  if (byte === 0xc4) {
    rex = (~first >> 5) & (REX_R | REX_X | REX_B);
    map = first & 0x1f;
    last = <u32>take(1);
    if (last & 0x80) rex |= REX_W;
  }
  const illegal = field(D_REX) | field(D_LOCK) | field(D_SIZE_PREFIX) | field(D_REPEAT);
  if (illegal || map === 0 || map > 3) fail(STATUS_UNDEFINED);
  const prefix = last & 3;
  setField(D_SIZE_PREFIX, u32(prefix === 1));
  setField(D_REPEAT, prefix === 2 ? PREFIX_REP : prefix === 3 ? PREFIX_REPNE : 0);
  setField(D_VVVV, (~last >> 3) & (field(D_CODE) === WIDTH_64 ? 15 : 7));
  setField(D_VEX_L, (last >> 2) & 1);
  setField(D_VEX, 1);
  setField(D_REX, field(D_CODE) === WIDTH_64 ? rex : rex & REX_W);
  setField(D_MAP, map);
  setField(D_OPCODE, <u32>take(1));
}

/** Takes the opcode: sets D_MAP and D_OPCODE. */
function takeOpcode(): void {
  const byte = takePrefixes();
  if (byte === 0xc4 || byte === 0xc5) {
    if (field(D_CODE) === WIDTH_64 || (peek() & 0xc0) === 0xc0) {
      takeVex(byte);
      return;
    }
  }
  setField(D_OPCODE, byte);
  if (byte !== 0x0f) return;
  const second = <u32>take(1);
  setField(D_MAP, second === 0x38 ? 2 : second === 0x3a ? 3 : 1);
  setField(D_OPCODE, second === 0x38 || second === 0x3a ? <u32>take(1) : second);
}

function matchesPrefix(needed: u32): bool {
  const repeat = field(D_REPEAT);
  if (needed === NEEDS_NOTHING) return true;
  if (needed === NEEDS_F3) return repeat === PREFIX_REP;
  if (needed === NEEDS_F2) return repeat === PREFIX_REPNE;
  return repeat === 0 && field(D_SIZE_PREFIX) === u32(needed === NEEDS_66);
}

function matchesMode(attributes: u32): bool {
  if (field(D_VEX) !== u32((attributes & ROW_IS_VEX) !== 0)) return false;
  // All VEX encodings that there are have length 0.
  if (field(D_VEX) && field(D_VEX_L)) return false;
  if (field(D_CODE) === WIDTH_64) return (attributes & ROW_IS_LEGACY) === 0;
  return (attributes & ROW_IS_64) === 0;
}

/** Whether an operand of a row is the register that VEX.vvvv names; else that must be none. */
function namesVvvv(row: u32): bool {
  for (let i: u32 = 0; i < 3; i++)
    if (load<u8>(row + ROW_OPERANDS + i * 2) === OPERAND_B) return true;
  return false;
}

function matches(row: u32, modrm: u32): bool {
  if (!matchesMode(load<u16>(row, ROW_ATTRIBUTES))) return false;
  if (!matchesPrefix(load<u8>(row, ROW_PREFIX))) return false;
  const reg = <u32>load<u8>(row, ROW_REG);
  if (reg !== ANY && reg !== ((modrm >> 3) & 7)) return false;
  const form = <u32>load<u8>(row, ROW_FORM);
  if (form !== FORM_ANY && (form === FORM_MEMORY) !== modrm < 0xc0) return false;
  const whole = <u32>load<u8>(row, ROW_MODRM);
  if (whole !== 0 && whole !== modrm) return false;
  if (field(D_VEX) && field(D_VVVV) !== 0 && !namesVvvv(row)) return false;
  const w = <u32>load<u8>(row, ROW_VEX_W);
  return w === ANY || w === u32((field(D_REX) & REX_W) !== 0);
}

/** Finds the row of the table, looking ahead at ModRM. 0 if there is none. */
function findRow(): u32 {
  const slot = <u32>ROW_STARTS + (field(D_MAP) * MAP_SIZE + field(D_OPCODE)) * 2;
  const last = <u32>load<u16>(slot, 2);
  const modrm = peek();
  for (let i = <u32>load<u16>(slot); i < last; i++) {
    const row = <u32>ROWS + i * ROW_SIZE;
    // 90 with REX.B is XCHG, not NOP.
    const isXchg = field(D_MAP) === 0 && field(D_OPCODE) === 0x90 && field(D_REX) & REX_B;
    if (isXchg && i + 1 < last) continue;
    if (matches(row, modrm)) return row;
  }
  return 0;
}

/** Takes SIB and displacement of a 32- or 64-bit address. */
function takeWideAddress(mod: u32, rm: u32): void {
  let base = rm;
  if (rm === 4) {
    const sib = <u32>take(1);
    base = sib & 7;
    const index = ((sib >> 3) & 7) | (field(D_REX) & REX_X ? 8 : 0);
    setField(D_SCALE, sib >> 6);
    setField(D_INDEX, index === 4 ? NO_REGISTER : index);
  }
  const noBase = mod === 0 && base === 5;
  if (noBase) setField(D_BASE, rm === 5 && field(D_CODE) === WIDTH_64 ? BASE_RIP : NO_REGISTER);
  else setField(D_BASE, base | (field(D_REX) & REX_B ? 8 : 0));
  const size = mod === 1 ? 1 : mod === 2 || noBase ? 4 : 0;
  store<i64>(DECODER + D_DISPLACEMENT, size === 0 ? 0 : takeSigned(size));
}

/** Takes the displacement of a 16-bit address; base and index are from the fixed eight pairs. */
function takeNarrowAddress(mod: u32, rm: u32): void {
  const isAbsolute = mod === 0 && rm === 6;
  // BX, BX, BP, BP, SI, DI, BP, BX, a digit each from the right.
  const base = (0x35765533 >> (rm * 4)) & 7;
  setField(D_BASE, isAbsolute ? NO_REGISTER : base);
  setField(D_INDEX, rm < 4 ? 6 + (rm & 1) : NO_REGISTER);
  const size = mod === 1 ? 1 : mod === 2 || isAbsolute ? 2 : 0;
  store<i64>(DECODER + D_DISPLACEMENT, size === 0 ? 0 : takeSigned(size));
}

/** Whether a row's ModRM.rm is a register whatever ModRM.mod says (MOV with control and debug registers). */
function hasOnlyRegisters(row: u32): bool {
  if (row === 0) return false;
  return load<u8>(row, ROW_OPERANDS) === OPERAND_R || load<u8>(row, ROW_OPERANDS + 2) === OPERAND_R;
}

function takeModRm(row: u32): void {
  const modrm = <u32>take(1);
  const rex = field(D_REX);
  const mod = modrm >> 6;
  setField(D_MODRM, modrm);
  setField(D_REG, ((modrm >> 3) & 7) | (rex & REX_R ? 8 : 0));
  setField(D_RM, (modrm & 7) | (rex & REX_B ? 8 : 0));
  if (mod === 3 || hasOnlyRegisters(row)) return;
  setField(D_MEMORY, 1);
  if (field(D_ADDRESS) === WIDTH_16) takeNarrowAddress(mod, modrm & 7);
  else takeWideAddress(mod, modrm & 7);
}

/** The operand size, now that the row is known. */
function settleOperandSize(attributes: u32): void {
  const code = field(D_CODE);
  const prefix = field(D_SIZE_PREFIX);
  let width = code === WIDTH_16 ? WIDTH_16 : WIDTH_32;
  if (prefix) width = code === WIDTH_16 ? WIDTH_32 : WIDTH_16;
  if (code === WIDTH_64) {
    if (field(D_REX) & REX_W || attributes & ROW_IS_FORCED_64) width = WIDTH_64;
    else if (attributes & ROW_IS_DEFAULT_64 && !prefix) width = WIDTH_64;
  } else if (field(D_VEX) && field(D_REX) & REX_W) width = WIDTH_32;
  setField(D_OPERAND, width);
}

/** Bytes of an immediate of a size code; those of SIZE_V only may be eight. */
function immediateBytes(size: u32): u32 {
  if (size === SIZE_B || size === SIZE_S) return 1;
  if (size === SIZE_W) return 2;
  const width = field(D_OPERAND);
  if (width === WIDTH_16) return 2;
  return size === SIZE_V && width === WIDTH_64 ? 8 : 4;
}

function takeImmediates(row: u32): void {
  let taken = false;
  for (let i: u32 = 0; i < 3; i++) {
    const letter = <u32>load<u8>(row + ROW_OPERANDS + i * 2);
    const size = <u32>load<u8>(row + ROW_OPERANDS + i * 2 + 1);
    if (letter === OPERAND_I || letter === OPERAND_J) {
      const bytes = immediateBytes(size);
      const isSigned = letter === OPERAND_J || size !== SIZE_B;
      const value = isSigned ? takeSigned(bytes) : <i64>take(bytes);
      if (taken) setField(D_IMMEDIATE2, <u32>value);
      else store<i64>(DECODER + D_IMMEDIATE, value);
      taken = true;
    } else if (letter === OPERAND_O) {
      setField(D_MEMORY, 1);
      setField(D_BASE, NO_REGISTER);
      setField(D_INDEX, NO_REGISTER);
      store<u64>(DECODER + D_DISPLACEMENT, take((<u32>1) << field(D_ADDRESS)));
    } else if (letter === OPERAND_P) {
      store<u64>(DECODER + D_IMMEDIATE, take((<u32>1) << field(D_OPERAND)));
      setField(D_IMMEDIATE2, <u32>take(2));
    }
  }
}

/** Segment that the memory operand uses: the override, or SS for addresses made of rBP and rSP, else DS. */
function settleSegment(): void {
  const base = field(D_BASE);
  const usual = base === 4 || base === 5 ? SS : DS;
  const chosen = field(D_OVERRIDE);
  setField(D_SEGMENT, chosen === NO_REGISTER ? usual : chosen);
}

/** LOCK is only for listed instructions with a memory destination. */
function checkLock(row: u32): void {
  if (!field(D_LOCK)) return;
  const letter = <u32>load<u8>(row + ROW_OPERANDS);
  const toMemory = field(D_MEMORY) && (letter === OPERAND_E || letter === OPERAND_M);
  if (!(load<u16>(row, ROW_ATTRIBUTES) & ROW_IS_LOCKABLE) || !toMemory) fail(STATUS_UNDEFINED);
}

/** The one VEX opcode without ModRM: VZEROUPPER and VZEROALL. */
const VZEROUPPER: u32 = 0x77;

/** What an opcode without a row is: VEX and EVEX are known, and what they encode is not; all else is undefined. */
function parseUnknown(): void {
  const map = field(D_MAP);
  if (!field(D_VEX)) {
    fail(field(D_OPCODE) === 0x62 && map === 0 ? STATUS_UNIMPLEMENTED : STATUS_UNDEFINED);
    return;
  }
  if (!(map === 1 && field(D_OPCODE) === VZEROUPPER)) takeModRm(0);
  if (map === 3) take(1);
  fail(STATUS_UNIMPLEMENTED);
}

function reset(code: u32, available: u32): void {
  memory.fill(DECODER + D_LENGTH, 0, D_VEX_L + 4 - D_LENGTH);
  setField(D_AVAILABLE, available);
  setField(D_CODE, code);
  setField(D_ADDRESS, code);
  setField(D_OVERRIDE, NO_REGISTER);
  setField(D_BASE, NO_REGISTER);
  setField(D_INDEX, NO_REGISTER);
}

/**
 * Parses the instruction in D_BYTES, of which `available` bytes are there, for code of size `code` (WIDTH_16 to WIDTH_64). Fills
 * the fields and returns STATUS_*.
 */
export function parse(code: u32, available: u32): u32 {
  reset(code, available);
  takeOpcode();
  if (field(D_STATUS) !== STATUS_OK) return field(D_STATUS);
  const row = findRow();
  setField(D_ROW, row);
  if (row === 0) {
    parseUnknown();
    return field(D_STATUS);
  }
  const attributes = <u32>load<u16>(row, ROW_ATTRIBUTES);
  settleOperandSize(attributes);
  if (attributes & ROW_HAS_MODRM) takeModRm(row);
  takeImmediates(row);
  settleSegment();
  checkLock(row);
  const emitter = <u32>load<u8>(row, ROW_EMITTER);
  if (emitter === EMIT_UNDEFINED) fail(STATUS_UNDEFINED);
  if (emitter === EMIT_UNIMPLEMENTED) fail(STATUS_UNIMPLEMENTED);
  return field(D_STATUS);
}
