import { beforeEach, expect, test } from "vitest";
import { Schedule } from "../../schedule.ts";
import { Hpet } from "./hpet.ts";

let schedule: Schedule;
let hpet: Hpet;
let log: unknown[] = [];

beforeEach(() => {
  schedule = new Schedule();
  log = [];
  hpet = new Hpet(schedule, {
    routes: 0xff0000,
    pin: (pin, level) => log.push([schedule.now, pin, level]),
    legacy: (line, level) => log.push([schedule.now, `legacy ${line}`, level]),
  });
});

function write(offset: number, value: number): void {
  hpet.write(offset, 4, value);
}

test("says what it is", () => {
  expect(hpet.read(0, 4)).toBe(0x8086a201);
  expect(hpet.read(4, 4)).toBe(10_000_000);
  expect(hpet.read(0x104, 4)).toBe(0xff0000);
  expect(hpet.read(0x100, 4)).toBe(0x30);
  expect(hpet.read(0x120, 4)).toBe(0x20);
});

test("the counter runs at 100 MHz while enabled, stops, and can be set", () => {
  schedule.now = 1000;
  expect(hpet.read(0xf0, 4)).toBe(0);
  write(0x10, 1);
  schedule.now = 2000;
  expect(hpet.read(0xf0, 4)).toBe(100);
  write(0x10, 0);
  schedule.now = 3000;
  expect(hpet.read(0xf0, 4)).toBe(100);
  write(0xf4, 5);
  write(0xf0, 7);
  expect([hpet.read(0xf4, 4), hpet.read(0xf0, 4)]).toEqual([5, 7]);
});

test("an edge-triggered one-shot pulses its pin once", () => {
  write(0x120, 0x4 | (17 << 9));
  write(0x128, 50);
  write(0x12c, 0);
  write(0x10, 1);
  schedule.advance(10_000);
  expect(log).toEqual([
    [500, 17, true],
    [500, 17, false],
  ]);
});

test("a level-triggered timer holds its pin until its status is cleared", () => {
  write(0x140, 0x6 | (18 << 9));
  write(0x148, 50);
  write(0x14c, 0);
  write(0x10, 1);
  schedule.advance(600);
  expect(hpet.read(0x20, 4)).toBe(4);
  write(0x20, 4);
  expect(hpet.read(0x20, 4)).toBe(0);
  expect(log).toEqual([
    [500, 18, true],
    [600, 18, false],
  ]);
});

test("timer 0 is periodic and can replace the PIT", () => {
  write(0x100, 0x4c);
  write(0x108, 100);
  write(0x10c, 0);
  write(0x108, 30);
  write(0x10, 3);
  schedule.advance(1_700);
  const rises = log.filter((entry) => (entry as unknown[])[2] === true);
  expect(rises).toEqual([1000, 1300, 1600].map((time) => [time, "legacy 0", true]));
  expect(hpet.isLegacy).toBe(true);
});

test("a 32-bit comparator matches again after a round of 32 bits", () => {
  write(0x120, 0x104 | (16 << 9));
  write(0x128, 10);
  write(0x10, 1);
  schedule.advance(100 + 2 ** 32 * 10);
  expect(log.map((entry) => (entry as unknown[])[0])).toEqual([
    ...[100, 100],
    ...[100 + 2 ** 32 * 10, 100 + 2 ** 32 * 10],
  ]);
});
