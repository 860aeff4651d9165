// What assembly, C and the linker script have in common, besides the numbers of numbers.h.
#ifndef IMAGE_H_
#define IMAGE_H_

#include "numbers.h"

#define PAGE_SIZE 4096
/** Bytes of a `struct memory`. */
#define MEMORY_SIZE 16

/** Bytes at the top of each CPU's stack: `struct cpu_top`. The guest's state, then Linux' EL2; offsets. */
#define CPU_TOP_SIZE 384
#define FRAME_SP 248
#define FRAME_PC 264
#define FRAME_LINUX 280
/** Offsets behind FRAME_LINUX, in the order of `struct linux_el2`. */
#define LINUX_SCTLR 0
#define LINUX_VBAR 8
#define LINUX_HCR 16
#define LINUX_VTCR 24
#define LINUX_VTTBR 32
#define LINUX_TCR 40
#define LINUX_MAIR 48
#define LINUX_TTBR0 56

/** Where the windows to other physical memory are: a page for each CPU. The last entry of the root table leads there. */
#define EL2_WINDOWS 0x7f8000000000
/** A block of the second table: what the image and the CPUs' stacks have to fit into. */
#define BLOCK_SIZE 0x200000

/** MAIR_EL2 (Arm Architecture Reference Manual, DDI 0487, section D19.2.97): 0 is normal memory, 1 device memory nGnRE. */
#define MEMORY_TYPES 0x04ff
/** TCR_EL2 (D19.2.139) but for PS: bits that are one, 48 bits of addresses, inner shareable tables, cached, 4 KiB. */
#define TRANSLATION_CONTROL (1 << 31 | 1 << 23 | 3 << 12 | 1 << 10 | 1 << 8 | 16)
#define TRANSLATION_PS_SHIFT 16
/** SCTLR_EL2 (D19.2.118): bits that are one, then M, C, SA, I, WXN. */
#define SYSTEM_CONTROL (0x30c50830 | 1 << 0 | 1 << 2 | 1 << 3 | 1 << 12 | 1 << 19)

#endif
