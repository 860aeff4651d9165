import { beforeEach, describe, expect, test } from "vitest";
import { Pic } from "./pic.ts";

let pic: Pic;
let output = false;

beforeEach(() => {
  output = false;
  pic = new Pic((level) => {
    output = level;
  });
  initialize(pic.master, 0x20, 0x04);
  initialize(pic.slave, 0x28, 0x02);
});

function initialize(chip: Pic["master"], base: number, cascade: number): void {
  chip.write(0, 1, 0x11);
  chip.write(1, 1, base);
  chip.write(1, 1, cascade);
  chip.write(1, 1, 0x01);
}

function pulse(input: number): void {
  pic.setLine(input, true);
}

describe("requests", () => {
  test("go by priority, and wait for the end of what is in service", () => {
    pulse(4);
    pulse(1);
    expect(pic.acknowledge()).toBe(0x21);
    expect(output).toBe(false);
    pulse(0);
    expect(pic.acknowledge()).toBe(0x20);
    pic.master.write(0, 1, 0x20);
    expect(output).toBe(false);
    pic.master.write(0, 1, 0x20);
    expect(output).toBe(true);
    expect(pic.acknowledge()).toBe(0x24);
  });

  test("of the slave come through input 2", () => {
    pulse(8);
    expect(output).toBe(true);
    expect(pic.acknowledge()).toBe(0x28);
    pulse(12);
    expect(output).toBe(false);
    pic.slave.write(0, 1, 0x20);
    pic.master.write(0, 1, 0x20);
    expect(pic.acknowledge()).toBe(0x2c);
  });

  test("can be masked, and are still there afterwards", () => {
    pic.master.write(1, 1, 0x10);
    pulse(4);
    expect(output).toBe(false);
    expect(pic.master.read(0, 1)).toBe(0x10);
    expect(pic.master.read(1, 1)).toBe(0x10);
    pic.master.write(1, 1, 0);
    expect(output).toBe(true);
  });

  test("that went away before the acknowledge are spurious", () => {
    pulse(4);
    pic.setLine(4, false);
    expect(output).toBe(false);
    expect(pic.acknowledge()).toBe(0x27);
    pic.master.write(0, 1, 0x0b);
    expect(pic.master.read(0, 1)).toBe(0);
  });

  test("are taken once per edge, or as long as a level lasts", () => {
    pulse(5);
    pic.acknowledge();
    pic.master.write(0, 1, 0x20);
    expect(output).toBe(false);
    pic.setLine(5, false);
    pic.levels.write(0, 1, 0x20);
    pulse(5);
    pic.acknowledge();
    pic.master.write(0, 1, 0x65);
    expect(output).toBe(true);
  });
});

test("automatic end of interrupt leaves nothing in service", () => {
  pic.master.write(0, 1, 0x11);
  for (const word of [0x20, 0x04, 0x03]) pic.master.write(1, 1, word);
  pulse(3);
  expect(pic.acknowledge()).toBe(0x23);
  pic.master.write(0, 1, 0x0b);
  expect(pic.master.read(0, 1)).toBe(0);
});

test("rotation makes the input just served the last", () => {
  pulse(1);
  pic.acknowledge();
  pic.master.write(0, 1, 0xa0);
  pic.setLine(1, false);
  pulse(1);
  pulse(3);
  expect(pic.acknowledge()).toBe(0x23);
});

test("poll acknowledges by reading", () => {
  pulse(6);
  pic.master.write(0, 1, 0x0c);
  expect(pic.master.read(0, 1)).toBe(0x86);
  expect(output).toBe(false);
});

test("before initialisation everything is masked", () => {
  const fresh = new Pic(() => {});
  fresh.setLine(0, true);
  expect(fresh.output).toBe(false);
});
