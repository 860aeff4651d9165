// The interface of cpu.wasm with the rest of the machine: the state block of a CPU (S_*, offsets from `state(cpu)`), what
// `run` returns (EXIT_*), the calls that it makes (BUS_*) and the guest control block (G_*). Read by AssemblyScript and by
// TypeScript; numbers only.

/** General-purpose registers, u64[16], in encoding order (RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 to R15). */
export const S_GPR: u32 = 0x0;
/** RIP (offset in CS), u64. */
export const S_RIP: u32 = 0x80;
/** RFLAGS, u64; exact whenever `run` has returned or `bus` is called. */
export const S_FLAGS: u32 = 0x88;
/** This CPU's local time in ticks (1 GHz), u64; exact whenever `run` has returned or `bus` is called. */
export const S_TIME: u32 = 0x90;
/** `run` returns at the first instruction boundary at or after this time, u64. A bus call may move it (also back). */
export const S_DEADLINE: u32 = 0x98;
/** TSC = S_TIME + this, u64. */
export const S_TSC_OFFSET: u32 = 0xa0;
/** PENDING_* bits, u32, set and cleared from outside; looked at on every block boundary and after every bus call. */
export const S_PENDING: u32 = 0xa8;
/** ACTIVITY_*, u32. */
export const S_ACTIVITY: u32 = 0xac;
/** SHADOW_* bits, u32: what the instruction before the present boundary has to say about it. */
export const S_SHADOW: u32 = 0xb0;
/** u32: 1 between an NMI's delivery and IRET. */
export const S_NMI_BLOCKED: u32 = 0xb4;
/** Address of the guest control block (G_*) that this CPU runs under, u32; 0 = no hypervisor. */
export const S_GUEST: u32 = 0xb8;
/** Number of this CPU, u32. */
export const S_INDEX: u32 = 0xbc;
/** CR0, u64. */
export const S_CR0: u32 = 0xc0;
/** CR2, u64. */
export const S_CR2: u32 = 0xc8;
/** CR3, u64. */
export const S_CR3: u32 = 0xd0;
/** CR4, u64. */
export const S_CR4: u32 = 0xd8;
/** EFER, u64. */
export const S_EFER: u32 = 0xe0;
/** XCR0, u64. */
export const S_XCR0: u32 = 0xe8;
/** Debug registers, u64[8]. */
export const S_DR: u32 = 0xf0;
/** Segments, SEGMENT_SIZE bytes each (SEG_*), order ES CS SS DS FS GS LDTR TR. */
export const S_SEGMENT: u32 = 0x130;
/** GDT base, u64. */
export const S_GDT_BASE: u32 = 0x230;
/** GDT limit, u32. */
export const S_GDT_LIMIT: u32 = 0x238;
/** IDT limit, u32. */
export const S_IDT_LIMIT: u32 = 0x23c;
/** IDT base, u64. */
export const S_IDT_BASE: u32 = 0x240;
/** STAR, u64. */
export const S_STAR: u32 = 0x248;
/** LSTAR, u64. */
export const S_LSTAR: u32 = 0x250;
/** CSTAR, u64. */
export const S_CSTAR: u32 = 0x258;
/** SFMASK, u64. */
export const S_SFMASK: u32 = 0x260;
/** KERNEL_GS_BASE, u64. */
export const S_KERNEL_GS_BASE: u32 = 0x268;
/** TSC_AUX, u64. */
export const S_TSC_AUX: u32 = 0x270;
/** SYSENTER_CS, u64. */
export const S_SYSENTER_CS: u32 = 0x278;
/** SYSENTER_ESP, u64. */
export const S_SYSENTER_ESP: u32 = 0x280;
/** SYSENTER_EIP, u64. */
export const S_SYSENTER_EIP: u32 = 0x288;
/** PAT, u64. */
export const S_PAT: u32 = 0x290;
/** MTRR default type, u64. */
export const S_MTRR_DEF_TYPE: u32 = 0x298;
/** Variable and fixed MTRRs 0x200 to 0x26f, u64 each. */
export const S_MTRR: u32 = 0x2a0;
/** Performance monitoring (AMD): selections and counters, MSRs 0xc0010000 to 0xc0010007, u64 each. */
export const S_PERFORMANCE: u32 = 0x620;
/** SPEC_CTRL (Intel), u64. */
export const S_SPEC_CTRL: u32 = 0x660;
/** VM_CR (AMD), u64. */
export const S_VM_CR: u32 = 0x668;
/** Physical address of the area in which VMRUN puts the host's state (VM_HSAVE_PA), u64. */
export const S_HOST_SAVE: u32 = 0x670;
/** An SVM guest's virtual interrupts, as its control block has them at 0x60 (VIRTUAL_*), u64; 0 in host mode. */
export const S_VIRTUAL: u32 = 0x678;
/** 1 if RFLAGS.IF was set at VMRUN, u32. */
export const S_HOST_IF: u32 = 0x680;
/** Current privilege level, u32. */
export const S_CPL: u32 = 0x6a0;
/** FAULT_*: what the present instruction ran into, u32; 0 between instructions. */
export const S_FAULT: u32 = 0x6a4;
/** Exception vector of FAULT_EXCEPTION, u32. */
export const S_FAULT_VECTOR: u32 = 0x6a8;
/** Error code of FAULT_EXCEPTION, i32; -1 for none. */
export const S_FAULT_ERROR: u32 = 0x6ac;
/** Bus call: port, physical address or MSR, u64. */
export const S_BUS_ADDRESS: u32 = 0x6b0;
/** Bus call: value written or read, u64. */
export const S_BUS_VALUE: u32 = 0x6b8;
/** Exit: first fact (see EXIT_*), u64. */
export const S_EXIT_INFO1: u32 = 0x6c0;
/** Exit: second fact, u64. */
export const S_EXIT_INFO2: u32 = 0x6c8;
/** Exit: length of the instruction in bytes, u32; 0 where not known. */
export const S_EXIT_LENGTH: u32 = 0x6d0;
/** Exit: bytes of the instruction at RIP (EXIT_UNIMPLEMENTED), u8[16]. */
export const S_EXIT_BYTES: u32 = 0x6d8;
/** Instructions retired since reset, u64. */
export const S_INSTRUCTIONS: u32 = 0x6e8;
/** EXIT_* of FAULT_EXIT, u32. */
export const S_EXIT_CODE: u32 = 0x6f0;
/** SVM: 0 while the global interrupt flag is clear: interrupts, NMIs and INIT wait, u32. */
export const S_GIF: u32 = 0x6f4;
/** SVM: 1 while a guest of VMRUN executes, u32. */
export const S_IN_GUEST: u32 = 0x6f8;
/** x87, MMX and SSE: the 512 bytes that FXSAVE64 would write (FX_*), but that the eight 80-bit registers are in physical order. */
export const S_FX: u32 = 0x700;
/** MISC_ENABLE (Intel), u64. */
export const S_MISC_ENABLE: u32 = 0x900;
/** The latest time that the CPU has seen by its TSC, in ticks, u64: that of a CPU of the same guest may be ahead of S_TIME. */
export const S_TIME_SEEN: u32 = 0x908;
/** Number of the block that RDRAND or RDSEED takes next (system/random.ts), u64; at most S_TIME. */
export const S_RANDOM: u32 = 0x910;
/** From here on the CPU's own business (TLBs, caches); not part of the interface. */
export const S_PRIVATE: u32 = 0x918;

