// Which MSRs the cells of an AMD machine may use: rows of the first register, the last one, and what is allowed (rights.ts), each with
// its section in the AMD64 Architecture Programmer's Manual, volume 2, or its name in the Processor Programming References (PPR).
// docs/msrs.md is made from these rows.

import { R, R_DROP, RW, W, ZERO, ZERO_DROP } from "./rights.ts";

/** Of all cells, the root cell included as far as they are R or W. What is W is clean again when a CPU changes hands. */
// biome-ignore format: a table
export const AMD_CELL: usize = memory.data<u32>([
  0x00000010, 0x00000010, R, // TSC (13.2.4): a write moves the cell's own only
  0x0000001b, 0x0000001b, R, // APIC base (16.3.1)
  0x00000048, 0x00000048, RW, // SPEC_CTRL (3.2.9)
  0x00000049, 0x00000049, W, // PRED_CMD (3.2.9)
  0x0000008b, 0x0000008b, R, // microcode's patch level (PPR MSR0000_008B)
  0x000000e7, 0x000000e8, R, // MPERF, APERF (17.3)
  0x000000fe, 0x000000fe, R, // MTRR capabilities (7.7.1)
  0x00000174, 0x00000176, RW, // SYSENTER (6.1.2)
  0x00000179, 0x0000017b, ZERO_DROP, // machine check, global (9.3.1): there are no banks
  0x00000200, 0x0000020f, R, // variable MTRRs (7.7.2)
  0x00000250, 0x00000250, R, // fixed MTRRs (7.7.2)
  0x00000258, 0x00000259, R, // the same
  0x00000268, 0x0000026f, R, // the same
  0x00000400, 0x0000047f, ZERO, // machine check banks (9.3.2)
  0x000006a0, 0x000006a0, RW, // U_CET (3.2.7)
  0x000006a2, 0x000006a2, RW, // S_CET (3.2.7)
  0x000006a4, 0x000006a8, RW, // shadow stacks of rings 0 to 3, and their table (3.2.7)
  0x000006e0, 0x000006e0, RW, // TSC deadline (16.4.1), where CPUID has it
  0x00000da0, 0x00000da0, RW, // XSS (3.2.8)
  0xc0000080, 0xc0000080, R, // EFER (3.1.7); writes are checked
  0xc0000081, 0xc0000084, RW, // STAR, LSTAR, CSTAR, SFMASK (6.1.1)
  0xc00000e7, 0xc00000e9, R, // MPERF, APERF, instructions retired, read-only (17.3, 13.2.1)
  0xc0000100, 0xc0000102, RW, // FS, GS and KernelGS base (4.5.3, 6.4)
  0xc0000103, 0xc0000103, RW, // TSC_AUX (13.2.4)
  0xc0002000, 0xc0002fff, ZERO, // machine check banks, scalable (9.3.3)
  0xc0010015, 0xc0010015, R_DROP, // HWCR (3.2.10): in part the whole package's
  0xc0010140, 0xc0010141, R, // OS-visible workarounds (appendix E)
  0xc0011029, 0xc0011029, R, // DE_CFG (PPR MSRC001_1029): whether LFENCE serialises
  0, 0, 0,
]);

/**
 * What the root cell may do beyond: Linux writes these at each CPU's bring-up, for perf, cpufreq, microcode, resctrl and machine
 * checks. It does not survive #GP at those marked so, and neither at EFER, which a CPU writes before it has an IDT.
 */
// biome-ignore format: a table
export const AMD_ROOT: usize = memory.data<u32>([
  0x0000017a, 0x0000017b, W, // machine check, global status and control (9.3.1): Linux needs it
  0x000001d9, 0x000001d9, W, // DebugCtl (13.1.1)
  0x00000400, 0x0000047f, W, // machine check banks (9.3.2): Linux needs them
  0x00000c8d, 0x00000c8d, W, // QM_EVTSEL (19.3)
  0x00000c8f, 0x00000c8f, W, // PQR_ASSOC (19.4)
  0xc000010e, 0xc000010f, W, // LBR_SELECT, DBG_EXTN_CFG (13.1.1)
  0xc0000300, 0xc0000303, W, // performance counters, global (13.2.1)
  0xc0000408, 0xc0000410, W, // machine check thresholds of bank 4, MCA_INTR_CFG (9.3.2, 9.3.3): Linux needs them
  0xc0002000, 0xc0002fff, W, // machine check banks, scalable (9.3.3): Linux needs them
  0xc0010000, 0xc0010007, W, // performance counters (13.2.1)
  0xc0010015, 0xc0010015, W, // HWCR (3.2.10)
  0xc001001f, 0xc001001f, W, // NB_CFG (PPR MSRC001_001F): each CPU enables extended configuration accesses
  0xc0010020, 0xc0010020, W, // microcode's loader (PPR MSRC001_0020)
  0xc0010044, 0xc001004f, W, // masks of the machine check banks (9.3.2)
  0xc0010062, 0xc0010062, W, // P-state control (17.1.2)
  0xc0010117, 0xc0010117, ZERO, // VM_HSAVE_PA (15.30.4): shows hypervisor memory
  0xc001011f, 0xc001011f, W, // VIRT_SPEC_CTRL (AMD 124441): SSBD where a hypervisor below offers it
  0xc0010200, 0xc001020b, W, // performance counters, extended (13.2.1)
  0xc0010230, 0xc001023b, W, // performance counters of the L3 or L2 cache (13.2.1)
  0xc0010240, 0xc001025f, W, // performance counters of the northbridge or data fabric (13.2.1)
  0xc00102b1, 0xc00102b1, W, // CPPC enable (17.6)
  0xc00102b3, 0xc00102b3, W, // CPPC request (17.6)
  0xc00102f0, 0xc00102f0, W, // PPIN control (PPR MSRC001_02F0)
  0xc0010300, 0xc001031f, W, // last branch records (13.1.1)
  0xc0010400, 0xc001047f, W, // masks of the machine check banks, scalable (9.3.3)
  0xc0010800, 0xc001087f, W, // performance counters of memory controllers (PPR MSRC001_0800)
  0xc0011019, 0xc001101b, W, // address masks of breakpoints 1 to 3 (13.1.1)
  0xc0011020, 0xc0011024, W, // LS_CFG, IC_CFG, DC_CFG, BU_CFG (PPR, revision guides): workarounds, SSBD
  0xc0011027, 0xc0011027, W, // address mask of breakpoint 0 (13.1.1)
  0xc0011028, 0xc001102f, W, // FP_CFG, DE_CFG, BU_CFG2, LS_CFG2, BP_CFG (PPR, revision guides): workarounds
  0xc0011030, 0xc001103d, W, // instruction-based sampling (13.3.3)
  0xc00110e3, 0xc00110e3, W, // DE_CFG2 (PPR MSRC001_10E3): a workaround of Zen 2
  0, 0, 0,
]);
