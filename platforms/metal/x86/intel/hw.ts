// What the platform asks of native code for VT-x (native/intel/). The contracts of ../hw.ts hold here too. There is no GIF: NMIs and
// machine checks come at any time, and are kept for `takeNmi` and `takeMachineCheck`; native/intel/enter.S says why no guest is
// entered without one being noticed.

/** VMXON with the page at physical `region`. Returns 1, or 0 if the processor refuses. */
export declare function vmxOn(region: u64): u32;
/** VMXOFF; does nothing outside of VMX operation, which `vmxOn` began. */
export declare function vmxOff(): void;
/** VMCLEAR, then VMPTRLD, of the VMCS at physical `vmcs`. Returns 1, or 0 if the processor refuses. */
export declare function makeCurrent(vmcs: u64): u32;
/** VMCLEAR: what the processor keeps of the VMCS at physical `vmcs` goes to its memory. */
export declare function clearVmcs(vmcs: u64): void;
/** VMREAD of field `encoding`. */
export declare function readField(encoding: u32): u64;
/** VMWRITE of field `encoding`; ignored for one that there is not. */
export declare function writeField(encoding: u32, value: u64): void;
/** INVEPT of `type`, for all tables. */
export declare function invalidateTables(type: u32): void;
/** Where exits go, as an address of code: the field of the host's RIP. */
export declare function exitAddress(): u64;
/** The selector of the image's code segment. */
export declare function codeSelector(): u32;
/** Linear addresses of the image's GDT (0) and IDT (1). */
export declare function tableAddress(table: u32): u64;
/**
 * Runs the guest of the current VMCS until it exits; `registers` are its general registers except RSP (REG_* order, 16 u64, linear
 * address), `cr2` is where its CR2 is. With `isLaunched` 0 by VMLAUNCH. Returns RUN_*.
 */
export declare function runGuest(registers: usize, cr2: usize, isLaunched: u32): u32;
/** Ends the blocking of NMIs after an exit by one. Those that have come are no longer kept: the caller has them. */
export declare function takeNmi(): void;
/** Whether an NMI is kept. */
export declare function hasNmi(): u32;
/** Whether a machine check came since the last call. */
export declare function takeMachineCheck(): u32;
/** Writes DR6. */
export declare function writeDebugStatus(value: u64): void;
/** Of Linux when it called the entry: EXTRA_*. */
export declare function linuxExtra(field: u32): u64;
/**
 * Leaves the hypervisor on this CPU for good: the values at `fields` (state.ts, linear address), CR2 at `cr2` and `registers` become
 * the processor's; MSRs but for the bases of FS and GS are there already, and VMX operation has ended. Never returns.
 */
export declare function leave(fields: usize, cr2: usize, registers: usize): void;
