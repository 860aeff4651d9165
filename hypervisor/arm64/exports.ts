// What a platform calls of hypervisor-arm64.wasm besides the members of ../exports.ts, whose contracts hold here too.

/**
 * The guest of the calling CPU has trapped to EL2, at its PC; for an HVC the PC is behind it. ESR_EL2, FAR_EL2 and HPFAR_EL2; the
 * last one also where the processor leaves it undefined (a permission fault): the platform then translates FAR_EL2.
 */
export declare function exitTrap(cpu: u32, esr: u64, far: u64, hpfar: u64): void;
