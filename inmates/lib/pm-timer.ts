// The ACPI power management timer: 3.579545 MHz on every PC, which makes it the measure of all other clocks.
import { pmTimerPort } from "./comm.ts";
import { in32, pause } from "./hardware.ts";

/** Ticks of the PM timer in a second (ACPI specification, section 4.8.2.1). */
export const PM_TIMER_HZ: u64 = 3579545;
const COUNTER_MASK: u32 = 0xffffff;
const NS_PER_SECOND: u64 = 1000000000;
const NS_PER_US: u64 = 1000;

let lastCount: u32 = 0;
let total: u64 = 0;
let isStarted: bool = false;

/** The counter, 24 bits wide (some machines count 32). */
export function readPmCounter(): u32 {
  return in32(pmTimerPort()) & COUNTER_MASK;
}

/** Ticks from one counter value to a later one. */
export function pmTicksBetween(start: u32, end: u32): u32 {
  return (end - start) & COUNTER_MASK;
}

/** Converts ticks of a clock to nanoseconds, without overflow for clocks below 18 GHz. */
export function ticksToNs(ticks: u64, hz: u64): u64 {
  return (ticks / hz) * NS_PER_SECOND + ((ticks % hz) * NS_PER_SECOND) / hz;
}

/** Converts nanoseconds to ticks of a clock. */
export function nsToTicks(ns: u64, hz: u64): u64 {
  return (ns / NS_PER_SECOND) * hz + ((ns % NS_PER_SECOND) * hz) / NS_PER_SECOND;
}

/**
 * Nanoseconds by the PM timer, beginning with the counter's value at the first call. It must be called at least every
 * four seconds, before the counter comes round a second time; by one CPU.
 */
export function readPmTimer(): u64 {
  const count = readPmCounter();
  total += isStarted ? pmTicksBetween(lastCount, count) : count;
  isStarted = true;
  lastCount = count;
  return ticksToNs(total, PM_TIMER_HZ);
}

/** Waits by the PM timer without sleeping. */
export function delayUs(us: u64): void {
  const end = readPmTimer() + us * NS_PER_US;
  while (readPmTimer() < end) pause();
}
