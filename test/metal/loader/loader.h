// What the loader's assembly and C share.
#ifndef LOADER_H_
#define LOADER_H_

#include "numbers.h"

#define MAX_CPUS 8
#define STACK_SIZE 0x4000
/** Where CPUs begin after a start-up IPI: its vector, and the page's address. */
#define SIPI_VECTOR 8
#define TRAMPOLINE 0x8000
#define CODE32 0x08
#define DATA 0x10
#define CODE64 0x18
#define VECTORS 32
#define STUB_SIZE 8

#endif
