/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* From boot.S to the program: interrupt table, constructors of C++, and the check of the communication region. */
#include "start.h"

#define CODE_SELECTOR (sizeof(void*) == 8 ? 0x18 : 0x08)
#define INTERRUPT_GATE 0x8e00
#define ENTRY_SIZE 16

extern const uint8_t jh_vector_entries[], jh_spurious_entry[];
extern void (*const jh_constructors_start[])(void);
extern void (*const jh_constructors_end[])(void);

/* A gate of the interrupt table (AMD64 manual, volume 2, sections 4.7.2 and 4.8.4). */
struct gate {
  uint16_t offset_low, selector, flags, offset_middle;
#ifdef __x86_64__
  uint32_t offset_high, reserved;
#endif
};

struct table_pointer {
  uint16_t limit;
  uintptr_t base;
} __attribute__((packed));

static struct gate interrupt_table[JH_SPURIOUS_VECTOR + 1] __attribute__((aligned(16)));

static void set_gate(uint32_t vector, const uint8_t* entry) {
  struct gate* gate = &interrupt_table[vector];
  gate->offset_low = (uint16_t)(uintptr_t)entry;
  gate->selector = CODE_SELECTOR;
  gate->flags = INTERRUPT_GATE;
  gate->offset_middle = (uint16_t)((uintptr_t)entry >> 16);
}

static void load_interrupt_table(void) {
  struct table_pointer pointer = {sizeof(interrupt_table) - 1, (uintptr_t)interrupt_table};
  __asm__ volatile("lidt %0" : : "m"(pointer));
}

/** Stops with JH_CELL_FAILED_COMM_REV unless the region is of the revision that this SDK was written for. */
static void check_comm_region(void) {
  const volatile struct jh_comm_region* comm = jh_comm();
  const char* expected = "JHCOMM";
  bool is_known = comm->revision == JH_COMM_REVISION;
  for (size_t i = 0; i < sizeof(comm->signature); i++) is_known &= comm->signature[i] == expected[i];
  if (is_known) return;
  jh_set_state(JH_CELL_FAILED_COMM_REV);
  jh_stop();
}

void jh_dispatch(const struct registers* registers) {
  if (registers->vector < JH_EXCEPTION_COUNT) jh_report_exception(registers);
  jh_dispatch_interrupt((uint32_t)registers->vector);
}

void jh_start_first(void) {
  for (uint32_t vector = 0; vector < JH_VECTOR_COUNT; vector++)
    set_gate(vector, jh_vector_entries + vector * ENTRY_SIZE);
  set_gate(JH_SPURIOUS_VECTOR, jh_spurious_entry);
  load_interrupt_table();
  check_comm_region();
  for (void (*const* construct)(void) = jh_constructors_start; construct != jh_constructors_end; construct++)
    (*construct)();
  inmate_main();
  jh_stop();
}

void jh_start_next(void) {
  load_interrupt_table();
  jh_enable_apic();
  jh_run_started();
  jh_stop();
}
