// What AssemblyScript cannot say: instructions of the CPU, as functions. This is the only file of the library with
// external declarations; start/hardware.c defines them. They may be called in any state, unless the comment says more.

/** Reads a port: the low 8 bits of the result. */
export declare function in8(port: u32): u32;
/** Reads a port: the low 16 bits of the result. */
export declare function in16(port: u32): u32;
/** Reads a port. */
export declare function in32(port: u32): u32;
/** Writes the low 8 bits of a value to a port. */
export declare function out8(port: u32, value: u32): void;
/** Writes the low 16 bits of a value to a port. */
export declare function out16(port: u32, value: u32): void;
/** Writes a value to a port. */
export declare function out32(port: u32, value: u32): void;

/** Reads device memory at a physical address; never merged, moved or left out by the compiler. */
export declare function mmioRead8(address: u64): u32;
/** Reads 16 bits of device memory. */
export declare function mmioRead16(address: u64): u32;
/** Reads 32 bits of device memory. */
export declare function mmioRead32(address: u64): u32;
/** Reads 64 bits of device memory; in two halves on a 32-bit inmate. */
export declare function mmioRead64(address: u64): u64;
/** Writes 8 bits of device memory. */
export declare function mmioWrite8(address: u64, value: u32): void;
/** Writes 16 bits of device memory. */
export declare function mmioWrite16(address: u64, value: u32): void;
/** Writes 32 bits of device memory. */
export declare function mmioWrite32(address: u64, value: u32): void;
/** Writes 64 bits of device memory; in two halves on a 32-bit inmate. */
export declare function mmioWrite64(address: u64, value: u64): void;

/** Reads a model-specific register. An unknown one raises #GP, or is a violation. */
export declare function readMsr(number: u32): u64;
/** Writes a model-specific register. */
export declare function writeMsr(number: u32, value: u64): void;
/** Executes CPUID and stores EAX, EBX, ECX, EDX, 4 bytes each, at `result`. */
export declare function cpuid(leaf: u32, subleaf: u32, result: u32): void;
/** The time stamp counter. */
export declare function readTsc(): u64;
/** CR2: the address of the last page fault. */
export declare function readFaultAddress(): u64;
/** CR3: the physical address of the uppermost page table. */
export declare function readPageTable(): u64;
/** Drops the translation of an address. */
export declare function invalidatePage(address: u64): void;

/** Atomically exchanges the u32 at an address; returns the old value. */
export declare function exchange(address: u32, value: u32): u32;
/** Atomically adds to the u32 at an address; returns the old value. */
export declare function add(address: u32, value: u32): u32;
/** To be called in every loop that polls: values in memory are read anew afterwards. */
export declare function pause(): void;

/** Lets interrupts come at any time from here on. */
export declare function enableInterrupts(): void;
/** Holds interrupts back, as they are when `main` is entered. */
export declare function disableInterrupts(): void;
/**
 * Sleeps until an interrupt has been handled. Interrupts are let in during the call and are as before afterwards: with
 * interrupts off otherwise, handlers run only here, and share nothing with code that is in the middle of something.
 */
export declare function waitForInterrupt(): void;
/** Stops this CPU for good. */
export declare function stop(): void;

/** Hypercall by Intel's instruction; use `hypercall` of hypercall.ts. */
export declare function vmcall(number: u32, first: u32, second: u32): u32;
/** Hypercall by AMD's instruction; use `hypercall` of hypercall.ts. */
export declare function vmmcall(number: u32, first: u32, second: u32): u32;

/** Calls machine code at an address. */
export declare function jump(address: u64): void;
/** Makes the CPU shut down: an exception with an empty interrupt table. */
export declare function tripleFault(): void;

/** Bytes of a pointer: 8 in a 64-bit inmate, 4 in a 32-bit one. */
export declare function wordSize(): u32;
/** APIC id of the CPU that came out of reset as `number`; below MAX_CPUS. */
export declare function apicIdOf(number: u32): u32;
/** Says where the stack of the CPU started next ends. */
export declare function setNextStack(end: u32): void;
