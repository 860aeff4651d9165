// VT-x (Intel 64 and IA-32 Architectures Software Developer's Manual, volume 3C): encodings of the VMCS' fields (appendix B), controls
// (chapter 25), exit reasons (appendix C), capability MSRs (appendix A).

// --- Fields of guest state ----------------------------------------------------------------------------------------

/** From one field of a group to the next one. */
export const VMCS_STEP: u32 = 2;
/** INTERRUPTIBILITY_*. */
export const VMCS_INTERRUPTIBILITY: u32 = 0x4824;
/** ACTIVITY_*. */
export const VMCS_ACTIVITY: u32 = 0x4826;
/** SYSENTER CS. */
export const VMCS_SYSENTER_CS: u32 = 0x482a;
/** CR0. */
export const VMCS_CR0: u32 = 0x6800;
/** CR3. */
export const VMCS_CR3: u32 = 0x6802;
/** CR4. */
export const VMCS_CR4: u32 = 0x6804;
/** DR7. */
export const VMCS_DR7: u32 = 0x681a;
/** RSP. */
export const VMCS_RSP: u32 = 0x681c;
/** RIP. */
export const VMCS_RIP: u32 = 0x681e;
/** RFLAGS. */
export const VMCS_RFLAGS: u32 = 0x6820;
/** Debug exceptions that are pending. */
export const VMCS_PENDING_DEBUG: u32 = 0x6822;
/** SYSENTER ESP. */
export const VMCS_SYSENTER_ESP: u32 = 0x6824;
/** SYSENTER EIP. */
export const VMCS_SYSENTER_EIP: u32 = 0x6826;
/** Physical address of another VMCS; all ones: none. */
export const VMCS_LINK: u32 = 0x2800;
/** IA32_DEBUGCTL. */
export const VMCS_DEBUGCTL: u32 = 0x2802;
/** IA32_PAT. */
export const VMCS_PAT: u32 = 0x2804;
/** IA32_EFER. */
export const VMCS_EFER: u32 = 0x2806;

// --- Fields of control --------------------------------------------------------------------------------------------

/** Identifier of the guest's translations, 16 bits; 0 is the host's. */
export const VMCS_VPID: u32 = 0x0000;
/** PIN_*. */
export const VMCS_PIN: u32 = 0x4000;
/** PROC_*. */
export const VMCS_PROC: u32 = 0x4002;
/** PROC2_*. */
export const VMCS_PROC2: u32 = 0x401e;
/** Exceptions that exit, a bit each. */
export const VMCS_EXCEPTIONS: u32 = 0x4004;
/** Which page faults of those exit: mask. */
export const VMCS_FAULT_MASK: u32 = 0x4006;
/** Which page faults of those exit: match. */
export const VMCS_FAULT_MATCH: u32 = 0x4008;
/** Values that CR3 may be given without an exit, where it exits. */
export const VMCS_CR3_TARGETS: u32 = 0x400a;
/** EXIT_CONTROL_*. */
export const VMCS_EXIT_CONTROLS: u32 = 0x400c;
/** MSRs to store at exits. */
export const VMCS_EXIT_STORES: u32 = 0x400e;
/** MSRs to load at exits. */
export const VMCS_EXIT_LOADS: u32 = 0x4010;
/** ENTRY_*. */
export const VMCS_ENTRY_CONTROLS: u32 = 0x4012;
/** MSRs to load at entries. */
export const VMCS_ENTRY_LOADS: u32 = 0x4014;
/** The event to deliver: EVENT_* and a vector. */
export const VMCS_ENTRY_EVENT: u32 = 0x4016;
/** Its error code. */
export const VMCS_ENTRY_ERROR: u32 = 0x4018;
/** Length of the instruction that raises it, for events of software. */
export const VMCS_ENTRY_LENGTH: u32 = 0x401a;
/** Physical addresses of the two bitmaps of ports: below 0x8000, and from there. */
export const VMCS_PORTS_A: u32 = 0x2000;
/** The second one. */
export const VMCS_PORTS_B: u32 = 0x2002;
/** Physical address of the bitmaps of MSRs. */
export const VMCS_MSRS: u32 = 0x2004;
/** What is added to the time-stamp counter that the guest reads. */
export const VMCS_TSC_OFFSET: u32 = 0x2010;
/** EPTP_*: the nested page table. */
export const VMCS_EPTP: u32 = 0x201a;
/** Components of XSS for which XSAVES and XRSTORS exit. */
export const VMCS_XSS_EXITS: u32 = 0x202c;
/** Bits of CR0 that are the host's. */
export const VMCS_CR0_MASK: u32 = 0x6000;
/** Bits of CR4 that are the host's. */
export const VMCS_CR4_MASK: u32 = 0x6002;
/** What the guest reads of those of CR0. */
export const VMCS_CR0_SHADOW: u32 = 0x6004;
/** What the guest reads of those of CR4. */
export const VMCS_CR4_SHADOW: u32 = 0x6006;

