// What a platform calls of hypervisor.wasm on x86 besides the members of ../exports.ts, whose contracts hold here too.
// `length` is that of the instruction at RIP, which the core steps over; 0 if the platform does not know it (a processor
// without next RIP or decode assists): the core then reads the instruction. Each member counts its kind of exit.

/** Exceptions to intercept, a bit each; the same at any time. */
export declare function exceptions(): u32;
/** VMCALL or VMMCALL; number, arguments and result are registers of the guest (ABI section 2). */
export declare function hypercall(cpu: u32, length: u32): void;
/** An access that the cell's map does not grant: guest-physical `address`, ACCESS_* `flags`. The core decodes the instruction. */
export declare function exitMmio(cpu: u32, address: u64, flags: u32): void;
/** A port that is not granted; `size` 1, 2 or 4 bytes, PIO_* `flags`. The length is always known. */
export declare function exitPio(cpu: u32, port: u32, size: u32, flags: u32, length: u32): void;
/** CPUID. */
export declare function exitCpuid(cpu: u32, length: u32): void;
/** RDMSR that is not granted. */
export declare function exitMsrRead(cpu: u32, length: u32): void;
/** WRMSR that is not granted. */
export declare function exitMsrWrite(cpu: u32, length: u32): void;
/** XSETBV. */
export declare function exitXsetbv(cpu: u32, length: u32): void;
/** A write of control register REG_* `register`; of length 0, `value` says nothing either. */
export declare function exitCr(cpu: u32, register: u32, value: u64, length: u32): void;
/** An intercepted exception; `errorCode` NO_ERROR_CODE where the vector has none. */
export declare function exitException(cpu: u32, vector: u32, errorCode: i32): void;
/**
 * Anything else: `kind` EXIT_*. `code`, `info1` and `info2` are the processor's own words for it, which a report prints and nothing
 * depends on: of AMD's, EXITCODE, EXITINFO1 and EXITINFO2; of Intel's, exit reason, qualification, and
 * vectoring information with the interruption information above it.
 */
export declare function exitUnhandled(cpu: u32, kind: u32, code: u64, info1: u64, info2: u64): void;