/** In S_FX: x87 control word, u16. */
export const FX_CONTROL: u32 = 0;
/** In S_FX: x87 status word, u16. */
export const FX_STATUS: u32 = 2;
/** In S_FX: a bit for each physical register that is not empty, u8. */
export const FX_TAGS: u32 = 4;
/** In S_FX: last x87 opcode, 11 bits, u16. */
export const FX_OPCODE: u32 = 6;
/** In S_FX: address of the last x87 instruction, u64. */
export const FX_INSTRUCTION: u32 = 8;
/** In S_FX: address of the last x87 operand in memory, u64. */
export const FX_OPERAND: u32 = 16;
/** In S_FX: MXCSR, u32. */
export const FX_MXCSR: u32 = 24;
/** In S_FX: bits of MXCSR that may be set, u32. */
export const FX_MXCSR_MASK: u32 = 28;
/** In S_FX: the physical 80-bit registers, whose significands are MM0 to MM7; 16 bytes each, 10 used. */
export const FX_REGISTERS: u32 = 32;
/** In S_FX: XMM0 to XMM15, 16 bytes each. */
export const FX_XMM: u32 = 160;
/** In S_FX, where FXSAVE writes nothing: selector that belongs to FX_INSTRUCTION, u16. */
export const FX_INSTRUCTION_SELECTOR: u32 = 416;
/** In S_FX, beside it: selector that belongs to FX_OPERAND, u16. */
export const FX_OPERAND_SELECTOR: u32 = 418;
/** Size of what FXSAVE writes. */
export const FX_SIZE: u32 = 512;
/** FX_CONTROL after power-on (Intel SDM volume 3, table 9-1). */
export const FX_CONTROL_RESET: u32 = 0x40;
/** FX_CONTROL in the initial configuration (Intel SDM volume 1, section 13.6), which FNINIT makes, too. */
export const FX_CONTROL_INIT: u32 = 0x37f;
/** FX_TAGS after power-on: the registers hold zeros. */
export const FX_TAGS_RESET: u32 = 0xff;
/** FX_MXCSR after power-on. */
export const FX_MXCSR_RESET: u32 = 0x1f80;