// --- Fields of the host's state -----------------------------------------------------------------------------------

/** ES selector; CS, SS, DS, FS, GS, TR follow. */
export const VMCS_HOST_SELECTORS: u32 = 0x0c00;
/** How many selectors the host has. */
export const VMCS_HOST_SELECTOR_COUNT: u32 = 7;
/** Of them: CS. */
export const VMCS_HOST_CS: u32 = 0x0c02;
/** Of them: TR. */
export const VMCS_HOST_TR: u32 = 0x0c0c;
/** IA32_PAT. */
export const VMCS_HOST_PAT: u32 = 0x2c00;
/** IA32_EFER. */
export const VMCS_HOST_EFER: u32 = 0x2c02;
/** SYSENTER CS. */
export const VMCS_HOST_SYSENTER_CS: u32 = 0x4c00;
/** CR0. */
export const VMCS_HOST_CR0: u32 = 0x6c00;
/** CR3. */
export const VMCS_HOST_CR3: u32 = 0x6c02;
/** CR4. */
export const VMCS_HOST_CR4: u32 = 0x6c04;
/** FS base; GS and TR base follow. */
export const VMCS_HOST_FS_BASE: u32 = 0x6c06;
/** GS base. */
export const VMCS_HOST_GS_BASE: u32 = 0x6c08;
/** TR base. */
export const VMCS_HOST_TR_BASE: u32 = 0x6c0a;
/** GDTR base. */
export const VMCS_HOST_GDTR: u32 = 0x6c0c;
/** IDTR base. */
export const VMCS_HOST_IDTR: u32 = 0x6c0e;
/** SYSENTER ESP. */
export const VMCS_HOST_SYSENTER_ESP: u32 = 0x6c10;
/** SYSENTER EIP. */
export const VMCS_HOST_SYSENTER_EIP: u32 = 0x6c12;
/** RSP. */
export const VMCS_HOST_RSP: u32 = 0x6c14;
/** RIP. */
export const VMCS_HOST_RIP: u32 = 0x6c16;

// --- Fields that tell of an exit ----------------------------------------------------------------------------------

/** Why an instruction of VMX failed: ERROR_*. */
export const VMCS_ERROR: u32 = 0x4400;
/** REASON_*, with REASON_ENTRY_FAILED. */
export const VMCS_REASON: u32 = 0x4402;
/** The exception or NMI that exited: as VMCS_ENTRY_EVENT. */
export const VMCS_EXIT_EVENT: u32 = 0x4404;
/** Its error code. */
export const VMCS_EXIT_ERROR: u32 = 0x4406;
/** The event that was being delivered: as VMCS_ENTRY_EVENT. */
export const VMCS_VECTORING_EVENT: u32 = 0x4408;
/** Its error code. */
export const VMCS_VECTORING_ERROR: u32 = 0x440a;
/** Length of the instruction that exited. */
export const VMCS_LENGTH: u32 = 0x440c;
/** The guest-physical address of a fault of the nested page table. */
export const VMCS_PHYSICAL: u32 = 0x2400;
/** Facts about the exit: QUALIFICATION_*. */
export const VMCS_QUALIFICATION: u32 = 0x6400;

