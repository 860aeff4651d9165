import { beforeEach, describe, expect, test } from "vitest";
import { SECOND } from "../../frequency.ts";
import { Schedule } from "../../schedule.ts";
import { PIT_HERTZ, Pit } from "./pit.ts";

let schedule: Schedule;
let pit: Pit;
let edges: [boolean, number][] = [];

beforeEach(() => {
  schedule = new Schedule();
  edges = [];
  let before: boolean | undefined;
  pit = new Pit(schedule, (level) => {
    if (level !== before) edges.push([level, schedule.now]);
    before = level;
  });
});

/** The first tick at which `cycles` of the input clock have passed. */
function tick(cycles: number): number {
  return Math.ceil((cycles * SECOND) / PIT_HERTZ);
}

function program(control: number, count: number): void {
  pit.write(3, 1, control);
  pit.write(control >> 6, 1, count & 0xff);
  pit.write(control >> 6, 1, count >> 8);
}

function latched(channel: number): number {
  pit.write(3, 1, channel << 6);
  return pit.read(channel, 1) | (pit.read(channel, 1) << 8);
}

describe("channel 0", () => {
  test("mode 2 gives a pulse each period", () => {
    program(0x34, 1000);
    schedule.advance(tick(3500));
    const expected = [1, 2, 3].flatMap((n) => [
      [false, tick(1000 * n)],
      [true, tick(1000 * n + 1)],
    ]);
    expect(edges).toEqual([[true, 0], ...expected]);
  });

  test("mode 0 rises once at the end of the count", () => {
    program(0x30, 50_000);
    expect(edges.at(-1)).toEqual([false, 0]);
    schedule.advance(SECOND);
    expect(edges.slice(-1)).toEqual([[true, tick(50_001)]]);
    expect(edges).toHaveLength(2);
  });

  test("mode 3 is a square wave, the longer half first", () => {
    program(0x36, 5);
    schedule.advance(tick(11));
    expect(edges.slice(1)).toEqual([
      [false, tick(4)],
      [true, tick(6)],
      [false, tick(9)],
      [true, tick(11)],
    ]);
  });

  test("mode 4 strobes low for one cycle", () => {
    program(0x38, 100);
    schedule.advance(SECOND);
    expect(edges.slice(1)).toEqual([
      [false, tick(101)],
      [true, tick(102)],
    ]);
  });
});

describe("reading", () => {
  test("a latched count stays until it is read", () => {
    program(0x34, 1000);
    schedule.advance(tick(301));
    pit.write(3, 1, 0x00);
    schedule.advance(tick(601));
    expect(pit.read(0, 1) | (pit.read(0, 1) << 8)).toBe(700);
    expect(pit.read(0, 1) | (pit.read(0, 1) << 8)).toBe(400);
  });

  test("the count goes on below zero in mode 0, and in decimal if asked", () => {
    program(0x30, 10);
    schedule.advance(tick(13));
    expect(latched(0)).toBe(0xfffe);
    program(0x31, 0x1000);
    schedule.advance(tick(13 + 2));
    expect(latched(0)).toBe(0x0999);
  });

  test("read-back latches status before count", () => {
    program(0x34, 1000);
    schedule.advance(tick(301));
    pit.write(3, 1, 0xc2);
    expect(pit.read(0, 1)).toBe(0xb4);
    expect(pit.read(0, 1) | (pit.read(0, 1) << 8)).toBe(700);
  });

  test("a count of 0 is 65536; single bytes load and read alone", () => {
    program(0x34, 0);
    schedule.advance(tick(2));
    expect(latched(0)).toBe(0xffff);
    pit.write(3, 1, 0x14);
    pit.write(0, 1, 100);
    schedule.advance(tick(3 + 10));
    expect(pit.read(0, 1)).toBe(90);
  });
});

describe("channel 2", () => {
  test("counts while port 0x61 opens its gate, and shows its output there", () => {
    program(0xb0, 100);
    schedule.advance(tick(1000));
    expect(pit.speaker.read(0, 1) & 0x21).toBe(0);
    pit.speaker.write(0, 1, 1);
    schedule.advance(tick(1060));
    expect(latched(2)).toBe(40);
    pit.speaker.write(0, 1, 0);
    schedule.advance(tick(5000));
    expect(latched(2)).toBe(40);
    pit.speaker.write(0, 1, 1);
    schedule.advance(tick(5041));
    expect(pit.speaker.read(0, 1) & 0x21).toBe(0x21);
  });

  test("mode 1 is started by its gate", () => {
    program(0xb2, 100);
    pit.speaker.write(0, 1, 1);
    expect(pit.speaker.read(0, 1) & 0x20).toBe(0);
    schedule.advance(tick(101));
    expect(pit.speaker.read(0, 1) & 0x20).toBe(0x20);
  });
});

test("a restored timer goes on", () => {
  program(0x34, 1000);
  schedule.advance(tick(500));
  const saved = pit.save();
  schedule.advance(tick(1500));
  schedule.now = tick(500);
  pit.restore(saved);
  edges = [];
  schedule.advance(tick(1000));
  expect(edges).toEqual([[false, tick(1000)]]);
});
