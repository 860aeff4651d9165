// What the platform asks of native code on x86, whoever made the processor; ../hw.ts has the members that every architecture has, amd/
// and intel/hw.ts the vendors'. hw.h has each member as an inline function, entry.S the few that are more than an instruction. Physical
// memory is accessed through windows (windows.ts), which there are on this CPU once it has called useOwnTables.

export * from "../hw.ts";

// --- Memory -------------------------------------------------------------------------------------------------------

/**
 * Reads at linear address `place` in the windows; `size` 1, 2, 4 or 8 bytes, one access. Returns 1, with the value in
 * `windowValue`, or 0 if that raised a page fault. As the next three, panics at a place outside of the windows.
 */
export declare function windowRead(place: u64, size: u32): u32;
/** What the last successful `windowRead` on this CPU read. */
export declare function windowValue(): u64;
/** Writes at `place` in the windows; as windowRead. */
export declare function windowWrite(place: u64, size: u32, value: u64): u32;
/** Fills [place, place+size) in the windows with zeros. Returns 1, or 0 if that raised a page fault on the way. */
export declare function windowClear(place: u64, size: u64): u32;
/** Copies from `place` in the windows to `destination` in the core's memory, bounds checked; as windowClear. */
export declare function windowToCore(place: u64, destination: u32, size: u32): u32;
/** INVLPG: forgets this CPU's translation of the page at linear address `place`. */
export declare function invalidatePage(place: u64): void;

// --- Registers ----------------------------------------------------------------------------------------------------

/** IN; `size` 1, 2 or 4. */
export declare function portIn(port: u32, size: u32): u32;
/** OUT; `size` 1, 2 or 4. */
export declare function portOut(port: u32, size: u32, value: u32): void;
/** RDMSR of one that exists. */
export declare function readMsr(msr: u32): u64;
/** WRMSR of one that exists, with a value that it takes. */
export declare function writeMsr(msr: u32, value: u64): void;
/** RDMSR of one that may not exist: 1 if it does; `readMsrValue` then has the value. */
export declare function tryReadMsr(msr: u32): u32;
/** WRMSR that may fault: 1 if it did not. */
export declare function tryWriteMsr(msr: u32, value: u64): u32;
/** What the last successful `tryReadMsr` on this CPU read. */
export declare function readMsrValue(): u64;
/** CPUID; `part` 0 to 3 selects EAX, EBX, ECX or EDX. */
export declare function cpuid(leaf: u32, subleaf: u32, part: u32): u32;
/** CPUID; EAX, EBX, ECX and EDX as 16 bytes at `destination` in the platform's own memory. */
export declare function cpuidParts(leaf: u32, subleaf: u32, destination: usize): void;
/** RDTSC. */
export declare function timestamp(): u64;
/** XGETBV of XCR0; only where CR4.OSXSAVE is set, and 1 elsewhere. */
export declare function extendedControl(): u64;
/** Sets XCR0, where the processor and CR4.OSXSAVE allow; faults otherwise are ignored. */
export declare function writeExtendedControl(value: u64): void;
/**
 * Puts every component of the extended state that the processor has (x87, SSE, AVX and what else CPUID leaf 0xd lists, also
 * supervisor components) into its initial configuration, and XCR0 to 1. Leaves CR4.OSFXSR and CR4.OSXSAVE set.
 */
export declare function resetExtendedState(): void;
/** Reads control register 0, 2, 3 or 4. */
export declare function readControl(register: u32): u64;
/** Writes CR4, with a value that the present mode takes. */
export declare function writeCr4(value: u64): void;
/** Reads debug register 6 or 7. */
export declare function readDebug(register: u32): u64;
/** Zeroes the debug registers with addresses, 0 to 3. */
export declare function clearBreakpoints(): void;

// --- Entry, guests, leaving ---------------------------------------------------------------------------------------

/** A value of Linux' state on this CPU when it called the entry: LINUX_*. */
export declare function linuxState(field: u32): u64;
/**
 * Leaves Linux' page table for the hypervisor's at physical address `root`. (The image's own GDT and IDT are in use from
 * the entry on.)
 */
export declare function useOwnTables(root: u64): void;
/** Starts this CPU again on its empty stack in the exported `run`; never returns. */
export declare function restart(): void;
