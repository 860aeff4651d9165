// The time stamp counter and the APIC timer, both measured against the PM timer.
import {
  APIC_LVT_MASKED,
  APIC_LVT_TIMER,
  APIC_LVT_TSC_DEADLINE,
  APIC_TIMER_CURRENT,
  APIC_TIMER_DIVIDE,
  APIC_TIMER_INITIAL,
} from "../../abi/x86/apic.ts";
import { MSR_TSC_DEADLINE } from "../../abi/x86/msr.ts";
import { hasTscDeadline } from "./cpu.ts";
import { pause, readTsc, waitForInterrupt, writeMsr } from "./hardware.ts";
import { hasApic, onInterrupt, readApic, writeApic } from "./interrupts.ts";
import {
  delayUs,
  nsToTicks,
  PM_TIMER_HZ,
  pmTicksBetween,
  readPmCounter,
  readPmTimer,
  ticksToNs,
} from "./pm-timer.ts";

/** How long a clock is measured: 10 ms, in ticks of the PM timer. */
const MEASURED_TICKS: u32 = 35795;
const PAUSES_PER_POLL: u32 = 256;
/** Divide configuration register: by 16. */
const DIVIDE_BY_16: u32 = 3;
const APIC_DIVISOR: u64 = 16;
const LONGEST_COUNT: u32 = 0xffffffff;
const HZ_PER_KHZ: u64 = 1000;
const NS_PER_US: u64 = 1000;
/** The vector that `sleepUs` uses. */
const SLEEP_VECTOR: u32 = 63;

let tscHz: u64 = 0;
let apicHz: u64 = 0;
let isTimerReady: bool = false;
let usesDeadline: bool = false;

/**
 * A clock is measured between two moments at which another is read as well. Where something comes between the two readings (system
 * management, an emulator's host), the moment is uncertain by as much; both together may be one part in so many of what is measured.
 */
const MEASURED_PARTS: u64 = 500;
/** Where that is never so, the best of so many attempts counts. */
const MOST_ATTEMPTS: u32 = 10;

/** The time stamp counter at the moment of the last reading, and how many cycles later that may have been than the other clock's. */
let readingTsc: u64 = 0;
let readingSpread: u64 = 0;

/** Waits for the PM timer to tick; returns its count. The moment lies between the last two readings of it. */
function readPmTick(): u32 {
  const before = readPmCounter();
  let now = before;
  let earlier: u64 = 0;
  readingTsc = readTsc();
  while (now == before) {
    earlier = readingTsc;
    now = readPmCounter();
    readingTsc = readTsc();
  }
  readingSpread = readingTsc - earlier;
  return now;
}

function readApicCount(): u32 {
  const earlier = readTsc();
  const count = readApic(APIC_TIMER_CURRENT);
  readingTsc = readTsc();
  readingSpread = readingTsc - earlier;
  return count;
}

/** Lets about 10 ms pass. */
function passMeasuredTime(): void {
  const start = readPmCounter();
  while (pmTicksBetween(start, readPmCounter()) < MEASURED_TICKS) {
    for (let i: u32 = 0; i < PAUSES_PER_POLL; i++) pause();
  }
}

/** Measures the time stamp counter's frequency, for `readTscNs`; returns it in Hz. Takes 10 ms, and as much again if disturbed. */
export function calibrateTsc(): u64 {
  let least: u64 = u64.MAX_VALUE;
  for (let attempt: u32 = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const start = readPmTick();
    const tsc = readingTsc;
    let spread = readingSpread;
    passMeasuredTime();
    const ticks = pmTicksBetween(start, readPmTick());
    const cycles = readingTsc - tsc;
    spread += readingSpread;
    if (spread >= least) continue;
    least = spread;
    tscHz = (cycles * PM_TIMER_HZ) / ticks;
    if (spread <= cycles / MEASURED_PARTS) break;
  }
  return tscHz;
}

/** Nanoseconds by the time stamp counter. `calibrateTsc` comes first. */
export function readTscNs(): u64 {
  return ticksToNs(readTsc(), tscHz);
}

/**
 * Measures the APIC timer's frequency before division; returns it in kHz. Takes 10 ms, and as much again if disturbed. Measured by
 * the time stamp counter, which tells the time afterwards. Both are read in the same order at both ends, so that what a reading
 * takes (an exit) does not count, and the last count is taken for a whole one, so that the timer never fires early by that clock.
 */
function calibrateApic(): u64 {
  let least: u64 = u64.MAX_VALUE;
  writeApic(APIC_LVT_TIMER, APIC_LVT_MASKED);
  writeApic(APIC_TIMER_DIVIDE, DIVIDE_BY_16);
  for (let attempt: u32 = 0; attempt < MOST_ATTEMPTS; attempt++) {
    writeApic(APIC_TIMER_INITIAL, LONGEST_COUNT);
    const start = readApicCount();
    const tsc = readingTsc;
    let spread = readingSpread;
    passMeasuredTime();
    const counts = <u64>(start - readApicCount()) + 1;
    const cycles = readingTsc - tsc;
    spread += readingSpread;
    if (spread >= least) continue;
    least = spread;
    apicHz = (counts * APIC_DIVISOR * tscHz) / cycles + 1;
    if (spread <= cycles / MEASURED_PARTS) break;
  }
  writeApic(APIC_TIMER_INITIAL, 0);
  return apicHz / HZ_PER_KHZ;
}

/**
 * Prepares this CPU's APIC timer: `handler` will be called for the vector (32 to 63). Returns the timer's frequency in
 * kHz. `calibrateTsc` comes first.
 */
export function startTimer(vector: u32, handler: () => void): u64 {
  onInterrupt(vector, handler);
  const khz = calibrateApic();
  usesDeadline = hasTscDeadline();
  writeApic(APIC_LVT_TIMER, usesDeadline ? vector | APIC_LVT_TSC_DEADLINE : vector);
  isTimerReady = true;
  return khz;
}

/** Makes the timer fire once, that many nanoseconds from now; at once when it is not more than 0. */
export function setTimer(ns: i64): void {
  const wait: u64 = ns > 0 ? ns : 0;
  if (usesDeadline) {
    writeMsr(MSR_TSC_DEADLINE, readTsc() + nsToTicks(wait, tscHz));
    return;
  }
  const count = nsToTicks(wait, apicHz / APIC_DIVISOR) + 1;
  writeApic(APIC_TIMER_INITIAL, count > LONGEST_COUNT ? LONGEST_COUNT : <u32>count);
}

function wakeUp(): void {}

/**
 * Sleeps by the PM timer's time. Uses the APIC timer, so that the CPU halts meanwhile; where there is none (a bare
 * machine with an xAPIC) it waits actively. An inmate with its own timer handler uses `setTimer` instead.
 */
export function sleepUs(us: u64): void {
  if (!hasApic()) {
    delayUs(us);
    return;
  }
  const end = readPmTimer() + us * NS_PER_US;
  if (!isTimerReady) {
    calibrateTsc();
    startTimer(SLEEP_VECTOR, wakeUp);
  }
  for (let now = readPmTimer(); now < end; now = readPmTimer()) {
    setTimer(<i64>(end - now));
    waitForInterrupt();
  }
}
