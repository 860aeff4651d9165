// What a platform calls of hypervisor.wasm on Arm64 besides the members of ../exports.ts, whose contracts hold here too.

/**
 * The guest of CPU `cpu` has trapped to EL2 at its PC, for an HVC after it: ESR_EL2, FAR_EL2 and HPFAR_EL2, the last one also where the
 * processor leaves it undefined (a permission fault): the platform then translates FAR_EL2. A hypercall is HVC #0x4a48; its
 * number, arguments and result are registers of the guest (ABI section 2).
 */
export declare function exitTrap(cpu: u32, esr: u64, far: u64, hpfar: u64): void;
