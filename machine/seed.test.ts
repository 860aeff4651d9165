import { expect, test } from "vitest";
import { PM_TIMER_COUNTER_SIZE } from "./devices/pm-timer/pm-timer.ts";
import { DEFAULT_DATE, seededDate, seededPmTimer } from "./seed.ts";

const SEEDS = Array.from({ length: 100 }, (_, at) => at + 1);
const END_OF_32_BITS = 2 ** 31;

test("without a seed all is as it always was", () => {
  expect([seededDate(0), seededPmTimer(0)]).toEqual([DEFAULT_DATE, 0]);
});

test("each seed has a date and a timer of its own, within bounds", () => {
  const dates = SEEDS.map(seededDate);
  const counts = SEEDS.map(seededPmTimer);
  expect(new Set(dates.map(Math.floor)).size).toBe(SEEDS.length);
  expect(new Set(counts).size).toBe(SEEDS.length);
  for (const date of dates) {
    expect(date).toBeGreaterThanOrEqual(DEFAULT_DATE);
    expect(date).toBeLessThan(END_OF_32_BITS);
    expect(Math.abs(date * 1e6 - Math.round(date * 1e6))).toBeLessThan(0.5);
  }
  for (const count of counts) expect(count).toBeLessThan(PM_TIMER_COUNTER_SIZE);
});
