// From bytes to fields: prefixes and opcode, row of the table, then ModRM, SIB, displacement, immediates (AMD64 APM volume 3, chapter 1).

import { DS, SS } from "../interface.ts";
import {
  OPERAND_E,
  OPERAND_I,
  OPERAND_J,
  OPERAND_M,
  OPERAND_O,
  OPERAND_P,
  OPERAND_R,
  ROW_ATTRIBUTES,
  ROW_EMITTER,
  ROW_HAS_MODRM,
  ROW_IS_DEFAULT_64,
  ROW_IS_FORCED_64,
  ROW_IS_LOCKABLE,
  ROW_OPERANDS,
  SIZE_B,
  SIZE_S,
  SIZE_V,
  SIZE_W,
} from "../rows.ts";
import { EMIT_UNDEFINED } from "../table.gen.ts";
import { fail, take, takeSigned } from "./bytes.ts";
import {
  BASE_RIP,
  D_ADDRESS,
  D_AVAILABLE,
  D_BASE,
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
  D_REX,
  D_RM,
  D_ROW,
  D_SCALE,
  D_SEGMENT,
  D_SIZE_PREFIX,
  D_STATUS,
  D_VEX,
  D_VEX_L,
  DECODER,
  field,
  NO_REGISTER,
  REX_B,
  REX_R,
  REX_W,
  REX_X,
  STATUS_OK,
  STATUS_UNDEFINED,
  STATUS_UNIMPLEMENTED,
  setField,
  WIDTH_16,
  WIDTH_32,
  WIDTH_64,
} from "./fields.ts";
import { dependsOnModRm, findRow, isThere } from "./match.ts";
import { takeOpcode } from "./prefixes.ts";

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
    // It belongs to what was looked at: the page that it lies in is needed, and a write there makes another instruction of it.
    if (dependsOnModRm()) take(1);
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
  if (<u32>load<u8>(row, ROW_EMITTER) === EMIT_UNDEFINED || !isThere(row)) fail(STATUS_UNDEFINED);
  return field(D_STATUS);
}
