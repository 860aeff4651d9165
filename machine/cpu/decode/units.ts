// Which absent unit an instruction belongs to: the floating-point and vector instructions that this CPU lacks are still refused
// as CR0 and CR4 say (Intel SDM volume 3, table 9-3 and section 13.1; AMD64 APM volume 2, sections 3.1 and 11.3).

import { D_MAP, D_OPCODE, D_REG, D_REPEAT, D_SIZE_PREFIX, D_VEX, field } from "./fields.ts";

/** None of these: stops at once. */
export const UNIT_OTHER: u32 = 0;
/** x87: #NM with CR0.EM or CR0.TS. */
export const UNIT_X87: u32 = 1;
/** MMX: #UD with CR0.EM, then #NM with CR0.TS. */
export const UNIT_MMX: u32 = 3;
/** SSE: #UD with CR0.EM or without CR4.OSFXSR, then #NM with CR0.TS. */
export const UNIT_SSE: u32 = 4;
/** XSAVE and its kin: #UD without CR4.OSXSAVE, then #NM with CR0.TS. */
export const UNIT_XSAVE: u32 = 5;

/** The first and last escape to the x87. */
const FIRST_ESCAPE: u32 = 0xd8;
const LAST_ESCAPE: u32 = 0xdf;
/** FXSAVE (/0) to XSAVEOPT (/6). */
const SAVES: u32 = 0xae;
const FIRST_SSE_CONTROL: u32 = 2;
const FIRST_XSAVE: u32 = 4;
/** The opcodes of map 0F that are MMX where they have no prefix: from PUNPCKLBW, PINSRW and PEXTRW, and from PSRLW on. */
const FIRST_MMX: u32 = 0x60;
const LAST_MMX: u32 = 0x7f;
const PINSRW: u32 = 0xc4;
const PEXTRW: u32 = 0xc5;
const FIRST_LATE_MMX: u32 = 0xd1;

function saves(): u32 {
  const number = field(D_REG) & 7;
  if (number < FIRST_SSE_CONTROL) return UNIT_X87;
  return number < FIRST_XSAVE ? UNIT_SSE : UNIT_XSAVE;
}

function isMmxOpcode(opcode: u32): bool {
  if (opcode >= FIRST_MMX && opcode <= LAST_MMX) return true;
  return opcode === PINSRW || opcode === PEXTRW || opcode >= FIRST_LATE_MMX;
}

/** The unit of the instruction at hand, which has no emitter. */
export function unitOf(): u32 {
  const opcode = field(D_OPCODE);
  const map = field(D_MAP);
  if (field(D_VEX)) return UNIT_OTHER;
  if (map === 0) return opcode >= FIRST_ESCAPE && opcode <= LAST_ESCAPE ? UNIT_X87 : UNIT_OTHER;
  if (map !== 1) return UNIT_OTHER;
  if (opcode === SAVES) return saves();
  const hasPrefix = (field(D_REPEAT) | field(D_SIZE_PREFIX)) !== 0;
  return !hasPrefix && isMmxOpcode(opcode) ? UNIT_MMX : UNIT_SSE;
}
