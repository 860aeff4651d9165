// Arm's part of the narrow waist; ../platform.ts has the rest, and the contracts that all members share. Secure calls, the
// interrupt controller, timers and caches get members here when cells other than the root cell need them.

/** MPIDR_EL1 of any CPU, its affinity fields only: its hardware id. */
export declare function hardwareId(cpu: u32): u64;
