// Model-specific registers: grants, shadows, violations.
import { beforeEach, describe, expect, test } from "vitest";
import * as hc from "../../../abi/hypercall.ts";
import { REG_CR0, REG_EFER, REG_PAT, REG_RAX, REG_RBX, REG_RCX } from "../../../abi/platform.ts";
import * as msr from "../../../abi/x86/msr.ts";
import * as cfg from "../configurations.ts";
import { FakePlatform } from "../fake-platform.ts";
import { cpuid, readMsr } from "../fake-registers.ts";
import { Guest } from "./guest.ts";

const RESET_PAT = 0x0007040600070406n;
const RDMSR = [0x0f, 0x32];
const WRMSR = [0x0f, 0x30];

let guest: Guest;

beforeEach(() => {
  guest = new Guest();
  guest.code(WRMSR);
});

/** Creates a cell with CPU 3, starts it, and makes it the guest's CPU. */
function startCell(): Guest {
  const config = cfg.cellConfig({ regions: [cfg.loadable(5n * cfg.MIB), cfg.COMM], cpus: [3] });
  guest.platform.writeRam(cfg.CONFIG_ADDRESS, config);
  expect(guest.platform.hypercall(0, hc.HC_CELL_CREATE, cfg.CONFIG_ADDRESS)).toBe(0);
  expect(guest.platform.hypercall(0, hc.HC_CELL_START, 1n)).toBe(0);
  const other: Guest = Object.create(guest);
  Object.assign(other, { cpu: 3 });
  return other;
}

describe("grants", () => {
  const access = (number: number) => guest.platform.msrAccess(0, number);

  test.each([
    ["TSC", 0x10, 3],
    ["APIC base", 0x1b, 1],
    ["first MTRR", 0x200, 1],
    ["last MTRR", 0x276, 1],
    ["PAT", 0x277, 0],
    ["MTRRdefType", 0x2ff, 0],
    ["global performance control", 0x38f, 1],
    ["TSC deadline", 0x6e0, 3],
    ["x2APIC on an xAPIC machine", 0x808, 0],
    ["behind the x2APIC", 0x840, 1],
    ["the end of the reserved block", 0xd8f, 1],
    ["XSS", 0xda0, 3],
    ["EFER", 0xc0000080, 1],
    ["LSTAR", 0xc0000082, 3],
    ["SYSCFG", 0xc0010010, 1],
    ["HWCR", 0xc0010015, 3],
    ["VM_HSAVE_PA", 0xc0010117, 1],
  ])("%s", (_name, number, granted) => {
    expect(access(number)).toBe(granted);
  });
});

describe("what reaches beyond a cell", () => {
  test.each([
    ["processor trace", 0x560, 1, 1],
    ["the end of processor trace", 0x587, 1, 1],
    ["PCI configuration space's base", 0xc0010058, 1, 1],
    ["SMM_KEY", 0xc0010119, 1, 1],
    ["Intel's microcode update", 0x79, 3, 1],
    ["HWCR", 0xc0010015, 3, 1],
    ["NB_CFG", 0xc001001f, 3, 1],
    ["AMD's microcode update", 0xc0010020, 3, 1],
  ])("%s", (_name, number, root, other) => {
    startCell();
    expect(guest.platform.msrAccess(0, number)).toBe(root);
    expect(guest.platform.msrAccess(1, number)).toBe(other);
  });

  test("processor trace does not exist", () => {
    expect(guest.wrmsr(0x560, 0x1000n)).toBe(1);
    expect(guest.platform.takeRecord()).toEqual(["injectException 0x0 0xd 0x0"]);
    guest.platform.onCpuid = (leaf, part) => (leaf === 7 ? 0xffffffff : cpuid(leaf, part));
    guest.set(REG_RAX, 7n);
    guest.set(REG_RCX, 0n);
    guest.enter((core) => core.exitCpuid(0, 2));
    expect(guest.get(REG_RBX)).toBe(0xfdffffffn);
  });

  test("a cell's HWCR is not the machine's, a microcode update stops its CPU", () => {
    const cell = startCell();
    cell.code(WRMSR);
    guest.platform.takeRecord();
    expect(cell.wrmsr(0xc0010015, ~0n)).toBe(1);
    expect(cell.advanced).toBe(2);
    expect(guest.platform.takeRecord()).toEqual([]);
    expect(cell.wrmsr(0x79, 0n)).toBe(0);
    expect(guest.output()).toContain("FATAL: Unhandled MSR write: 79\n");
  });
});

