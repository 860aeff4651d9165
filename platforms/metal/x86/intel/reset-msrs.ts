// MSRs that each logical processor has of its own and no VMCS holds: their values after a reset. Unless said they are in table 2-2 of
// Intel's Software Developer's Manual (SDM), volume 4; chapters, by their titles, are those of volume 3. Whatever a guest may write without an exit has to
// be here, in the VMCS, in the extended state, or in the local APIC: test/metal/intel-reset.test.ts holds them against the core's grants.
//
// In the VMCS: SYSENTER, PAT, EFER, DEBUGCTL, FS and GS base ("Virtual Machine Control Structures"). S_CET and the table of shadow stacks are there only under
// controls that not every processor has; STAR, LSTAR, CSTAR, FMASK, KernelGS base, TSC_AUX never are.
//
// Not here on purpose: TSC and TSC_ADJUST, which would move Linux' time; XSS, which goes with the extended state; what belongs to
// a core, a package or the machine (MTRRs, banks of machine checks, MISC_ENABLE, TEST_CTRL, prefetchers, uncore, cache allocation); workarounds
// as Linux has set them (TSX_CTRL, TSX_FORCE_ABORT, MCU_OPT_CTRL), which no cell may write; settings of power (PERF_CTL, HWP, the
// energy bias, clock modulation); PERF_GLOBAL_CTRL, which nobody writes while the hypervisor runs (hypervisor/x86/msr/intel.ts), and
// without which nothing counts as long as nothing is selected.

import {
  MSR_MCG_STATUS,
  MSR_PRED_CMD,
  MSR_SPEC_CTRL,
  MSR_TSC_AUX,
  MSR_TSC_DEADLINE,
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

/** Architectural performance monitoring; EAX has its version in bits 7:0. */
const LEAF_COUNTERS: u32 = 0xa;
const ANY_VERSION: u32 = 0xff;
/** Version 2 and later. */
const VERSION_2: u32 = 0xfe;

/** Rows as own-msrs.ts has them. */
// biome-ignore format: a row is a line
const TABLE: usize = memory.data<u32>([
  // IBRS, STIBP, SSBD; an IBPB makes the processor forget the last owner's branches, a flush what its data left in the first cache.
  MSR_SPEC_CTRL, MSR_SPEC_CTRL, 0, 0, LEAF_STRUCTURED, EDX, 0x8c000000,
  MSR_PRED_CMD, MSR_PRED_CMD, 1, 0, LEAF_STRUCTURED, EDX, 0x4000000,
  0x10b, 0x10b, 1, 0, LEAF_STRUCTURED, EDX, 0x10000000,
  // "Machine-Check Architecture": none is in progress, as after one that has shut a cell's CPU down, whose CR4.MCE was clear.
  MSR_MCG_STATUS, MSR_MCG_STATUS, 0, 0, LEAF_BASIC, EDX, 0x4000,
  // "Intel Processor Trace": off first, then where it writes, what it follows.
  0x570, 0x570, 0, 0, LEAF_STRUCTURED, EBX, 0x2000000,
  0x560, 0x561, 0, 0, LEAF_STRUCTURED, EBX, 0x2000000,
  0x571, 0x572, 0, 0, LEAF_STRUCTURED, EBX, 0x2000000,
  0x580, 0x587, 0, 0, LEAF_STRUCTURED, EBX, 0x2000000,
  // "Performance Monitoring": selection, fixed counters' control, and PEBS, then values, the buffers' address, and what goes
  // with some models' events (off-core responses, latency, front end, metrics).
  0x186, 0x18d, 0, 0, LEAF_COUNTERS, EAX, ANY_VERSION,
  0x38d, 0x38d, 0, 0, LEAF_COUNTERS, EAX, VERSION_2,
  0x3f1, 0x3f2, 0, 0, LEAF_BASIC, EDX, 0x200000,
  0xc1, 0xc8, 0, 0, LEAF_COUNTERS, EAX, ANY_VERSION,
  0x309, 0x30f, 0, 0, LEAF_COUNTERS, EAX, VERSION_2,
  0x600, 0x600, 0, 0, LEAF_BASIC, EDX, 0x200000,
  0x1a6, 0x1a7, 0, 0, LEAF_COUNTERS, EAX, VERSION_2,
  0x3f6, 0x3f7, 0, 0, LEAF_BASIC, EDX, 0x200000,
  0x329, 0x329, 0, 0, LEAF_BASIC, ECX, 0x8000,
  // Last branches: which are recorded, by models (2-20), and as the architecture has it since ("Last Branch Records").
  0x1c8, 0x1c8, 0, 0, LEAF_BASIC, ECX, 0x8000,
  0x14ce, 0x14ce, 0, 0, LEAF_STRUCTURED, EDX, 0x80000,
  // Volume 1, 13.14: extended state that is disabled, and what a use of it has left.
  0x1c4, 0x1c5, 0, 0, LEAF_STRUCTURED, EDX, 0x1000000,
  // "Control-flow Enforcement Technology" in volume 1: U_CET, S_CET, PL0_SSP to PL3_SSP, their table.
  0x6a0, 0x6a0, 0, 0, LEAF_STRUCTURED, ECX, 0x80,
  0x6a2, 0x6a2, 0, 0, LEAF_STRUCTURED, ECX, 0x80,
  0x6a4, 0x6a8, 0, 0, LEAF_STRUCTURED, ECX, 0x80,
  0x6a0, 0x6a0, 0, 0, LEAF_STRUCTURED, EDX, 0x100000,
  0x6a2, 0x6a2, 0, 0, LEAF_STRUCTURED, EDX, 0x100000,
  // "Paging": protection keys of supervisor pages.
  0x6e1, 0x6e1, 0, 0, LEAF_STRUCTURED, ECX, 0x80000000,
  // "Power and Thermal Management": effective frequency.
  0xe7, 0xe8, 0, 0, LEAF_POWER, ECX, 0x1,
  // "Resource Director Technology": which event the CPU's counter shows; its class.
  0xc8d, 0xc8d, 0, 0, LEAF_STRUCTURED, EBX, 0x1000,
  0xc8f, 0xc8f, 0, 0, LEAF_STRUCTURED, EBX, 0x9000,
  // The longest wait of UMWAIT. CPUID that faults outside of ring 0 (2-20), which nothing in CPUID announces.
  0xe1, 0xe1, 0, 0, LEAF_STRUCTURED, ECX, 0x20,
  0x140, 0x140, 0, 0, 0, 0, 0,
  // The APIC timer's deadline. RDTSCP's number, which RDPID reads, too. SYSCALL and SWAPGS.
  MSR_TSC_DEADLINE, MSR_TSC_DEADLINE, 0, 0, LEAF_BASIC, ECX, 0x1000000,
  MSR_TSC_AUX, MSR_TSC_AUX, 0, 0, LEAF_EXTENDED, EDX, 0x8000000,
  MSR_TSC_AUX, MSR_TSC_AUX, 0, 0, LEAF_STRUCTURED, ECX, 0x400000,
  0xc0000081, 0xc0000084, 0, 0, LEAF_EXTENDED, EDX, 0x20000000,
  0xc0000102, 0xc0000102, 0, 0, LEAF_EXTENDED, EDX, 0x20000000,
]);
const ROWS: u32 = 36;

/** Gives the calling CPU's own MSRs their values after a reset. */
export function resetMsrs(): void {
  writeRows(TABLE, ROWS);
}
