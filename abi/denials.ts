// The table of denied accesses (an addition of this project): the root cell reads it word by word with HC_DENIAL_WORD.
// A header, then records; the record with sequence number n is in slot n modulo the table's capacity.

/** Size of the table in bytes. */
export const DENIALS_SIZE: u32 = 0x4000;
/** Header: DENIALS_MAGIC, u32. */
export const DENIALS_SIGNATURE: u32 = 0;
/** `JHDN`. */
export const DENIALS_MAGIC: u32 = 0x4e44484a;
/** Header: version of this layout, u32. */
export const DENIALS_VERSION: u32 = 4;
/** The version described here. */
export const DENIALS_VERSION_1: u32 = 1;
/** Header: DENIALS_FLAG_*, u32. */
export const DENIALS_FLAGS: u32 = 8;
/** The hypervisor allows the root cell what its configuration forgot, and records it. */
export const DENIALS_FLAG_LEARNING: u32 = 1;
/** Header: number of slots, u32. */
export const DENIALS_CAPACITY: u32 = 12;
/** Header: number of records written so far, the overwritten ones included, u32. */
export const DENIALS_COUNT: u32 = 16;
/** Where the slots begin. */
export const DENIALS_RECORDS: u32 = 64;

/** Size of a record. */
export const DENIAL_SIZE: u32 = 64;
/** Record: DENIAL_KIND_*, u8. */
export const DENIAL_KIND: u32 = 0;
/** Record: DENIAL_FLAG_*, u8. */
export const DENIAL_FLAGS: u32 = 1;
/** Record: size of the access in bytes, 0 if not known, u8. */
export const DENIAL_ACCESS_SIZE: u32 = 2;
/** Record: size of the code segment, 2, 4 or 8 bytes, u8. */
export const DENIAL_MODE: u32 = 3;
/** Record: CPU, u16. */
export const DENIAL_CPU: u32 = 4;
/** Record: bytes of the instruction that could be read, u8. */
export const DENIAL_BYTES: u32 = 6;
/** Record: id of the cell, u32. */
export const DENIAL_CELL: u32 = 8;
/** Record: how many bytes or ports from the address on were allowed, u32; 0 if denied. */
export const DENIAL_LENGTH: u32 = 12;
/** Record: guest-physical address, port, MSR, PCI address (bdf << 16 | register), control register or exit code, u64. */
export const DENIAL_ADDRESS: u32 = 16;
/** Record: value written, as far as it is known; of an exit, EXIT_* (abi/platform.ts); u64. */
export const DENIAL_VALUE: u32 = 24;
/** Record: RIP, u64. */
export const DENIAL_RIP: u32 = 32;
/** Record: how often, u32. */
export const DENIAL_TIMES: u32 = 40;
/** Record: the first 16 bytes from RIP on. */
export const DENIAL_INSTRUCTION: u32 = 48;
/** Room for them. */
export const DENIAL_INSTRUCTION_SIZE: u32 = 16;

/** Kind: memory or memory-mapped registers. */
export const DENIAL_KIND_MEMORY: u32 = 1;
/** Kind: a port. */
export const DENIAL_KIND_PORT: u32 = 2;
/** Kind: a model-specific register. */
export const DENIAL_KIND_MSR: u32 = 3;
/** Kind: a register in PCI configuration space. */
export const DENIAL_KIND_PCI: u32 = 4;
/** Kind: a control register, or XCR0. */
export const DENIAL_KIND_CONTROL: u32 = 5;
/** Kind: an exit that nobody handles; the address is the processor's number for it: AMD's exit code, Intel's exit reason. */
export const DENIAL_KIND_EXIT: u32 = 6;

/** Flag: a write. */
export const DENIAL_FLAG_WRITE: u32 = 1;
/** Flag: an instruction fetch. */
export const DENIAL_FLAG_FETCH: u32 = 2;
/** Flag: it was allowed, because the hypervisor learns. */
export const DENIAL_FLAG_ALLOWED: u32 = 4;
/** Flag: a string or repeated port access. */
export const DENIAL_FLAG_STRING: u32 = 8;
