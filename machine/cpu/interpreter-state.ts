// The interpreter's own part of a CPU's state block (0x998 to 0xfff), and its cache of decoded code, which lies apart.

/** Source of an absent base or index register: always 0, u64. */
export const S_ZERO: u32 = 0x998;
/** Temporary for a memory operand that is the destination, u64. */
export const S_TEMPORARY: u32 = 0x9a0;
/** Temporary for a memory operand that is the source, u64. */
export const S_TEMPORARY2: u32 = 0x9a8;
/** Effective address (offset or linear) computed by an operation of its own, u64. */
export const S_ADDRESS: u32 = 0x9b0;
/** RIP of the present block's first byte, u64. */
export const S_BLOCK_RIP: u32 = 0x9b8;
/** Lazy flags: the last result, sign-extended, i64 (flags.ts). */
export const S_RESULT: u32 = 0x9c0;
/** Lazy flags: carries, u64 (flags.ts). */
export const S_CARRIES: u32 = 0x9c8;
/** Time at which S_LEFT is 0, u64. */
export const S_LIMIT: u32 = 0x9d0;
/** Ticks left after the present block, i32. */
export const S_LEFT: u32 = 0x9d8;
/** The present record, u32. */
export const S_RECORD: u32 = 0x9dc;
/** Where to store the address of the block that is looked up next (R_TAKEN or R_FALLEN of a jump), or 0, u32. */
export const S_LINK: u32 = 0x9e4;
/** Base of CS as the inner loop uses it, u64. */
export const S_CODE_BASE: u32 = 0x9e8;
/** What RIP's code ends at: the limit of CS, or the last that RIP can be, u64. */
export const S_CODE_LIMIT: u32 = 0x9f8;
/** What RIP is cut to by a jump, u64. */
export const S_RIP_MASK: u32 = 0x9f0;
/** This CPU's cache of decoded code (C_*), u32. */
export const S_CACHE: u32 = 0xa00;
/** Next free byte for a block, u32. */
export const S_FREE: u32 = 0xa04;
/** 1 once the block that executes should be left at the next instruction boundary, u32. */
export const S_LEAVE: u32 = 0xa08;
/** A place that S_LINK may point to when there is nothing to link, u32. */
export const S_SINK: u32 = 0xa0c;

/** A write of a hot page ends the present block if it lies from this physical address on, u64 (hot-code.ts). */
export const S_HOT_START: u32 = 0xa70;
/** And before this one, u64. */
export const S_HOT_END: u32 = 0xa78;

/** S_DEADLINE as the inner loop knows it, u64. */
export const S_USED_DEADLINE: u32 = 0xa10;

/** Temporary for a memory operand of 128 bits, u8[16]. */
export const S_VECTOR: u32 = 0xa20;
/** MMX: the destination while it is computed, u8[16]. */
export const S_MMX: u32 = 0xa30;
/** Result of floating point before its exceptions are known, u8[16]. */
export const S_VECTOR_RESULT: u32 = 0xa50;
/** MMX: the source, u64, and zeros, u64. */
export const S_MMX_SOURCE: u32 = 0xa40;

/** 1 where a single step traps after the instruction at hand, u32. */
export const S_TRACED: u32 = 0xa60;

/** Reasons of a #DB (DR6) that the present instruction, or one that loaded SS before it, has given so far, u32. */
export const S_DEBUG: u32 = 0xa64;
/** 1 where the next instruction does not meet its breakpoint: it resumes (RF), goes on, or follows a load of SS, u32. */
export const S_UNBROKEN: u32 = 0xa68;

/** Jump cache: entries J_*, direct mapped by RIP. An empty entry is all ones, which is no mode. */
export const C_JUMPS: u32 = 0;
/** Entry of the jump cache: linear address, u64. */
export const J_LINEAR: u32 = 0;
/** Entry of the jump cache: the block there, u32. */
export const J_BLOCK: u32 = 8;
/** Entry of the jump cache: the block's mode word, u32. */
export const J_MODE: u32 = 12;
/** Entries of the jump cache. */
export const JUMPS: u32 = 1024;
/** Shift of an entry of the jump cache. */
export const JUMP_SHIFT: u32 = 4;
/** Head of the chain of blocks whose instruction straddles two pages, u32. */
export const C_STRADDLERS: u32 = 0x4000;
/** Heads of the hash chains of blocks by address, u32[BUCKETS]. */
export const C_BLOCKS: u32 = 0x8000;
/** Heads of the chains of blocks by page, u32[BUCKETS]. */
export const C_PAGES: u32 = 0x10000;
/** Buckets of either table. */
export const BUCKETS: u32 = 8192;
/** A block for one use: cut short at a deadline, or not worth keeping. */
export const C_SCRATCH: u32 = 0x18000;
/** Copy of the rest of an instruction that is the last before the block is left (slow-path.ts). */
export const C_REST: u32 = 0x1e000;
/** Blocks of hot pages, u32[HOT_BLOCKS], direct mapped by address (hot-code.ts). */
export const C_HOT: u32 = 0x1f000;
/** Entries there. */
export const HOT_BLOCKS: u32 = 1024;
/** Blocks of one instruction that was written anew, direct mapped by address and bytes, VERSION_SIZE bytes each. */
export const C_VERSIONS: u32 = 0x20000;
/** Places there. */
export const VERSIONS: u32 = 256;
/** Size of a place: header, records of one instruction and the block's end, bytes. */
export const VERSION_SIZE: u32 = 1024;
/** Blocks. */
export const C_ARENA: u32 = 0x60000;
/** Size of a CPU's cache of decoded code. */
export const CACHE_SIZE: u32 = 0x400000;
