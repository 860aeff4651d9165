/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Clocks: the ACPI PM timer, which runs alike on every PC and measures the others, the time stamp counter, the APIC timer. */
#include "start.h"

/* Ticks of the PM timer in a second, and its width (ACPI specification, section 4.8.2.1). */
#define PM_TIMER_HZ 3579545
#define PM_TIMER_MASK 0xffffff
/* How long a clock is measured: 10 ms, in ticks of the PM timer. */
#define MEASURED_TICKS 35795
#define PAUSES_PER_POLL 256
/* How exactly: both ends together may be uncertain by one part in so many. */
#define MEASURED_PARTS 500
#define MOST_ATTEMPTS 10
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

/** The time stamp counter at the moment at which another clock was read, and how many cycles later that may have been. */
struct moment {
  uint64_t tsc, spread;
};

/** Waits for the PM timer to tick; returns its count. The moment lies between the last two readings of it. */
static uint32_t read_pm_tick(struct moment *moment) {
  uint32_t before = read_pm_counter(), now = before;
  uint64_t earlier = 0, later = jh_read_tsc();
  while (now == before) {
    earlier = later;
    now = read_pm_counter();
    later = jh_read_tsc();
  }
  *moment = (struct moment){later, later - earlier};
  return now;
}

static uint32_t read_apic_count(struct moment *moment) {
  uint64_t earlier = jh_read_tsc();
  uint32_t count = jh_apic_read(JH_APIC_TIMER_CURRENT);
  uint64_t later = jh_read_tsc();
  *moment = (struct moment){later, later - earlier};
  return count;
}

static void pass_measured_time(void) {
  uint32_t start = read_pm_counter();
  while (pm_ticks_between(start, read_pm_counter()) < MEASURED_TICKS)
    for (int i = 0; i < PAUSES_PER_POLL; i++) jh_pause();
}

/**
 * Measures the time stamp counter by the PM timer's ticks. Where something comes between the readings of the two (system management,
 * an emulator's host), it measures again: up to MOST_ATTEMPTS times, of which the least disturbed counts.
 */
uint64_t jh_tsc_hz(void) {
  uint64_t least = UINT64_MAX;
  if (tsc_hz != 0) return tsc_hz;
  for (int attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    struct moment from, to;
    uint32_t start = read_pm_tick(&from);
    pass_measured_time();
    uint32_t ticks = pm_ticks_between(start, read_pm_tick(&to));
    uint64_t cycles = to.tsc - from.tsc, spread = from.spread + to.spread;
    if (spread >= least) continue;
    least = spread;
    tsc_hz = cycles * PM_TIMER_HZ / ticks;
    if (spread <= cycles / MEASURED_PARTS) break;
  }
  return tsc_hz;
}

uint64_t jh_tsc_ns(void) {
  uint64_t hz = jh_tsc_hz();
  return ticks_to_ns(jh_read_tsc(), hz);
}

/**
 * Measures the APIC timer's frequency before division, by the time stamp counter, which tells the time afterwards. Both clocks are read
 * in the same order at both ends, so that what a read takes (an exit) does not count; the last tick counts as a whole, so that the
 * timer never fires early by that clock. Disturbed measurements are repeated, as in jh_tsc_hz.
 */
static uint64_t measure_apic(void) {
  uint64_t tsc_frequency = jh_tsc_hz(), measured = 0, least = UINT64_MAX;
  jh_apic_write(JH_APIC_LVT_TIMER, JH_APIC_LVT_MASKED);
  jh_apic_write(JH_APIC_TIMER_DIVIDE, JH_APIC_DIVIDE_BY_16);
  for (int attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    struct moment from, to;
    jh_apic_write(JH_APIC_TIMER_INITIAL, UINT32_MAX);
    uint32_t start = read_apic_count(&from);
    pass_measured_time();
    uint64_t counts = (uint64_t)(start - read_apic_count(&to)) + 1;
    uint64_t cycles = to.tsc - from.tsc, spread = from.spread + to.spread;
    if (spread >= least) continue;
    least = spread;
    measured = counts * APIC_DIVISOR * tsc_frequency / cycles + 1;
    if (spread <= cycles / MEASURED_PARTS) break;
  }
  jh_apic_write(JH_APIC_TIMER_INITIAL, 0);
  return measured;
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
