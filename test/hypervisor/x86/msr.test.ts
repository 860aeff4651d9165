// Model-specific registers: grants, shadows, violations.
import { beforeEach, describe, expect, test } from "vitest";
import * as hc from "../../../abi/hypercall.ts";
import {
  REG_CR0,
  REG_EFER,
  REG_PAT,
  REG_RAX,
  REG_RBX,
  REG_RCX,
  REG_TSC,
} from "../../../abi/platform.ts";
import * as msr from "../../../abi/x86/msr.ts";
import { type Access, type MsrRow, msrLists, type Vendor } from "../../../tools/reference/msrs.ts";
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

/** A guest of the root cell on a processor with such an EBX in its vendor string. */
function guestOf(ebx: number): Guest {
  const platform = new FakePlatform();
  platform.onCpuid = (leaf, part) => (leaf === 0 && part === 1 ? ebx : cpuid(leaf, part));
  return new Guest(platform);
}

const INTEL_EBX = 0x756e6547;
/** Makers, the beginnings of their vendor strings, and whose lists they have. */
const MAKERS: readonly (readonly [string, number, Vendor])[] = [
  ["AMD", 0x68747541, "amd"],
  ["Hygon", 0x6f677948, "amd"],
  ["Intel", INTEL_EBX, "intel"],
];

/** MSR_ACCESS_* of all registers that a permission map has, by what the core has granted. */
function mapOf(platform: FakePlatform, cell: number): Map<number, number> {
  const map = new Map(MAPPED.map((number) => [number, 0]));
  for (const change of platform.msrs.get(cell) ?? []) {
    const [verb, first = 0, count = 0, access = 0] = change
      .split(" ")
      .map((word, at) => (at ? Number(word) : word));
    for (let number = Number(first); number < Number(first) + Number(count); number++) {
      const old = map.get(number) ?? 0;
      map.set(number, verb === "grant" ? old | Number(access) : old & ~Number(access));
    }
  }
  return map;
}

const RANGES = [0, 0xc0000000, 0xc0010000];
const MAPPED = RANGES.flatMap((base) => Array.from({ length: 0x2000 }, (_, i) => base + i));
/** Emulated on this xAPIC machine, whatever a list has. */
const isEmulated = (number: number) =>
  number === msr.MSR_PAT ||
  number === msr.MSR_MTRR_DEF_TYPE ||
  (number >= 0x800 && number <= 0x853);

/** What the lists say of a register, MSR_ACCESS_*. */
function listed(rows: readonly MsrRow[], number: number): number {
  const names = rows
    .filter(({ first, last }) => number >= first && number <= last)
    .map(({ access }) => access);
  const can = (...which: Access[]) => names.some((name) => which.includes(name));
  return (can("R", "RW", "R_DROP") ? 1 : 0) | (can("W", "RW") ? 2 : 0);
}

describe.each(MAKERS)("the permission maps (%s)", (_name, ebx, vendor) => {
  const { cell, root } = msrLists(vendor);

  test("are what the lists say, for each register", () => {
    guest = guestOf(ebx);
    startCell();
    const maps = [0, 1].map((number) => mapOf(guest.platform, number));
    const hidden = root.filter(({ access }) => access === "ZERO");
    for (const number of MAPPED) {
      const own = listed(cell, number);
      const isHidden = hidden.some(({ first, last }) => number >= first && number <= last);
      const all = (own & 2) | (listed(root, number) & 2) | (isHidden ? 0 : 1);
      const label = `0x${number.toString(16)}`;
      expect(maps[1]!.get(number), label).toBe(isEmulated(number) ? 0 : own);
      expect(maps[0]!.get(number), label).toBe(isEmulated(number) ? 0 : all);
    }
    expect(
      [...maps[0]!.keys(), ...maps[1]!.keys()].every(
        (key) => MAPPED.includes(key) || key >= 0xc0002000,
      ),
    ).toBe(true);
  });
});