/** Segment: selector, u32. */
export const SEG_SELECTOR: u32 = 0x0;
/** Segment: attributes, u32, descriptor bits 47:40 in 7:0 and 55:52 in 11:8 (compressed VMCB layout). */
export const SEG_ATTRIBUTES: u32 = 0x4;
/** Segment: limit in bytes (expanded), u32. */
export const SEG_LIMIT: u32 = 0x8;
/** Segment: base, u64. */
export const SEG_BASE: u32 = 0x10;
/** Size of a segment. */
export const SEGMENT_SIZE: u32 = 32;
/** Number of ES. */
export const ES: u32 = 0;
/** Number of CS. */
export const CS: u32 = 1;
/** Number of SS. */
export const SS: u32 = 2;
/** Number of DS. */
export const DS: u32 = 3;
/** Number of FS. */
export const FS: u32 = 4;
/** Number of GS. */
export const GS: u32 = 5;
/** Number of LDTR in S_SEGMENT. */
export const LDTR: u32 = 6;
/** Number of TR in S_SEGMENT. */
export const TR: u32 = 7;

/** Executing. */
export const ACTIVITY_RUNNING: u32 = 0;
/** In HLT: wakes on an enabled interrupt or NMI. */
export const ACTIVITY_HALTED: u32 = 1;
/** After INIT; only the outside changes it. */
export const ACTIVITY_WAIT_FOR_SIPI: u32 = 2;
/** After a triple fault without a hypervisor. */
export const ACTIVITY_SHUTDOWN: u32 = 3;
/** Taken out of service by the outside (parked); `run` only lets time pass. */
export const ACTIVITY_STOPPED: u32 = 4;
/** STI has just set IF: no interrupt and no NMI. */
export const SHADOW_STI: u32 = 0x1;
/** SS was just loaded: no interrupt, no NMI, no debug exception. */
export const SHADOW_SS: u32 = 0x2;
/** The boundary is between two iterations of a repeated string instruction. */
export const SHADOW_REPEAT: u32 = 0x4;
/** The local APIC has an interrupt to deliver (already compared with its task priority). */
export const PENDING_INTERRUPT: u32 = 0x1;
/** An NMI waits; cleared by the CPU at delivery. */
export const PENDING_NMI: u32 = 0x2;
/** `run` returns as soon as it can with EXIT_STOPPED; cleared by the outside. */
export const PENDING_STOP: u32 = 0x4;
/** INIT has arrived and waits: for the global interrupt flag, or as an exit of an SVM guest. Cleared by whoever carries it out. */
export const PENDING_INIT: u32 = 0x8;
/** A machine check waits; cleared by the CPU when it comes. */
export const PENDING_MACHINE_CHECK: u32 = 0x10;
/** Virtual interrupts: the guest's task priority. */
export const VIRTUAL_TPR: u32 = 0xf;
/** Virtual interrupts: one waits. */
export const VIRTUAL_IRQ: u32 = 0x100;
/** Virtual interrupts: where its priority is; the vector is in the upper half. */
export const VIRTUAL_PRIORITY_SHIFT: u32 = 16;
/** Virtual interrupts: whatever the guest's task priority. */
export const VIRTUAL_IGNORES_TPR: u32 = 0x100000;
/** Virtual interrupts: RFLAGS.IF and CR8 are those of virtual ones; others are masked by the host's IF. */
export const VIRTUAL_MASKING: u32 = 0x1000000;
/** No fault. */
export const FAULT_NONE: u32 = 0;
/** An exception of the guest: S_FAULT_VECTOR, S_FAULT_ERROR (and S_CR2 for #PF). */
export const FAULT_EXCEPTION: u32 = 1;
/** An exit: S_EXIT_CODE and the facts of EXIT_*. */
export const FAULT_EXIT: u32 = 2;
/** An exit of an SVM guest, to be carried out at the next boundary; code and facts are in S_EXIT_CODE, S_EXIT_INFO1 and S_EXIT_INFO2. */
export const FAULT_VMEXIT: u32 = 3;

