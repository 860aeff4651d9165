// AMD-V (AMD64 Architecture Programmer's Manual, volume 2, chapter 15): the control block (VMCB, appendix B), exit codes
// (appendix C), MSRs. The sizes of fields are in bits.

/** Read and write intercepts of CR0 to CR15, 16 each. */
export const VMCB_INTERCEPT_CR: u32 = 0x000;
/** Read and write intercepts of DR0 to DR15, 16 each. */
export const VMCB_INTERCEPT_DR: u32 = 0x004;
/** Exception intercepts, 32: a bit for each vector. */
export const VMCB_INTERCEPT_EXCEPTIONS: u32 = 0x008;
/** INTERCEPT_1_*, 32. */
export const VMCB_INTERCEPT_1: u32 = 0x00c;
/** INTERCEPT_2_*, 32. */
export const VMCB_INTERCEPT_2: u32 = 0x010;
/** Physical address of the I/O permission map, 64. */
export const VMCB_IOPM: u32 = 0x040;
/** Physical address of the MSR permission map, 64. */
export const VMCB_MSRPM: u32 = 0x048;
/** What is added to the time-stamp counter that the guest reads, 64. */
export const VMCB_TSC_OFFSET: u32 = 0x050;
/** Address space identifier, 32; 0 is the host's. */
export const VMCB_ASID: u32 = 0x058;
/** TLB_*, 8. */
export const VMCB_TLB_CONTROL: u32 = 0x05c;
/** Bit 0: an interrupt shadow, 64. */
export const VMCB_INTERRUPT_SHADOW: u32 = 0x068;
/** EXIT_*, 64. */
export const VMCB_EXIT_CODE: u32 = 0x070;
/** Facts about the exit, 64 each. */
export const VMCB_EXIT_INFO_1: u32 = 0x078;
/** The second one. */
export const VMCB_EXIT_INFO_2: u32 = 0x080;
/** The event that was being delivered, 64: as VMCB_EVENT. */
export const VMCB_EXIT_EVENT: u32 = 0x088;
/** NESTED_*, 64. */
export const VMCB_NESTED: u32 = 0x090;
/** The event to deliver, 64: EVENT_* and a vector; the error code in the upper half. */
export const VMCB_EVENT: u32 = 0x0a8;
/** Physical address of the nested page table, 64. */
export const VMCB_NESTED_CR3: u32 = 0x0b0;
/** What has not been changed since the last exit, 32: a bit for each group of fields (section 15.15). */
export const VMCB_CLEAN: u32 = 0x0c0;
/** VMCB_CLEAN: the intercepts have not changed. */
export const CLEAN_INTERCEPTS: u32 = 0x1;
/** RIP after the instruction that exited, 64; where the processor saves it. */
export const VMCB_NEXT_RIP: u32 = 0x0c8;

