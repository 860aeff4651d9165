// What assembly, C and the linker script have in common, besides the numbers of numbers.h.
#ifndef IMAGE_H_
#define IMAGE_H_

#include "numbers.h"

#define PAGE_SIZE 4096
/** Bytes at the top of each CPU's stack: Linux' state (LINUX_FIELDS of 8 bytes), what was read last of what may fault, and whether a machine
 *  check has come. */
#define CPU_TOP_SIZE 192
#define CPU_TOP_MACHINE_CHECK 16
/** Bytes of a `struct memory`. */
#define MEMORY_SIZE 16
/** The image's only code segment. */
#define CODE_SELECTOR 8
/** Exceptions, and where their stubs are: offset from the image's start, size of each, size of the call in it. */
#define VECTORS 32
#define STUBS 0x80
#define STUB_SIZE 8
#define CALL_SIZE 5

#endif
