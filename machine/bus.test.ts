import { beforeEach, expect, test } from "vitest";
import { AddressSpace } from "./bus.ts";
import { BUS_HANDLED, BUS_IGNORED } from "./cpu/interface.ts";

let space: AddressSpace;
let log: unknown[][] = [];

/** Registers that read as their offset plus one in every byte, and log. */
function recorder(name: string) {
  return {
    read(offset: number, size: number) {
      log.push([name, "read", offset, size]);
      let value = 0;
      for (let index = size - 1; index >= 0; index--) value = value * 256 + offset + index + 1;
      return value;
    },
    write(offset: number, size: number, value: number) {
      log.push([name, "write", offset, size, value]);
    },
  };
}

beforeEach(() => {
  log = [];
  space = new AddressSpace("port");
  space.add(0x100, 8, recorder("byte"), { max: 1 });
  space.add(0x200, 8, recorder("wide"));
  space.add(0x300, 4, recorder("dword"), { min: 4 });
});

test("an access inside a range that takes its width arrives as it is", () => {
  expect(space.read(0x202, 2)).toBe(BUS_HANDLED);
  expect(space.low).toBe(0x0403);
  expect(space.write(0x204, 4, 0xdeadbeef, 0)).toBe(BUS_HANDLED);
  expect(log).toEqual([
    ["wide", "read", 2, 2],
    ["wide", "write", 4, 4, 0xdeadbeef],
  ]);
});

test("a wider access is split, lowest address first", () => {
  space.write(0x102, 4, 0x44332211, 0);
  expect(log).toEqual([
    ["byte", "write", 2, 1, 0x11],
    ["byte", "write", 3, 1, 0x22],
    ["byte", "write", 4, 1, 0x33],
    ["byte", "write", 5, 1, 0x44],
  ]);
  expect(space.read(0x200, 8)).toBe(BUS_HANDLED);
  expect([space.low, space.high]).toEqual([0x04030201, 0x08070605]);
  expect(log.slice(4)).toEqual([
    ["wide", "read", 0, 4],
    ["wide", "read", 4, 4],
  ]);
});

test("bytes that nobody claims read as ones and are lost when written", () => {
  expect(space.read(0x400, 4)).toBe(BUS_IGNORED);
  expect(space.low).toBe(0xffffffff);
  expect(space.read(0x106, 4)).toBe(BUS_HANDLED);
  expect(space.low).toBe(0xffff0807);
  expect(space.write(0xff, 2, 0x2211, 0)).toBe(BUS_HANDLED);
  expect(log.at(-1)).toEqual(["byte", "write", 0, 1, 0x22]);
  expect(space.write(0x500, 1, 0, 0)).toBe(BUS_IGNORED);
});

test("an access narrower than a range takes does not reach it", () => {
  expect(space.read(0x300, 2)).toBe(BUS_HANDLED);
  expect(space.low).toBe(0xffff);
  space.write(0x301, 1, 5, 0);
  expect(log).toEqual([]);
});

test("ranges may not overlap", () => {
  expect(() => space.add(0x107, 4, recorder("other"))).toThrow(
    "port 0x107 is in use from 0x100 on",
  );
});
