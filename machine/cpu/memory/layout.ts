// The private part of a CPU's state block (from S_PRIVATE on), as far as memory/ and system/ own it, and the block that
// describes the machine. 0x990 to 0xfff is the interpreter's; it says so beside its own constants.

/** What a translation answers where there is none. */
export const NO_ADDRESS: u64 = 0xffffffffffffffff;

/** Number of logged entries of each translation cache, u32[3]. */
export const S_TLB_COUNTS: u32 = 0x918;
/** Frame (system/frame.ts): stack pointer, u64. */
export const S_FRAME_POINTER: u32 = 0x928;
/** Frame: which bits of the pointer count, u64. */
export const S_FRAME_MASK: u32 = 0x930;
/** Frame: base of the stack segment, u64. */
export const S_FRAME_BASE: u32 = 0x938;
/** Frame: limit of the stack segment, u32. */
export const S_FRAME_LIMIT: u32 = 0x940;
/** Frame: attributes of the stack segment, u32. */
export const S_FRAME_ATTRIBUTES: u32 = 0x944;
/** Frame: PF_USER if the stack is accessed as a user, u32. */
export const S_FRAME_USER: u32 = 0x948;
/** Frame: error code of #SS, u32. */
export const S_FRAME_ERROR: u32 = 0x94c;
/** Frame: selector of a stack that is being switched to, u32. */
export const S_FRAME_SELECTOR: u32 = 0x950;
/** Event that waits for the next `run`: EVENT_* and vector, u32. */
export const S_EVENT: u32 = 0x954;
/** Frame: descriptor of a stack that is being switched to, u64. */
export const S_FRAME_DESCRIPTOR: u32 = 0x958;
/** What is in the second-level cache and has this number is valid (memory/second-level.ts), u32. */
export const S_PAGE_GENERATION: u32 = 0x960;
/** The same of the cache of directories (memory/directories.ts), u32. */
export const S_DIRECTORY_GENERATION: u32 = 0x964;
/** Greatest of the numbers that S_PAGE_GENERATION has had, u32; that of the other world (worlds.ts), u32. */
export const S_PAGE_LAST: u32 = 0xaf0;
/** See S_PAGE_LAST. */
export const S_PAGE_OTHER: u32 = 0xaf4;
/** The same of S_DIRECTORY_GENERATION. */
export const S_DIRECTORY_LAST: u32 = 0xaf8;
/** See S_DIRECTORY_LAST. */
export const S_DIRECTORY_OTHER: u32 = 0xafc;
/** S_LARGEST_PAGE of the other world, u32. */
export const S_LARGEST_OTHER: u32 = 0xb00;
/** Log2 of the largest page that was translated since the last flush, u32. */
export const S_LARGEST_PAGE: u32 = 0x968;
/** MODE_* bits (system/mode.ts), u32. */
export const S_MODE: u32 = 0x970;
/** Machine checks (system/machine-check.ts), which a reset leaves alone. */
export const S_MACHINE_CHECK: u32 = 0xb40;
/** RIP of the next instruction, u64; functions that transfer control overwrite it. */
export const S_NEXT: u32 = 0x990;

/** Translation cache for reads: TLB_ENTRIES of TLB_ENTRY_SIZE bytes. */
export const TLB_READ: u32 = 0x1000;
/** The same for writes. */
export const TLB_WRITE: u32 = 0x11000;
/** The same for instruction fetches. */
export const TLB_EXEC: u32 = 0x21000;
/** Bytes from one cache to the next. */
export const TLB_SIZE: u32 = 0x10000;
/** Entries of a cache, direct mapped by page number: it reaches 16 MiB. */
export const TLB_ENTRIES: u32 = 4096;
/** Shift of an entry's index: {tag u64, addend u32, unused u32}. */
export const TLB_ENTRY_SHIFT: u32 = 4;
/** Offset of the addend in an entry: host address = low half of the linear address + addend. */
export const TLB_ADDEND: u32 = 8;
/** In the tag of a write entry: there is decoded code in the page, and a write must not be where it may lie (code-pages.ts). */
export const TLB_BESIDE_CODE: u64 = 1;
/** For each cache the indices of its occupied entries, u16[TLB_ENTRIES] each, so that a flush costs what was filled. */
export const S_TLB_LOG: u32 = 0x31000;
/** Bytes of the log of one cache. */
export const TLB_LOG_SIZE: u32 = 0x2000;
/** Second-level cache: S_PAGES_ENTRIES of 16 bytes, {tag u64, host address u32, rights u32}. */
export const S_PAGES: u32 = 0x37000;
/** Entries of the second-level cache, direct mapped by page number: it reaches 32 MiB. */
export const S_PAGES_ENTRIES: u32 = 8192;
/** Cache of page directories: S_DIRECTORIES_ENTRIES of 16 bytes, {tag u64, entry u64}. */
export const S_DIRECTORIES: u32 = 0x57000;
/** Entries of the cache of page directories, direct mapped: it reaches 1 GiB. */
export const S_DIRECTORIES_ENTRIES: u32 = 512;
/** Size of a state block. */
export const STATE_SIZE: u32 = 0x59000;

/** Bits of an address within a page. */
export const PAGE_SHIFT: u32 = 12;
/** Size of a page. */
export const PAGE_SIZE: u32 = 0x1000;
/** Offset within a page. */
export const PAGE_OFFSET: u32 = 0xfff;

/** Machine: number of CPUs, u32. */
export const M_CPUS: u32 = 0x0;
/** Machine: address of the first state block, u32. */
export const M_STATES: u32 = 0x4;
/** Machine: host address of physical address 0, u32. */
export const M_RAM_BASE: u32 = 0x8;
/** Machine: vendor (VENDOR_*), u32. */
export const M_VENDOR: u32 = 0xc;
/** Machine: bytes of RAM, u64. */
export const M_RAM_SIZE: u32 = 0x10;
/** Machine: first page of the pool that can be handed out, u32. */
export const M_POOL_FIRST: u32 = 0x1c;
/** Machine: number of pages that can be handed out, u32. */
export const M_POOL_PAGES: u32 = 0x20;
/** Machine: number of pages in use, u32. */
export const M_POOL_USED: u32 = 0x24;
/** Machine: address of the pool's map, a byte a page, u32. */
export const M_POOL_MAP: u32 = 0x28;
/** Machine: where the search for a free page starts, u32. */
export const M_POOL_HINT: u32 = 0x2c;
/** Machine: what the CPUs are without, u32[WORDS] as in features.ts. */
export const M_MISSING: u32 = 0x30;
/** Machine: what RDRAND's numbers are made from, u64. */
export const M_SEED: u32 = 0x58;
/** Size of the machine's block. */
export const M_SIZE: u32 = 0x60;

/** Vendor: AuthenticAMD. */
export const VENDOR_AMD: u32 = 0;
/** Vendor: GenuineIntel. */
export const VENDOR_INTEL: u32 = 1;
