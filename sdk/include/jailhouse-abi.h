/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Made of abi/ and inmates/lib/layout.ts: npm run sdk. For C, C++, assembly and linker scripts. */
#ifndef JAILHOUSE_ABI_H
#define JAILHOUSE_ABI_H

/** ABI revision of the communication region. */
#define JH_COMM_REVISION 2
/** Offset of the signature, six bytes `JHCOMM`. */
#define JH_COMM_SIGNATURE 0x00
/** First four bytes of the signature, little endian ("JHCO"). */
#define JH_COMM_SIGNATURE_LOW 0x4f43484a
/** Last two bytes of the signature, little endian ("MM"). */
#define JH_COMM_SIGNATURE_HIGH 0x4d4d
/** Offset of the ABI revision, u16. */
#define JH_COMM_REVISION_OFFSET 0x06
/** Offset of the cell state, u32, written by the cell. */
#define JH_COMM_CELL_STATE 0x08
/** Offset of the message to the cell, u32. */
#define JH_COMM_MSG_TO_CELL 0x0c
/** Offset of the cell's reply, u32. */
#define JH_COMM_REPLY_FROM_CELL 0x10
/** Offset of the flags, u32 (COMM_FLAG_*). */
#define JH_COMM_FLAGS 0x14
/** Offset of the console description, copied from the cell's configuration (32 bytes). */
#define JH_COMM_CONSOLE 0x18
/** Offset of the PCI MMCONFIG base, u64. */
#define JH_COMM_PCI_MMCONFIG_BASE 0x38
/** Offset of the PM timer port, u16. */
#define JH_COMM_PM_TIMER_ADDRESS 0x40
/** Offset of the number of CPUs of the cell, u16. */
#define JH_COMM_NUM_CPUS 0x42
/** Offset of the TSC frequency in kHz, u32. */
#define JH_COMM_TSC_KHZ 0x44
/** Offset of the APIC timer frequency in kHz, u32. */
#define JH_COMM_APIC_KHZ 0x48
/** Size of the defined part in bytes. */
#define JH_COMM_SIZE 0x4c
/** Flag: the cell may use the hypercall console. */
#define JH_COMM_FLAG_PUTC_PERMITTED 1
/** Flag: the cell should use the hypercall console. */
#define JH_COMM_FLAG_PUTC_ACTIVE 2
/** Cell state: running. */
#define JH_CELL_RUNNING 0
/** Cell state: running, and the system's configuration must not change. */
#define JH_CELL_RUNNING_LOCKED 1
/** Cell state: shut down (terminal). */
#define JH_CELL_SHUT_DOWN 2
/** Cell state: failed (terminal). */
#define JH_CELL_FAILED 3
/** Cell state: the inmate does not know this revision of the region (terminal). */
#define JH_CELL_FAILED_COMM_REV 4
/** Message: none. */
#define JH_MSG_NONE 0
/** Message: asks the cell to shut down. */
#define JH_MSG_SHUTDOWN_REQUEST 1
/** Message: a cell was created or destroyed. */
#define JH_MSG_RECONFIG_COMPLETED 2
/** Reply: none yet. */
#define JH_REPLY_NONE 0
/** Reply: the message is unknown to the cell. */
#define JH_REPLY_UNKNOWN 1
/** Reply: request denied. */
#define JH_REPLY_REQUEST_DENIED 2
/** Reply: request approved. */
#define JH_REPLY_REQUEST_APPROVED 3
/** Reply: message received. */
#define JH_REPLY_RECEIVED 4
/** Leave the hypervisor; issued on every root CPU. */
#define JH_HC_DISABLE 0
/** Create a cell; argument: guest-physical address of its configuration. */
#define JH_HC_CELL_CREATE 1
/** Start a cell; argument: cell id. */
#define JH_HC_CELL_START 2
/** Stop a cell and open its loadable regions to the root cell; argument: cell id. */
#define JH_HC_CELL_SET_LOADABLE 3
/** Destroy a cell; argument: cell id. */
#define JH_HC_CELL_DESTROY 4
/** Ask for a figure of the hypervisor; argument: INFO_*. */
#define JH_HC_HYPERVISOR_GET_INFO 5
/** Ask for the state of a cell; argument: cell id; result: CELL_*. */
#define JH_HC_CELL_GET_STATE 6
/** Ask for the state or a counter of a CPU; arguments: CPU number, CPU_INFO_*. */
#define JH_HC_CPU_GET_INFO 7
/** Put one character on the hypervisor's console; argument: the character. */
#define JH_HC_DEBUG_CONSOLE_PUTC 8
/**
 * An addition of this project (numbers from 0x100 are ours): ask every non-root cell to shut down and, only if
 * all approve, destroy them all. The driver's `disable` issues it before DISABLE, so that a refusal destroys nothing.
 */
