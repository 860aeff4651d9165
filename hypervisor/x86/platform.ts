// What the core asks of a platform on x86 besides the members of ../platform.ts, whose contracts hold here too.

// --- Access that bypasses the core --------------------------------------------------------------------------------

/** Lets `cell` use ports [base, base+count) without an exit. A new cell has none. */
export declare function grantPorts(cell: u32, base: u32, count: u32): void;
/** Makes every access of `cell` to ports [base, base+count) exit. */
export declare function revokePorts(cell: u32, base: u32, count: u32): void;
/** Lets `cell` use MSRs [first, first+count) without an exit, for the MSR_ACCESS_* given. A new cell has none. */
export declare function grantMsrs(cell: u32, first: u32, count: u32, access: u32): void;
/** Makes accesses of `cell` to MSRs [first, first+count), of the MSR_ACCESS_* kinds given, exit. */
export declare function revokeMsrs(cell: u32, first: u32, count: u32, access: u32): void;

// --- CPUs ---------------------------------------------------------------------------------------------------------

/**
 * From now on every CPU of `cell` has its local APIC in x2APIC mode, clean, before it enters the cell's guest; one that is
 * given to another cell has it in that one's mode again. Called for a new cell other than the root cell, whose CPUs are
 * assigned and stopped, where CPUs have x2APIC and those of the root cell are in xAPIC mode.
 */
export declare function useX2apic(cell: u32): void;
/** Sends an interrupt to any CPU, running or not: mode IPI_FIXED or IPI_LOWEST_PRIORITY with `vector`, or IPI_NMI. */
export declare function sendIpi(cpu: u32, mode: u32, vector: u32): void;
/** Raises exception `vector` on the calling CPU at its present RIP; `errorCode` NO_ERROR_CODE for none. */
export declare function injectException(cpu: u32, vector: u32, errorCode: i32): void;
/** The local APIC id of any CPU. */
export declare function apicId(cpu: u32): u32;

// --- Pass-through on a cell's behalf, always on the calling CPU -----------------------------------------------------

/** Reads a port; `size` 1, 2 or 4. */
export declare function portIn(port: u32, size: u32): u32;
/** Writes a port; `size` 1, 2 or 4. */
export declare function portOut(port: u32, size: u32, value: u32): void;
/**
 * Reads an MSR of the calling CPU into the u64 at `destination` in the core's memory. Returns 1, or 0 if there is none: nothing
 * is stored then. Neither this nor writeMsr raises anything in the guest; that is for the core to do.
 */
export declare function readMsr(cpu: u32, msr: u32, destination: usize): u32;
/** Writes an MSR of the calling CPU. Returns 1, or 0 if there is none or it does not take the value. */
export declare function writeMsr(cpu: u32, msr: u32, value: u64): u32;
/** Executes CPUID on the calling CPU; `part` 0 to 3 selects EAX, EBX, ECX or EDX. */
export declare function cpuid(cpu: u32, leaf: u32, subleaf: u32, part: u32): u32;
