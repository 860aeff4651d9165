// What a machine's seed decides beside its random numbers: what no program can count on, and differs from one start of a PC to the next.
import { PM_TIMER_COUNTER_SIZE } from "./devices/pm-timer/pm-timer.ts";
import { Sha256 } from "./sha256.ts";

/** 2015-11-22 00:00 UTC, Unix seconds. */
export const DEFAULT_DATE = Date.UTC(2015, 10, 22) / 1000;
/** Range of dates in seconds: twenty years, which end before 32 bits do. */
const DATES = 20 * 365 * 86_400;
const MICROSECONDS = 1e6;
/** Hex digits of a hash that make a number, without loss. */
const DIGITS = 13;

/** An integer from 0 to `limit` - 1 for a purpose; 0 for seed 0, which is as if there were none. */
function drawn(seed: number, purpose: string, limit: number): number {
  if (seed === 0) return 0;
  const hash = new Sha256().update(new TextEncoder().encode(`${purpose} ${seed}`));
  return Number.parseInt(hash.digest().slice(0, DIGITS), 16) % limit;
}

/** The date at tick 0 in Unix seconds, to the microsecond. */
export function seededDate(seed: number): number {
  return DEFAULT_DATE + drawn(seed, "date", DATES * MICROSECONDS) / MICROSECONDS;
}

/** What the power management timer counts at tick 0. */
export function seededPmTimer(seed: number): number {
  return drawn(seed, "power management timer", PM_TIMER_COUNTER_SIZE);
}
