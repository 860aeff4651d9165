import fc from "fast-check";
import { expect, test } from "vitest";
import { cyclesAt, timeOfCycle } from "./frequency.ts";
import { Schedule } from "./schedule.ts";

test("alarms go off in order of time, then of wiring, each at its own time", () => {
  const schedule = new Schedule();
  const log: unknown[] = [];
  const make = (name: string) => schedule.alarm(() => log.push([name, schedule.now]));
  const [first, second, third] = [make("first"), make("second"), make("third")];
  third!.set(10);
  second!.set(20);
  first!.set(20);
  expect(schedule.next).toBe(10);
  schedule.advance(25);
  expect(log).toEqual([
    ["third", 10],
    ["first", 20],
    ["second", 20],
  ]);
  expect(schedule.now).toBe(25);
  expect(schedule.next).toBe(Number.POSITIVE_INFINITY);
});

test("an alarm can set itself again, and another one can be cancelled in time", () => {
  const schedule = new Schedule();
  const times: number[] = [];
  const victim = schedule.alarm(() => times.push(-1));
  const again = schedule.alarm(() => {
    times.push(schedule.now);
    victim.cancel();
    again.set(schedule.now + 5);
  });
  again.set(5);
  victim.set(6);
  schedule.advance(17);
  expect(times).toEqual([5, 10, 15]);
});

test("timeOfCycle is the first tick at which that many cycles have passed", () => {
  const cycles = fc.integer({ min: 1, max: 2 ** 50 });
  fc.assert(
    fc.property(cycles, fc.constantFrom(32_768, 1_193_182, 3_579_545), (count, hertz) => {
      const limited = count % (hertz * 4_000_000);
      const time = timeOfCycle(limited, hertz);
      expect(cyclesAt(time, hertz)).toBe(limited);
      if (time > 0) expect(cyclesAt(time - 1, hertz)).toBe(limited - 1);
    }),
  );
});
