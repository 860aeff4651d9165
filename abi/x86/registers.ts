// Control registers, flags and EFER (AMD64 Architecture Programmer's Manual, volume 2, section 3.1).

/** Protection enable. */
export const CR0_PE: u32 = 0x1;
/** Monitor coprocessor. */
export const CR0_MP: u32 = 0x2;
/** Emulation. */
export const CR0_EM: u32 = 0x4;
/** Task switched. */
export const CR0_TS: u32 = 0x8;
/** Extension type. */
export const CR0_ET: u32 = 0x10;
/** Numeric error. */
export const CR0_NE: u32 = 0x20;
/** Write protect. */
export const CR0_WP: u32 = 0x10000;
/** Alignment mask. */
export const CR0_AM: u32 = 0x40000;
/** Not write-through. */
export const CR0_NW: u32 = 0x20000000;
/** Cache disable. */
export const CR0_CD: u32 = 0x40000000;
/** Paging. */
export const CR0_PG: u32 = 0x80000000;
/** CR0 of a CPU in its start state: NW, CD, ET. */
export const CR0_RESET: u32 = 0x60000010;

/** Virtual-8086 extensions. */
export const CR4_VME: u32 = 0x1;
/** Protected-mode virtual interrupts. */
export const CR4_PVI: u32 = 0x2;
/** Time stamp disable. */
export const CR4_TSD: u32 = 0x4;
/** Debugging extensions. */
export const CR4_DE: u32 = 0x8;
/** Page size extensions. */
export const CR4_PSE: u32 = 0x10;
/** Physical address extension. */
export const CR4_PAE: u32 = 0x20;
/** Machine check enable. */
export const CR4_MCE: u32 = 0x40;
/** Page global enable. */
export const CR4_PGE: u32 = 0x80;
/** Performance counter enable. */
export const CR4_PCE: u32 = 0x100;
/** FXSAVE and SSE enabled. */
export const CR4_OSFXSR: u32 = 0x200;
/** Unmasked SSE exceptions. */
export const CR4_OSXMMEXCPT: u32 = 0x400;
/** User-mode instruction prevention. */
export const CR4_UMIP: u32 = 0x800;
/** Five-level paging. */
export const CR4_LA57: u32 = 0x1000;
/** VMX enable. */
export const CR4_VMXE: u32 = 0x2000;
/** RDFSBASE and its family. */
export const CR4_FSGSBASE: u32 = 0x10000;
/** Process-context identifiers. */
export const CR4_PCIDE: u32 = 0x20000;
/** XSAVE enabled. */
export const CR4_OSXSAVE: u32 = 0x40000;
/** Supervisor-mode execution prevention. */
export const CR4_SMEP: u32 = 0x100000;
/** Supervisor-mode access prevention. */
export const CR4_SMAP: u32 = 0x200000;

/** Protection keys of user pages. */
export const CR4_PKE: u32 = 0x400000;
/** Control-flow enforcement. */
export const CR4_CET: u32 = 0x800000;

/** SYSCALL enable. */
export const EFER_SCE: u32 = 0x1;
/** Long mode enable. */
export const EFER_LME: u32 = 0x100;
/** Long mode active. */
export const EFER_LMA: u32 = 0x400;
/** No-execute enable. */
export const EFER_NXE: u32 = 0x800;
/** Secure virtual machine enable. */
export const EFER_SVME: u32 = 0x1000;

/** Carry. */
export const FLAG_CF: u32 = 0x1;
/** Always one. */
export const FLAG_FIXED: u32 = 0x2;
/** Parity. */
export const FLAG_PF: u32 = 0x4;
/** Auxiliary carry. */
export const FLAG_AF: u32 = 0x10;
/** Zero. */
export const FLAG_ZF: u32 = 0x40;
/** Sign. */
export const FLAG_SF: u32 = 0x80;
/** Trap. */
export const FLAG_TF: u32 = 0x100;
/** Interrupts enabled. */
export const FLAG_IF: u32 = 0x200;
/** Direction. */
export const FLAG_DF: u32 = 0x400;
/** Overflow. */
export const FLAG_OF: u32 = 0x800;
/** I/O privilege level. */
export const FLAG_IOPL: u32 = 0x3000;
/** Nested task. */
export const FLAG_NT: u32 = 0x4000;
/** Resume. */
export const FLAG_RF: u32 = 0x10000;
/** Virtual-8086 mode. */
export const FLAG_VM: u32 = 0x20000;
/** Alignment check. */
export const FLAG_AC: u32 = 0x40000;
/** Virtual interrupt. */
export const FLAG_VIF: u32 = 0x80000;
/** Virtual interrupt pending. */
export const FLAG_VIP: u32 = 0x100000;
/** CPUID available. */
export const FLAG_ID: u32 = 0x200000;

/** Page table entry: present. */
export const PTE_PRESENT: u32 = 0x1;
/** Page table entry: writable. */
export const PTE_WRITABLE: u32 = 0x2;
/** Page table entry: user. */
export const PTE_USER: u32 = 0x4;
/** Page table entry: accessed. */
export const PTE_ACCESSED: u32 = 0x20;
/** Page table entry: dirty. */
export const PTE_DIRTY: u32 = 0x40;
/** Page table entry: a large page. */
export const PTE_LARGE: u32 = 0x80;
/** Page table entry: global. */
export const PTE_GLOBAL: u32 = 0x100;

/** #PF error code: a protection violation. */
export const PF_PRESENT: u32 = 0x1;
/** #PF error code: a write. */
export const PF_WRITE: u32 = 0x2;
/** #PF error code: at CPL 3. */
export const PF_USER: u32 = 0x4;
/** #PF error code: a reserved bit was set. */
export const PF_RESERVED: u32 = 0x8;
/** #PF error code: an instruction fetch. */
export const PF_FETCH: u32 = 0x10;

/** Divide error. */
export const VECTOR_DE: u32 = 0;
/** Debug. */
export const VECTOR_DB: u32 = 1;
/** NMI. */
export const VECTOR_NMI: u32 = 2;
/** Breakpoint. */
export const VECTOR_BP: u32 = 3;
/** Overflow. */
export const VECTOR_OF: u32 = 4;
/** Bound range. */
export const VECTOR_BR: u32 = 5;
/** Invalid opcode. */
export const VECTOR_UD: u32 = 6;
/** Device not available. */
export const VECTOR_NM: u32 = 7;
/** Double fault. */
export const VECTOR_DF: u32 = 8;
/** Invalid TSS. */
export const VECTOR_TS: u32 = 10;
/** Segment not present. */
export const VECTOR_NP: u32 = 11;
/** Stack. */
export const VECTOR_SS: u32 = 12;
/** General protection. */
export const VECTOR_GP: u32 = 13;
/** Page fault. */
export const VECTOR_PF: u32 = 14;
/** x87 pending. */
export const VECTOR_MF: u32 = 16;
/** Alignment check. */
export const VECTOR_AC: u32 = 17;
/** Machine check. */
export const VECTOR_MC: u32 = 18;
/** SIMD floating point. */
export const VECTOR_XF: u32 = 19;

/** CPUID: address sizes; EAX has the bits of a physical address in its low byte. */
export const CPUID_ADDRESS_SIZES: u32 = 0x80000008;