/** What nobody may write: the manuals, not the lists, are the source of these. */
const FORBIDDEN: readonly (readonly [string, number, number])[] = [
  ["TSC", 0x10, 0x10],
  ["APIC base", 0x1b, 0x1b],
  ["TSC_ADJUST", 0x3b, 0x3b],
  ["MTRRs and PAT", 0x200, 0x277],
  ["MTRRdefType", 0x2ff, 0x2ff],
  ["processor trace", 0x560, 0x587],
  ["L3 allocation masks", 0xc90, 0xd8f],
  ["EFER", 0xc0000080, 0xc0000080],
  ["TSC_RATIO", 0xc0000104, 0xc0000104],
  ["SYSCFG", 0xc0010010, 0xc0010010],
  ["I/O ranges, top of memory", 0xc0010016, 0xc001001d],
  ["I/O traps and triggers", 0xc0010050, 0xc0010056],
  ["PCI configuration space's base", 0xc0010058, 0xc0010058],
  ["C-state base", 0xc0010073, 0xc0010073],
  ["SMM, VM_CR, VM_HSAVE_PA, SVM's key", 0xc0010111, 0xc0010119],
  ["AVIC's doorbell", 0xc001011b, 0xc001011b],
  ["SEV and RMP", 0xc0010130, 0xc0010138],
  ["CPUID override", 0xc0011000, 0xc0011018],
];

test.each(FORBIDDEN)("nobody writes %s without an exit", (_name, first, last) => {
  startCell();
  for (let number = first; number <= last; number++)
    for (const cell of [0, 1]) expect(guest.platform.msrAccess(cell, number) & 2).toBe(0);
});

/** What Linux writes at each CPU's bring-up or when that goes, and on the way (6.1 to 6.12, AMD). */
const LINUX = [
  ...[
    0x48, 0x49, 0x174, 0x175, 0x176, 0x17a, 0x17b, 0x1d9, 0x400, 0x401, 0x47c, 0x6a0, 0x6a2, 0xc8d,
    0xc8f, 0xda0,
  ],
  ...[
    0xc0000081, 0xc0000084, 0xc0000100, 0xc0000101, 0xc0000102, 0xc0000103, 0xc000010e, 0xc000010f,
  ],
  ...[
    0xc0000301, 0xc0000302, 0xc0000408, 0xc0000410, 0xc0010000, 0xc0010004, 0xc0010015, 0xc001001f,
    0xc0010020,
  ],
  ...[
    0xc0010048, 0xc0010062, 0xc001011f, 0xc0010200, 0xc001020b, 0xc0010230, 0xc0010240, 0xc00102b1,
    0xc00102b3,
  ],
  ...[
    0xc00102f0, 0xc0010300, 0xc0010400, 0xc0011019, 0xc0011020, 0xc0011021, 0xc0011022, 0xc0011023,
    0xc0011027,
  ],
  ...[0xc0011029, 0xc001102a, 0xc001102e, 0xc0011030, 0xc0011033, 0xc001103a, 0xc00110e3],
];

test.each(LINUX)("Linux writes %i without an exit", (number) => {
  expect(guest.platform.msrAccess(0, number)).toBe(3);
});

/** The same of an Intel machine: what Linux 6.1 to 6.12 writes at each CPU's bring-up, when that goes, and on the way. */
const LINUX_INTEL: readonly (readonly [string, readonly number[]])[] = [
  ["speculation, TSX, fast stores", [0x48, 0x49, 0x10b, 0x10f, 0x122, 0x123]],
  ["split locks, UMWAIT, CPUID that faults", [0x33, 0xe1, 0x140]],
  [
    "SYSENTER, SYSCALL, bases",
    [0x174, 0x175, 0x176, 0xc0000081, 0xc0000084, 0xc0000100, 0xc0000103],
  ],
  ["CET, extended state", [0x6a0, 0x6a2, 0x6a8, 0xda0, 0x1c4, 0x1c5]],
  ["microcode, PPIN", [0x79, 0x4e]],
  ["machine checks", [0x17a, 0x17b, 0x17f, 0x280, 0x29f, 0x400, 0x401, 0x47f, 0x4d0]],
  ["heat", [0x19b, 0x19c, 0x1a0, 0x1b1, 0x1b2]],
  ["power", [0x199, 0x19a, 0x1b0, 0x1fc, 0xe2, 0x770, 0x773, 0x774, 0x777]],
  ["resctrl", [0xc8d, 0xc8f]],
  ["counters", [0xc1, 0xc8, 0x186, 0x18d, 0x309, 0x30c, 0x329, 0x38d, 0x390, 0x4c1]],
  ["counters, version 6", [0x1900, 0x1901, 0x1903, 0x1980, 0x1983]],
  ["PEBS, off-core responses", [0x3f1, 0x3f2, 0x3f6, 0x3f7, 0x600, 0x1a6, 0x1a7]],
  ["last branches", [0x1c8, 0x1c9, 0x1d9, 0x680, 0x6df, 0xdc0, 0x14ce, 0x14cf, 0x1200, 0x161f]],
  ["uncore counters", [0x391, 0x394, 0x396, 0x3b0, 0x3b3, 0x700, 0x73f, 0xe01]],
  ["the APIC timer's deadline", [0x6e0]],
];

