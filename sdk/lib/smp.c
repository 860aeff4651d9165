/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* More than one CPU. All CPUs of a cell come out of reset at once; the first runs the program, the others are parked until this. */
#include "start.h"

/* Between INIT and the first start-up IPI, and between the two of them (Intel manual, volume 3, section 9.4.4). */
#define AFTER_INIT_US 10000
#define AFTER_SIPI_US 200
#define INIT (JH_ICR_ASSERT | JH_ICR_MODE_INIT << JH_ICR_MODE_SHIFT)
#define START_UP (JH_ICR_ASSERT | JH_ICR_MODE_SIPI << JH_ICR_MODE_SHIFT | JH_BOOT_PAGE_NUMBER)

/** What the CPU that is being started runs; it takes it away when it has begun. */
static void (*entry)(void);

uint32_t jh_ready_cpus(void) {
  return *(volatile uint32_t*)(uintptr_t)JH_READY_COUNTER;
}

uint32_t jh_cpu_apic_id(uint32_t number) {
  if (number >= jh_ready_cpus()) jh_fail("there is no such CPU");
  return jh_apic_ids[number];
}

static bool has_begun(void) {
  return __atomic_load_n(&entry, __ATOMIC_SEQ_CST) == NULL;
}

void jh_start_cpu(uint32_t apic_id, void (*run)(void)) {
  jh_next_stack = (uint32_t)(uintptr_t)jh_alloc(JH_STACK_SIZE, JH_STACK_SIZE) + JH_STACK_SIZE;
  __atomic_store_n(&entry, run, __ATOMIC_SEQ_CST);
  jh_send_ipi(INIT, apic_id);
  jh_delay_us(AFTER_INIT_US);
  jh_send_ipi(START_UP, apic_id);
  jh_delay_us(AFTER_SIPI_US);
  if (!has_begun()) jh_send_ipi(START_UP, apic_id);
  while (!has_begun()) jh_pause();
}

void jh_run_started(void) {
  void (*run)(void) = __atomic_exchange_n(&entry, NULL, __ATOMIC_SEQ_CST);
  if (run != NULL) run();
}
