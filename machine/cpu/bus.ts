// The only import of cpu.wasm besides its memory: everything outside the CPU. The file's name is the import's module.

/**
 * Asks the machine for something (`kind` is BUS_*) on behalf of CPU number `cpu`; address and value are in its state block
 * (S_BUS_ADDRESS, S_BUS_VALUE), `size` is the access's in bytes. Returns BUS_HANDLED, BUS_IGNORED or BUS_FAULT.
 */
export declare function call(cpu: u32, kind: u32, size: u32): i32;