describe("PAT and MTRRs", () => {
  test("a started CPU has the PAT of reset, uncached until it enables MTRRs", () => {
    const cell = startCell();
    expect(cell.get(REG_PAT)).toBe(0n);
    expect(cell.rdmsr(msr.MSR_PAT)).toBe(1);
    expect(cell.getPair()).toBe(RESET_PAT);
    expect(cell.wrmsr(msr.MSR_MTRR_DEF_TYPE, 0x806n)).toBe(1);
    expect(cell.get(REG_PAT)).toBe(RESET_PAT);
    expect(cell.wrmsr(msr.MSR_MTRR_DEF_TYPE, 0x6n)).toBe(1);
    expect(cell.get(REG_PAT)).toBe(0n);
  });

  test("the enable bit is the guest's, the rest the machine's", () => {
    guest.platform.onMsr = (number) => (number === 0x2ff ? 0xc06n : readMsr(number));
    expect(guest.wrmsr(msr.MSR_MTRR_DEF_TYPE, 0n)).toBe(1);
    expect(guest.rdmsr(msr.MSR_MTRR_DEF_TYPE)).toBe(1);
    expect(guest.getPair()).toBe(0x406n);
  });

  test("the root cell's PAT stays in effect", () => {
    const platform = new FakePlatform();
    platform.onMsr = (number) => (number === 0x2ff ? 0x806n : readMsr(number));
    const root = new Guest(platform);
    const value = 0x0106050400070106n;
    expect(root.wrmsr(msr.MSR_PAT, value)).toBe(1);
    expect(root.get(REG_PAT)).toBe(value);
    expect(root.rdmsr(msr.MSR_PAT)).toBe(1);
    expect(root.getPair()).toBe(value);
  });

  test("every value of every field is checked", () => {
    for (let field = 0n; field < 64n; field += 8n) {
      for (let type = 0n; type < 256n; type += type < 9n ? 1n : 19n) {
        const value = (RESET_PAT & ~(0xffn << field)) | (type << field);
        const valid = type < 8n && type !== 2n && type !== 3n;
        guest.code(WRMSR);
        expect(guest.wrmsr(msr.MSR_PAT, value)).toBe(valid ? 1 : 0);
        expect(guest.advanced).toBe(valid ? 2 : 0);
        const text = guest.output();
        if (!valid)
          expect(text.split("\n")[0]).toBe(`FATAL: Invalid PAT value: ${value.toString(16)}`);
      }
    }
  });
});

describe("EFER", () => {
  test("keeps LMA and shows SVME", () => {
    expect(guest.wrmsr(msr.MSR_EFER, 0x901n)).toBe(1);
    expect(guest.get(REG_EFER)).toBe(0x1d01n);
    guest.set(REG_CR0, 0x11n);
    guest.set(REG_EFER, 0x1000n);
    expect(guest.wrmsr(msr.MSR_EFER, 0x500n)).toBe(1);
    expect(guest.get(REG_EFER)).toBe(0x1100n);
  });

  test("does not show SVME on other processors", () => {
    const platform = new FakePlatform();
    platform.onCpuid = (leaf, part) => (leaf === 0 && part === 1 ? 0x756e6547 : cpuid(leaf, part));
    const intel = new Guest(platform);
    intel.set(REG_CR0, 0x11n);
    intel.set(REG_EFER, 0n);
    expect(intel.wrmsr(msr.MSR_EFER, 0x1100n)).toBe(1);
    expect(intel.get(REG_EFER)).toBe(0x100n);
  });

  test.each([
    ["a reserved bit", 0xd03n],
    ["a reserved upper bit", 0x100000d01n],
    ["LME under paging", 0x801n],
  ])("%s raises #GP", (_name, value) => {
    expect(guest.wrmsr(msr.MSR_EFER, value)).toBe(1);
    expect(guest.platform.takeRecord()).toEqual(["injectException 0x0 0xd 0x0"]);
    expect(guest.get(REG_EFER)).toBe(0xd00n);
    expect(guest.advanced).toBe(0);
  });
});

test.each([
  0x1b, 0x200, 0x276, 0x840, 0xd8f, 0xc0010010, 0xc001001d, 0xc0010117, 0x2000, 0xdeadbeef,
])("writing %i stops the CPU", (number) => {
  expect(guest.wrmsr(number, 1n << 12n)).toBe(0);
  expect(guest.output().split("\n")[0]).toBe(`FATAL: Unhandled MSR write: ${number.toString(16)}`);
  expect(guest.platform.takeRecord()).toEqual(["parkCpu 0x0 0x0"]);
});

test.each([0x2000, 0xbfffffff, 0xc0003000, 0xdeadbeef])("reading %i stops the CPU", (number) => {
  guest.code(RDMSR);
  expect(guest.rdmsr(number)).toBe(0);
  expect(guest.output().split("\n")[0]).toBe(`FATAL: Unhandled MSR read: ${number.toString(16)}`);
});

test.each([
  ["a platform", 0xc0010200],
  ["a processor (machine check)", 0xc0002004],
])("what %s cannot grant raises #GP", (_name, number) => {
  expect(guest.rdmsr(number)).toBe(1);
  expect(guest.wrmsr(number, 0n)).toBe(1);
  expect(guest.platform.takeRecord()).toEqual([
    "injectException 0x0 0xd 0x0",
    "injectException 0x0 0xd 0x0",
  ]);
});

test("VM_HSAVE_PA may be cleared, as Linux does before a reset", () => {
  expect(guest.wrmsr(0xc0010117, 0n)).toBe(1);
  expect(guest.advanced).toBe(2);
  expect(guest.platform.takeRecord()).toEqual([]);
});

test("global performance control is ignored", () => {
  expect(guest.wrmsr(0x38f, 7n)).toBe(1);
  expect(guest.advanced).toBe(2);
  expect(guest.platform.takeRecord()).toEqual([]);
});

test("exits are counted, the ICR's apart", () => {
  guest.wrmsr(msr.MSR_X2APIC_ICR, 0x40030n);
  guest.wrmsr(0x80b, 0n);
  guest.rdmsr(0x802);
  const counter = (stat: number) =>
    guest.platform.hypercall(0, hc.HC_CPU_GET_INFO, 0n, BigInt(hc.CPU_INFO_STAT_BASE + stat));
  expect(counter(hc.STAT_MSR_X2APIC_ICR)).toBe(1);
  expect(counter(hc.STAT_MSR_OTHER)).toBe(2);
});
