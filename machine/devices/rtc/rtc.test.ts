import { beforeEach, describe, expect, test } from "vitest";
import { SECOND } from "../../frequency.ts";
import { Schedule } from "../../schedule.ts";
import { Rtc } from "./rtc.ts";

const START = Date.UTC(2015, 10, 22, 13, 59, 58) / 1000;

let schedule: Schedule;
let rtc: Rtc;
let line = false;

beforeEach(() => {
  schedule = new Schedule();
  rtc = new Rtc(
    schedule,
    (level) => {
      line = level;
    },
    START,
    [[0x15, 0x80]],
  );
});

function read(register: number): number {
  rtc.write(0, 1, register);
  return rtc.read(1, 1);
}

function write(register: number, value: number): void {
  rtc.write(0, 1, register);
  rtc.write(1, 1, value);
}

function time(): number[] {
  return [0x32, 9, 8, 7, 6, 4, 2, 0].map(read);
}

describe("time", () => {
  test("starts at the date given and goes on with virtual time", () => {
    expect(time()).toEqual([0x20, 0x15, 0x11, 0x22, 0x01, 0x13, 0x59, 0x58]);
    schedule.advance(2 * SECOND);
    expect(time()).toEqual([0x20, 0x15, 0x11, 0x22, 0x01, 0x14, 0x00, 0x00]);
  });

  test("starts within a second, if the date is", () => {
    rtc = new Rtc(schedule, () => {}, START + 0.75);
    schedule.advance(SECOND / 4 - 1);
    expect(time().at(-1)).toBe(0x58);
    schedule.advance(SECOND / 4);
    expect(time().at(-1)).toBe(0x59);
    schedule.advance((5 * SECOND) / 4);
    expect(time().at(-1)).toBe(0x00);
  });

  test("is shown in binary and in twelve hours if asked", () => {
    write(0xb, 0x04);
    expect(time()).toEqual([20, 15, 11, 22, 1, 0x81, 59, 58]);
  });

  test("is held while it is being set, and goes on from there", () => {
    write(0xb, 0x82);
    write(4, 0x23);
    write(0, 0x00);
    schedule.advance(10 * SECOND);
    expect(read(0)).toBe(0x00);
    write(0xb, 0x02);
    schedule.advance(15 * SECOND);
    expect(time()).toEqual([0x20, 0x15, 0x11, 0x22, 0x01, 0x23, 0x59, 0x05]);
  });

  test("changes right after the update flag was shown", () => {
    schedule.advance(SECOND - 244_001);
    expect(read(0xa)).toBe(0x26);
    schedule.advance(SECOND - 1);
    expect(read(0xa)).toBe(0xa6);
    schedule.advance(SECOND);
    expect(read(0xa)).toBe(0x26);
    expect(read(0)).toBe(0x59);
  });
});

describe("interrupts", () => {
  test("periodic, at the rate programmed, until register C is read", () => {
    write(0xb, 0x42);
    schedule.advance(976_562);
    expect(line).toBe(false);
    schedule.advance(976_563);
    expect(line).toBe(true);
    expect(read(0xc)).toBe(0xc0);
    expect(line).toBe(false);
    expect(read(0xc)).toBe(0);
    schedule.advance(2 * 976_563);
    expect(line).toBe(true);
  });

  test("alarm, with registers that match every value", () => {
    write(1, 0x05);
    write(3, 0xc0);
    write(5, 0xff);
    write(0xb, 0x22);
    schedule.advance(7 * SECOND - 1);
    expect(line).toBe(false);
    schedule.advance(7 * SECOND);
    expect(line).toBe(true);
    expect(read(0xc)).toBe(0xf0);
  });

  test("flags are set without interrupts as well", () => {
    schedule.advance(SECOND);
    expect(read(0xc) & 0x90).toBe(0x10);
    expect(line).toBe(false);
  });
});

test("memory keeps what is written; C and D are read-only", () => {
  expect(read(0x15)).toBe(0x80);
  write(0x40, 0x5a);
  write(0xd, 0);
  expect([read(0x40), read(0xd)]).toEqual([0x5a, 0x80]);
});
