// Control registers that a cell may not write alone: CR0, CR4, XCR0.
import { beforeEach, describe, expect, test } from "vitest";
import * as reg from "../../../abi/platform.ts";
import { Guest } from "./guest.ts";

let guest: Guest;

beforeEach(() => {
  guest = new Guest();
});

describe("control registers", () => {
  const write = (register: number, value: bigint) =>
    guest.enter((core) => core.exitCr(0, register, value, 3));

  test("CR0.NW never becomes effective", () => {
    guest.code([], 32);
    expect(write(reg.REG_CR0, 0x60000011n)).toBe(1);
    expect(guest.get(reg.REG_CR0)).toBe(0x40000011n);
    expect(guest.advanced).toBe(3);
  });

  test("EFER.LMA follows CR0.PG", () => {
    guest.code([], 32);
    guest.set(reg.REG_CR4, 0x20n);
    guest.set(reg.REG_EFER, 0x1100n);
    expect(write(reg.REG_CR0, 0x80000011n)).toBe(1);
    expect(guest.get(reg.REG_EFER)).toBe(0x1500n);
    expect(write(reg.REG_CR0, 0x11n)).toBe(1);
    expect(guest.get(reg.REG_EFER)).toBe(0x1100n);
  });

  test.each([
    ["paging without protection", 32, 0x80000000n],
    ["NW without CD", 32, 0x20000011n],
    ["upper bits", 32, 0x100000011n],
    ["no paging in 64-bit code", 64, 0x11n],
  ] as const)("CR0: %s raises #GP", (_name, bits, value) => {
    guest.code([], bits);
    const before = guest.get(reg.REG_CR0);
    expect(write(reg.REG_CR0, value)).toBe(1);
    expect(guest.platform.takeRecord()).toEqual(["injectException 0x0 0xd 0x0"]);
    expect(guest.get(reg.REG_CR0)).toBe(before);
    expect(guest.advanced).toBe(0);
  });

  test("CR0: long mode without PAE raises #GP", () => {
    guest.code([], 32);
    guest.set(reg.REG_EFER, 0x100n);
    expect(write(reg.REG_CR0, 0x80000011n)).toBe(1);
    expect(guest.platform.takeRecord()).toEqual(["injectException 0x0 0xd 0x0"]);
  });

  test("CR4.VMXE raises #GP, other values are taken", () => {
    expect(write(reg.REG_CR4, 0x2020n)).toBe(1);
    expect(guest.platform.takeRecord()).toEqual(["injectException 0x0 0xd 0x0"]);
    expect(write(reg.REG_CR4, 0x620n)).toBe(1);
    expect(guest.get(reg.REG_CR4)).toBe(0x620n);
  });

  test("others stop the CPU", () => {
    expect(write(reg.REG_CR3, 0n)).toBe(0);
    expect(guest.output()).toMatch(/^FATAL: Unhandled CR access, register: 14\n/);
  });
});

describe("XSETBV", () => {
  const xsetbv = (index: bigint, value: bigint) => {
    guest.set(reg.REG_RCX, index);
    guest.setPair(value);
    return guest.enter((core) => core.exitXsetbv(0, 3));
  };

  beforeEach(() => {
    guest.platform.onCpuid = (leaf, part) => (leaf === 0xd && part === 0 ? 0xe7 : 0);
    guest.set(reg.REG_CR4, 0x40000n);
  });

  test.each([0x1n, 0x3n, 0x7n, 0xe7n])("%i is taken", (value) => {
    expect(xsetbv(0n, value)).toBe(1);
    expect(guest.get(reg.REG_XCR0)).toBe(value);
  });

  test.each([
    [0n, 0x2n],
    [0n, 0x5n],
    [0n, 0x27n],
    [0n, 0x1fn],
    [0n, 0x100000001n],
    [1n, 0x1n],
  ])("register %i = %i stops the CPU", (index, value) => {
    expect(xsetbv(index, value)).toBe(0);
    const high = (value >> 32n).toString(16).padStart(8, "0");
    const low = (value & 0xffffffffn).toString(16).padStart(8, "0");
    expect(guest.output().split("\n")[0]).toBe(
      `FATAL: Invalid xsetbv parameters: xcr[${index}] = ${high}:${low}`,
    );
    expect(guest.get(reg.REG_XCR0)).toBe(0n);
  });

  test("is #UD without OSXSAVE and #GP outside the kernel", () => {
    guest.set(reg.REG_CPL, 3n);
    expect(xsetbv(0n, 1n)).toBe(1);
    guest.set(reg.REG_CR4, 0n);
    expect(xsetbv(0n, 1n)).toBe(1);
    expect(guest.platform.takeRecord()).toEqual([
      "injectException 0x0 0xd 0x0",
      "injectException 0x0 0x6 0x-1",
    ]);
  });
});
