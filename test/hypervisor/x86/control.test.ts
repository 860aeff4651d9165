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

  // Bit of CR4, and what announces it (AMD64 manual, volume 3, appendix E): leaf, part, bit there.
  test.each([
    ["VME", 0, 1, 3, 1],
    ["PVI", 1, 1, 3, 1],
    ["TSD", 2, 1, 3, 4],
    ["DE", 3, 1, 3, 2],
    ["PSE", 4, 1, 3, 3],
    ["MCE", 6, 1, 3, 7],
    ["PGE", 7, 1, 3, 13],
    ["OSFXSR", 9, 1, 3, 24],
    ["OSXMMEXCPT", 10, 1, 3, 25],
    ["UMIP", 11, 7, 2, 2],
    ["FSGSBASE", 16, 7, 1, 0],
    ["PCIDE", 17, 1, 2, 17],
    ["OSXSAVE", 18, 1, 2, 26],
    ["SMEP", 20, 7, 1, 7],
    ["SMAP", 21, 7, 1, 20],
    ["PKE", 22, 7, 2, 3],
    ["CET", 23, 7, 2, 7],
  ])(
    "CR4.%s is taken where CPUID announces it, and only there",
    (_name, bit, leaf, part, feature) => {
      guest.code([], 64);
      guest.set(reg.REG_CR0, 0x80010011n);
      const value = 0x20n | (1n << BigInt(bit));
      for (const isAnnounced of [true, false]) {
        guest.set(reg.REG_CR4, 0x20n);
        guest.platform.onCpuid = (number, at) => {
          if (number === 0) return 0xd;
          const pae = number === 1 && at === 3 ? 0x40 : 0;
          const mask = isAnnounced ? 1 << feature : ~(1 << feature);
          return pae | (number === leaf && at === part ? mask : 0);
        };
        expect(write(reg.REG_CR4, value)).toBe(1);
        expect(guest.get(reg.REG_CR4)).toBe(isAnnounced ? value : 0x20n);
        const faults = isAnnounced ? [] : ["injectException 0x0 0xd 0x0"];
        expect(guest.platform.takeRecord()).toEqual(faults);
      }
    },
  );

  test.each([
    ["VMXE", 0x2020n, 64],
    ["bit 32", 0x100000020n, 64],
    ["PAE cleared in long mode", 0x0n, 64],
    ["five levels switched on in long mode", 0x1020n, 64],
    ["PCIDE outside long mode", 0x20020n, 32],
    ["CET without WP", 0x800020n, 64],
  ] as const)("CR4: %s raises #GP, whatever CPUID announces", (_name, value, bits) => {
    guest.code([], bits);
    guest.platform.onCpuid = () => -1;
    const before = guest.get(reg.REG_CR4);
    expect(write(reg.REG_CR4, value)).toBe(1);
    expect(guest.get(reg.REG_CR4)).toBe(before);
    expect(guest.platform.takeRecord()).toEqual(["injectException 0x0 0xd 0x0"]);
  });

  test.each([
    ["WP cleared under CET", 0x80000011n, 0x800020n],
    ["paging off under PCIDE", 0x10011n, 0x20020n],
  ])("CR0: %s raises #GP", (_name, value, cr4) => {
    guest.code([], 32);
    guest.set(reg.REG_CR0, 0x80010011n);
    guest.set(reg.REG_CR4, cr4);
    expect(write(reg.REG_CR0, value)).toBe(1);
    expect(guest.get(reg.REG_CR0)).toBe(0x80010011n);
    expect(guest.platform.takeRecord()).toEqual(["injectException 0x0 0xd 0x0"]);
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
    guest.platform.onCpuid = (leaf, part) => (leaf === 0xd && part === 0 ? 0x602e7 : 0);
    guest.set(reg.REG_CR4, 0x40000n);
  });

  test.each([0x1n, 0x3n, 0x7n, 0xe7n, 0x201n, 0x60001n])("%i is taken", (value) => {
    expect(xsetbv(0n, value)).toBe(1);
    expect(guest.get(reg.REG_XCR0)).toBe(value);
  });

  test.each([
    [0n, 0x2n],
    [0n, 0x5n],
    [0n, 0x27n],
    [0n, 0x1fn],
    [0n, 0x20001n],
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
