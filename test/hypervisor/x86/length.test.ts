// Instructions whose length the platform does not know: the core reads them itself.
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import * as reg from "../../../abi/platform.ts";
import { type Bits, Guest } from "./guest.ts";

let guest: Guest;

beforeEach(() => {
  guest = new Guest();
});

const CPUID = [0x0f, 0xa2];
const RDMSR = [0x0f, 0x32];
const WRMSR = [0x0f, 0x30];
const VMCALL = [0x0f, 0x01, 0xc1];
const VMMCALL = [0x0f, 0x01, 0xd9];
const XSETBV = [0x0f, 0x01, 0xd1];
const CLTS = [0x0f, 0x06];

type Exit = (core: Guest["platform"]["core"]) => void;
const KINDS: readonly (readonly [string, readonly number[], Exit])[] = [
  ["CPUID", CPUID, (core) => core.exitCpuid(0, 0)],
  ["RDMSR", RDMSR, (core) => core.exitMsrRead(0, 0)],
  ["WRMSR", WRMSR, (core) => core.exitMsrWrite(0, 0)],
  ["VMCALL", VMCALL, (core) => core.hypercall(0, 0)],
  ["VMMCALL", VMMCALL, (core) => core.hypercall(0, 0)],
  ["XSETBV", XSETBV, (core) => core.exitXsetbv(0, 0)],
];

/** Makes RDMSR and WRMSR mean the PAT, XSETBV x87 and SSE. */
function prepare(code: readonly number[], bits: Bits): void {
  guest.code(code, bits);
  guest.set(reg.REG_CR4, guest.get(reg.REG_CR4) | 0x40000n);
  guest.platform.onCpuid = (leaf, part) => (leaf === 0xd && part === 0 ? 7 : 0);
  const isXsetbv = code.at(-1) === XSETBV[2];
  guest.set(reg.REG_RCX, isXsetbv ? 0n : 0x277n);
  guest.setPair(isXsetbv ? 3n : 0x7040600070406n);
}

describe.each([16, 32, 64] as const)("in %i-bit code", (bits) => {
  test.each(KINDS)("%s is passed by its own length", (_name, code, exit) => {
    prepare(code, bits);
    expect(guest.enter(exit)).toBe(1);
    expect(guest.advanced).toBe(code.length);
  });

  test.each(KINDS)("%s may have prefixes, up to 15 bytes", (_name, code, exit) => {
    const prefix = fc.constantFrom(0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf2, 0xf3);
    const prefixes = fc.array(prefix, { maxLength: 15 - code.length });
    fc.assert(
      fc.property(prefixes, fc.boolean(), (before, rex) => {
        const all = [...before, ...(rex && bits === 64 && before.length < 12 ? [0x48] : [])];
        prepare([...all, ...code], bits);
        expect(guest.enter(exit)).toBe(1);
        expect(guest.advanced).toBe(all.length + code.length);
      }),
      { numRuns: 30 },
    );
  });
});

test.each(KINDS)("%s whose code is not there stops the CPU", (_name, code, exit) => {
  prepare(code, 64);
  guest.set(reg.REG_CR3, 0x7000n);
  expect(guest.enter(exit)).toBe(0);
  expect(guest.output()).toMatch(/^FATAL: Unable to get the instruction\nRIP: /);
});

describe("code in the page of the last instruction", () => {
  const cpuid = () => guest.enter((core) => core.exitCpuid(0, 0));
  const reads = () => {
    let count = 0;
    const read = guest.platform.ram.get.bind(guest.platform.ram);
    guest.platform.ram.get = (page) => {
      count++;
      return read(page);
    };
    return () => count;
  };

  test("is read without a look at the page tables", () => {
    guest.code(CPUID);
    const count = reads();
    cpuid();
    const first = count();
    guest.set(reg.REG_RIP, guest.get(reg.REG_RIP) - 2n);
    cpuid();
    expect(count() - first).toBe(1);
    expect(guest.advanced).toBe(2);
  });

  test("is believed only if it is the instruction itself", () => {
    guest.code(CPUID);
    cpuid();
    guest.code([0x66, ...CPUID]);
    cpuid();
    expect(guest.advanced).toBe(3);
  });

  test("is looked for anew in another address space", () => {
    guest.code(CPUID);
    cpuid();
    guest.code(CPUID);
    guest.set(reg.REG_CR3, 0x7000n);
    expect(cpuid()).toBe(0);
  });

  test("is looked for anew in another page, and where it leaves the page", () => {
    guest.code(CPUID);
    cpuid();
    guest.platform.writeRam(0x21fffn, Uint8Array.from(CPUID));
    guest.set(reg.REG_RIP, 0x21fffn);
    expect(cpuid()).toBe(1);
    expect(guest.get(reg.REG_RIP)).toBe(0x22001n);
    guest.set(reg.REG_RIP, 0x21fffn);
    expect(cpuid()).toBe(1);
    expect(guest.get(reg.REG_RIP)).toBe(0x22001n);
  });
});