/** Bus call: read a port. */
export const BUS_PORT_IN: u32 = 0;
/** Bus call: write a port. */
export const BUS_PORT_OUT: u32 = 1;
/** Bus call: read device memory. */
export const BUS_READ: u32 = 2;
/** Bus call: write device memory. */
export const BUS_WRITE: u32 = 3;
/** Bus call: read an MSR that the CPU does not hold itself (APIC base, x2APIC, TSC deadline, …). */
export const BUS_MSR_READ: u32 = 4;
/** Bus call: write such an MSR. */
export const BUS_MSR_WRITE: u32 = 5;
/** Bus call: acknowledge the pending interrupt; S_BUS_VALUE = its vector. */
export const BUS_ACKNOWLEDGE: u32 = 6;
/** Bus call: read CR8. */
export const BUS_TPR_READ: u32 = 7;
/** Bus call: write CR8. */
export const BUS_TPR_WRITE: u32 = 8;
/** Bus result: done. */
export const BUS_HANDLED: u32 = 0;
/** Bus result: nobody answers (reads give all ones, writes are lost). */
export const BUS_IGNORED: u32 = 1;
/** Bus result: #GP(0) for an MSR. */
export const BUS_FAULT: u32 = 2;

/** `run`: S_DEADLINE reached (also at once, while not running). */
export const EXIT_DEADLINE: u32 = 0;
/** `run`: the CPU executed HLT; S_TIME is where. Not returned again while it stays halted. */
export const EXIT_HALTED: u32 = 1;
/** `run`: PENDING_STOP was set. */
export const EXIT_STOPPED: u32 = 2;
/** Nested page fault: INFO1 guest-physical address, INFO2 ACCESS_* of abi/platform.ts. RIP at the instruction, nothing of it done. */
export const EXIT_MEMORY: u32 = 3;
/** A port that is not granted: INFO1 port, INFO2 = size | PIO_* flags << 8; the value of an OUT is in RAX. */
export const EXIT_PIO: u32 = 4;
/** CPUID. */
export const EXIT_CPUID: u32 = 5;
/** RDMSR that is not granted: INFO1 MSR. */
export const EXIT_MSR_READ: u32 = 6;
/** WRMSR that is not granted: INFO1 MSR, INFO2 value. */
export const EXIT_MSR_WRITE: u32 = 7;
/** A write of CR0 that changes more than TS and MP: INFO2 the new value. */
export const EXIT_CR0_WRITE: u32 = 8;
/** VMCALL or VMMCALL (VMMCALL on AMD, VMCALL on Intel; the other is #UD). */
export const EXIT_HYPERCALL: u32 = 9;
/** XSETBV. */
export const EXIT_XSETBV: u32 = 10;
/** An intercepted exception, not delivered: INFO1 vector, INFO2 error code (0xffffffff: none). RIP as it would be pushed. */
export const EXIT_EXCEPTION: u32 = 11;
/** Triple fault. */
export const EXIT_SHUTDOWN: u32 = 12;
/** An instruction of SVM or VMX under a hypervisor: INFO1 what the processor's maker calls that exit (REASON_*, or SVM's exit code). */
export const EXIT_VIRTUALISATION: u32 = 13;
/** An instruction that the emulator lacks: S_EXIT_BYTES, S_EXIT_LENGTH as far as known. Never silent. */
export const EXIT_UNIMPLEMENTED: u32 = 14;
/** A debugger's breakpoint. */
export const EXIT_BREAKPOINT: u32 = 15;
/** An INIT that had to wait is to be carried out now. */
export const EXIT_INIT: u32 = 16;

/** Exit reason of VMCLEAR, the first of VMX's instructions (SDM, volume 3, appendix C). */
export const REASON_VMCLEAR: u32 = 19;
/** Exit reason of VMXOFF. */
export const REASON_VMXOFF: u32 = 26;
/** Exit reason of INVEPT. */
export const REASON_INVEPT: u32 = 50;
/** Exit reason of INVVPID. */
export const REASON_INVVPID: u32 = 53;

/** Guest control block: host address of the root of the nested page table, u32. */
export const G_TABLE: u32 = 0x0;
/** Guest control block: INTERCEPT_* bits, u32. */
export const G_INTERCEPTS: u32 = 0x4;
/** Guest control block: intercepted exceptions, bit = vector, u32. */
export const G_EXCEPTIONS: u32 = 0x8;
/** Guest control block: one bit a port, 1 = exit, 8 KiB. */
export const G_PORTS: u32 = 0x1000;
/** Guest control block: one bit an MSR (0 to 0x1fff, then 0xc0000000 to 0xc0001fff), 1 = exit on reads, 2 KiB. Other MSRs always exit. */
export const G_MSR_READS: u32 = 0x3000;
/** Guest control block: the same for writes. */
export const G_MSR_WRITES: u32 = 0x3800;
/** Size of a guest control block. */
export const G_SIZE: u32 = 0x4000;
/** Exit on CPUID. */
export const INTERCEPT_CPUID: u32 = 0x1;
/** Exit on CR0 writes that change more than TS and MP. */
export const INTERCEPT_CR0: u32 = 0x2;
/** Exit on XSETBV. */
export const INTERCEPT_XSETBV: u32 = 0x4;
