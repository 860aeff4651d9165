// Which MSRs the cells of an Intel machine may use: rows of the first register, the last one, and what is allowed (rights.ts), each with
// its table in the Intel SDM, volume 4 (2-2: architectural), or its section in volume 3. docs/msrs.md is made from these rows.

import { DROP, R, R_DROP, RW, W, ZERO, ZERO_DROP } from "./rights.ts";

/** Of all cells, the root cell included as far as they are R or W. What is W is clean again when a CPU changes hands. */
// biome-ignore format: a table
export const INTEL_CELL: usize = memory.data<u32>([
  0x00000010, 0x00000010, R, // TSC (2-2): a write moves the cell's own only
  0x00000017, 0x00000017, R, // platform id (2-2)
  0x0000001b, 0x0000001b, R, // APIC base (2-2)
  0x00000034, 0x00000034, R, // SMI count (2-20)
  0x0000003a, 0x0000003b, R, // feature control, TSC adjustment (2-2)
  0x00000048, 0x00000048, RW, // SPEC_CTRL (2-2)
  0x00000049, 0x00000049, W, // PRED_CMD (2-2)
  0x0000008b, 0x0000008b, R_DROP, // microcode's revision (2-2): Linux writes 0, executes CPUID and reads it
  0x000000ce, 0x000000cf, R, // platform information, core capabilities (2-21, 2-2)
  0x000000e7, 0x000000e8, R, // MPERF, APERF (2-2)
  0x000000fe, 0x000000fe, R, // MTRR capabilities (2-2)
  0x0000010a, 0x0000010a, R, // ARCH_CAPABILITIES (2-2)
  0x0000010b, 0x0000010b, W, // FLUSH_CMD (2-2)
  0x00000174, 0x00000176, RW, // SYSENTER (2-2)
  0x00000179, 0x0000017b, ZERO_DROP, // machine check, global (2-2): there are no banks
  0x000001a0, 0x000001a0, R, // MISC_ENABLE (2-2)
  0x00000200, 0x00000213, R, // variable MTRRs (2-2)
  0x00000250, 0x00000250, R, // fixed MTRRs (2-2)
  0x00000258, 0x00000259, R, // the same
  0x00000268, 0x0000026f, R, // the same
  0x0000038f, 0x0000038f, DROP, // PERF_GLOBAL_CTRL (2-2): the original ignores it
  0x00000400, 0x0000047f, ZERO, // machine check banks (2-2)
  0x000006a0, 0x000006a0, RW, // U_CET (2-2)
  0x000006a2, 0x000006a2, RW, // S_CET (2-2)
  0x000006a4, 0x000006a8, RW, // shadow stacks of rings 0 to 3, and their table (2-2)
  0x000006e0, 0x000006e0, RW, // TSC deadline (2-2)
  0x00000da0, 0x00000da0, RW, // XSS (2-2)
  0xc0000080, 0xc0000080, R, // EFER (2-2); writes are checked
  0xc0000081, 0xc0000084, RW, // STAR, LSTAR, CSTAR, FMASK (2-2)
  0xc0000100, 0xc0000103, RW, // FS, GS and KernelGS base, TSC_AUX (2-2)
  0, 0, 0,
]);

/**
 * What the root cell may do beyond: Linux writes these at each CPU's bring-up, for perf, cpufreq, microcode and machine checks. It
 * does not survive #GP at those marked so, and neither at EFER.
 */