#define JH_HC_DESTROY_ALL 0x100
/**
 * An addition of this project: destroy a cell without asking it; argument: cell id. Otherwise as CELL_DESTROY
 * (another cell's lock still refuses it).
 */
#define JH_HC_CELL_DESTROY_FORCED 0x101
/**
 * An addition of this project: read a word of the table of denied accesses (denials.ts); argument: its index. The result is
 * the word whatever its value; -EPERM from a non-root cell, -EINVAL beyond the table.
 */
#define JH_HC_DENIAL_WORD 0x102
/** Size of the page pool in pages. */
#define JH_INFO_MEM_POOL_SIZE 0
/** Pages of the page pool in use. */
#define JH_INFO_MEM_POOL_USED 1
/** Size of the remapping pool in pages. */
#define JH_INFO_REMAP_POOL_SIZE 2
/** Pages of the remapping pool in use. */
#define JH_INFO_REMAP_POOL_USED 3
/** Number of cells, the root cell included. */
#define JH_INFO_NUM_CELLS 4
/** An addition of this project: KiB of memory that changes hands and are still to be filled with zeros. */
#define JH_INFO_SCRUB_LEFT 0x100
/** CPU_GET_INFO type: the CPU's state. */
#define JH_CPU_INFO_STATE 0
/** CPU_GET_INFO type of the first counter (STAT_TOTAL); the others follow. */
#define JH_CPU_INFO_STAT_BASE 1000
/** CPU state: running. */
#define JH_CPU_RUNNING 0
/** CPU state: failed (parked after a violation). */
#define JH_CPU_FAILED 2
/** Counter: all VM exits. */
#define JH_STAT_TOTAL 0
/** Counter: MMIO accesses. */
#define JH_STAT_MMIO 1
/** Counter: stops by the hypervisor's own management. */
#define JH_STAT_MANAGEMENT 2
/** Counter: hypercalls. */
#define JH_STAT_HYPERCALL 3
/** Counter: port accesses. */
#define JH_STAT_PIO 4
/** Counter: xAPIC accesses. */
#define JH_STAT_XAPIC 5
/** Counter: control register writes. */
#define JH_STAT_CR 6
/** Counter: CPUID. */
#define JH_STAT_CPUID 7
/** Counter: XSETBV. */
#define JH_STAT_XSETBV 8
/** Counter: exceptions. */
#define JH_STAT_EXCEPTION 9
/** Counter: MSR accesses other than the x2APIC ICR. */
#define JH_STAT_MSR_OTHER 10
/** Counter: writes of the x2APIC ICR. */
#define JH_STAT_MSR_X2APIC_ICR 11
/** Number of counters. */
#define JH_STAT_COUNT 12
/** Operation not permitted. */
#define JH_EPERM 1
/** No such file or directory; here: no such cell. */
#define JH_ENOENT 2
/** Interrupted system call. */
#define JH_EINTR 4
/** Input/output error. */
#define JH_EIO 5
/** No such device or address. */
#define JH_ENXIO 6
/** Argument list too long; here: configuration too large. */
#define JH_E2BIG 7
/** Bad file descriptor. */
#define JH_EBADF 9
/** Resource temporarily unavailable. */
#define JH_EAGAIN 11
/** Cannot allocate memory. */
#define JH_ENOMEM 12
/** Permission denied. */
#define JH_EACCES 13
/** Bad address. */
#define JH_EFAULT 14
/** Device or resource busy. */
#define JH_EBUSY 16
/** File exists. */
#define JH_EEXIST 17
/** No such device. */
#define JH_ENODEV 19
/** Not a directory. */
#define JH_ENOTDIR 20
/** Is a directory. */
#define JH_EISDIR 21
/** Invalid argument. */
#define JH_EINVAL 22
/** Too many open files. */
#define JH_EMFILE 24
/** Inappropriate ioctl for device. */
#define JH_ENOTTY 25
/** File too large. */
#define JH_EFBIG 27
/** No space left on device. */
#define JH_ENOSPC 28
/** Read-only file system. */
#define JH_EROFS 30
/** Numerical result out of range. */
#define JH_ERANGE 34
/** File name too long. */
#define JH_ENAMETOOLONG 36
/** Function not implemented. */
#define JH_ENOSYS 38
/** Too many levels of symbolic links. */
#define JH_ELOOP 40
/** Protocol error. */
#define JH_EPROTO 71
/** Operation not supported. */
#define JH_EOPNOTSUPP 95
/** Connection reset by peer; here: the daemon went away in the middle of a request. */
#define JH_ECONNRESET 104
/** Connection timed out; here: what was waited for did not happen in time. */
#define JH_ETIMEDOUT 110
/** Connection refused. */
#define JH_ECONNREFUSED 111
/** No route to host. */
#define JH_EHOSTUNREACH 113
/** Console: port or physical address, u64. */
#define JH_CONSOLE_ADDRESS 0
/** Console: size of its region, u32. */
#define JH_CONSOLE_REGION_SIZE 8
/** Console: type, u16 (CONSOLE_TYPE_*). */
#define JH_CONSOLE_TYPE 12
/** Console: flags, u16 (CONSOLE_FLAG_*). */
#define JH_CONSOLE_FLAGS 14
/** Console: baud rate divider, u32; 0 = leave as it is. */
#define JH_CONSOLE_DIVIDER 16
/** Console: clock gate number, u32. */
#define JH_CONSOLE_GATE_NR 20
/** Console: clock register, u64. */
#define JH_CONSOLE_CLOCK_REG 24
/** Size of a console description. */
#define JH_CONSOLE_SIZE 32
/** No console. */
#define JH_CONSOLE_TYPE_NONE 0
/** EFI framebuffer. */
#define JH_CONSOLE_TYPE_EFIFB 1
/** 8250 UART. */
#define JH_CONSOLE_TYPE_8250 2
/** PL011 UART. */
#define JH_CONSOLE_TYPE_PL011 3
/** Xilinx UART. */
#define JH_CONSOLE_TYPE_XUARTPS 4
/** Marvell UART. */
#define JH_CONSOLE_TYPE_MVEBU 5
/** Renesas HSCIF. */
#define JH_CONSOLE_TYPE_HSCIF 6
/** Renesas SCIFA. */
#define JH_CONSOLE_TYPE_SCIFA 7
/** i.MX UART. */
#define JH_CONSOLE_TYPE_IMX 8
/** i.MX low-power UART. */
#define JH_CONSOLE_TYPE_IMX_LPUART 9
/** Renesas SCIF. */
#define JH_CONSOLE_TYPE_SCIF 10
/** Console flag: registers are memory mapped, not ports. */
#define JH_CONSOLE_FLAG_MMIO 0x1
/** Console flag: registers are four bytes apart, not one. */
#define JH_CONSOLE_FLAG_REGDIST_4 0x2
/** Console flag: framebuffer of 1920x1080, not 1024x768. */
#define JH_CONSOLE_FLAG_FB_1920X1080 0x4
/** Console flag: the clock gate is inverted. */
#define JH_CONSOLE_FLAG_INVERTED_GATE 0x1000
/** Console flag: the UART needs its MDR register set. */
#define JH_CONSOLE_FLAG_MDR_QUIRK 0x2000
/** Physical address of the xAPIC page. */
#define JH_APIC_PAGE 0xfee00000
/** APIC id. */
#define JH_APIC_ID 0x02
/** Version. */
#define JH_APIC_VERSION 0x03
/** Task priority. */
#define JH_APIC_TPR 0x08
/** Arbitration priority. */
#define JH_APIC_APR 0x09
/** Processor priority. */
#define JH_APIC_PPR 0x0a
/** End of interrupt. */
#define JH_APIC_EOI 0x0b
/** Remote read. */
#define JH_APIC_RRR 0x0c
/** Logical destination. */
#define JH_APIC_LDR 0x0d
/** Destination format (xAPIC). */
#define JH_APIC_DFR 0x0e
/** Spurious interrupt vector. */
#define JH_APIC_SVR 0x0f
/** First in-service register; seven more follow. */
#define JH_APIC_ISR 0x10
/** First trigger mode register; seven more follow. */
#define JH_APIC_TMR 0x18
/** First interrupt request register; seven more follow. */
#define JH_APIC_IRR 0x20
/** Error status. */
#define JH_APIC_ESR 0x28
/** LVT: corrected machine check. */
#define JH_APIC_LVT_CMCI 0x2f
/** Interrupt command (xAPIC: its low half). */
#define JH_APIC_ICR 0x30
/** Interrupt command, high half (xAPIC). */
#define JH_APIC_ICR_HIGH 0x31
/** LVT: timer. */
#define JH_APIC_LVT_TIMER 0x32
/** LVT: thermal. */
#define JH_APIC_LVT_THERMAL 0x33
/** LVT: performance counters. */
#define JH_APIC_LVT_PERF 0x34
/** LVT: LINT0. */
#define JH_APIC_LVT_LINT0 0x35
/** LVT: LINT1. */
#define JH_APIC_LVT_LINT1 0x36
/** LVT: error. */
#define JH_APIC_LVT_ERROR 0x37
/** Timer: initial count. */
#define JH_APIC_TIMER_INITIAL 0x38
/** Timer: current count. */
#define JH_APIC_TIMER_CURRENT 0x39
/** Timer: divide configuration. */
#define JH_APIC_TIMER_DIVIDE 0x3e
/** Timer: divide by 16. Linux leaves it so, and inmates rely on that. */
#define JH_APIC_DIVIDE_BY_16 0x3
/** Self IPI (x2APIC). */
#define JH_APIC_SELF_IPI 0x3f
/** Extended (AMD): feature register. */
#define JH_APIC_EXT_FEATURE 0x40
/** Extended: control. */
#define JH_APIC_EXT_CONTROL 0x41
/** Extended: end of a chosen interrupt. */
#define JH_APIC_EXT_SEOI 0x42
/** Extended: first interrupt enable register; seven more follow. */
#define JH_APIC_EXT_IER 0x48
/** Extended: first of four entries of the local vector table. */
#define JH_APIC_EXT_LVT 0x50
/** Extended: the last one. */
#define JH_APIC_EXT_LVT_LAST 0x53
/** Version: there are extended registers. */
#define JH_APIC_VERSION_EXTENDED 0x80000000
/** Extended feature: there are interrupt enable registers. */
#define JH_APIC_EXT_FEATURE_IER 0x1
/** Extended feature: shift of the number of entries of the local vector table. */
#define JH_APIC_EXT_COUNT_SHIFT 16
/** Extended feature: that number. */
#define JH_APIC_EXT_COUNT_MASK 0xff
/** Extended control: the interrupt enable registers can be written. */
#define JH_APIC_EXT_CONTROL_IER 0x1
/** Extended control: the id has 8 bits; the firmware's to choose. */
#define JH_APIC_EXT_CONTROL_ID 0x4
/** SVR: APIC software enabled. */
#define JH_APIC_SVR_ENABLE 0x100
/** LVT: masked. */
#define JH_APIC_LVT_MASKED 0x10000
/** LVT timer: periodic. */
#define JH_APIC_LVT_PERIODIC 0x20000
/** LVT timer: TSC deadline. */
#define JH_APIC_LVT_TSC_DEADLINE 0x40000
/** ICR: vector. */
#define JH_ICR_VECTOR_MASK 0xff
/** ICR: shift of the delivery mode. */
#define JH_ICR_MODE_SHIFT 8
/** ICR: delivery mode. */
#define JH_ICR_MODE_MASK 0x700
/** Delivery mode: fixed. */
#define JH_ICR_MODE_FIXED 0
/** Delivery mode: lowest priority. */
#define JH_ICR_MODE_LOWEST 1
/** Delivery mode: SMI. */
#define JH_ICR_MODE_SMI 2
/** Delivery mode: NMI. */
#define JH_ICR_MODE_NMI 4
/** Delivery mode: INIT. */
#define JH_ICR_MODE_INIT 5
/** Delivery mode: start-up. */
#define JH_ICR_MODE_SIPI 6
/** Delivery mode: external interrupt (LVT only). */
#define JH_ICR_MODE_EXTINT 7
/** ICR: logical destination. */
#define JH_ICR_LOGICAL 0x800
/** ICR: delivery pending (xAPIC). */
#define JH_ICR_PENDING 0x1000
/** ICR: level assert. */
#define JH_ICR_ASSERT 0x4000
/** ICR: level triggered. */
#define JH_ICR_LEVEL 0x8000
/** ICR: shift of the shorthand. */
#define JH_ICR_SHORTHAND_SHIFT 18
/** ICR: shorthand. */
#define JH_ICR_SHORTHAND_MASK 0xc0000
/** Shorthand: none. */
#define JH_SHORTHAND_NONE 0
/** Shorthand: self. */
#define JH_SHORTHAND_SELF 1
/** Shorthand: all including self. */
#define JH_SHORTHAND_ALL 2
/** Shorthand: all excluding self. */
#define JH_SHORTHAND_OTHERS 3
/** Physical address of the first IOAPIC. */
#define JH_IOAPIC_PAGE 0xfec00000
/** IOAPIC: index register. */
#define JH_IOAPIC_INDEX 0x00
/** IOAPIC: data register. */
#define JH_IOAPIC_DATA 0x10
/** IOAPIC: EOI register. */
#define JH_IOAPIC_EOI 0x40
/** IOAPIC register: id. */
#define JH_IOAPIC_REG_ID 0x00
/** IOAPIC register: version and highest pin. */
#define JH_IOAPIC_REG_VERSION 0x01
/** IOAPIC register: arbitration id. */
#define JH_IOAPIC_REG_ARBITRATION 0x02
/** IOAPIC register: first redirection entry, two registers each. */
#define JH_IOAPIC_REG_REDIRECTION 0x10
/** Redirection entry: masked. */
#define JH_IOAPIC_MASKED 0x10000
/** Redirection entry: level triggered. */
#define JH_IOAPIC_LEVEL 0x8000
/** Redirection entry: remote IRR. */
#define JH_IOAPIC_REMOTE_IRR 0x4000
/** Redirection entry: active low. */
#define JH_IOAPIC_ACTIVE_LOW 0x2000
/** IOAPICs of a machine: two are common, servers have one for each socket and root bridge. */
#define JH_IOAPIC_UNITS_MAX 64
/** Pins of the IOAPIC of a PC. */
#define JH_IOAPIC_PINS 24
/** Bytes from APIC_PAGE on in which a write is an interrupt message, whoever writes (SDM volume 3A, section 10.11.1). */
#define JH_MESSAGE_WINDOW_SIZE 0x100000
/** Time stamp counter. */
#define JH_MSR_TSC 0x10
/** Speculation control. */
#define JH_MSR_SPEC_CTRL 0x48
/** Prediction commands: write only. */
#define JH_MSR_PRED_CMD 0x49
/** APIC base. */
#define JH_MSR_APIC_BASE 0x1b
/** APIC base: bootstrap processor. */
#define JH_APIC_BASE_BSP 0x100
/** APIC base: x2APIC mode. */
#define JH_APIC_BASE_X2APIC 0x400
/** APIC base: enabled. */
#define JH_APIC_BASE_ENABLE 0x800
/** Machine check: global status; bit 2: one is in progress. */
#define JH_MSR_MCG_STATUS 0x17a
/** SYSENTER CS. */
#define JH_MSR_SYSENTER_CS 0x174
/** SYSENTER ESP. */
#define JH_MSR_SYSENTER_ESP 0x175
/** SYSENTER EIP. */
#define JH_MSR_SYSENTER_EIP 0x176
/** MTRR capabilities. */
#define JH_MSR_MTRR_CAP 0xfe
/** First variable-range MTRR. */
#define JH_MSR_MTRR_FIRST 0x200
/** Last of the block that cells must not write: MTRRs and PAT. */
#define JH_MSR_MTRR_LAST 0x277
/** Page attribute table. */
#define JH_MSR_PAT 0x277
/** Reset value of PAT, each half. */
#define JH_PAT_RESET_LOW 0x00070406
/** MTRR default type. */
#define JH_MSR_MTRR_DEF_TYPE 0x2ff
/** MTRR default type: MTRRs are enabled. */
#define JH_MTRR_DEF_TYPE_ENABLE 0x800
/** Miscellaneous enables (Intel). */
#define JH_MSR_MISC_ENABLE 0x1a0
/** Platform information (Intel). */
#define JH_MSR_PLATFORM_INFO 0xce
/** SMI count (Intel). */
#define JH_MSR_SMI_COUNT 0x34
/** TSC deadline of the APIC timer. */
#define JH_MSR_TSC_DEADLINE 0x6e0
/** Supervisor components of the extended state that are enabled. */
#define JH_MSR_XSS 0xda0
/** First x2APIC register. */
#define JH_MSR_X2APIC_FIRST 0x800
/** Last one, of AMD's extended registers (AMD64 APM volume 2, section 16.11.1). */
#define JH_MSR_X2APIC_LAST 0x853
/** x2APIC interrupt command. */
#define JH_MSR_X2APIC_ICR 0x830
/** Debug control. */
#define JH_MSR_DEBUGCTL 0x1d9
/** Extended features. */
#define JH_MSR_EFER 0xc0000080
/** SYSCALL selectors. */
#define JH_MSR_STAR 0xc0000081
/** SYSCALL target, long mode. */
#define JH_MSR_LSTAR 0xc0000082
/** SYSCALL target, compatibility mode. */
#define JH_MSR_CSTAR 0xc0000083
/** SYSCALL flag mask. */
#define JH_MSR_SFMASK 0xc0000084
/** FS base. */
#define JH_MSR_FS_BASE 0xc0000100
/** GS base. */
#define JH_MSR_GS_BASE 0xc0000101
/** GS base exchanged by SWAPGS. */
#define JH_MSR_KERNEL_GS_BASE 0xc0000102
/** Value that RDTSCP returns in ECX. */
#define JH_MSR_TSC_AUX 0xc0000103
/** Ratio of a guest's time-stamp counter to the processor's. */
#define JH_MSR_TSC_RATIO 0xc0000104
/** Protection enable. */
#define JH_CR0_PE 0x1
/** Monitor coprocessor. */
#define JH_CR0_MP 0x2
/** Emulation. */
#define JH_CR0_EM 0x4
/** Task switched. */
#define JH_CR0_TS 0x8
/** Extension type. */
#define JH_CR0_ET 0x10
/** Numeric error. */
#define JH_CR0_NE 0x20
/** Write protect. */
#define JH_CR0_WP 0x10000
/** Alignment mask. */
#define JH_CR0_AM 0x40000
/** Not write-through. */
#define JH_CR0_NW 0x20000000
/** Cache disable. */
#define JH_CR0_CD 0x40000000
/** Paging. */
#define JH_CR0_PG 0x80000000
/** CR0 of a CPU in its start state: NW, CD, ET. */
#define JH_CR0_RESET 0x60000010
/** Virtual-8086 extensions. */
#define JH_CR4_VME 0x1
/** Protected-mode virtual interrupts. */
#define JH_CR4_PVI 0x2
/** Time stamp disable. */
#define JH_CR4_TSD 0x4
/** Debugging extensions. */
#define JH_CR4_DE 0x8
/** Page size extensions. */
#define JH_CR4_PSE 0x10
/** Physical address extension. */
#define JH_CR4_PAE 0x20
/** Machine check enable. */
#define JH_CR4_MCE 0x40
/** Page global enable. */
#define JH_CR4_PGE 0x80
/** Performance counter enable. */
#define JH_CR4_PCE 0x100
/** FXSAVE and SSE enabled. */
#define JH_CR4_OSFXSR 0x200
/** Unmasked SSE exceptions. */
#define JH_CR4_OSXMMEXCPT 0x400
/** User-mode instruction prevention. */
#define JH_CR4_UMIP 0x800
/** Five-level paging. */
#define JH_CR4_LA57 0x1000
/** VMX enable. */
#define JH_CR4_VMXE 0x2000
/** RDFSBASE and its family. */
#define JH_CR4_FSGSBASE 0x10000
/** Process-context identifiers. */
#define JH_CR4_PCIDE 0x20000
/** XSAVE enabled. */
#define JH_CR4_OSXSAVE 0x40000
/** Supervisor-mode execution prevention. */
#define JH_CR4_SMEP 0x100000
/** Supervisor-mode access prevention. */
#define JH_CR4_SMAP 0x200000
/** Protection keys of user pages. */
#define JH_CR4_PKE 0x400000
/** Control-flow enforcement. */
#define JH_CR4_CET 0x800000
/** SYSCALL enable. */
#define JH_EFER_SCE 0x1
/** Long mode enable. */
#define JH_EFER_LME 0x100
/** Long mode active. */
#define JH_EFER_LMA 0x400
/** No-execute enable. */
#define JH_EFER_NXE 0x800
/** Secure virtual machine enable. */
#define JH_EFER_SVME 0x1000
/** Carry. */
#define JH_FLAG_CF 0x1
/** Always one. */
#define JH_FLAG_FIXED 0x2
/** Parity. */
#define JH_FLAG_PF 0x4
/** Auxiliary carry. */
#define JH_FLAG_AF 0x10
/** Zero. */
#define JH_FLAG_ZF 0x40
/** Sign. */
#define JH_FLAG_SF 0x80
/** Trap. */
#define JH_FLAG_TF 0x100
/** Interrupts enabled. */
#define JH_FLAG_IF 0x200
/** Direction. */
#define JH_FLAG_DF 0x400
/** Overflow. */
#define JH_FLAG_OF 0x800
/** I/O privilege level. */
#define JH_FLAG_IOPL 0x3000
/** Nested task. */
#define JH_FLAG_NT 0x4000
/** Resume. */
#define JH_FLAG_RF 0x10000
/** Virtual-8086 mode. */
#define JH_FLAG_VM 0x20000
/** Alignment check. */
#define JH_FLAG_AC 0x40000
/** Virtual interrupt. */
#define JH_FLAG_VIF 0x80000
/** Virtual interrupt pending. */
#define JH_FLAG_VIP 0x100000
/** CPUID available. */
#define JH_FLAG_ID 0x200000
/** Page table entry: present. */
#define JH_PTE_PRESENT 0x1
/** Page table entry: writable. */
#define JH_PTE_WRITABLE 0x2
/** Page table entry: user. */
#define JH_PTE_USER 0x4
/** Page table entry: accessed. */
#define JH_PTE_ACCESSED 0x20
/** Page table entry: dirty. */
#define JH_PTE_DIRTY 0x40
/** Page table entry: a large page. */
#define JH_PTE_LARGE 0x80
/** Page table entry: global. */
#define JH_PTE_GLOBAL 0x100
/** #PF error code: a protection violation. */
#define JH_PF_PRESENT 0x1
/** #PF error code: a write. */
#define JH_PF_WRITE 0x2
/** #PF error code: at CPL 3. */
#define JH_PF_USER 0x4
/** #PF error code: a reserved bit was set. */
#define JH_PF_RESERVED 0x8
/** #PF error code: an instruction fetch. */
#define JH_PF_FETCH 0x10
/** Divide error. */
#define JH_VECTOR_DE 0
/** Debug. */
#define JH_VECTOR_DB 1
/** NMI. */
#define JH_VECTOR_NMI 2
/** Breakpoint. */
#define JH_VECTOR_BP 3
/** Overflow. */
#define JH_VECTOR_OF 4
/** Bound range. */
#define JH_VECTOR_BR 5
/** Invalid opcode. */
#define JH_VECTOR_UD 6
/** Device not available. */
#define JH_VECTOR_NM 7
/** Double fault. */
#define JH_VECTOR_DF 8
/** Invalid TSS. */
#define JH_VECTOR_TS 10
/** Segment not present. */
#define JH_VECTOR_NP 11
/** Stack. */
#define JH_VECTOR_SS 12
/** General protection. */
#define JH_VECTOR_GP 13
/** Page fault. */
#define JH_VECTOR_PF 14
/** x87 pending. */
#define JH_VECTOR_MF 16
/** Alignment check. */
#define JH_VECTOR_AC 17
/** Machine check. */
#define JH_VECTOR_MC 18
/** SIMD floating point. */
#define JH_VECTOR_XF 19
/** CPUID: address sizes; EAX has the bits of a physical address in its low byte. */
#define JH_CPUID_ADDRESS_SIZES 0x80000008
/** Where the loader puts the command line (ABI section 5). */
#define JH_COMMAND_LINE 0x1000
/** Size of the command line, its NUL included. */
#define JH_COMMAND_LINE_SIZE 256
/** First byte after the heap. */
#define JH_HEAP_END 0xa0000
/** The communication region (ABI section 5). */
#define JH_COMM_REGION 0x100000
/**
 * Counts the CPUs that came out of reset. It lies at the end of the communication region's page, because that is zeroed
 * at each start of the cell, also at one without a load.
 */
#define JH_START_COUNTER 0x100ff0
/** Counts the CPUs that have written their number to the table of APIC ids. */
#define JH_READY_COUNTER 0x100ff4
/** CPUs that the table of APIC ids has room for. */
#define JH_MAX_CPUS 64
/** Size and alignment of a stack; a power of two. */
#define JH_STACK_SIZE 0x4000
/** Vectors: exceptions come first. */
#define JH_EXCEPTION_COUNT 32
/** Vectors that have an entry: exceptions, then interrupts 32 to 63. */
#define JH_VECTOR_COUNT 64
/** Vector of spurious interrupts. */
#define JH_SPURIOUS_VECTOR 0xff
/** First byte of the start-up's own variables. */
#define JH_HIGH_VARIABLES_BASE 0x2000
/** First byte of the image. */
#define JH_HIGH_IMAGE_BASE 0xf0000
/** The segment of 16-bit code in the image. */
#define JH_HIGH_IMAGE_SEGMENT 0xf000
/** The page of the image that holds the 16-bit code; a start-up IPI enters it at its first byte. */
#define JH_HIGH_BOOT_PAGE 0xff000
/** Where a CPU of the cell starts. */
#define JH_HIGH_RESET_ADDRESS 0xffff0

#endif
