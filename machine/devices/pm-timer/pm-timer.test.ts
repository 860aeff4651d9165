import { beforeEach, expect, test } from "vitest";
import { Schedule } from "../../schedule.ts";
import {
  PM_TIMER,
  PM1_CONTROL,
  PM1_ENABLE,
  PM1_POWER_BUTTON,
  PM1_STATUS,
  PmTimer,
  SLEEP_ENABLE,
  SLEEP_TYPE_OFF,
  SLEEP_TYPE_SHIFT,
} from "./pm-timer.ts";

const HALF = 2 ** 23;
/** First tick at which the counter's top bit is set: ceil(2^23 / 3.579545 MHz). */
const FIRST_OVERFLOW = 2_343_484_438;

let schedule: Schedule;
let timer: PmTimer;
let sci: boolean[] = [];
let off = 0;

beforeEach(() => {
  schedule = new Schedule();
  sci = [];
  off = 0;
  timer = new PmTimer(
    schedule,
    (level) => {
      if (sci.at(-1) !== level) sci.push(level);
    },
    () => {
      off++;
    },
  );
});

test("counts 3579545 a second in 24 bits", () => {
  schedule.now = 1_000_000_000;
  expect(timer.read(PM_TIMER, 4)).toBe(3_579_545);
  schedule.now = 3_600_000_000_000;
  expect(timer.read(PM_TIMER, 4)).toBe((3600 * 3_579_545) % 2 ** 24);
  expect(timer.read(PM_TIMER + 1, 1) & 0xff).toBe((((3600 * 3_579_545) % 2 ** 24) >> 8) & 0xff);
});

test("starts where it is told to, and its top bit changes so much earlier", () => {
  const [sooner, later] = [HALF - 10, HALF + 10].map(
    (first) =>
      new PmTimer(
        schedule,
        () => {},
        () => {},
        first,
      ),
  );
  expect([sooner!, later!].map((one) => one.counter)).toEqual([HALF - 10, HALF + 10]);
  expect(sooner!.read(PM1_STATUS, 2)).toBe(0);
  // 10 cycles take 2793.7 ns.
  schedule.advance(2793);
  expect(sooner!.read(PM1_STATUS, 2)).toBe(0);
  schedule.advance(2794);
  expect([sooner!, later!].map((one) => one.read(PM1_STATUS, 2))).toEqual([1, 0]);
});

test("a change of the top bit sets the status and, enabled, the interrupt until it is cleared", () => {
  timer.write(PM1_ENABLE, 2, 1);
  schedule.advance(FIRST_OVERFLOW - 1);
  expect(timer.read(PM_TIMER, 4)).toBe(HALF - 1);
  expect(timer.read(PM1_STATUS, 2)).toBe(0);
  schedule.advance(FIRST_OVERFLOW);
  expect(timer.read(PM_TIMER, 4)).toBe(HALF);
  expect(timer.read(PM1_STATUS, 2)).toBe(1);
  expect(sci.at(-1)).toBe(true);
  timer.write(PM1_STATUS, 2, 1);
  expect(timer.read(PM1_STATUS, 2)).toBe(0);
  expect(sci.at(-1)).toBe(false);
  schedule.advance(2 * FIRST_OVERFLOW);
  expect(sci.at(-1)).toBe(true);
});

test("without SCI_EN no interrupt", () => {
  expect(timer.read(PM1_CONTROL, 2)).toBe(1);
  timer.write(PM1_CONTROL, 2, 0);
  timer.write(PM1_ENABLE, 2, 1);
  schedule.advance(FIRST_OVERFLOW);
  expect(timer.read(PM1_STATUS, 4)).toBe(0x10001);
  expect(sci).toEqual([false]);
});

test("byte accesses reach their half of a register", () => {
  timer.write(PM1_ENABLE + 1, 1, 0x04);
  expect(timer.read(PM1_ENABLE, 2)).toBe(0x0400);
  timer.write(PM1_ENABLE, 1, 0x21);
  expect(timer.read(PM1_ENABLE + 1, 1)).toBe(0x04);
  expect(timer.read(PM1_STATUS, 4)).toBe(0x0421_0000);
});

test("SLP_EN with the type of S5 switches off; other types, and the type alone, do not", () => {
  timer.write(PM1_CONTROL, 2, SLEEP_TYPE_OFF << SLEEP_TYPE_SHIFT);
  timer.write(PM1_CONTROL, 2, SLEEP_ENABLE | (1 << SLEEP_TYPE_SHIFT));
  expect(off).toBe(0);
  timer.write(PM1_CONTROL, 2, SLEEP_ENABLE | (SLEEP_TYPE_OFF << SLEEP_TYPE_SHIFT));
  expect(off).toBe(1);
  expect(timer.read(PM1_CONTROL, 2) & SLEEP_ENABLE).toBe(0);
});

test("the power button sets its status and, enabled, interrupts", () => {
  timer.pressPowerButton();
  expect(sci.includes(true)).toBe(false);
  timer.write(PM1_ENABLE, 2, PM1_POWER_BUTTON);
  expect(sci.at(-1)).toBe(true);
  timer.write(PM1_STATUS, 2, PM1_POWER_BUTTON);
  expect(sci.at(-1)).toBe(false);
});
