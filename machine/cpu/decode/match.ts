import { hasFeature } from "../memory/machine.ts";
import {
  ANY,
  FORM_ANY,
  FORM_MEMORY,
  NEEDS_66,
  NEEDS_F2,
  NEEDS_F3,
  NEEDS_NOTHING,
  OPERAND_B,
  ROW_ATTRIBUTES,
  ROW_FALLS_BACK,
  ROW_FEATURE,
  ROW_FORM,
  ROW_HAS_MODRM,
  ROW_IS_64,
  ROW_IS_LEGACY,
  ROW_IS_VEX,
  ROW_MODRM,
  ROW_OPERANDS,
  ROW_PREFIX,
  ROW_REG,
  ROW_SIZE,
  ROW_VEX_W,
} from "../rows.ts";
import { ROW_STARTS, ROWS } from "../table.gen.ts";
import { peek } from "./bytes.ts";
import {
  D_CODE,
  D_MAP,
  D_OPCODE,
  D_REPEAT,
  D_REX,
  D_SIZE_PREFIX,
  D_VEX,
  D_VEX_L,
  D_VVVV,
  field,
  PREFIX_REP,
  PREFIX_REPNE,
  REX_B,
  REX_W,
  WIDTH_64,
} from "./fields.ts";

/** Opcodes in a map. */
const MAP_SIZE: u32 = 256;

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

/** Whether the processor has the feature that a row belongs to. */
export function isThere(row: u32): bool {
  return hasFeature(load<u8>(row, ROW_FEATURE));
}

/** Whether it is ModRM that tells the rows of the opcode apart from what is undefined, in the present mode. */
export function dependsOnModRm(): bool {
  const slot = <u32>ROW_STARTS + (field(D_MAP) * MAP_SIZE + field(D_OPCODE)) * 2;
  const last = <u32>load<u16>(slot, 2);
  for (let i = <u32>load<u16>(slot); i < last; i++) {
    const attributes = <u32>load<u16>(<u32>ROWS + i * ROW_SIZE, ROW_ATTRIBUTES);
    if (attributes & ROW_HAS_MODRM && matchesMode(attributes)) return true;
  }
  return false;
}

/** Finds the row of the table, looking ahead at ModRM. 0 if there is none. */
export function findRow(): u32 {
  const slot = <u32>ROW_STARTS + (field(D_MAP) * MAP_SIZE + field(D_OPCODE)) * 2;
  const last = <u32>load<u16>(slot, 2);
  const modrm = peek();
  for (let i = <u32>load<u16>(slot); i < last; i++) {
    const row = <u32>ROWS + i * ROW_SIZE;
    // 90 with REX.B is XCHG, not NOP.
    const isXchg = field(D_MAP) === 0 && field(D_OPCODE) === 0x90 && field(D_REX) & REX_B;
    if (isXchg && i + 1 < last) continue;
    if (!matches(row, modrm)) continue;
    const isOlder = load<u16>(row, ROW_ATTRIBUTES) & ROW_FALLS_BACK && !isThere(row);
    if (!isOlder) return row;
  }
  return 0;
}
