// Numbers that native code (native/numbers.h is made from this file) on every architecture and the platform's module share.

/** Linear address of the hypervisor's memory, in Linux' page table and in the hypervisor's own. */
export const VIRTUAL_BASE: u64 = 0xfffffffff0000000;

/** Parts of the image: header and code, read-only data, writable data, and where it ends (`core_size`). */
export const PART_CODE: u32 = 0;
/** Read-only data. */
export const PART_CONSTANTS: u32 = 1;
/** Writable data. */
export const PART_DATA: u32 = 2;
/** The memory of all CPUs' stacks: begins at `core_size`. */
export const PART_CPUS: u32 = 3;
/** The system configuration as the driver has put it there: behind the last CPU's stack. */
export const PART_CONFIG: u32 = 4;
/** The core's memory, after the system configuration. */
export const PART_CORE: u32 = 5;
/** The platform's memory. */
export const PART_PLATFORM: u32 = 6;
/** The end of the hypervisor's memory. */
export const PART_END: u32 = 7;

/** Bytes of each CPU (`percpu_size`): a guard page that is never mapped, then its stack. */
export const CPU_SIZE: u32 = 0x4000;

/** panic: the translated code went out of its memory's bounds, or trapped otherwise. */
export const PANIC_TRAP: u32 = 1;
/** panic: a physical access hit the hypervisor's memory. */
export const PANIC_OWN_MEMORY: u32 = 2;
/** panic: the core named what does not exist. */
export const PANIC_CONTRACT: u32 = 3;
/** panic: an exception in the hypervisor's own code. */
export const PANIC_EXCEPTION: u32 = 4;
