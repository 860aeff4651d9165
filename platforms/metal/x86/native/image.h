// What assembly, C and the linker script have in common, besides the numbers of numbers.h.
#ifndef IMAGE_H_
#define IMAGE_H_

#include "numbers.h"
#include "top.h"

#define PAGE_SIZE 4096
/** Bytes at the top of each CPU's stack: Linux' state (LINUX_FIELDS of 8 bytes, and the vendor's), what was read last of what may fault,
 *  and whether a machine check, and an NMI, has come. */
#define CPU_TOP_SIZE (192 + CPU_TOP_EXTRA * 8)
#define CPU_TOP_MACHINE_CHECK 16
#define CPU_TOP_NMI 15
/** Bytes of a `struct memory`. */
#define MEMORY_SIZE 16
/** The image's only code segment, where Linux has its own: an NMI's gate fits whosever table is loaded. */
#define CODE_SELECTOR 16
#define GDT_SIZE 24
/** Exceptions, and where their stubs are: offset from the image's start, size of each, size of the call in it. */
#define VECTORS 32
#define STUBS 0x80
#define STUB_SIZE 8
#define CALL_SIZE 5

#endif
