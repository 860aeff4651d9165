// MSRs that each processor has of its own and no control block holds: their values after a reset. Sections are those of the
// AMD64 Architecture Programmer's Manual, volume 2. Whatever a guest may write without an exit has to be here, in the
// control block (control-block.ts), or in the local APIC: test/metal/hand-over.test.ts holds them against the core's grants.
//
// Not here on purpose: TSC and TSC_ADJUST, which would move Linux' time; what belongs to the machine or to several CPUs
// (MTRRs, machine check, SYSCFG, HWCR, L3 and northbridge counters), or to the firmware's and Linux' settings of power.

import {
  MSR_DEBUGCTL,
  MSR_MCG_STATUS,
  MSR_PRED_CMD,
  MSR_SPEC_CTRL,
  MSR_TSC_AUX,
  MSR_TSC_DEADLINE,
  MSR_TSC_RATIO,
} from "../../../../abi/x86/msr.ts";
import {
  EAX,
  EBX,
  ECX,
  EDX,
  LEAF_BASIC,
  LEAF_EXTENDED,
  LEAF_POWER,
  LEAF_STRUCTURED,
  writeRows,
} from "../own-msrs.ts";

const LEAF_SIZES: u32 = 0x80000008;
const LEAF_SVM: u32 = 0x8000000a;
const LEAF_EXTENDED_2: u32 = 0x80000021;
const LEAF_MONITORING: u32 = 0x80000022;

/** Rows as own-msrs.ts has them. */
// biome-ignore format: a row is a line
const TABLE: usize = memory.data<u32>([
  // 3.2.9: IBRS, STIBP, SSBD; an IBPB makes the processor forget the last owner's branches; SSBD as hypervisors offer it.
  MSR_SPEC_CTRL, MSR_SPEC_CTRL, 0, 0, LEAF_SIZES, EBX, 0x100c000,
  MSR_PRED_CMD, MSR_PRED_CMD, 1, 0, LEAF_SIZES, EBX, 0x1000,
  0xc001011f, 0xc001011f, 0, 0, LEAF_SIZES, EBX, 0x2000000,
  // 9.3.1: no machine check is in progress, as after one that has shut a cell's CPU down, whose CR4.MCE was clear.
  MSR_MCG_STATUS, MSR_MCG_STATUS, 0, 0, LEAF_BASIC, EDX, 0x4000,
  // 13.1.1: debug control, address masks of breakpoints.
  MSR_DEBUGCTL, MSR_DEBUGCTL, 0, 0, 0, 0, 0,
  0xc0011019, 0xc001101b, 0, 0, LEAF_EXTENDED, ECX, 0x4000000,
  0xc0011027, 0xc0011027, 0, 0, LEAF_EXTENDED, ECX, 0x4000000,
  // 13.1.1.9: the stack of last branches, its selection and control.
  0xc000010e, 0xc000010f, 0, 0, LEAF_MONITORING, EAX, 0x2,
  0xc0010300, 0xc001031f, 0, 0, LEAF_MONITORING, EAX, 0x2,
  // 13.2: performance counters: the global control of version 2, the first four, the core's six.
  0xc0000301, 0xc0000301, 0, 0, LEAF_MONITORING, EAX, 0x1,
  0xc0010000, 0xc0010007, 0, 0, 0, 0, 0,
  0xc0010200, 0xc001020b, 0, 0, LEAF_EXTENDED, ECX, 0x800000,
  // 13.3: instruction-based sampling, but for what the firmware sets (0xc001103a).
  0xc0011030, 0xc0011039, 0, 0, LEAF_EXTENDED, ECX, 0x400,
  0xc001103b, 0xc001103d, 0, 0, LEAF_EXTENDED, ECX, 0x400,
  // 13.4: lightweight profiling.
  0xc0000105, 0xc0000106, 0, 0, LEAF_EXTENDED, ECX, 0x8000,
  // 17.3: effective frequency, and the counter of retired instructions.
  0xe7, 0xe8, 0, 0, LEAF_POWER, ECX, 0x1,
  0xc00000e9, 0xc00000e9, 0, 0, LEAF_SIZES, EBX, 0x2,
  // Chapter 18: shadow stacks: U_CET, PL0_SSP to PL3_SSP. S_CET, SSP and their table are in the control block.
  0x6a0, 0x6a0, 0, 0, LEAF_STRUCTURED, ECX, 0x80,
  0x6a4, 0x6a7, 0, 0, LEAF_STRUCTURED, ECX, 0x80,
  // Chapter 19: quality of service: which event the CPU's counter shows; its class.
  0xc8d, 0xc8d, 0, 0, LEAF_STRUCTURED, EBX, 0x1000,
  0xc8f, 0xc8f, 0, 0, LEAF_STRUCTURED, EBX, 0x9000,
  // 3.2: the number of RDTSCP and RDPID, each of which may be there alone; prefetchers. 16.4.1: the timer's deadline.
  // 15.30.5: a guest's ratio of the time-stamp counter.
  MSR_TSC_AUX, MSR_TSC_AUX, 0, 0, LEAF_EXTENDED, EDX, 0x8000000,
  MSR_TSC_AUX, MSR_TSC_AUX, 0, 0, LEAF_STRUCTURED, ECX, 0x400000,
  0xc0000108, 0xc0000108, 0, 0, LEAF_EXTENDED_2, EAX, 0x2000,
  MSR_TSC_DEADLINE, MSR_TSC_DEADLINE, 0, 0, LEAF_BASIC, ECX, 0x1000000,
  MSR_TSC_RATIO, MSR_TSC_RATIO, 0, 1, LEAF_SVM, EDX, 0x10,
]);
const ROWS: u32 = 26;

/** Gives the calling CPU's own MSRs their values after a reset. */
export function resetMsrs(): void {
  writeRows(TABLE, ROWS);
}
