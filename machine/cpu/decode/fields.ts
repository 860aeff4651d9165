// The decoder's scratch block: what is known of the instruction at hand, and where records go. One for all CPUs: decoding is
// never interrupted.

/** The block. */
export const DECODER: usize = memory.data(256, 8);

/** The instruction's bytes, u8[16]. */
export const D_BYTES: u32 = 0;
/** How many of them are there, u32. */
export const D_AVAILABLE: u32 = 16;
/** How many were consumed; at the end the length, u32. */
export const D_LENGTH: u32 = 20;
/** STATUS_*, u32. */
export const D_STATUS: u32 = 24;
/** Code size: WIDTH_16 to WIDTH_64, u32. */
export const D_CODE: u32 = 28;
/** Operand size, WIDTH_*, u32. */
export const D_OPERAND: u32 = 32;
/** Address size, WIDTH_*, u32. */
export const D_ADDRESS: u32 = 36;
/** REX prefix (also as made of VEX), or 0, u32. */
export const D_REX: u32 = 40;
/** 1 after LOCK, u32. */
export const D_LOCK: u32 = 44;
/** PREFIX_REP, PREFIX_REPNE or 0, u32. */
export const D_REPEAT: u32 = 48;
/** 1 after 66, u32. */
export const D_SIZE_PREFIX: u32 = 52;
/** Segment override, or NO_REGISTER, u32. */
export const D_OVERRIDE: u32 = 56;
/** Opcode, last byte, u32. */
export const D_OPCODE: u32 = 60;
/** Opcode map: 0, 1 (0F), 2 (0F38), 3 (0F3A), u32. */
export const D_MAP: u32 = 64;
/** ModRM byte, u32. */
export const D_MODRM: u32 = 68;
/** ModRM.reg with REX.R, u32. */
export const D_REG: u32 = 72;
/** ModRM.rm with REX.B (register operand), u32. */
export const D_RM: u32 = 76;
/** 1 if ModRM.rm is memory, u32. */
export const D_MEMORY: u32 = 80;
/** Base register, NO_REGISTER or BASE_RIP, u32. */
export const D_BASE: u32 = 84;
/** Index register or NO_REGISTER, u32. */
export const D_INDEX: u32 = 88;
/** Shift of the index, u32. */
export const D_SCALE: u32 = 92;
/** Displacement, i64. */
export const D_DISPLACEMENT: u32 = 96;
/** Immediate, branch distance or absolute offset, i64. */
export const D_IMMEDIATE: u32 = 104;
/** Second immediate or selector, u32. */
export const D_IMMEDIATE2: u32 = 112;
/** Row of the table, address, u32. */
export const D_ROW: u32 = 116;
/** Segment of the memory operand, u32. */
export const D_SEGMENT: u32 = 120;
/** VEX.vvvv, u32. */
export const D_VVVV: u32 = 124;
/** 1 if there is a VEX prefix, u32. */
export const D_VEX: u32 = 128;
/** VEX.L, u32. */
export const D_VEX_L: u32 = 132;

/** Emission: state block of the CPU, u32. */
export const E_CPU: u32 = 160;
/** Emission: where the next record goes, u32. */
export const E_CURSOR: u32 = 164;
/** Emission: number of the instruction in its block, u32. */
export const E_INDEX: u32 = 168;
/** Emission: offset of the instruction in its block, u32. */
export const E_OFFSET: u32 = 172;
/** Emission: mode word of the block, u32. */
export const E_MODE: u32 = 176;
/** Emission: 1 once the block must end, u32. */
export const E_END: u32 = 180;
/** Emission: offset of the block's first byte in its page, u32. */
export const E_PAGE_OFFSET: u32 = 184;
/** Emission: form of the address at hand (FORM_* of write.ts), u32. */
export const E_FORM: u32 = 188;
/** Emission: address of the base, u32. */
export const E_BASE: u32 = 192;
/** Emission: address of the index, u32. */
export const E_INDEX_REGISTER: u32 = 196;
/** Emission: first record of the block, u32. */
export const E_FIRST: u32 = 200;

/** Bytes that an instruction may have. */
export const MAX_LENGTH: u32 = 15;
/** Decoded. */
export const STATUS_OK: u32 = 0;
/** #UD. */
export const STATUS_UNDEFINED: u32 = 1;
/** Known, and not executed here. */
export const STATUS_UNIMPLEMENTED: u32 = 2;
/** More bytes than there are. */
export const STATUS_TRUNCATED: u32 = 3;
/** More than MAX_LENGTH bytes: #GP(0). */
export const STATUS_TOO_LONG: u32 = 4;
/** 8 bits. */
export const WIDTH_8: u32 = 0;
/** 16 bits. */
export const WIDTH_16: u32 = 1;
/** 32 bits. */
export const WIDTH_32: u32 = 2;
/** 64 bits. */
export const WIDTH_64: u32 = 3;
/** 128 bits. */
export const WIDTH_128: u32 = 4;
/** REP, REPE. */
export const PREFIX_REP: u32 = 1;
/** REPNE. */
export const PREFIX_REPNE: u32 = 2;
/** No register, no override. */
export const NO_REGISTER: u32 = 0xff;
/** The base is the next RIP. */
export const BASE_RIP: u32 = 0xfe;
/** REX.W. */
export const REX_W: u32 = 8;
/** REX.R. */
export const REX_R: u32 = 4;
/** REX.X. */
export const REX_X: u32 = 2;
/** REX.B. */
export const REX_B: u32 = 1;

/** A field of the decoder. */
export function field(offset: u32): u32 {
  return load<u32>(DECODER + offset);
}

/** Sets a field of the decoder. */
export function setField(offset: u32, value: u32): void {
  store<u32>(DECODER + offset, value);
}