// --- Controls -----------------------------------------------------------------------------------------------------

/** NMIs exit. */
export const PIN_NMI: u32 = 0x8;
/** Whether NMIs are blocked is the guest's affair, told by INTERRUPTIBILITY_NMI. */
export const PIN_VIRTUAL_NMIS: u32 = 0x20;

/** VMCS_TSC_OFFSET is added. */
export const PROC_TSC_OFFSET: u32 = 0x8;
/** HLT exits. */
export const PROC_HLT: u32 = 0x80;
/** MWAIT exits. */
export const PROC_MWAIT: u32 = 0x400;
/** Writing CR3 exits. */
export const PROC_CR3_WRITES: u32 = 0x8000;
/** Reading CR3 exits. */
export const PROC_CR3_READS: u32 = 0x10000;
/** The guest exits as soon as an NMI could be delivered. */
export const PROC_NMI_WINDOW: u32 = 0x400000;
/** Ports exit by the bitmaps. */
export const PROC_PORTS: u32 = 0x2000000;
/** MSRs exit by the bitmaps. */
export const PROC_MSRS: u32 = 0x10000000;
/** VMCS_PROC2 is in effect. */
export const PROC_SECONDARY: u32 = 0x80000000;

/** Nested page tables (EPT). */
export const PROC2_EPT: u32 = 0x2;
/** RDTSCP, which otherwise raises #UD. */
export const PROC2_RDTSCP: u32 = 0x8;
/** Translations have an identifier. */
export const PROC2_VPID: u32 = 0x20;
/** The guest may be in real mode, or without paging. */
export const PROC2_UNRESTRICTED: u32 = 0x80;
/** INVPCID, which otherwise raises #UD. */
export const PROC2_INVPCID: u32 = 0x1000;
/** XSAVES and XRSTORS, which otherwise raise #UD. */
export const PROC2_XSAVES: u32 = 0x100000;
/** UMONITOR, UMWAIT, TPAUSE, which otherwise raise #UD. */
export const PROC2_USER_WAIT: u32 = 0x4000000;

/** Exits save DR7 and IA32_DEBUGCTL. */
export const EXIT_CONTROL_SAVE_DEBUG: u32 = 0x4;
/** The host is in 64-bit mode. */
export const EXIT_CONTROL_HOST_64: u32 = 0x200;
/** Exits save IA32_PAT. */
export const EXIT_CONTROL_SAVE_PAT: u32 = 0x40000;
/** Exits load the host's IA32_PAT. */
export const EXIT_CONTROL_LOAD_PAT: u32 = 0x80000;
/** Exits save IA32_EFER. */
export const EXIT_CONTROL_SAVE_EFER: u32 = 0x100000;
/** Exits load the host's IA32_EFER. */
export const EXIT_CONTROL_LOAD_EFER: u32 = 0x200000;

/** Entries load DR7 and IA32_DEBUGCTL. */
export const ENTRY_LOAD_DEBUG: u32 = 0x4;
/** The guest is in long mode: EFER.LMA. */
export const ENTRY_LONG_MODE: u32 = 0x200;
/** Entries load IA32_PAT. */
export const ENTRY_LOAD_PAT: u32 = 0x4000;
/** Entries load IA32_EFER. */
export const ENTRY_LOAD_EFER: u32 = 0x8000;

/** EPTP: the table is walked through write-back memory. */
export const EPTP_WRITE_BACK: u32 = 0x6;
/** EPTP: levels of the table, less one. */
export const EPTP_LEVELS_SHIFT: u32 = 3;
/** Entry of such a table: readable. */
export const EPT_READ: u32 = 0x1;
/** Entry: writable. */
export const EPT_WRITE: u32 = 0x2;
/** Entry: executable. */
export const EPT_EXECUTE: u32 = 0x4;
/** Entry of a page: shift of the memory's type. */
export const EPT_TYPE_SHIFT: u32 = 3;

/** Type of memory (section 12.3): write-back. */
export const TYPE_WRITE_BACK: u32 = 6;

