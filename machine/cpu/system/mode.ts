// The mode word: what the decoder and the block cache must know of a CPU's state, in one number. Blocks are keyed on it.

import {
  CR0_EM,
  CR0_PE,
  CR0_PG,
  CR0_TS,
  CR4_OSFXSR,
  EFER_LMA,
  FLAG_VM,
} from "../../../abi/x86/registers.ts";
import {
  CS,
  DS,
  ES,
  S_CPL,
  S_CR0,
  S_CR4,
  S_EFER,
  S_FLAGS,
  S_SEGMENT,
  SEG_ATTRIBUTES,
  SEG_BASE,
  SEG_LIMIT,
  SEGMENT_SIZE,
  SS,
} from "../interface.ts";
import { S_MODE } from "../memory/layout.ts";
import { EXIT_PAUSE, isWanted } from "../svm/state.ts";

/** Default operand and address size of the code segment: 0 = 16, 1 = 32, 2 = 64 bits. */
export const MODE_CODE_MASK: u32 = 0x3;
/** 16-bit code. */
export const MODE_CODE_16: u32 = 0;
/** 32-bit code. */
export const MODE_CODE_32: u32 = 1;
/** 64-bit code. */
export const MODE_CODE_64: u32 = 2;
/** The stack pointer is ESP, else SP (64-bit code: always RSP, whatever this says). */
export const MODE_STACK_32: u32 = 0x4;
/** Shift of the current privilege level. */
export const MODE_CPL_SHIFT: u32 = 3;
/** Current privilege level. */
export const MODE_CPL_MASK: u32 = 0x18;
/** CR0.PE. */
export const MODE_PROTECTED: u32 = 0x20;
/** RFLAGS.VM (and CR0.PE). */
export const MODE_VM86: u32 = 0x40;
/** CR0.PG. */
export const MODE_PAGING: u32 = 0x80;
/** EFER.LMA (64-bit and compatibility mode). */
export const MODE_LONG: u32 = 0x100;
/**
 * Not 64-bit code, and CS, DS, ES and SS have base 0, limit 4 GiB and rights that let every data access through: through
 * these, an offset is the linear address and nothing need be checked. (Writes through CS still need linearAddress.)
 */
export const MODE_FLAT: u32 = 0x200;
/** x87 and MMX can be used: neither CR0.EM nor CR0.TS. */
export const MODE_X87: u32 = 0x400;
/** SSE can be used: the same, and CR4.OSFXSR. */
export const MODE_SSE: u32 = 0x800;
/** PAUSE is an exit (EXIT_PAUSE of svm/intercepts.ts). */
export const MODE_PAUSE_EXITS: u32 = 0x1000;

/** Segment attributes: type bits, then S, DPL, P; AVL, L, D/B and G from bit 8 on (compressed layout). */
export const ATTR_ACCESSED: u32 = 0x1;
/** Data: writable; code: readable. */
export const ATTR_RW: u32 = 0x2;
/** Data: expand-down; code: conforming. */
export const ATTR_CE: u32 = 0x4;
/** A code segment. */
export const ATTR_CODE: u32 = 0x8;
/** Code or data, not a system descriptor. */
export const ATTR_S: u32 = 0x10;
/** Shift of the DPL. */
export const ATTR_DPL_SHIFT: u32 = 5;
/** Present. */
export const ATTR_P: u32 = 0x80;
/** 64-bit code. */
export const ATTR_L: u32 = 0x200;
/** 32-bit code or stack. */
export const ATTR_DB: u32 = 0x400;
/** Limit counts pages. */
export const ATTR_G: u32 = 0x800;
/** Type bits. */
export const ATTR_TYPE: u32 = 0xf;

/** Address of a segment's cache in the state block. */
export function segmentAt(s: u32, segment: u32): u32 {
  return s + S_SEGMENT + segment * SEGMENT_SIZE;
}

/** DPL of segment attributes. */
export function attributesDpl(attributes: u32): u32 {
  return (attributes >> ATTR_DPL_SHIFT) & 3;
}

/** Whether the CPU executes 64-bit code. */
export function inLongCode(s: u32): bool {
  return (load<u32>(s, S_MODE) & MODE_CODE_MASK) == MODE_CODE_64;
}

/** Whether the CPU is in real or virtual-8086 mode: selectors are paragraphs. */
export function inRealAddressing(s: u32): bool {
  return (load<u32>(s, S_MODE) & (MODE_PROTECTED | MODE_VM86)) != MODE_PROTECTED;
}

/** Whether EFER.LMA is set. */
export function inLongMode(s: u32): bool {
  return (load<u32>(s, S_MODE) & MODE_LONG) != 0;
}

function isFlat(s: u32, segment: u32, wanted: u32): bool {
  const at = segmentAt(s, segment);
  if (load<u64>(at, SEG_BASE) != 0 || load<u32>(at, SEG_LIMIT) != 0xffffffff) return false;
  const mask = ATTR_P | ATTR_S | ATTR_RW | (wanted & ATTR_CODE ? ATTR_CODE : ATTR_CODE | ATTR_CE);
  return (load<u32>(at, SEG_ATTRIBUTES) & mask) == wanted;
}

/** Computes the mode word anew, after any change of CR0, CR4, EFER, RFLAGS.VM, CPL or a segment. */
export function updateMode(s: u32): void {
  const cr0 = load<u32>(s, S_CR0);
  const code = load<u32>(segmentAt(s, CS), SEG_ATTRIBUTES);
  let mode = load<u32>(s, S_CPL) << MODE_CPL_SHIFT;
  if (cr0 & CR0_PE) mode |= MODE_PROTECTED;
  if (cr0 & CR0_PG) mode |= MODE_PAGING;
  if (load<u32>(s, S_EFER) & EFER_LMA) mode |= MODE_LONG;
  if (mode & MODE_PROTECTED && load<u32>(s, S_FLAGS) & FLAG_VM) mode |= MODE_VM86;
  if (mode & MODE_LONG && code & ATTR_L) mode |= MODE_CODE_64;
  else if (code & ATTR_DB && !(mode & MODE_VM86)) mode |= MODE_CODE_32;
  if (load<u32>(segmentAt(s, SS), SEG_ATTRIBUTES) & ATTR_DB) mode |= MODE_STACK_32;
  if (!(cr0 & (CR0_EM | CR0_TS)))
    mode |= load<u32>(s, S_CR4) & CR4_OSFXSR ? MODE_X87 | MODE_SSE : MODE_X87;
  if (isWanted(s, EXIT_PAUSE)) mode |= MODE_PAUSE_EXITS;
  const data = ATTR_P | ATTR_S | ATTR_RW;
  if (
    (mode & MODE_CODE_MASK) == MODE_CODE_32 &&
    isFlat(s, CS, data | ATTR_CODE) &&
    isFlat(s, DS, data) &&
    isFlat(s, ES, data) &&
    isFlat(s, SS, data)
  )
    mode |= MODE_FLAT;
  store<u32>(s, mode, S_MODE);
}
