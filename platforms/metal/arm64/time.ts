// Time, from the physical counter (Arm Architecture Reference Manual, DDI 0487, section D12.1.2).

import { counter, counterFrequency } from "./hw.ts";

const NANOSECONDS: u64 = 1_000_000_000;

/** The waist's now. */
export function now(): u64 {
  const ticks = counter();
  const frequency = counterFrequency();
  return (ticks / frequency) * NANOSECONDS + ((ticks % frequency) * NANOSECONDS) / frequency;
}