/** Segments in the saved state: selector 16, attributes 16, limit 32, base 64. */
export const VMCB_ES: u32 = 0x400;
/** CS. */
export const VMCB_CS: u32 = 0x410;
/** SS. */
export const VMCB_SS: u32 = 0x420;
/** DS. */
export const VMCB_DS: u32 = 0x430;
/** FS; this and those to TR that are not tables are loaded by VMLOAD. */
export const VMCB_FS: u32 = 0x440;
/** GS. */
export const VMCB_GS: u32 = 0x450;
/** GDTR. */
export const VMCB_GDTR: u32 = 0x460;
/** LDTR. */
export const VMCB_LDTR: u32 = 0x470;
/** IDTR. */
export const VMCB_IDTR: u32 = 0x480;
/** TR. */
export const VMCB_TR: u32 = 0x490;
/** Size of a segment. */
export const VMCB_SEGMENT_SIZE: u32 = 16;
/** Segment: attributes. */
export const SEGMENT_ATTRIBUTES: u32 = 2;
/** Segment: limit. */
export const SEGMENT_LIMIT: u32 = 4;
/** Segment: base. */
export const SEGMENT_BASE: u32 = 8;
/** Current privilege level, 8. */
export const VMCB_CPL: u32 = 0x4cb;
/** EFER, 64. */
export const VMCB_EFER: u32 = 0x4d0;
/** CR4, 64. */
export const VMCB_CR4: u32 = 0x548;
/** CR3, 64. */
export const VMCB_CR3: u32 = 0x550;
/** CR0, 64. */
export const VMCB_CR0: u32 = 0x558;
/** DR7, 64. */
export const VMCB_DR7: u32 = 0x560;
/** DR6, 64. */
export const VMCB_DR6: u32 = 0x568;
/** RFLAGS, 64. */
export const VMCB_RFLAGS: u32 = 0x570;
/** RIP, 64. */
export const VMCB_RIP: u32 = 0x578;
/** RSP, 64. */
export const VMCB_RSP: u32 = 0x5d8;
/** RAX, 64. */
export const VMCB_RAX: u32 = 0x5f8;
/** CR2, 64. */
export const VMCB_CR2: u32 = 0x640;
/** PAT of the guest under nested paging, 64. */
export const VMCB_PAT: u32 = 0x668;
/** The guest's SPEC_CTRL, 64, where SVM_SPEC_CTRL says so. */
export const VMCB_SPEC_CTRL: u32 = 0x6e0;
/** The end of the saved state as far as guests' processors use it. */
export const VMCB_SAVED_END: u32 = 0x6e8;

/** Intercepts, first word: NMI. */
export const INTERCEPT_1_NMI: u32 = 0x2;
/** INIT. */
export const INTERCEPT_1_INIT: u32 = 0x8;
/** Changes of CR0 other than of TS and MP. */
export const INTERCEPT_1_CR0: u32 = 0x20;
/** CPUID. */
export const INTERCEPT_1_CPUID: u32 = 0x40000;
/** IRET. */
export const INTERCEPT_1_IRET: u32 = 0x100000;
/** INVD. */
export const INTERCEPT_1_INVD: u32 = 0x400000;
/** HLT. */
export const INTERCEPT_1_HLT: u32 = 0x1000000;
/** INVLPGA. */
export const INTERCEPT_1_INVLPGA: u32 = 0x4000000;
/** Ports, by the permission map. */
export const INTERCEPT_1_PORTS: u32 = 0x8000000;
/** MSRs, by the permission map. */
export const INTERCEPT_1_MSRS: u32 = 0x10000000;
/** Shutdown: a triple fault. */
export const INTERCEPT_1_SHUTDOWN: u32 = 0x80000000;
/** Intercepts, second word: VMRUN, VMMCALL, VMLOAD, VMSAVE, STGI, CLGI, SKINIT. */
export const INTERCEPT_2_VIRTUALIZATION: u32 = 0x7f;
/** MWAIT. */
export const INTERCEPT_2_MWAIT: u32 = 0x800;
/** XSETBV. */
export const INTERCEPT_2_XSETBV: u32 = 0x2000;

/** Nested paging. */
export const NESTED_PAGING: u32 = 0x1;
/** INVLPGB and TLBSYNC, which otherwise raise #UD. */
export const NESTED_INVLPGB: u32 = 0x80;

/** TLB control: flush everything. */
export const TLB_FLUSH_ALL: u32 = 1;

/** Event: its vector. */
export const EVENT_VECTOR: u32 = 0xff;
/** Event: its type. */
export const EVENT_TYPE: u32 = 0x700;
/** Event type: NMI. */
export const EVENT_NMI: u32 = 0x200;
/** Event type: exception. */
export const EVENT_EXCEPTION: u32 = 0x300;
/** Event type: INT n. */
export const EVENT_SOFTWARE: u32 = 0x400;
/** Event: there is an error code. */
export const EVENT_HAS_CODE: u32 = 0x800;
/** Event: valid. */
export const EVENT_VALID: u32 = 0x80000000;

