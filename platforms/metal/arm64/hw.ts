// What the platform asks of native code on Arm64 alone; ../hw.ts has the members that every architecture has. All run at EL2.

export * from "../hw.ts";

/** REG_* of any CPU whose guest has trapped, as it was then. */
export declare function guestRegister(cpu: u32, register: u32): u64;
/** Sets REG_* of any CPU whose guest has trapped. */
export declare function setGuestRegister(cpu: u32, register: u32, value: u64): void;
/** Reads device memory at a physical address, `size` 1, 2, 4 or 8, naturally aligned; it must not be the hypervisor's. */
export declare function deviceRead(address: u64, size: u32): u64;
/** Writes device memory, as deviceRead. */
export declare function deviceWrite(address: u64, size: u32, value: u64): void;
/** Copies from RAM at a physical address, within a page, to `destination` in the core's memory, bounds checked. */
export declare function memoryToCore(address: u64, destination: u32, size: u32): void;
/** The physical counter, CNTPCT_EL0. */
export declare function counter(): u64;
/** Its frequency in Hz, CNTFRQ_EL0. */
export declare function counterFrequency(): u64;
/** MPIDR_EL1 of the calling CPU. */
export declare function affinity(): u64;
/** ID_AA64MMFR0_EL1 of the calling CPU. */
export declare function memoryFeatures(): u64;
/** The calling CPU's guest gets the stage 2 table at physical `root`, with VTCR_EL2 `control`, once it runs. */
export declare function useGuestMap(root: u64, control: u64): void;
/** Forgets all translations of the guests of VMID 1, on all CPUs, and waits until that is done. */
export declare function flushGuests(): void;
/** The calling CPU goes on in Linux without the hypervisor, its guest's state as it is. Never returns. */
export declare function leave(): void;
