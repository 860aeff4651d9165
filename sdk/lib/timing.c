/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Clocks: the ACPI PM timer, which runs alike on every PC and measures the others, the time stamp counter, the APIC timer. */
#include "start.h"

/* Ticks of the PM timer in a second, and its width (ACPI specification, section 4.8.2.1). */
#define PM_TIMER_HZ 3579545
#define PM_TIMER_MASK 0xffffff
/* How long a clock is measured: 10 ms, in ticks of the PM timer. */
#define MEASURED_TICKS 35795
#define PAUSES_PER_POLL 256
#define NS_PER_SECOND 1000000000
#define NS_PER_US 1000
#define APIC_DIVISOR 16
#define SLEEP_VECTOR 63
#define LEAF_FEATURES 1
#define ECX_TSC_DEADLINE (1u << 24)

static uint64_t tsc_hz, apic_hz, pm_total;
static uint32_t pm_last;
static bool pm_is_started, timer_is_ready, uses_deadline;

/** Ticks of a clock as nanoseconds, without overflow for clocks below 18 GHz. */
static uint64_t ticks_to_ns(uint64_t ticks, uint64_t hz) {
  return ticks / hz * NS_PER_SECOND + ticks % hz * NS_PER_SECOND / hz;
}

static uint64_t ns_to_ticks(uint64_t ns, uint64_t hz) {
  return ns / NS_PER_SECOND * hz + ns % NS_PER_SECOND * hz / NS_PER_SECOND;
}

static uint32_t read_pm_counter(void) {
  return jh_in32(jh_comm()->pm_timer_address) & PM_TIMER_MASK;
}

static uint32_t pm_ticks_between(uint32_t start, uint32_t end) {
  return (end - start) & PM_TIMER_MASK;
}

/** Waits for the counter to change and returns its new value: the moment is known to a few instructions. */
static uint32_t wait_for_pm_tick(void) {
  uint32_t before = read_pm_counter(), now = before;
  while (now == before) now = read_pm_counter();
  return now;
}

uint64_t jh_pm_timer_ns(void) {
  uint32_t count = read_pm_counter();
  pm_total += pm_is_started ? pm_ticks_between(pm_last, count) : count;
  pm_is_started = true;
  pm_last = count;
  return ticks_to_ns(pm_total, PM_TIMER_HZ);
}

void jh_delay_us(uint32_t us) {
  uint64_t end = jh_pm_timer_ns() + (uint64_t)us * NS_PER_US;
  while (jh_pm_timer_ns() < end) jh_pause();
}

/** Lets about 10 ms pass from a tick of the PM timer on; returns the ticks from there to the tick at the end. */
static uint32_t pass_measured_time(uint32_t start) {
  while (pm_ticks_between(start, read_pm_counter()) < MEASURED_TICKS)
    for (int i = 0; i < PAUSES_PER_POLL; i++) jh_pause();
  return pm_ticks_between(start, wait_for_pm_tick());
}

uint64_t jh_tsc_hz(void) {
  if (tsc_hz != 0) return tsc_hz;
  uint32_t start = wait_for_pm_tick();
  uint64_t tsc = jh_read_tsc();
  uint32_t ticks = pass_measured_time(start);
  tsc_hz = (jh_read_tsc() - tsc) * PM_TIMER_HZ / ticks;
  return tsc_hz;
}

uint64_t jh_tsc_ns(void) {
  uint64_t hz = jh_tsc_hz();
  return ticks_to_ns(jh_read_tsc(), hz);
}

/**
 * Measures the APIC timer's frequency before division, by the time stamp counter, which tells the time afterwards. Both clocks are read
 * in the same order at both ends, so that what a read takes (an exit) does not count; the last tick counts as a whole, so that the
 * timer never fires early by that clock.
 */
static uint64_t measure_apic(void) {
  uint64_t hz = jh_tsc_hz();
  jh_apic_write(JH_APIC_LVT_TIMER, JH_APIC_LVT_MASKED);
  jh_apic_write(JH_APIC_TIMER_DIVIDE, JH_APIC_DIVIDE_BY_16);
  jh_apic_write(JH_APIC_TIMER_INITIAL, UINT32_MAX);
  uint32_t count = jh_apic_read(JH_APIC_TIMER_CURRENT);
  uint64_t tsc = jh_read_tsc();
  pass_measured_time(wait_for_pm_tick());
  uint64_t passed = (uint64_t)(count - jh_apic_read(JH_APIC_TIMER_CURRENT)) + 1;
  uint64_t cycles = jh_read_tsc() - tsc;
  jh_apic_write(JH_APIC_TIMER_INITIAL, 0);
  return passed * APIC_DIVISOR * hz / cycles + 1;
}

uint64_t jh_start_timer(uint8_t vector, void (*handler)(void)) {
  jh_on_interrupt(vector, handler);
  apic_hz = measure_apic();
  uses_deadline = (jh_cpuid(LEAF_FEATURES, 0).ecx & ECX_TSC_DEADLINE) != 0;
  jh_apic_write(JH_APIC_LVT_TIMER, uses_deadline ? vector | JH_APIC_LVT_TSC_DEADLINE : vector);
  timer_is_ready = true;
  return apic_hz;
}

void jh_set_timer(int64_t ns) {
  uint64_t wait = ns > 0 ? (uint64_t)ns : 0;
  if (!timer_is_ready) jh_fail("jh_set_timer comes after jh_start_timer");
  if (uses_deadline) {
    jh_write_msr(JH_MSR_TSC_DEADLINE, jh_read_tsc() + ns_to_ticks(wait, tsc_hz));
    return;
  }
  uint64_t count = ns_to_ticks(wait, apic_hz / APIC_DIVISOR) + 1;
  jh_apic_write(JH_APIC_TIMER_INITIAL, count > UINT32_MAX ? UINT32_MAX : (uint32_t)count);
}

static void wake_up(void) {}

void jh_sleep_us(uint32_t us) {
  if (!jh_has_apic()) {
    jh_delay_us(us);
    return;
  }
  uint64_t now = jh_pm_timer_ns(), end = now + (uint64_t)us * NS_PER_US;
  if (!timer_is_ready) jh_start_timer(SLEEP_VECTOR, wake_up);
  for (; now < end; now = jh_pm_timer_ns()) {
    jh_set_timer((int64_t)(end - now));
    jh_wait_for_interrupt();
  }
}