/** Exit: exception with vector 0; 31 more follow. */
export const EXIT_EXCEPTION: u32 = 0x40;
/** Exit: NMI. */
export const EXIT_NMI: u32 = 0x61;
/** Exit: CR0 changed. */
export const EXIT_CR0: u32 = 0x65;
/** Exit: CPUID. */
export const EXIT_CPUID: u32 = 0x72;
/** Exit: IRET, which has not been executed. */
export const EXIT_IRET: u32 = 0x74;
/** Exit: HLT. */
export const EXIT_HLT: u32 = 0x78;
/** Exit: IN, OUT, INS, OUTS; facts: PORT_*, next RIP. */
export const EXIT_PORT: u32 = 0x7b;
/** Exit: RDMSR (0) or WRMSR (1). */
export const EXIT_MSR: u32 = 0x7c;
/** Exit: shutdown. */
export const EXIT_SHUTDOWN: u32 = 0x7f;
/** Exit: VMMCALL. */
export const EXIT_VMMCALL: u32 = 0x81;
/** Exit: STGI. */
export const EXIT_STGI: u32 = 0x84;
/** Exit: MWAIT. */
export const EXIT_MWAIT: u32 = 0x8b;
/** Exit: XSETBV. */
export const EXIT_XSETBV: u32 = 0x8d;
/** Exit: nested page fault; facts: FAULT_*, guest-physical address. */
export const EXIT_NESTED_FAULT: u32 = 0x400;

/** Port exit: IN. */
export const PORT_IN: u32 = 0x1;
/** Port exit: INS or OUTS. */
export const PORT_STRING: u32 = 0x4;
/** Port exit: repeated. */
export const PORT_REPEATED: u32 = 0x8;
/** Port exit: shift of the size in bytes, 3 bits. */
export const PORT_SIZE_SHIFT: u32 = 4;
/** Port exit: shift of the port. */
export const PORT_SHIFT: u32 = 16;

/** Nested page fault: a write. */
export const FAULT_WRITE: u32 = 0x2;
/** Nested page fault: an instruction fetch. */
export const FAULT_FETCH: u32 = 0x10;
/** Nested page fault, upper half of the fact: an entry of the guest's own page tables. */
export const FAULT_HIGH_TABLE: u32 = 0x2;

/** MSR: virtualisation control. */
export const MSR_VM_CR: u32 = 0xc0010114;
/** Virtualisation control: EFER.SVME cannot be set. */
export const VM_CR_DISABLED: u32 = 0x10;
/** MSR: physical address of the page where VMRUN saves the host's state. */
export const MSR_HOST_SAVE: u32 = 0xc0010117;

/** CPUID: the last extended leaf. */
export const CPUID_EXTENDED: u32 = 0x80000000;
/** CPUID: extended features. */
export const CPUID_FEATURES: u32 = 0x80000001;
/** Extended features, ECX: SVM. */
export const FEATURE_SVM: u32 = 0x4;
/** Extended features, EDX: 1 GiB pages. */
export const FEATURE_GIB_PAGES: u32 = 0x4000000;
/** CPUID: features of SVM, in EDX. */
export const CPUID_SVM: u32 = 0x8000000a;
/** Features of SVM: nested paging. */
export const SVM_NESTED_PAGING: u32 = 0x1;
/** Features of SVM: NESTED_INVLPGB is known. */
export const SVM_INVLPGB: u32 = 0x1000000;
/** Address sizes, EBX: INVLPGB and TLBSYNC. */
export const FEATURE_INVLPGB: u32 = 0x8;
/** Features of SVM: VMCB_NEXT_RIP is saved. */
export const SVM_NEXT_RIP: u32 = 0x8;
/** Features of SVM: VMCB_SPEC_CTRL is the guest's. */
export const SVM_SPEC_CTRL: u32 = 0x100000;