/** INVEPT: everything. */
export const INVEPT_ALL: u32 = 2;
/** Blocking by STI. */
export const INTERRUPTIBILITY_STI: u32 = 0x1;
/** Blocking by MOV SS. */
export const INTERRUPTIBILITY_MOV_SS: u32 = 0x2;
/** Blocking of NMIs. */
export const INTERRUPTIBILITY_NMI: u32 = 0x8;
/** Activity: running. */
export const ACTIVITY_RUNNING: u32 = 0;
/** Activity: halted. */
export const ACTIVITY_HALTED: u32 = 1;
/** Pending debug exceptions: a single step. */
export const PENDING_STEP: u32 = 0x4000;

/** Access rights of a segment: there is none. */
export const RIGHTS_UNUSABLE: u32 = 0x10000;

/** Event: its vector. */
export const EVENT_VECTOR: u32 = 0xff;
/** Event: its type. */
export const EVENT_TYPE: u32 = 0x700;
/** Event type: NMI. */
export const EVENT_NMI: u32 = 0x200;
/** Event type: exception of hardware. */
export const EVENT_EXCEPTION: u32 = 0x300;
/** Event type: INT n. */
export const EVENT_SOFTWARE: u32 = 0x400;
/** Event type: INT1. */
export const EVENT_PRIVILEGED: u32 = 0x500;
/** Event type: INT3 or INTO. */
export const EVENT_SOFTWARE_EXCEPTION: u32 = 0x600;
/** Event: there is an error code. */
export const EVENT_HAS_CODE: u32 = 0x800;
/** Event that exited: an IRET had unblocked NMIs. */
export const EVENT_UNBLOCKED: u32 = 0x1000;
/** Event: valid. */
export const EVENT_VALID: u32 = 0x80000000;

// --- Exits --------------------------------------------------------------------------------------------------------

/** Exception or NMI. */
export const REASON_EVENT: u32 = 0;
/** Triple fault. */
export const REASON_TRIPLE_FAULT: u32 = 2;
/** An NMI can be delivered. */
export const REASON_NMI_WINDOW: u32 = 8;
/** CPUID. */
export const REASON_CPUID: u32 = 10;
/** HLT. */
export const REASON_HLT: u32 = 12;
/** VMCALL. */
export const REASON_VMCALL: u32 = 18;
/** VMXOFF. */
export const REASON_VMXOFF: u32 = 26;
/** A control register; qualification: CR_*. */
export const REASON_CONTROL: u32 = 28;
/** A port; qualification: PORT_*. */
export const REASON_PORT: u32 = 30;
/** RDMSR. */
export const REASON_RDMSR: u32 = 31;
/** WRMSR. */
export const REASON_WRMSR: u32 = 32;
/** The guest's state is not one that an entry takes. */
export const REASON_INVALID_STATE: u32 = 33;
/** An MSR could not be loaded. */
export const REASON_INVALID_MSR: u32 = 34;
/** MWAIT. */
export const REASON_MWAIT: u32 = 36;
/** A machine check during an entry. */
export const REASON_MACHINE_CHECK: u32 = 41;
/** The nested page table does not grant the access; qualification: FAULT_*. */
export const REASON_NESTED_FAULT: u32 = 48;
/** XSETBV. */
export const REASON_XSETBV: u32 = 55;
/** The number of the reason. */
export const REASON_MASK: u32 = 0xffff;
/** The guest was not entered. */
export const REASON_ENTRY_FAILED: u32 = 0x80000000;

/** Control register exit: its number. */
export const CR_NUMBER_MASK: u32 = 0xf;
/** Control register exit: shift of the kind of access; MOV to it is 0. */
export const CR_ACCESS_SHIFT: u32 = 4;
/** Control register exit: the kind of access. */
export const CR_ACCESS_MASK: u32 = 0x3;
/** Control register exit: shift of the general register, 4 bits. */
export const CR_REGISTER_SHIFT: u32 = 8;

