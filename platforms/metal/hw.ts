// What the metal platform asks of native code on every architecture; the hw.ts in each one's folder adds its own. Contracts shared by
// all members:
// - Linear addresses (usize) are the platform's own memory; the translated code checks their bounds.
// - All CPUs run this code at once, with interrupts held; the platform synchronises them with the three atomic members.

// --- Memory -------------------------------------------------------------------------------------------------------

/** Physical address of `address` in the platform's own memory. */
export declare function physicalOf(address: usize): u64;
/** Reads the core's memory, bounds checked; `size` 1, 2, 4 or 8. */
export declare function coreRead(address: u32, size: u32): u64;
/** Writes a u64 to the core's memory, bounds checked. */
export declare function coreWrite(address: u32, value: u64): void;
/** Copies `size` bytes at `source` in the platform's own memory to `destination` in the core's, both bounds checked. */
export declare function copyToCore(source: usize, destination: u32, size: u32): void;
/** Size of the system configuration, which lies in the core's memory at heapBase() rounded up to a page before `enter`. */
export declare function configSize(): u32;
/** Copies `size` bytes of the core's memory, bounds checked, to the console page of the image's header. */
export declare function publishConsole(address: u32, size: u32): void;
/** Physical start of the hypervisor's memory. */
export declare function hypervisorStart(): u64;
/** Size of the hypervisor's memory in bytes. */
export declare function hypervisorSize(): u64;
/** Physical address of the console page of the image's header. */
export declare function consolePhysical(): u64;
/** Offset in the hypervisor's memory where part `part` (PART_*) of the image starts; PART_END is its end. Page aligned. */
export declare function partOffset(part: u32): u32;

// --- Other CPUs ---------------------------------------------------------------------------------------------------

/** Number of the CPU that executes this: from its stack. */
export declare function cpuIndex(): u32;
/** Number of CPUs that call the entry: `online_cpus` of the image's header. */
export declare function onlineCpus(): u32;
/** Atomically: if the u32 at `address` is `expected`, stores `value`. Returns what was there. A full barrier. */
export declare function compareExchange(address: usize, expected: u32, value: u32): u32;
/** Loads the u32 at `address`; nothing that follows is done before. */
export declare function loadAcquire(address: usize): u32;
/** Stores the u32 at `address` after everything before. */
export declare function storeRelease(address: usize, value: u32): void;
/** Waits a little in a loop. */
export declare function pause(): void;

// --- Entry, guests, leaving ---------------------------------------------------------------------------------------

/** Reports `code` (PANIC_*) on the console and stops this CPU; never returns. */
export declare function panic(code: u32): void;
