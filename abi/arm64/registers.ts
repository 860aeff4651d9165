// Registers of an Arm64 CPU as core and platform name them, and what the processor says of a trap to EL2 (Arm Architecture
// Reference Manual for A-profile, DDI 0487).

/** Register numbers of `readRegister` and `writeRegister`: X0; X1 to X30 follow. */
export const REG_X0: u32 = 0;
/** X1. */
export const REG_X1: u32 = 1;
/** X2. */
export const REG_X2: u32 = 2;
/** X30, the link register. */
export const REG_X30: u32 = 30;
/** The stack pointer in use: SP_EL0 or SP_EL1, as PSTATE says. */
export const REG_SP: u32 = 31;
/** The program counter. */
export const REG_PC: u32 = 32;
/** PSTATE in the layout of SPSR_EL2. */
export const REG_PSTATE: u32 = 33;
/** How many there are. */
export const REG_COUNT: u32 = 34;

/** ESR_EL2 (section D19.2.37): where the exception class begins, and its width as a mask. */
export const ESR_EC_SHIFT: u32 = 26;
export const ESR_EC_MASK: u32 = 0x3f;
/** ESR_EL2: the instruction is 32 bits wide. */
export const ESR_IL: u32 = 0x2000000;
/** ESR_EL2 of HVC: its immediate. */
export const ESR_IMMEDIATE_MASK: u32 = 0xffff;
/** Exception class: HVC from AArch64. */
export const EC_HVC64: u32 = 0x16;
/** Exception class: instruction abort from a lower level. */
export const EC_FETCH_ABORT: u32 = 0x20;
/** Exception class: data abort from a lower level. */
export const EC_DATA_ABORT: u32 = 0x24;

/** Exception class: BRK, which is how translated code traps. */
export const EC_BREAKPOINT: u32 = 0x3c;

/** Syndrome of a data abort: the fields from ABORT_SIZE_SHIFT to ABORT_SIXTY_FOUR are valid. */
export const ABORT_VALID: u32 = 0x1000000;
/** Where the logarithm of the access's size begins; two bits. */
export const ABORT_SIZE_SHIFT: u32 = 22;
/** A value read is sign-extended. */
export const ABORT_SIGNED: u32 = 0x200000;
/** Where the number of the register begins; five bits, 31 is the zero register. */
export const ABORT_REGISTER_SHIFT: u32 = 16;
/** The zero register's number. */
export const ABORT_ZERO_REGISTER: u32 = 31;
/** The register is 64 bits wide. */
export const ABORT_SIXTY_FOUR: u32 = 0x8000;
/** Acquire or release semantics. */
export const ABORT_ORDERED: u32 = 0x4000;
/** A cache maintenance or address translation instruction. */
export const ABORT_CACHE: u32 = 0x100;
/** The access was one of the guest's own page table walk. */
export const ABORT_WALK: u32 = 0x80;
/** A write. */
export const ABORT_WRITE: u32 = 0x40;
/** The fault status without its level: ABORT_STATUS_*. */
export const ABORT_STATUS_MASK: u32 = 0x3c;
/** Translation fault: nothing is mapped there. */
export const ABORT_STATUS_TRANSLATION: u32 = 0x4;
/** Access flag fault. */
export const ABORT_STATUS_ACCESS: u32 = 0x8;
/** Permission fault. */
export const ABORT_STATUS_PERMISSION: u32 = 0xc;

/** Hypercalls are HVC with this immediate; number in X0, arguments in X1 and X2, result in X0. */
export const HVC_HYPERCALL: u32 = 0x4a48;