/** Port exit: size in bytes, less one. */
export const PORT_SIZE_MASK: u32 = 0x7;
/** Port exit: IN. */
export const PORT_IN: u32 = 0x8;
/** Port exit: INS or OUTS. */
export const PORT_STRING: u32 = 0x10;
/** Port exit: repeated. */
export const PORT_REPEATED: u32 = 0x20;
/** Port exit: shift of the port. */
export const PORT_SHIFT: u32 = 16;

/** Nested fault: a write. */
export const FAULT_WRITE: u32 = 0x2;
/** Nested fault: a fetch. */
export const FAULT_FETCH: u32 = 0x4;
/** Nested fault: there is a linear address. */
export const FAULT_HAS_LINEAR: u32 = 0x80;
/** Nested fault: that address' own page, not an entry of a page table on the way. */
export const FAULT_IS_PAGE: u32 = 0x100;
/** Nested fault: an IRET had unblocked NMIs. */
export const FAULT_UNBLOCKED: u32 = 0x1000;

/** Debug exception's facts: breakpoints 0 to 3. */
export const DEBUG_BREAKPOINTS: u32 = 0xf;
/** Debug exception's facts: access of a debug register; a single step. */
export const DEBUG_OTHERS: u32 = 0x6000;
/** Debug exception's facts that DR6 has inverted: bus lock, transactional memory. */
export const DEBUG_INVERTED: u32 = 0x10800;
/** DR7: general detect, which the exception ends. */
export const DR7_DETECT: u32 = 0x2000;

// --- Capabilities -------------------------------------------------------------------------------------------------

/** CPUID: features. */
export const CPUID_FEATURES: u32 = 1;
/** Features, ECX: VMX. */
export const FEATURE_VMX: u32 = 0x20;
/** CPUID: structured features. */
export const CPUID_STRUCTURED: u32 = 7;

/** MSR: what the firmware allows. */
export const MSR_FEATURE_CONTROL: u32 = 0x3a;
/** Feature control: locked until the next reset. */
export const FEATURE_CONTROL_LOCKED: u32 = 0x1;
/** Feature control: VMXON outside of SMX. */
export const FEATURE_CONTROL_VMX: u32 = 0x4;
/** MSR: revision of the VMCS in bits 30:0, and more. */
export const MSR_VMX_BASIC: u32 = 0x480;
/** Basic: the VMCS' revision. */
export const VMX_BASIC_REVISION: u32 = 0x7fffffff;
/** Basic, upper half: the MSR_VMX_TRUE_* exist. */
export const VMX_BASIC_HIGH_TRUE: u32 = 0x800000;
/** MSR: bits of CR0 that have to be set in VMX operation; those that may be set follow. */
export const MSR_VMX_CR0_FIXED: u32 = 0x486;
/** MSR: bits of CR4 that have to be set in VMX operation; those that may be set follow. */
export const MSR_VMX_CR4_FIXED: u32 = 0x488;
/** MSR: controls of the second word: those that have to be set in the lower half, those that may be in the upper one. */
export const MSR_VMX_PROC2: u32 = 0x48b;
/** MSR: EPT and VPID: CAPABILITY_*. */
export const MSR_VMX_EPT_VPID: u32 = 0x48c;
/** MSR: the pin-based controls. */
export const MSR_VMX_TRUE_PIN: u32 = 0x48d;
/** MSR: the processor-based controls. */
export const MSR_VMX_TRUE_PROC: u32 = 0x48e;
/** MSR: the controls of exits. */
export const MSR_VMX_TRUE_EXIT: u32 = 0x48f;
/** MSR: the controls of entries. */
export const MSR_VMX_TRUE_ENTRY: u32 = 0x490;

/** EPT: tables of four levels. */
export const CAPABILITY_FOUR_LEVELS: u32 = 0x40;
/** EPT: tables in write-back memory. */
export const CAPABILITY_WRITE_BACK: u32 = 0x4000;
/** EPT: pages of 2 MiB. */
export const CAPABILITY_LARGE: u32 = 0x10000;
/** EPT: pages of 1 GiB. */
export const CAPABILITY_GIB: u32 = 0x20000;
/** INVEPT, of everything. */
export const CAPABILITY_INVEPT: u32 = 0x4100000;
