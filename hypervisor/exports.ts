// The other half of the waist: what a platform calls of hypervisor.wasm, on every architecture. What an architecture adds is in
// its own exports.ts. Contracts shared by all members:
// - `cpu` is the CPU that calls, by its physical number. Its guest is stopped at the instruction that made it leave.
// - Members are re-entered: while a CPU polls for a cell's reply in the waist's `relax`, others leave their guests and call.
// - A member without a result cannot fail. It may have parked, reset, moved or released the CPU: the platform asks nobody
//   whether it may go on, it does what the waist's members have ordered.

// --- Start --------------------------------------------------------------------------------------------------------

/** First byte after the core's own static data in its memory; callable before `init`. */
export declare function heapBase(): usize;
/**
 * Checks and keeps the system configuration, `size` bytes at `config` in the core's memory, and sets up the root cell. Once,
 * on the first CPU. The platform has put it at `heapBase()` rounded up to a page; what follows in the memory, up to its
 * end, is the core's pool of pages. Returns 0 or -errno; after an error the instance is thrown away.
 */
export declare function init(cpu: u32, config: usize, size: u32): i32;
/** Prepares a CPU of the root cell; on each of them, the first one included, after `init`. Returns 0 or -errno. */
export declare function initCpu(cpu: u32): i32;
/**
 * Takes effect, once all CPUs are prepared: units are initialised, the root cell's map is committed. On 0 the platform lets the
 * CPUs go on as guests of cell 0, with the state they had; else -errno.
 */
export declare function activate(): i32;

// --- Pages of the core --------------------------------------------------------------------------------------------

/** Address of the console page (ABI section 7) in the core's memory; 0 before `init`. */
export declare function consolePage(): usize;
/** Address of the table of denied accesses (abi/denials.ts) in the core's memory; 0 before `init`. */
export declare function denialTable(): usize;

// --- Exits --------------------------------------------------------------------------------------------------------

/**
 * The CPU came out because another one stopped it (the waist's `stopCpu`). Called once per stop, when the CPU is about to go on:
 * after `resumeCpu`, with whatever state and cell it has been given meanwhile.
 */
export declare function exitManagement(cpu: u32): void;
