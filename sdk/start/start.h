/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the parts of the SDK know of each other; programs include jailhouse.h. */
#ifndef JAILHOUSE_START_H
#define JAILHOUSE_START_H

#include "jailhouse.h"
#include "jailhouse-layout.h"

/** What vectors.S has pushed, the last first. */
struct registers {
#ifdef __x86_64__
  uintptr_t r15, r14, r13, r12, r11, r10, r9, r8;
#endif
  uintptr_t bp, di, si, dx, cx, bx, ax, vector, error_code, ip, cs, flags;
#ifdef __x86_64__
  /* A 32-bit CPU that stays in ring 0 does not push these: its stack pointer was the address of this member. */
  uintptr_t sp, ss;
#endif
};

/** Reports an exception, sets the cell's state to failed and stops the CPU. */
JH_NORETURN void jh_report_exception(const struct registers* registers);
/** Calls the handler of a vector and acknowledges the interrupt. */
void jh_dispatch_interrupt(uint32_t vector);
/** Enables this CPU's local APIC, for all priorities. */
void jh_enable_apic(void);
/** Can the local APIC be used here? Not on a bare machine whose APIC is in xAPIC mode. */
bool jh_has_apic(void);
/** On a CPU that jh_start_cpu started: takes what it is to run, and runs it. */
void jh_run_started(void);

/** By boot.S, on the first CPU: variables are set, the stack is empty, interrupts are off. */
JH_NORETURN void jh_start_first(void);
/** By boot.S, on any other CPU, after the start-up IPI. */
JH_NORETURN void jh_start_next(void);
/** By vectors.S. */
void jh_dispatch(const struct registers* registers);

/** Of boot.S: the stack for the CPU started next, and the APIC ids in the order of their reset. */
extern uint32_t jh_next_stack, jh_apic_ids[];

#endif
