// What the probe's assembly and C share.
#ifndef PROBE_H_
#define PROBE_H_

#include "abi.h"

#define CODE32 8
#define CODE64 16
#define DATA 24
/** Instructions that may fault: RDMSR, WRMSR; both have two bytes. */
#define TRIED_BYTES 2
/** Where the entry leaves what it found, 8 bytes each; then the table registers, 16 each. */
#define FOUND_GENERAL 0
#define FOUND_CR0 8
#define FOUND_CR2 9
#define FOUND_CR3 10
#define FOUND_CR4 11
#define FOUND_DR0 12
#define FOUND_DR6 16
#define FOUND_DR7 17
#define FOUND_EFER 18
#define FOUND_SEGMENTS 19
#define FOUND_R8 25
#define FOUND_GDTR 33
#define FOUND_IDTR 35
#define FOUND_END 37
#define STACK_SIZE 8192

#endif