test.each(LINUX_INTEL)("Linux on Intel writes for %s without an exit", (_name, numbers) => {
  guest = guestOf(INTEL_EBX);
  for (const number of numbers)
    expect([number, guest.platform.msrAccess(0, number) & 2]).toEqual([number, 2]);
});

/** What nobody may write on an Intel machine: firmware, SMM, VT-x; and what the processor writes to memory past all maps. */
const FORBIDDEN_INTEL: readonly (readonly [string, number, number])[] = [
  ["TSC, APIC base, TSC_ADJUST", 0x10, 0x1b],
  ["FEATURE_CONTROL, TSC_ADJUST", 0x3a, 0x3b],
  ["SGX' keys", 0x8c, 0x8f],
  ["the monitor of SMM, its base", 0x9b, 0x9e],
  ["ports that are C-states", 0xe4, 0xe4],
  ["SMRR", 0x1f2, 0x1f3],
  ["MTRRs and PAT", 0x200, 0x277],
  ["VMX", 0x480, 0x493],
  ["processor trace", 0x560, 0x587],
  ["limits of the package's power", 0x610, 0x61c],
  ["the debug interface", 0xc80, 0xc80],
  ["allocation masks", 0xc90, 0xd8f],
  ["the table of hardware feedback", 0x17d0, 0x17d1],
  ["EFER", 0xc0000080, 0xc0000080],
];

test.each(FORBIDDEN_INTEL)("nobody writes %s on Intel without an exit", (_name, first, last) => {
  guest = guestOf(INTEL_EBX);
  startCell();
  for (let number = first; number <= last; number++)
    for (const cell of [0, 1]) expect(guest.platform.msrAccess(cell, number) & 2).toBe(0);
});

test("Linux on Intel is refused what it does not need, and not stopped", () => {
  guest = guestOf(INTEL_EBX);
  guest.code(WRMSR);
  for (const number of [0x3a, 0x570, 0x610, 0xc90, 0x17d0]) {
    guest.platform.takeRecord();
    expect(guest.wrmsr(number, 1n)).toBe(1);
    expect(guest.advanced).toBe(0);
    expect(guest.platform.takeRecord()).toEqual(["injectException 0x0 0xd 0x0"]);
  }
  expect(guest.output()).toBe("");
});

describe("a cell", () => {
  test.each([
    ["I/O trap", 0xc0010050],
    ["microcode (Intel)", 0x79],
    ["microcode (AMD)", 0xc0010020],
    ["behind the x2APIC", 0x854],
    ["no range", 0x2000],
    ["a hypervisor's", 0x40000000],
    ["DebugCtl", 0x1d9],
    ["SMCA", 0xc0002001],
    ["EFER: a reserved bit", 0xc0000080],
  ])("%s: a write raises #GP, without a record or a report", (_name, number) => {
    const cell = startCell();
    cell.code(WRMSR);
    guest.platform.takeRecord();
    expect(cell.wrmsr(number, 2n)).toBe(1);
    expect(cell.advanced).toBe(0);
    expect(guest.platform.takeRecord()).toEqual(["injectException 0x3 0xd 0x0"]);
    expect(guest.output()).not.toContain("FATAL");
    expect(guest.platform.hypercall(0, hc.HC_DENIAL_WORD, 4n)).toBe(0);
  });

  test("TSC: a write moves the cell's own, and not the processor's", () => {
    const cell = startCell();
    cell.code(WRMSR);
    guest.platform.takeRecord();
    expect(cell.wrmsr(0x10, 5n)).toBe(1);
    expect(cell.advanced).toBe(2);
    expect(cell.get(REG_TSC)).toBe(5n);
    expect(guest.platform.takeRecord()).toEqual([]);
  });

  test.each([0x2000, 0xbfffffff, 0xc0003000, 0xdeadbeef, 0xc0010050, 0xc0010117, 0xc0010131])(
    "reading %i raises #GP",
    (number) => {
      const cell = startCell();
      cell.code(RDMSR);
      guest.platform.takeRecord();
      expect(cell.rdmsr(number)).toBe(1);
      expect(cell.advanced).toBe(0);
      expect(guest.platform.takeRecord()).toEqual(["injectException 0x3 0xd 0x0"]);
    },
  );

  test.each([0x1b, 0x200, 0x276])("writing %i stops the CPU", (number) => {
    const cell = startCell();
    cell.code(WRMSR);
    guest.platform.takeRecord();
    guest.output();
    expect(cell.wrmsr(number, 1n << 12n)).toBe(0);
    expect(guest.output().split("\n")[0]).toBe(
      `FATAL: Unhandled MSR write: ${number.toString(16)}`,
    );
    expect(guest.platform.takeRecord()).toEqual(["parkCpu 0x3 0x0"]);
  });

  test.each([0x179, 0x17a, 0x401, 0xc0002001, 0xc0002fff])(
    "has no machine check banks: %i reads as zero",
    (number) => {
      guest.platform.onMsr = () => ~0n;
      const cell = startCell();
      cell.code(RDMSR);
      expect(cell.rdmsr(number)).toBe(1);
      expect(cell.advanced).toBe(2);
      expect(cell.getPair()).toBe(0n);
    },
  );

  test("writes HWCR and nothing happens", () => {
    const cell = startCell();
    cell.code(WRMSR);
    guest.platform.takeRecord();
    expect(cell.wrmsr(0xc0010015, ~0n)).toBe(1);
    expect(cell.advanced).toBe(2);
    expect(guest.platform.takeRecord()).toEqual([]);
  });
});

