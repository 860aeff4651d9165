// The core's exports, as the platform's module imports them (ARCHITECTURE.md has their contracts).

export declare function heapBase(): u32;
export declare function init(cpu: u32, config: u32, size: u32): i32;
export declare function initCpu(cpu: u32): i32;
export declare function activate(): i32;
export declare function hypercall(cpu: u32, length: u32): i32;
export declare function exitMmio(cpu: u32, address: u64, flags: u32, length: u32): i32;
export declare function exitPio(cpu: u32, port: u32, size: u32, flags: u32, length: u32): i32;
export declare function exitCpuid(cpu: u32, length: u32): i32;
export declare function exitMsrRead(cpu: u32, length: u32): i32;
export declare function exitMsrWrite(cpu: u32, length: u32): i32;
export declare function exitXsetbv(cpu: u32, length: u32): i32;
export declare function exitCr(cpu: u32, register: u32, value: u64, length: u32): i32;
export declare function exitException(cpu: u32, vector: u32, errorCode: i32): i32;
export declare function exitManagement(cpu: u32): void;
export declare function exitUnhandled(cpu: u32, code: u64, info1: u64, info2: u64): i32;
export declare function consolePage(): u32;
export declare function exceptions(): u32;
