// The memory of an inmate's cell, as everything in this room sees it. The build turns these lines into a C header and
// into the linker's figures, so that this is the only place they are written down.
//
//   0x001000  command line
//   0x002000  page tables, interrupt table, the first CPU's stack, the run time's variables
//   0x020000  WebAssembly data, then the heap
//   0x0a0000  nothing: a bare PC has its VGA window and firmware here
//   0x0f0000  the image: code and constants; never written, so that a cell can be started again without loading
//   0x100000  communication region

/** Where the loader puts the command line (ABI section 5). */
export const COMMAND_LINE: u32 = 0x1000;
/** Size of the command line, its NUL included. */
export const COMMAND_LINE_SIZE: u32 = 256;
/** First byte of the start-up's own variables. */
export const VARIABLES_BASE: u32 = 0x2000;
/** First byte of the WebAssembly module's data. */
export const DATA_BASE: u32 = 0x20000;
/** First byte after the heap. */
export const HEAP_END: u32 = 0xa0000;
/** HEAP_END in WebAssembly pages of 64 KiB. */
export const HEAP_END_PAGES: u32 = 10;
/** First byte of the image. */
export const IMAGE_BASE: u32 = 0xf0000;
/** The segment of 16-bit code in the image. */
export const IMAGE_SEGMENT: u32 = 0xf000;
/** Size of the image. */
export const IMAGE_SIZE: u32 = 0x10000;
/** The page of the image that holds the 16-bit code; a start-up IPI enters it at its first byte. */
export const BOOT_PAGE: u32 = 0xff000;
/** Vector of the start-up IPI: the number of that page. */
export const BOOT_PAGE_NUMBER: u32 = 0xff;
/** Where a CPU of the cell starts. */
export const RESET_ADDRESS: u32 = 0xffff0;
/** The communication region (ABI section 5). */
export const COMM_REGION: u32 = 0x100000;
/**
 * First byte after what plain loads and stores may reach: the communication region is the last. Anything else is
 * accessed with the mmio functions.
 */
export const MEMORY_END: u32 = 0x101000;
/**
 * Counts the CPUs that came out of reset. It lies at the end of the communication region's page, because that is zeroed
 * at each start of the cell, also at one without a load.
 */
export const START_COUNTER: u32 = 0x100ff0;
/** Counts the CPUs that have written their number to the table of APIC ids. */
export const READY_COUNTER: u32 = 0x100ff4;
/** CPUs that the table of APIC ids has room for. */
export const MAX_CPUS: u32 = 64;
/** Size and alignment of a stack; a power of two. */
export const STACK_SIZE: u32 = 0x4000;
/** What must be left of a stack when a function is entered: room for an interrupt and the run time's C functions. */
export const STACK_RESERVE: u32 = 0x800;
/** Vectors: exceptions come first. */
export const EXCEPTION_COUNT: u32 = 32;
/** Vectors that have an entry: exceptions, then interrupts 32 to 63. */
export const VECTOR_COUNT: u32 = 64;
/** Vector of spurious interrupts. */
export const SPURIOUS_VECTOR: u32 = 0xff;