describe("the root cell", () => {
  test("reads and clears the scalable machine check's banks, which no permission map has", () => {
    guest.platform.onMsr = (number) => (number === 0xc0002011 ? 0xb2000000_00000135n : 0n);
    guest.code(RDMSR);
    expect(guest.rdmsr(0xc0002011)).toBe(1);
    expect(guest.advanced).toBe(2);
    expect(guest.getPair()).toBe(0xb2000000_00000135n);
    guest.code(WRMSR);
    expect(guest.wrmsr(0xc0002011, 0n)).toBe(1);
    expect(guest.advanced).toBe(2);
    expect(guest.platform.takeRecord()).toEqual(["writeMsr 0x0 0xc0002011 0x0"]);
  });

  test("reads what the processor has, and #GP where that has nothing", () => {
    guest.platform.onMsr = () => 5n;
    guest.code(RDMSR);
    expect(guest.rdmsr(0x2000)).toBe(1);
    expect(guest.getPair()).toBe(5n);
    guest.platform.hasMsr = () => false;
    guest.code(RDMSR);
    for (const number of [0xc0002001, 0x40000000, 0xdeadbeef]) {
      expect(guest.rdmsr(number)).toBe(1);
      expect(guest.advanced).toBe(0);
      expect(guest.platform.takeRecord()).toEqual(["injectException 0x0 0xd 0x0"]);
    }
    guest.code(WRMSR);
    expect(guest.wrmsr(0xc0002001, 0n)).toBe(1);
    expect(guest.advanced).toBe(0);
    expect(guest.platform.takeRecord()).toContain("injectException 0x0 0xd 0x0");
  });

  test("does not see where the hypervisor's memory is", () => {
    guest.platform.onMsr = () => 0x3a123000n;
    guest.code(RDMSR);
    expect(guest.rdmsr(0xc0010117)).toBe(1);
    expect(guest.getPair()).toBe(0n);
  });

  test.each([
    ...[
      0x10, 0x1b, 0x200, 0x276, 0xc90, 0xc0000104, 0xc0010010, 0xc001001d, 0xc0010050, 0xc0010058,
    ],
    ...[0xc0010073, 0xc0010117, 0xc0010132, 0xc0011005, 0x2000, 0xdeadbeef],
  ])("writing %i raises #GP, is recorded once, and never stops the CPU", (number) => {
    for (let times = 0; times < 3; times++) {
      expect(guest.wrmsr(number, BigInt(times + 1) << 12n)).toBe(1);
      expect(guest.advanced).toBe(0);
      expect(guest.platform.takeRecord()).toEqual(["injectException 0x0 0xd 0x0"]);
    }
    expect(guest.output()).toBe("");
    expect(guest.platform.hypercall(0, hc.HC_DENIAL_WORD, 4n)).toBe(1);
  });

  test("is not stopped for a PAT that does not exist either", () => {
    expect(guest.wrmsr(msr.MSR_PAT, 2n)).toBe(1);
    expect(guest.platform.takeRecord()).toEqual(["injectException 0x0 0xd 0x0"]);
    expect(guest.platform.hypercall(0, hc.HC_DENIAL_WORD, 4n)).toBe(1);
  });

  test("may not make Linux see processor trace, which is not there", () => {
    guest.platform.onCpuid = (leaf, part) => (leaf === 7 ? 0xffffffff : cpuid(leaf, part));
    guest.set(REG_RAX, 7n);
    guest.set(REG_RCX, 0n);
    guest.enter((core) => core.exitCpuid(0, 2));
    expect(guest.get(REG_RBX)).toBe(0xfdffffffn);
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
    const cell = startCell();
    guest.output();
    for (let field = 0n; field < 64n; field += 8n) {
      for (let type = 0n; type < 256n; type += type < 9n ? 1n : 19n) {
        const value = (RESET_PAT & ~(0xffn << field)) | (type << field);
        const valid = type < 8n && type !== 2n && type !== 3n;
        cell.code(WRMSR);
        expect(cell.wrmsr(msr.MSR_PAT, value)).toBe(valid ? 1 : 0);
        expect(cell.advanced).toBe(valid ? 2 : 0);
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

  // Bit, and what announces it (AMD64 manual, volume 3, appendix E): leaf, part, bit there.
  test.each([
    ["SCE", 0, 0x80000001, 3, 11],
    ["NXE", 11, 0x80000001, 3, 20],
    ["FFXSR", 14, 0x80000001, 3, 25],
    ["TCE", 15, 0x80000001, 2, 17],
    ["MCOMMIT", 17, 0x80000008, 1, 8],
    ["INTWB", 18, 0x80000008, 1, 13],
    ["UAIE", 20, 0x80000021, 0, 7],
    ["AIBRSE", 21, 0x80000021, 0, 8],
  ])("%s is taken where CPUID announces it, and only there", (_name, bit, leaf, part, feature) => {
    const announce = (mask: number, last = 0x80000021) => {
      guest.platform.onCpuid = (number, at) => {
        if (number === 0x80000000) return at === 0 ? last : 0;
        const others = number === 0x80000001 && at === 3 ? 0x20000000 : 0;
        return number === leaf && at === part ? mask | others : others;
      };
    };
    const value = 0xd00n & ~(1n << 11n);
    for (const isAnnounced of [true, false]) {
      guest.code(WRMSR);
      announce(isAnnounced ? 1 << feature : ~(1 << feature));
      expect(guest.wrmsr(msr.MSR_EFER, value | (1n << BigInt(bit)))).toBe(1);
      expect(guest.advanced).toBe(isAnnounced ? 2 : 0);
      const faults = isAnnounced ? [] : ["injectException 0x0 0xd 0x0"];
      expect(guest.platform.takeRecord()).toEqual(faults);
    }
    // A leaf beyond the last one says nothing.
    guest.code(WRMSR);
    announce(~0, leaf - 1);
    expect(guest.wrmsr(msr.MSR_EFER, value | (1n << BigInt(bit)))).toBe(1);
    expect(guest.advanced).toBe(0);
  });

  test("Linux' trampoline on a Zen 4: SCE, LME, NXE and AIBRSE before paging", () => {
    guest.platform.onCpuid = (leaf, part) =>
      leaf === 0x80000021 && part === 0 ? 0x100 : cpuid(leaf, part);
    guest.code(WRMSR, 32);
    expect(guest.wrmsr(msr.MSR_EFER, 0x200901n)).toBe(1);
    expect(guest.advanced).toBe(2);
    expect(guest.get(REG_EFER)).toBe(0x201901n);
    expect(guest.platform.takeRecord()).toEqual([]);
  });

  test.each([
    ["a reserved bit", 0xd03n],
    ["LMSLE, which nothing announces", 0x2d00n],
    ["a reserved upper bit", 0x100000d01n],
    ["LME under paging", 0x801n],
  ])("%s raises #GP", (_name, value) => {
    expect(guest.wrmsr(msr.MSR_EFER, value)).toBe(1);
    expect(guest.platform.takeRecord()).toEqual(["injectException 0x0 0xd 0x0"]);
    expect(guest.get(REG_EFER)).toBe(0xd00n);
    expect(guest.advanced).toBe(0);
  });
});

test("VM_HSAVE_PA may be cleared, as Linux does before a reset", () => {
  expect(guest.wrmsr(0xc0010117, 0n)).toBe(1);
  expect(guest.advanced).toBe(2);
  expect(guest.platform.takeRecord()).toEqual([]);
});

test("global performance control is ignored on Intel, as the original does", () => {
  guest = guestOf(INTEL_EBX);
  guest.code(WRMSR);
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
