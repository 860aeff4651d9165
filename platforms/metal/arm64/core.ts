// The exports of hypervisor-arm64.wasm, as the platform's module imports them.

export declare function heapBase(): u32;
export declare function init(cpu: u32, config: u32, size: u32): i32;
export declare function initCpu(cpu: u32): i32;
export declare function activate(): i32;
export declare function exitTrap(cpu: u32, esr: u64, far: u64, hpfar: u64): void;
export declare function consolePage(): u32;
