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
  waitForPmTick,
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

/** Lets about 10 ms pass from a tick of the PM timer on; returns the ticks from there to the tick at the end. */
function passMeasuredTime(start: u32): u32 {
  while (pmTicksBetween(start, readPmCounter()) < MEASURED_TICKS) {
    for (let i: u32 = 0; i < PAUSES_PER_POLL; i++) pause();
  }
  return pmTicksBetween(start, waitForPmTick());
}

/** Measures the time stamp counter's frequency, for `readTscNs`; returns it in Hz. Takes 10 ms. */
export function calibrateTsc(): u64 {
  const start = waitForPmTick();
  const tsc = readTsc();
  const ticks = passMeasuredTime(start);
  tscHz = ((readTsc() - tsc) * PM_TIMER_HZ) / ticks;
  return tscHz;
}

/** Nanoseconds by the time stamp counter. `calibrateTsc` comes first. */
export function readTscNs(): u64 {
  return ticksToNs(readTsc(), tscHz);
}

/**
 * Measures the APIC timer's frequency before division; returns it in kHz. Takes 10 ms. Measured by the time stamp counter,
 * which tells the time afterwards, and rounded up, so that the timer never fires early by that clock.
 */
function calibrateApic(): u64 {
  writeApic(APIC_LVT_TIMER, APIC_LVT_MASKED);
  writeApic(APIC_TIMER_DIVIDE, DIVIDE_BY_16);
  const start = waitForPmTick();
  const tsc = readTsc();
  writeApic(APIC_TIMER_INITIAL, LONGEST_COUNT);
  passMeasuredTime(start);
  const passed = <u64>(LONGEST_COUNT - readApic(APIC_TIMER_CURRENT)) + 1;
  const cycles = readTsc() - tsc;
  writeApic(APIC_TIMER_INITIAL, 0);
  apicHz = (passed * APIC_DIVISOR * tscHz) / cycles + 1;
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
