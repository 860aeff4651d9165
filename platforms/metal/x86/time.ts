// Time, from the time stamp counter and its frequency in the system configuration.

import { SYS_X86_TSC_KHZ } from "../../../abi/config.ts";
import { heapBase } from "../../../hypervisor/exports.ts";
import { PAGE } from "../pool.ts";
import { coreRead, timestamp } from "./hw.ts";

/** Nanoseconds in a millisecond: ticks of 1 kHz times this are nanoseconds. */
const NANOSECONDS: u64 = 1_000_000;
/** Frequency for a configuration that has none: a tick is a nanosecond. */
const DEFAULT_KHZ: u64 = 1_000_000;

const KHZ: usize = memory.data(8, 8);

/** Address of the system configuration in the core's memory. */
export function configAddress(): u32 {
  return (<u32>heapBase() + PAGE - 1) & ~(PAGE - 1);
}

/** Learns the frequency; once. */
export function timeInit(): void {
  const khz = coreRead(configAddress() + SYS_X86_TSC_KHZ, 4);
  store<u64>(KHZ, khz ? khz : DEFAULT_KHZ);
}

/** Whether the frequency is known, so that `now` can be asked. */
export function hasTime(): bool {
  return load<u64>(KHZ) !== 0;
}

/** The waist's now. */
export function now(): u64 {
  const khz = load<u64>(KHZ);
  const ticks = timestamp();
  return (ticks / khz) * NANOSECONDS + ((ticks % khz) * NANOSECONDS) / khz;
}
