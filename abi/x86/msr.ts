// Model-specific registers (AMD64 Architecture Programmer's Manual, volume 2, appendix A).

/** Time stamp counter. */
export const MSR_TSC: u32 = 0x10;
/** Speculation control. */
export const MSR_SPEC_CTRL: u32 = 0x48;
/** Prediction commands: write only. */
export const MSR_PRED_CMD: u32 = 0x49;
/** APIC base. */
export const MSR_APIC_BASE: u32 = 0x1b;
/** APIC base: bootstrap processor. */
export const APIC_BASE_BSP: u32 = 0x100;
/** APIC base: x2APIC mode. */
export const APIC_BASE_X2APIC: u32 = 0x400;
/** APIC base: enabled. */
export const APIC_BASE_ENABLE: u32 = 0x800;
/** Machine check: global status; bit 2: one is in progress. */
export const MSR_MCG_STATUS: u32 = 0x17a;
/** SYSENTER CS. */
export const MSR_SYSENTER_CS: u32 = 0x174;
/** SYSENTER ESP. */
export const MSR_SYSENTER_ESP: u32 = 0x175;
/** SYSENTER EIP. */
export const MSR_SYSENTER_EIP: u32 = 0x176;
/** MTRR capabilities. */
export const MSR_MTRR_CAP: u32 = 0xfe;
/** First variable-range MTRR. */
export const MSR_MTRR_FIRST: u32 = 0x200;
/** Last of the block that cells must not write: MTRRs and PAT. */
export const MSR_MTRR_LAST: u32 = 0x277;
/** Page attribute table. */
export const MSR_PAT: u32 = 0x277;
/** Reset value of PAT, each half. */
export const PAT_RESET_LOW: u32 = 0x00070406;
/** MTRR default type. */
export const MSR_MTRR_DEF_TYPE: u32 = 0x2ff;
/** MTRR default type: MTRRs are enabled. */
export const MTRR_DEF_TYPE_ENABLE: u32 = 0x800;
/** Miscellaneous enables (Intel). */
export const MSR_MISC_ENABLE: u32 = 0x1a0;
/** Platform information (Intel). */
export const MSR_PLATFORM_INFO: u32 = 0xce;
/** SMI count (Intel). */
export const MSR_SMI_COUNT: u32 = 0x34;
/** TSC deadline of the APIC timer. */
export const MSR_TSC_DEADLINE: u32 = 0x6e0;
/** Supervisor components of the extended state that are enabled. */
export const MSR_XSS: u32 = 0xda0;
/** First x2APIC register. */
export const MSR_X2APIC_FIRST: u32 = 0x800;
/** Last one, of AMD's extended registers (AMD64 APM volume 2, section 16.11.1). */
export const MSR_X2APIC_LAST: u32 = 0x853;
/** x2APIC interrupt command. */
export const MSR_X2APIC_ICR: u32 = 0x830;
/** Debug control. */
export const MSR_DEBUGCTL: u32 = 0x1d9;
/** Extended features. */
export const MSR_EFER: u32 = 0xc0000080;
/** SYSCALL selectors. */
export const MSR_STAR: u32 = 0xc0000081;
/** SYSCALL target, long mode. */
export const MSR_LSTAR: u32 = 0xc0000082;
/** SYSCALL target, compatibility mode. */
export const MSR_CSTAR: u32 = 0xc0000083;
/** SYSCALL flag mask. */
export const MSR_SFMASK: u32 = 0xc0000084;
/** FS base. */
export const MSR_FS_BASE: u32 = 0xc0000100;
/** GS base. */
export const MSR_GS_BASE: u32 = 0xc0000101;
/** GS base exchanged by SWAPGS. */
export const MSR_KERNEL_GS_BASE: u32 = 0xc0000102;
/** Value that RDTSCP returns in ECX. */
export const MSR_TSC_AUX: u32 = 0xc0000103;
/** Ratio of a guest's time-stamp counter to the processor's. */
export const MSR_TSC_RATIO: u32 = 0xc0000104;
