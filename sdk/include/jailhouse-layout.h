/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The memory of a program's cell, for the start-up, the linker script and the library. JH_RESET_ADDRESS, given to the compiler, is where
 * the cell's CPUs start, as its configuration says (cpu_reset_address).
 *
 *                0xffff0 (the default)              0 (the original's newest revision)
 *   first code   0xffff0, at the image's end        0, at its beginning
 *   0x001000     command line                       command line
 *   0x002000     variables, stack, heap             16-bit code, code, constants
 *   0x050000     "                                  variables, stack, heap
 *   0x0a0000     nothing                            nothing
 *   0x0f0000     code, constants, 16-bit code       nothing
 *   0x100000     communication region               communication region
 *
 * The image is never written to, so that a cell can be started again without a load: initialised variables are copied.
 */
#ifndef JAILHOUSE_LAYOUT_H
#define JAILHOUSE_LAYOUT_H

#include "jailhouse-abi.h"

#ifndef JH_RESET_ADDRESS
#define JH_RESET_ADDRESS JH_HIGH_RESET_ADDRESS
#endif

#if JH_RESET_ADDRESS == JH_HIGH_RESET_ADDRESS
#define JH_IMAGE_BASE JH_HIGH_IMAGE_BASE
#define JH_IMAGE_SEGMENT JH_HIGH_IMAGE_SEGMENT
#define JH_BOOT_PAGE JH_HIGH_BOOT_PAGE
#define JH_CODE_BASE JH_HIGH_IMAGE_BASE
#define JH_CODE_END JH_HIGH_BOOT_PAGE
#define JH_VARIABLES_BASE JH_HIGH_VARIABLES_BASE
#elif JH_RESET_ADDRESS == 0
#define JH_IMAGE_BASE 0
#define JH_IMAGE_SEGMENT 0
#define JH_BOOT_PAGE 0x2000
#define JH_CODE_BASE 0x3000
#define JH_CODE_END 0x50000
#define JH_VARIABLES_BASE 0x50000
#else
#error "JH_RESET_ADDRESS must be 0xffff0 or 0: give the cell's cpuResetAddress one of these"
#endif

/** Vector of the start-up IPI: the number of the page with the 16-bit code. */
#define JH_BOOT_PAGE_NUMBER (JH_BOOT_PAGE >> 12)

#endif
