/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What ends a program: reports on the console, and the cell's state. */
#include "start.h"

void jh_fail(const char* why) {
  jh_printf("--- FAILED: %s ---\n", why);
  jh_set_state(JH_CELL_FAILED);
  jh_stop();
}

static void* pointer(uintptr_t value) {
  return (void*)value;
}

static uintptr_t read_fault_address(void) {
  uintptr_t value;
  __asm__ volatile("mov %%cr2, %0" : "=r"(value));
  return value;
}

static uintptr_t stack_pointer(const struct registers* at) {
#ifdef __x86_64__
  return at->sp;
#else
  return (uintptr_t)(at + 1);
#endif
}

static void report_high_registers(const struct registers* at) {
#ifdef __x86_64__
  jh_printf(" R8:  %p R9:  %p\n R10: %p R11: %p\n", pointer(at->r8), pointer(at->r9), pointer(at->r10),
            pointer(at->r11));
  jh_printf(" R12: %p R13: %p\n R14: %p R15: %p\n", pointer(at->r12), pointer(at->r13), pointer(at->r14),
            pointer(at->r15));
#else
  (void)at;
#endif
}

void jh_report_exception(const struct registers* at) {
  jh_printf("--- EXCEPTION %u ---\n", (unsigned)at->vector);
  if (at->vector >= JH_VECTOR_TS && at->vector <= JH_VECTOR_PF)
    jh_printf(" Error code: 0x%08x\n", (unsigned)at->error_code);
  if (at->vector == JH_VECTOR_PF) jh_printf(" Address: %p\n", pointer(read_fault_address()));
  jh_printf(" CS:  0x%04x IP: %p flags: 0x%08x\n", (unsigned)(at->cs & 0xffff), pointer(at->ip), (unsigned)at->flags);
  jh_printf(" SP:  %p BP: %p\n", pointer(stack_pointer(at)), pointer(at->bp));
  jh_printf(" AX:  %p BX: %p CX: %p\n", pointer(at->ax), pointer(at->bx), pointer(at->cx));
  jh_printf(" DX:  %p SI: %p DI: %p\n", pointer(at->dx), pointer(at->si), pointer(at->di));
  report_high_registers(at);
  jh_set_state(JH_CELL_FAILED);
  jh_stop();
}
