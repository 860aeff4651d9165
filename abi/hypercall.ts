// Hypercalls: EAX = number, (E/R)DI = first argument, (E/R)SI = second argument, result in EAX.

/** Leave the hypervisor; issued on every root CPU. */
export const HC_DISABLE: u32 = 0;
/** Create a cell; argument: guest-physical address of its configuration. */
export const HC_CELL_CREATE: u32 = 1;
/** Start a cell; argument: cell id. */
export const HC_CELL_START: u32 = 2;
/** Stop a cell and open its loadable regions to the root cell; argument: cell id. */
export const HC_CELL_SET_LOADABLE: u32 = 3;
/** Destroy a cell; argument: cell id. */
export const HC_CELL_DESTROY: u32 = 4;
/** Ask for a figure of the hypervisor; argument: INFO_*. */
export const HC_HYPERVISOR_GET_INFO: u32 = 5;
/** Ask for the state of a cell; argument: cell id; result: CELL_*. */
export const HC_CELL_GET_STATE: u32 = 6;
/** Ask for the state or a counter of a CPU; arguments: CPU number, CPU_INFO_*. */
export const HC_CPU_GET_INFO: u32 = 7;
/** Put one character on the hypervisor's console; argument: the character. */
export const HC_DEBUG_CONSOLE_PUTC: u32 = 8;
/**
 * An addition of this project (numbers from 0x100 are ours): ask every non-root cell to shut down and, only if
 * all approve, destroy them all. The driver's `disable` issues it before DISABLE, so that a refusal destroys nothing.
 */
export const HC_DESTROY_ALL: u32 = 0x100;
/**
 * An addition of this project: destroy a cell without asking it; argument: cell id. Otherwise as CELL_DESTROY
 * (another cell's lock still refuses it).
 */
export const HC_CELL_DESTROY_FORCED: u32 = 0x101;

/**
 * An addition of this project: read a word of the table of denied accesses (denials.ts); argument: its index. The result is
 * the word whatever its value; -EPERM from a non-root cell, -EINVAL beyond the table.
 */
export const HC_DENIAL_WORD: u32 = 0x102;

/** Size of the page pool in pages. */
export const INFO_MEM_POOL_SIZE: u32 = 0;
/** Pages of the page pool in use. */
export const INFO_MEM_POOL_USED: u32 = 1;
/** Size of the remapping pool in pages. */
export const INFO_REMAP_POOL_SIZE: u32 = 2;
/** Pages of the remapping pool in use. */
export const INFO_REMAP_POOL_USED: u32 = 3;
/** Number of cells, the root cell included. */
export const INFO_NUM_CELLS: u32 = 4;
/** An addition of this project: KiB of memory that changes hands and are still to be filled with zeros. */
export const INFO_SCRUB_LEFT: u32 = 0x100;

/** CPU_GET_INFO type: the CPU's state. */
export const CPU_INFO_STATE: u32 = 0;
/** CPU_GET_INFO type of the first counter (STAT_TOTAL); the others follow. */
export const CPU_INFO_STAT_BASE: u32 = 1000;
/** CPU state: running. */
export const CPU_RUNNING: u32 = 0;
/** CPU state: failed (parked after a violation). */
export const CPU_FAILED: u32 = 2;

/** Counter: all VM exits. */
export const STAT_TOTAL: u32 = 0;
/** Counter: MMIO accesses. */
export const STAT_MMIO: u32 = 1;
/** Counter: stops by the hypervisor's own management. */
export const STAT_MANAGEMENT: u32 = 2;
/** Counter: hypercalls. */
export const STAT_HYPERCALL: u32 = 3;
/** Counter: port accesses. */
export const STAT_PIO: u32 = 4;
/** Counter: xAPIC accesses. */
export const STAT_XAPIC: u32 = 5;
/** Counter: control register writes. */
export const STAT_CR: u32 = 6;
/** Counter: CPUID. */
export const STAT_CPUID: u32 = 7;
/** Counter: XSETBV. */
export const STAT_XSETBV: u32 = 8;
/** Counter: exceptions. */
export const STAT_EXCEPTION: u32 = 9;
/** Counter: MSR accesses other than the x2APIC ICR. */
export const STAT_MSR_OTHER: u32 = 10;
/** Counter: writes of the x2APIC ICR. */
export const STAT_MSR_X2APIC_ICR: u32 = 11;
/** Number of counters. */
export const STAT_COUNT: u32 = 12;
