// What the platform asks of native code for AMD-V (native/amd/vmrun.S). GIF is clear whenever the platform executes; interrupts and NMIs
// arrive in guests only. The contracts of ../hw.ts hold here too.

/**
 * Runs the guest of the control block at physical address `control` until it exits; `registers` are its general registers
 * except RAX and RSP (REG_* order, 16 u64, linear address). What VMLOAD and VMSAVE cover (FS, GS, TR, LDTR, KernelGSBase, the MSRs of SYSCALL and SYSENTER) is not touched: the
 * hypervisor uses none of it, so that the guest's stays in the processor, Linux' from the entry on.
 */
export declare function runGuest(control: u64, registers: usize): void;
/** VMLOAD: loads FS, GS, TR, LDTR, KernelGSBase and the MSRs of SYSCALL and SYSENTER from the block at physical `control`. */
export declare function loadGuest(control: u64): void;
/** Takes a pending NMI: sets GIF for an instruction, then clears it; the image's NMI handler ignores it. Needs EFER.SVME. */
export declare function takeNmi(): void;
/** Whether a machine check came since the last call, in `takeNmi`; elsewhere the processor holds it. */
export declare function takeMachineCheck(): u32;
/**
 * Leaves the hypervisor on this CPU for good: the state of the control block (linear address `block`) and `registers`
 * become the processor's; VMLOAD's part is there already. Virtualisation has been switched off except for EFER.SVME and
 * GIF, which this does last. Never returns.
 */
export declare function leave(block: usize, registers: usize): void;
