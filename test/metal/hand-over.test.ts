// A CPU changes hands, or is reset: what is put back, on a stand-in for the processor; on one, inherited.test.ts.
import { beforeEach, describe, expect, it, test } from "vitest";
import { HC_CELL_CREATE } from "../../abi/hypercall.ts";
import { REG_TSC } from "../../abi/platform.ts";
import * as apic from "../../abi/x86/apic.ts";
import * as svm from "../../abi/x86/svm.ts";
import * as cfg from "../hypervisor/configurations.ts";
import { FakePlatform } from "../hypervisor/fake-platform.ts";
import { readMsr } from "../hypervisor/fake-registers.ts";
import { FakeMetal } from "./fake-metal.ts";

const BIT = (bit: number) => (1 << bit) >>> 0;
const EXTENDED_LAST = 0x80000022;
/** Every feature that announces MSRs of a processor's own. */
const EVERYTHING = {
  "0:0": 0xd,
  "2147483648:0": EXTENDED_LAST,
  "1:2": BIT(24) | BIT(26),
  "1:3": BIT(14),
  "6:2": BIT(0),
  "7:1": BIT(12) | BIT(15),
  "7:2": BIT(7),
  [`${0x80000001}:2`]: svm.FEATURE_SVM | BIT(10) | BIT(15) | BIT(23) | BIT(26),
  [`${0x80000001}:3`]: svm.FEATURE_GIB_PAGES | BIT(27),
  [`${0x80000008}:1`]: BIT(1) | BIT(12) | BIT(14) | BIT(15) | BIT(24) | BIT(25),
  [`${svm.CPUID_SVM}:3`]: svm.SVM_NESTED_PAGING | BIT(4),
  [`${0x80000021}:0`]: BIT(13),
  [`${0x80000022}:0`]: BIT(0) | BIT(1),
};
const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

/** By the manual: MSRs that are a processor's own and in no control block; IBPB is written, TSC_RATIO is 1.0. */
const OWN = [
  ...[0x48, 0x49, 0x17a, 0xe7, 0xe8, 0x1d9, 0x6a0, ...range(0x6a4, 0x6a7), 0x6e0, 0xc8d, 0xc8f],
  ...[0xc00000e9, 0xc0000103, 0xc0000104, 0xc0000105, 0xc0000106, 0xc0000108],
  ...[0xc000010e, 0xc000010f, 0xc0000301],
  ...range(0xc0010000, 0xc0010007),
  ...range(0xc0010200, 0xc001020b),
  ...range(0xc0010300, 0xc001031f),
  ...[0xc001011f, 0xc0011019, 0xc001101a, 0xc001101b, 0xc0011027],
  ...range(0xc0011030, 0xc0011039),
  ...range(0xc001103b, 0xc001103d),
];
const VALUES = new Map([
  [0x49, 1n],
  [0xc0000104, 1n << 32n],
]);
/** Stays as it is: it would move Linux' time, or is the machine's. */
const OTHERS = [0x10, 0x3b, 0xc0010015, 0x200, 0x2ff, 0xc0010010];
const SECRET = 0x5ec2e7n;

function enter(cpuid: Readonly<Record<string, number>>): FakeMetal {
  const metal = new FakeMetal({ cpuid });
  metal.enter();
  for (const msr of [...OWN, ...OTHERS]) metal.msrs.set(msr, SECRET);
  return metal;
}

let metal: FakeMetal;
beforeEach(() => {
  metal = enter(EVERYTHING);
});

test("TSC_AUX is put back where RDPID alone announces it", () => {
  const extended = `${0x80000001}:3`;
  const metal = enter({ ...EVERYTHING, [extended]: svm.FEATURE_GIB_PAGES, "7:2": BIT(22) });
  metal.exports.assignCpu!(0, 0);
  metal.play();
  expect(metal.msrs.get(0xc0000103)).toBe(0n);
});

const word = (at: number) => metal.view.getBigUint64(metal.control + at, true);

describe.each([
  ["is reset", () => metal.exports.resetCpu!(0, 0n)],
  ["is given to a cell", () => metal.exports.assignCpu!(0, 0)],
] as const)("a CPU that %s", (_what, give) => {
  it("has none of the MSRs' values that its owner left, and keeps what is not its own", () => {
    give();
    metal.play();
    for (const msr of OWN) expect([msr, metal.msrs.get(msr)]).toEqual([msr, VALUES.get(msr) ?? 0n]);
    for (const msr of OTHERS) expect([msr, metal.msrs.get(msr)]).toEqual([msr, SECRET]);
  });

  it("has its extended state and breakpoints put back, and what VMLOAD loads, once", () => {
    give();
    metal.play();
    expect(metal.orders).toEqual([
      "resetExtendedState",
      "clearBreakpoints",
      expect.stringMatching(/^loadGuest \d+$/),
    ]);
    metal.orders.length = 0;
    metal.play({ code: svm.EXIT_CPUID });
    expect(metal.orders).toEqual([]);
  });
});

