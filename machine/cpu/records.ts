// Records: what the decoder makes of instructions, and what the interpreter (and a later JIT) reads. An instruction is zero or
// more records; those with memory operands load into temporaries, operate, and store. A store is always an instruction's last
// record, and nothing visible is written before the last record that can fault.
//
// A block is a header and its records, for one CPU and one mode word; operands are absolute addresses of registers, temporaries
// or of the record's own immediate.

/** Operation (operations.txt), u16. */
export const R_OP: u32 = 0;
/** Length of the instruction in bytes, u8. */
export const R_LENGTH: u32 = 2;
/** Number of the instruction in its block; once the block is finished, how many there are from it to the end, u8. */
export const R_INDEX: u32 = 3;
/** Offset of the instruction in its block, bytes, u16. */
export const R_OFFSET: u32 = 4;
/** Shift of the index register, u8. */
export const R_SCALE: u32 = 6;
/** Segment of a memory operand (ES to GS), u8. */
export const R_SEGMENT: u32 = 7;
/** Address of the destination, u32. */
export const R_DST: u32 = 8;
/** Address of the source, u32. */
export const R_SRC: u32 = 12;
/** Immediate; for conditional operations the set of flag combinations in which the condition holds, u64. */
export const R_IMM: u32 = 16;
/** Address of the base register, u32. */
export const R_BASE: u32 = 24;
/** Address of the index register, u32. */
export const R_INDEX_REGISTER: u32 = 28;
/** Conditional jumps: the distance where it is not taken, i64; in the place of base and index. */
export const R_FALLEN_DISPLACEMENT: u32 = 24;
/** Displacement; for jumps the distance from the block's first byte, i64. */
export const R_DISPLACEMENT: u32 = 32;
/** Jumps: the block at the target, or NO_BLOCK, u32. Fused pairs and others: see R_SECOND. */
export const R_TAKEN: u32 = 40;
/** Conditional jumps: the block that follows, or NO_BLOCK, u32. */
export const R_FALLEN: u32 = 44;
/** Operand size, 0 to 3 for 8 to 64 bits, u8. */
export const R_WIDTH: u32 = 48;
/** Address size, 1 to 3 for 16 to 64 bits, u8. */
export const R_ADDRESS_WIDTH: u32 = 49;
/** Repeat prefix (PREFIX_REP, PREFIX_REPNE, 0) or another small number, u8. */
export const R_EXTRA: u32 = 50;
/** R_EXTRA of floating point: lanes of 64 bits, else of 32. */
export const LANES_DOUBLE: u32 = 1;
/** R_EXTRA of floating point: one lane only. */
export const LANES_SCALAR: u32 = 2;
/** Distance from the block's first byte to the instruction that follows, u16. */
export const R_NEXT: u32 = 52;
/** A second immediate, u16. */
export const R_IMM2: u32 = 54;
/** Size of a record. */
export const RECORD_SIZE: u32 = 56;

/** Block: number of instructions; STALE once it is invalid, i32. */
export const B_COUNT: u32 = 0;
/** Block: mode word, u32. */
export const B_MODE: u32 = 4;
/** Block: physical address of the first byte, u64. */
export const B_PHYS: u32 = 8;
/** Block: physical address of the second page's first byte, where an instruction straddles; else all ones, u64. */
export const B_PHYS2: u32 = 16;
/** Block: length in bytes, u32. */
export const B_LENGTH: u32 = 24;
/** Block: next in the hash chain by address, u32. */
export const B_HASH_NEXT: u32 = 28;
/** Block: next in the chain of its page, or of the straddling blocks, u32. */
export const B_PAGE_NEXT: u32 = 32;
/** Block: its records. */
export const B_RECORDS: u32 = 40;
/** B_COUNT of a block that must not be entered: more than any budget. */
export const STALE: i32 = 0x7fffffff;
/** Instructions in a block at most. */
export const BLOCK_INSTRUCTIONS: u32 = 48;
/** Records in a block at most: what its instructions may need, and the end. */
export const BLOCK_RECORDS: u32 = 256;
