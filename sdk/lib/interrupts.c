/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Interrupts: handlers, the local APIC and the I/O APIC (82093AA data sheet, section 3). */
#include "start.h"

#define ICR_TARGET_SHIFT 32
#define PIN_TARGET_SHIFT 24

static void (*handlers[JH_VECTOR_COUNT - JH_EXCEPTION_COUNT])(void);

uint32_t jh_apic_read(uint32_t reg) {
  return (uint32_t)jh_read_msr(JH_MSR_X2APIC_FIRST + reg);
}

void jh_apic_write(uint32_t reg, uint32_t value) {
  jh_write_msr(JH_MSR_X2APIC_FIRST + reg, value);
}

bool jh_has_apic(void) {
  return jh_has_hypervisor() || (jh_read_msr(JH_MSR_APIC_BASE) & JH_APIC_BASE_X2APIC) != 0;
}

uint32_t jh_apic_id(void) {
  return jh_apic_read(JH_APIC_ID);
}

void jh_enable_apic(void) {
  jh_apic_write(JH_APIC_TPR, 0);
  jh_apic_write(JH_APIC_SVR, JH_APIC_SVR_ENABLE | JH_SPURIOUS_VECTOR);
}

void jh_on_interrupt(uint8_t vector, void (*handler)(void)) {
  if (vector < JH_EXCEPTION_COUNT || vector >= JH_VECTOR_COUNT) jh_fail("an interrupt's vector is not 32 to 63");
  handlers[vector - JH_EXCEPTION_COUNT] = handler;
  jh_enable_apic();
}

void jh_dispatch_interrupt(uint32_t vector) {
  void (*handler)(void) = handlers[vector - JH_EXCEPTION_COUNT];
  if (handler != NULL) handler();
  jh_apic_write(JH_APIC_EOI, 0);
}

void jh_send_ipi(uint32_t command, uint32_t target) {
  jh_write_msr(JH_MSR_X2APIC_ICR, (uint64_t)target << ICR_TARGET_SHIFT | command);
}

static void write_ioapic(uint32_t reg, uint32_t value) {
  jh_mmio_write32(JH_IOAPIC_PAGE + JH_IOAPIC_INDEX, reg);
  jh_mmio_write32(JH_IOAPIC_PAGE + JH_IOAPIC_DATA, value);
}

void jh_route_pin(uint32_t pin, uint8_t vector, uint32_t flags) {
  jh_mask_pin(pin);
  write_ioapic(JH_IOAPIC_REG_REDIRECTION + pin * 2 + 1, jh_apic_id() << PIN_TARGET_SHIFT);
  write_ioapic(JH_IOAPIC_REG_REDIRECTION + pin * 2, vector | flags);
}

void jh_mask_pin(uint32_t pin) {
  write_ioapic(JH_IOAPIC_REG_REDIRECTION + pin * 2, JH_IOAPIC_MASKED);
}