describe("a CPU", () => {
  it("without a feature is not asked for its MSRs", () => {
    metal = enter({});
    metal.exports.resetCpu!(0, 0n);
    metal.play();
    const left = OWN.filter((msr) => metal.msrs.get(msr) === SECRET);
    expect(OWN.filter((msr) => !left.includes(msr))).toEqual([
      0x1d9,
      ...range(0xc0010000, 0xc0010007),
    ]);
  });

  it("whose MSR faults all the same goes on with the others", () => {
    metal.refused.add(0x48);
    metal.exports.resetCpu!(0, 0n);
    metal.play();
    expect(metal.msrs.get(0x48)).toBe(SECRET);
    expect(metal.msrs.get(0xc0000103)).toBe(0n);
  });

  it("whose guest writes its time-stamp counter keeps its own; the next owner has that", () => {
    metal.play({ code: svm.EXIT_CPUID });
    metal.exports.writeRegister!(0, REG_TSC, 1n << 40n);
    expect(word(svm.VMCB_TSC_OFFSET)).not.toBe(0n);
    expect(metal.msrs.get(0x10)).toBe(SECRET);
    metal.exports.resetCpu!(0, 0n);
    expect(word(svm.VMCB_TSC_OFFSET)).not.toBe(0n);
    metal.exports.assignCpu!(0, 0);
    expect(word(svm.VMCB_TSC_OFFSET)).toBe(0n);
  });

  it("has no SPEC_CTRL in its control block after a reset", () => {
    metal.play({ code: svm.EXIT_CPUID });
    metal.view.setBigUint64(metal.control + svm.VMCB_SPEC_CTRL, 4n, true);
    metal.exports.resetCpu!(0, 0n);
    expect(word(svm.VMCB_SPEC_CTRL)).toBe(0n);
  });

  it("of Linux keeps SPEC_CTRL, where the control block has it", () => {
    const cpuid = {
      ...EVERYTHING,
      [`${svm.CPUID_SVM}:3`]: svm.SVM_NESTED_PAGING | svm.SVM_SPEC_CTRL,
    };
    metal = new FakeMetal({ cpuid, msrs: { 72: 5n } });
    metal.enter();
    metal.play({ code: svm.EXIT_CPUID });
    expect(word(svm.VMCB_SPEC_CTRL)).toBe(5n);
  });
});

describe("the local APIC's extended registers", () => {
  const X2APIC = 0xfee00c00n;
  const msr = (register: number) => 0x800 + register;
  const entered = (version: bigint, feature: bigint) => {
    metal = new FakeMetal({ msrs: { 27: X2APIC } });
    metal.enter();
    metal.msrs.set(msr(apic.APIC_VERSION), version);
    metal.msrs.set(msr(apic.APIC_EXT_FEATURE), feature);
    metal.msrs.set(msr(apic.APIC_EXT_CONTROL), 0x7n);
    for (const register of [...VECTORS, ...ENABLES]) metal.msrs.set(msr(register), 0x2f9n);
    metal.exports.resetCpu!(0, 0n);
    metal.play();
    return (registers: readonly number[]) => registers.map((each) => metal.msrs.get(msr(each)));
  };
  const VECTORS = range(apic.APIC_EXT_LVT, apic.APIC_EXT_LVT_LAST);
  const ENABLES = range(apic.APIC_EXT_IER, apic.APIC_EXT_IER + 7);

  it("are masked and enabled as after a reset; the id keeps its width", () => {
    const values = entered(0x80050010n, 0x4_0007n);
    expect(values(VECTORS)).toEqual(VECTORS.map(() => 0x10000n));
    expect(values(ENABLES)).toEqual(ENABLES.map(() => 0xffffffffn));
    expect(values([apic.APIC_EXT_CONTROL])).toEqual([4n]);
  });

  it("are as many as the feature register says", () => {
    const values = entered(0x80050010n, 0x2_0000n);
    expect(values(VECTORS)).toEqual([0x10000n, 0x10000n, 0x2f9n, 0x2f9n]);
    expect(values(ENABLES)).toEqual(ENABLES.map(() => 0x2f9n));
  });

  it("are left alone where there are none", () => {
    const values = entered(0x50014n, 0n);
    expect(values(VECTORS)).toEqual(VECTORS.map(() => 0x2f9n));
    expect(values([apic.APIC_EXT_CONTROL])).toEqual([7n]);
  });
});

/** MSRs that control blocks hold (sections 15.5.1, 15.5.2 and appendix B), and those of the local APIC. */
const IN_CONTROL_BLOCK = [
  ...[0x174, 0x175, 0x176, 0x277, 0x6a2, 0x6a8, 0xc0000080],
  ...[...range(0xc0000081, 0xc0000084), ...range(0xc0000100, 0xc0000102)],
];
/** Goes with the extended state. */
const XSS = 0xda0;
const RANGES = [0, 0xc0000000, 0xc0010000];

test.each([true, false])("what a cell may write is taken from it (x2APIC: %s)", (x2apic) => {
  const platform = new FakePlatform();
  const base = x2apic ? 0xfee00c00n : 0xfee00800n;
  platform.onMsr = (msr) => (msr === 0x1b ? base : readMsr(msr));
  expect(platform.enable(cfg.systemConfig({ root: { regions: cfg.ROOT_REGIONS } }))).toBe(0);
  const config = cfg.cellConfig({ regions: [cfg.loadable(5n * cfg.MIB), cfg.COMM], cpus: [3] });
  platform.writeRam(cfg.CONFIG_ADDRESS, config);
  expect(platform.hypercall(0, HC_CELL_CREATE, cfg.CONFIG_ADDRESS)).toBe(0);
  const writable = RANGES.flatMap((first) => range(first, first + 0x1fff)).filter(
    (msr) => (platform.msrAccess(1, msr) & 2) !== 0,
  );
  const isApic = (msr: number) => msr >= 0x800 && msr <= 0x853;
  const left = writable.filter(
    (msr) => !OWN.includes(msr) && !IN_CONTROL_BLOCK.includes(msr) && !isApic(msr) && msr !== XSS,
  );
  expect(left.map((msr) => msr.toString(16))).toEqual([]);
  expect(writable).toContain(0xc0000103);
});