test("a known length is taken as it is, and no code is read", () => {
  guest.code([]);
  guest.set(reg.REG_CR3, 0x7000n);
  expect(guest.enter((core) => core.exitCpuid(0, 5))).toBe(1);
  expect(guest.advanced).toBe(5);
});

describe("a write of a control register", () => {
  const exit = (register = reg.REG_CR0) =>
    // The value is noise, as a platform's without decode assists may be.
    guest.enter((core) => core.exitCr(0, register, 0xdeadn, 0));

  test.each(Array.from({ length: 16 }, (_, register) => register))(
    "MOV from register %i",
    (register) => {
      const rex = register >= 8 ? [0x41] : [];
      guest.code([...rex, 0x0f, 0x22, 0xc0 | (register & 7)]);
      guest.set(register, 0xc0000011n);
      expect(exit()).toBe(1);
      expect(guest.get(reg.REG_CR0)).toBe(0xc0000011n);
      expect(guest.advanced).toBe(rex.length + 3);
    },
  );

  test("has 32 bits outside of 64-bit code", () => {
    guest.code([0x0f, 0x22, 0xc1], 32);
    guest.set(reg.REG_RCX, 0xffffffff00000011n);
    expect(exit()).toBe(1);
    expect(guest.get(reg.REG_CR0)).toBe(0x11n);
  });

  test("has 64 bits there, and the upper ones are refused", () => {
    guest.code([0x0f, 0x22, 0xc1]);
    guest.set(reg.REG_RCX, 0x180000011n);
    expect(exit()).toBe(1);
    expect(guest.platform.takeRecord()).toEqual(["injectException 0x0 0xd 0x0"]);
    expect(guest.advanced).toBe(0);
  });

  test("of CR4", () => {
    // A processor with PAE, FXSR and SSE.
    guest.platform.onCpuid = (leaf, part) => (leaf === 1 && part === 3 ? 0x3000040 : 1);
    guest.code([0x0f, 0x22, 0xe2]);
    guest.set(reg.REG_RDX, 0x620n);
    expect(exit(reg.REG_CR4)).toBe(1);
    expect(guest.get(reg.REG_CR4)).toBe(0x620n);
  });

  test.each([
    [0x11n, 0x0n, 0x11n, "does not clear PE"],
    [0x1fn, 0x1n, 0x11n, "clears MP, EM and TS"],
    [0x60000010n, 0xffffn, 0x6000001fn, "sets four bits, no more"],
  ])("LMSW: %i with %i is %i: %s", (before, source, after) => {
    guest.code([0x0f, 0x01, 0xf0], 16);
    guest.set(reg.REG_CR0, before);
    guest.set(reg.REG_RAX, source);
    expect(exit()).toBe(1);
    // NW never becomes effective.
    expect(guest.get(reg.REG_CR0)).toBe(after & ~0x20000000n);
    expect(guest.advanced).toBe(3);
  });

  test("CLTS", () => {
    guest.code(CLTS);
    guest.set(reg.REG_CR0, 0x8000003fn);
    expect(exit()).toBe(1);
    expect(guest.get(reg.REG_CR0)).toBe(0x80000037n);
    expect(guest.advanced).toBe(2);
  });

  test.each([
    ["another instruction", [0x90]],
    ["another register's", [0x0f, 0x22, 0xe0]],
    ["CR8's", [0x44, 0x0f, 0x22, 0xc0]],
    ["LMSW from memory", [0x0f, 0x01, 0x30]],
    ["SMSW", [0x0f, 0x01, 0xe0]],
    ["15 prefixes", Array.from({ length: 15 }, () => 0x66)],
  ])("that is %s stops the CPU", (_name, code) => {
    guest.code(code);
    expect(exit()).toBe(0);
    expect(guest.output()).toMatch(/^FATAL: Unable to parse MOV-to-CR instruction\nRIP: /);
  });
});
