// The layout of a row in table.gen.ts, and what its fields mean. Numbers only; read by the generator too.

/** Row: number of the mnemonic, u16. */
export const ROW_MNEMONIC: u32 = 0;
/** Row: ModRM.reg it is for, or ANY, u8. */
export const ROW_REG: u32 = 2;
/** Row: FORM_*, u8. */
export const ROW_FORM: u32 = 3;
/** Row: the whole ModRM byte it is for, or 0, u8. */
export const ROW_MODRM: u32 = 4;
/** Row: NEEDS_*, u8. */
export const ROW_PREFIX: u32 = 5;
/** Row: ROW_IS_* bits, u16. */
export const ROW_ATTRIBUTES: u32 = 6;
/** Row: operands, {letter u8, size u8}[3] (OPERAND_*, SIZE_*). */
export const ROW_OPERANDS: u32 = 8;
/** Row: number of the emitter (emit.gen.ts), u8. */
export const ROW_EMITTER: u32 = 14;
/** Row: what its mnemonic varies with (NAME_*), u8. */
export const ROW_NAMES: u32 = 15;
/** Row: the operation, u16. */
export const ROW_OPERATION: u32 = 16;
/** Row: VEX.W it is for, or ANY, u8. */
export const ROW_VEX_W: u32 = 18;
/** Row: the feature that it belongs to (FEATURE_*, features.ts), or 0, u8. */
export const ROW_FEATURE: u32 = 19;
/** Size of a row. */
export const ROW_SIZE: u32 = 20;
/** Matches all. */
export const ANY: u32 = 0xff;
/** Any form of ModRM. */
export const FORM_ANY: u32 = 0;
/** Memory operand only. */
export const FORM_MEMORY: u32 = 1;
/** Register operand only. */
export const FORM_REGISTER: u32 = 2;
/** Any prefixes. */
export const NEEDS_NOTHING: u32 = 0;
/** None of 66, F3, F2. */
export const NEEDS_NONE: u32 = 1;
/** 66 and neither F3 nor F2. */
export const NEEDS_66: u32 = 2;
/** F3. */
export const NEEDS_F3: u32 = 3;
/** F2. */
export const NEEDS_F2: u32 = 4;
/** May have LOCK (with a memory destination). */
export const ROW_IS_LOCKABLE: u32 = 0x1;
/** Not in 64-bit mode. */
export const ROW_IS_LEGACY: u32 = 0x2;
/** Only in 64-bit mode. */
export const ROW_IS_64: u32 = 0x4;
/** Operands are 64 bits wide in 64-bit mode unless there is a 66 prefix. */
export const ROW_IS_DEFAULT_64: u32 = 0x8;
/** Operands are 64 bits wide in 64-bit mode. */
export const ROW_IS_FORCED_64: u32 = 0x10;
/** The operation comes in four widths. */
export const ROW_IS_WIDE: u32 = 0x20;
/** The first operand is read. */
export const ROW_READS: u32 = 0x40;
/** The first operand is written. */
export const ROW_WRITES: u32 = 0x80;
/** Has a VEX prefix. */
export const ROW_IS_VEX: u32 = 0x100;
/** The low four bits of the opcode are a condition. */
export const ROW_HAS_CONDITION: u32 = 0x200;
/** Has a ModRM byte. */
export const ROW_HAS_MODRM: u32 = 0x400;
/** x87 and FXSAVE: #NM with CR0.EM or CR0.TS. */
export const ROW_IS_X87: u32 = 0x800;
/** MMX: #UD with CR0.EM, #NM with CR0.TS. */
export const ROW_IS_MMX: u32 = 0x1000;
/** SSE: #UD with CR0.EM or without CR4.OSFXSR, #NM with CR0.TS. */
export const ROW_IS_SSE: u32 = 0x2000;
/** A memory operand of 128 bits may lie anywhere. */
export const ROW_IS_UNALIGNED: u32 = 0x4000;
/** Without its feature the encoding is another row's: the mandatory prefix was ignored before there was the instruction. */
export const ROW_FALLS_BACK: u32 = 0x8000;
/** One mnemonic. */
export const NAME_ONE: u32 = 0;
/** Three mnemonics, by operand size. */
export const NAME_BY_OPERAND: u32 = 1;
/** Three mnemonics, by address size. */
export const NAME_BY_ADDRESS: u32 = 2;
/** No operand. */
export const OPERAND_NONE: u32 = 0;
/** Operand: ModRM.rm. */
export const OPERAND_E: u32 = 1;
/** Operand: ModRM.reg, general-purpose register. */
export const OPERAND_G: u32 = 2;
/** Operand: ModRM.rm, register. */
export const OPERAND_R: u32 = 3;
/** Operand: ModRM.rm, memory. */
export const OPERAND_M: u32 = 4;
/** Operand: immediate. */
export const OPERAND_I: u32 = 5;
/** Operand: branch displacement. */
export const OPERAND_J: u32 = 6;
/** Operand: absolute offset. */
export const OPERAND_O: u32 = 7;
/** Operand: register in the opcode. */
export const OPERAND_Z: u32 = 8;
/** Operand: accumulator. */
export const OPERAND_A: u32 = 9;
/** Operand: rDX. */
export const OPERAND_D: u32 = 10;
/** Operand: CL. */
export const OPERAND_C: u32 = 11;
/** Operand: the number one. */
export const OPERAND_ONE: u32 = 12;
/** Operand: ModRM.reg, segment register. */
export const OPERAND_S: u32 = 13;
/** Operand: VEX.vvvv. */
export const OPERAND_B: u32 = 14;
/** Operand: ModRM.reg, control register. */
export const OPERAND_K: u32 = 15;
/** Operand: ModRM.reg, debug register. */
export const OPERAND_T: u32 = 16;
/** Operand: far pointer. */
export const OPERAND_P: u32 = 17;
/** Operand: string source. */
export const OPERAND_X: u32 = 18;
/** Operand: string destination. */
export const OPERAND_Y: u32 = 19;
/** Operand: segment register by name. */
export const OPERAND_SEG: u32 = 20;
/** Operand: ModRM.reg, XMM register. */
export const OPERAND_V: u32 = 21;
/** Operand: ModRM.rm, XMM register or memory. */
export const OPERAND_W: u32 = 22;
/** Operand: ModRM.reg, MMX register. */
export const OPERAND_N: u32 = 23;
/** Operand: ModRM.rm, MMX register or memory. */
export const OPERAND_Q: u32 = 24;
/** Operand: ModRM.rm, x87 register. */
export const OPERAND_F: u32 = 25;
/** Operand: ST(0). */
export const OPERAND_H: u32 = 26;
/** Operand size: 8 bits. */
export const SIZE_B: u32 = 0;
/** Operand size: 16 bits. */
export const SIZE_W: u32 = 1;
/** Operand size: 32 bits. */
export const SIZE_D: u32 = 2;
/** Operand size: 64 bits. */
export const SIZE_Q: u32 = 3;
/** Operand size: operand size. */
export const SIZE_V: u32 = 4;
/** Operand size: operand size, as an immediate at most 32 bits. */
export const SIZE_Z: u32 = 5;
/** Operand size: 32 or 64 bits. */
export const SIZE_Y: u32 = 6;
/** Operand size: 8 bits, sign-extended. */
export const SIZE_S: u32 = 7;
/** Operand size: far pointer in memory. */
export const SIZE_P: u32 = 8;
/** Operand size: any. */
export const SIZE_A: u32 = 9;
/** Operand size: 128 bits. */
export const SIZE_X: u32 = 10;
/** Operand size: 80 bits. */
export const SIZE_T: u32 = 11;