// biome-ignore format: a table
export const INTEL_ROOT: usize = memory.data<u32>([
  0x00000033, 0x00000033, W, // TEST_CTRL (2-2): split locks
  0x0000004e, 0x0000004e, W, // PPIN_CTL (2-26)
  0x00000079, 0x00000079, W, // microcode's loader (2-2)
  0x0000008b, 0x0000008b, DROP, // microcode's revision (2-2), as above
  0x000000c1, 0x000000c8, W, // performance counters (2-2)
  0x000000e1, 0x000000e2, W, // UMWAIT, C-state configuration (2-2, 2-20)
  0x0000010f, 0x0000010f, W, // TSX_FORCE_ABORT (Intel's guidance on TSX): each CPU of a model with an erratum of it
  0x00000122, 0x00000123, W, // TSX_CTRL, MCU_OPT_CTRL (2-2)
  0x00000140, 0x00000140, W, // MISC_FEATURES_ENABLES (2-20)
  0x0000017a, 0x0000017b, W, // machine check, global status and control (2-2): Linux needs it
  0x0000017f, 0x0000017f, W, // ERROR_CONTROL (2-23): servers' memory errors
  0x00000186, 0x0000018d, W, // event selection (2-2)
  0x00000199, 0x0000019c, W, // PERF_CTL, clock modulation, thermal interrupt and status (2-2)
  0x000001a0, 0x000001a0, W, // MISC_ENABLE (2-2)
  0x000001a4, 0x000001a7, W, // prefetchers, off-core responses (2-20)
  0x000001b0, 0x000001b2, W, // energy and performance bias, package's thermal status (2-2)
  0x000001c4, 0x000001c5, W, // XFD (2-2)
  0x000001c8, 0x000001c9, W, // LBR_SELECT, LBR_TOS (2-20)
  0x000001d9, 0x000001d9, W, // DEBUGCTL (2-2)
  0x000001fc, 0x000001fc, W, // POWER_CTL (2-20): each CPU, from the idle driver
  0x00000280, 0x0000029f, W, // machine check interrupts (2-2): Linux needs them
  0x00000309, 0x0000030c, W, // fixed counters (2-2)
  0x00000329, 0x00000329, W, // PERF_METRICS (2-46)
  0x0000038d, 0x0000038e, W, // fixed counters' control, global status (2-2)
  0x0000038f, 0x0000038f, DROP, // PERF_GLOBAL_CTRL (2-2): the original ignores it
  0x00000390, 0x00000391, W, // global status: reset, set (2-2)
  0x00000394, 0x00000396, W, // uncore counters: fixed one, boxes (2-21)
  0x000003b0, 0x000003b3, W, // uncore counters of the ring's arbiter (2-21)
  0x000003f1, 0x000003f1, W, // PEBS_ENABLE (2-2)
  0x000003f2, 0x000003f2, W, // PEBS_DATA_CFG (volume 3, adaptive PEBS)
  0x000003f6, 0x000003f7, W, // PEBS load latency, front end (2-20, 2-39)
  0x00000400, 0x0000047f, W, // machine check banks (2-2): Linux needs them
  0x000004c1, 0x000004c8, W, // performance counters, full width (2-2)
  0x000004d0, 0x000004d0, W, // MCG_EXT_CTL (2-2), local machine checks: Linux needs it
  0x00000600, 0x00000600, W, // DS_AREA (2-2)
  0x00000680, 0x0000069f, W, // last branch records, from (2-20)
  0x000006c0, 0x000006df, W, // last branch records, to (2-20)
  0x00000700, 0x0000073f, W, // uncore counters of the last cache's boxes (2-21)
  0x00000770, 0x00000774, W, // hardware P-states (2-2)
  0x00000777, 0x00000777, W, // hardware P-states, status (2-2)
  0x00000c8d, 0x00000c8d, W, // QM_EVTSEL (2-2)
  0x00000c8f, 0x00000c8f, W, // PQR_ASSOC (2-2)
  0x00000dc0, 0x00000ddf, W, // last branch records, information (2-39)
  0x00000e01, 0x00000e01, W, // uncore counters, global (2-39)
  0x00001200, 0x0000121f, W, // last branch records of the architecture, information (2-2)
  0x000014ce, 0x000014cf, W, // LBR_CTL, LBR_DEPTH (2-2)
  0x00001500, 0x0000151f, W, // last branch records of the architecture, from (2-2)
  0x00001600, 0x0000161f, W, // the same, to
  0x00001900, 0x00001927, W, // performance counters and their events, version 6 (2-2)
  0x00001980, 0x0000199b, W, // fixed counters, version 6 (2-2)
  0, 0, 0,
]);
