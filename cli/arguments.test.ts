import fc from "fast-check";
import { expect, test } from "vitest";
import { address, cellRef, cpuNumbers, loadArguments, size } from "./arguments.ts";
import { UsageError } from "./failure.ts";

test("a number is an id unless it follows --name", () => {
  expect(cellRef("3", undefined)).toBe(3);
  expect(cellRef("apic-demo", undefined)).toBe("apic-demo");
  expect(cellRef("0x1f", undefined)).toBe(31);
  expect(cellRef("0X2", undefined)).toBe(2);
  expect(cellRef("0x", undefined)).toBe("0x");
  expect(cellRef("0x2g", undefined)).toBe("0x2g");
  expect(cellRef("-1", undefined)).toBe("-1");
  expect(cellRef(undefined, "3")).toBe("3");
  for (const [argument, name] of [[], [""], ["a", "b"]] as [string?, string?][]) {
    expect(() => cellRef(argument, name)).toThrow(UsageError);
  }
});

test("CPUs are read as Linux lists them", () => {
  expect(cpuNumbers("3")).toEqual([3]);
  expect(cpuNumbers("0,2,5-7")).toEqual([0, 2, 5, 6, 7]);
  for (const text of ["", "x", "1,", "1-", "-1", "1-2-3", "1000", "7-5"]) {
    expect(() => cpuNumbers(text), text).toThrow(UsageError);
  }
});

test("addresses are read in C's notations, up to 64 bits", () => {
  expect(address("0xf0000")).toBe(0xf0000n);
  expect(address("017")).toBe(15n);
  expect(address("0")).toBe(0n);
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), (value) => {
      expect(address(`${value}`)).toBe(value);
      expect(address(`0x${value.toString(16)}`)).toBe(value);
    }),
  );
  for (const text of ["", "-1", "0x", "1.5", "12z", "09", "0x10000000000000000", " 1"]) {
    expect(() => address(text), text).toThrow(UsageError);
  }
});

test("sizes have binary suffixes", () => {
  expect([size("4096"), size("64k"), size("512M"), size("1G")]).toEqual([
    4096,
    65536,
    2 ** 29,
    2 ** 30,
  ]);
  for (const text of ["", "G", "0", "00M", "1T", "-1M", "1.5G"])
    expect(() => size(text)).toThrow(UsageError);
});

test("images and strings keep their order, each with the address after it", () => {
  const line = ["apic-demo", "a.bin", "-a", "0xf0000", "-s", "led=1 x", "-a", "0x1000", "b.bin"];
  expect(loadArguments(line)).toEqual({
    cell: "apic-demo",
    items: [
      { kind: "file", path: "a.bin", address: 0xf0000n },
      { kind: "string", text: "led=1 x", address: 0x1000n },
      { kind: "file", path: "b.bin", address: 0n },
    ],
  });
});

test("long forms, --name, a machine anywhere, and -- mean what they say", () => {
  const line = ["--name", "7", "--string", "-x", "--address", "8", "-m", "other", "--", "-file"];
  expect(loadArguments(line)).toEqual({
    cell: "7",
    machine: "other",
    items: [
      { kind: "string", text: "-x", address: 8n },
      { kind: "file", path: "-file", address: 0n },
    ],
  });
});

test.each([
  [[], /a cell must be given/],
  [["cell"], /an image or a string/],
  [["-a", "0", "cell"], /a cell must be given/],
  [["cell", "-a", "0"], /must follow its image/],
  [["cell", "x", "-a"], /needs a value/],
  [["cell", "x", "-a", "here"], /no address/],
  [["cell", "-s"], /needs a value/],
  [["cell", "x", "--frobnicate"], /unknown option --frobnicate/],
])("%j is misuse", (line, message) => {
  expect(() => loadArguments(line)).toThrow(message);
});
