import { beforeEach, describe, expect, it } from "vitest";
import {
  ACCESS_FETCH,
  ACCESS_INDIRECT,
  ACCESS_WRITE,
  EXIT_INVALID_STATE,
  EXIT_OTHER,
  EXIT_TRIPLE_FAULT,
  EXIT_VIRTUALISATION_END,
  IPI_NMI,
  NO_ERROR_CODE,
  PIO_IN,
  PIO_REP,
  PIO_STRING,
  REG_CR0,
  REG_RAX,
  REG_RCX,
  REG_RIP,
  REG_XCR0,
} from "../../abi/platform.ts";
import { VECTOR_AC, VECTOR_DB, VECTOR_GP, VECTOR_MC, VECTOR_UD } from "../../abi/x86/registers.ts";
import * as svm from "../../abi/x86/svm.ts";
import { type Exit, FakeMetal, RIP } from "./fake-metal.ts";

const NMI_EVENT = BigInt(svm.EVENT_VALID) | BigInt(svm.EVENT_NMI) | 2n;
const EXTERNAL_INTERRUPT = BigInt(svm.EVENT_VALID) | 0x31n;

let metal: FakeMetal;

beforeEach(() => {
  metal = new FakeMetal();
  metal.enter();
});

/** What the core was asked to handle. */
function handled(exit: Exit): (string | number | bigint)[] | undefined {
  metal.handled.length = 0;
  metal.play(exit);
  return metal.handled[0];
}

const event = () => metal.view.getBigUint64(metal.control + svm.VMCB_EVENT, true);

describe("an exit becomes a call of the core", () => {
  it.each<[string, Exit, (string | number | bigint)[]]>([
    ["CPUID", { code: svm.EXIT_CPUID }, ["exitCpuid", 0, 2]],
    ["CPUID, told its length", { code: svm.EXIT_CPUID, nextRip: RIP + 3n }, ["exitCpuid", 0, 3]],
    ["RDMSR", { code: svm.EXIT_MSR }, ["exitMsrRead", 0, 2]],
    ["WRMSR", { code: svm.EXIT_MSR, info1: 1n }, ["exitMsrWrite", 0, 2]],
    ["VMMCALL", { code: svm.EXIT_VMMCALL }, ["hypercall", 0, 3]],
    ["XSETBV", { code: svm.EXIT_XSETBV }, ["exitXsetbv", 0, 3]],
    ["CR0", { code: svm.EXIT_CR0 }, ["exitCr", 0, REG_CR0, 0n, 0]],
    [
      "IN EAX, 0x60",
      { code: svm.EXIT_PORT, info1: 0x60_0041n, info2: RIP + 2n },
      ["exitPio", 0, 0x60, 4, PIO_IN, 2],
    ],
    [
      "REP OUTSB",
      { code: svm.EXIT_PORT, info1: 0x3f8_001cn, info2: RIP + 2n },
      ["exitPio", 0, 0x3f8, 1, PIO_STRING | PIO_REP, 2],
    ],
    [
      "a read of no memory",
      { code: svm.EXIT_NESTED_FAULT, info1: 0x1_0000_0004n, info2: 0xfee0_0020n },
      ["exitMmio", 0, 0xfee0_0020n, 0],
    ],
    [
      "a write",
      { code: svm.EXIT_NESTED_FAULT, info1: 0x1_0000_0006n, info2: 0xfee0_0020n },
      ["exitMmio", 0, 0xfee0_0020n, ACCESS_WRITE],
    ],
    [
      "a fetch",
      { code: svm.EXIT_NESTED_FAULT, info1: 0x1_0000_0014n, info2: 0x1000n },
      ["exitMmio", 0, 0x1000n, ACCESS_FETCH],
    ],
    [
      "a page table's entry",
      { code: svm.EXIT_NESTED_FAULT, info1: 0x2_0000_0006n, info2: 0x1000n },
      ["exitMmio", 0, 0x1000n, ACCESS_WRITE | ACCESS_INDIRECT],
    ],
    [
      "a stack on the way to an interrupt's handler",
      {
        code: svm.EXIT_NESTED_FAULT,
        info1: 0x1_0000_0006n,
        info2: 0x1000n,
        event: EXTERNAL_INTERRUPT,
      },
      ["exitMmio", 0, 0x1000n, ACCESS_WRITE | ACCESS_INDIRECT],
    ],
    [
      "#DB",
      { code: svm.EXIT_EXCEPTION + VECTOR_DB },
      ["exitException", 0, VECTOR_DB, NO_ERROR_CODE],
    ],
    ["#AC", { code: svm.EXIT_EXCEPTION + VECTOR_AC }, ["exitException", 0, VECTOR_AC, 0]],
    [
      "a triple fault",
      { code: svm.EXIT_SHUTDOWN, info1: 7n },
      ["exitUnhandled", 0, EXIT_TRIPLE_FAULT, 0x7fn, 0n, 0n],
    ],
    ["STGI", { code: svm.EXIT_STGI }, ["exitUnhandled", 0, EXIT_VIRTUALISATION_END, 0x84n, 0n, 0n]],
    [
      "VMRUN",
      { code: 0x80, info1: 1n, info2: 2n },
      ["exitUnhandled", 0, EXIT_OTHER, 0x80n, 1n, 2n],
    ],
    ["an invalid state", { code: -1n }, ["exitUnhandled", 0, EXIT_INVALID_STATE, -1n, 0n, 0n]],
  ])("%s", (_, exit, call) => {
    expect(handled(exit)).toEqual(call);
  });
});

describe("events", () => {
  it("that an exit has interrupted are delivered again", () => {
    metal.play({ code: svm.EXIT_CPUID, event: EXTERNAL_INTERRUPT });
    expect(event()).toBe(EXTERNAL_INTERRUPT);
  });

  it("of instructions are not: they come by themselves", () => {
    metal.play({
      code: svm.EXIT_CPUID,
      event: BigInt(svm.EVENT_VALID | svm.EVENT_SOFTWARE) | 0x80n,
    });
    expect(event()).toBe(0n);
    metal.play({ code: svm.EXIT_CPUID, event: BigInt(svm.EVENT_VALID | svm.EVENT_EXCEPTION) | 3n });
    expect(event()).toBe(0n);
  });

  it("that the core raises go first, with their error codes", () => {
    metal.exports.injectException!(0, VECTOR_GP, 0x12);
    expect(event()).toBe(0x12_8000_0b0dn);
    metal.exports.injectException!(0, VECTOR_UD, NO_ERROR_CODE);
    expect(event()).toBe(0x8000_0306n);
  });

  it("an NMI that nobody here has sent is the guest's", () => {
    expect(handled({ code: svm.EXIT_NMI })).toBeUndefined();
    expect(event()).toBe(0x8000_0202n);
  });

  it("an NMI waits until the handler of the last one has ended", () => {
    const nmi = { code: svm.EXIT_NMI };
    const isIretWatched = () =>
      (metal.view.getUint32(metal.control + svm.VMCB_INTERCEPT_1, true) & svm.INTERCEPT_1_IRET) !==
      0;
    metal.play(nmi);
    expect([event(), isIretWatched()]).toEqual([NMI_EVENT, true]);
    metal.play(nmi);
    expect([event(), isIretWatched()]).toEqual([0n, true]);
    metal.play({ code: svm.EXIT_IRET });
    expect([event(), isIretWatched()]).toEqual([NMI_EVENT, true]);
    metal.play({ code: svm.EXIT_IRET });
    expect([event(), isIretWatched()]).toEqual([0n, false]);
  });

  it("NMIs that bring a CPU out take none of the guest's later ones with them", () => {
    metal.exports.sendIpi!(0, IPI_NMI, 0);
    metal.exports.sendIpi!(0, IPI_NMI, 0);
    metal.play();
    expect(event()).toBe(NMI_EVENT);
    // For a processor, which keeps one pending, they have become one.
    metal.play({ code: svm.EXIT_NMI });
    expect(event()).toBe(0n);
    metal.play({ code: svm.EXIT_IRET });
    expect(event()).toBe(0n);
    metal.play({ code: svm.EXIT_NMI });
    expect(event()).toBe(NMI_EVENT);
  });

  it("a machine check that came with an NMI is the guest's CPU's", () => {
    metal.machineCheck = 1;
    expect(handled({ code: svm.EXIT_NMI })).toEqual(["exitException", 0, VECTOR_MC, NO_ERROR_CODE]);
    metal.handled.length = 0;
    metal.play({ code: svm.EXIT_NMI });
    expect(metal.handled).toEqual([]);
  });

  it("are gone when the CPU is reset or parked", () => {
    metal.exports.injectException!(0, VECTOR_GP, 0);
    metal.exports.resetCpu!(0, 0xffff0n);
    expect(event()).toBe(0n);
  });
});

describe("registers", () => {
  it("are kept, and RIP ends an interrupt shadow", () => {
    for (const register of [REG_RAX, REG_RCX, REG_CR0, REG_RIP]) {
      metal.exports.writeRegister!(0, register, BigInt(register) + 0x1234_5678_9abcn);
      expect(metal.exports.readRegister!(0, register)).toBe(BigInt(register) + 0x1234_5678_9abcn);
    }
    metal.view.setBigUint64(metal.control + svm.VMCB_INTERRUPT_SHADOW, 1n, true);
    metal.exports.writeRegister!(0, REG_RIP, 5n);
    expect(metal.view.getBigUint64(metal.control + svm.VMCB_INTERRUPT_SHADOW, true)).toBe(0n);
    expect(metal.exports.readRegister!(0, REG_XCR0)).toBe(1n);
  });

  it("that the processor may keep are loaded anew when they change", () => {
    const clean = () => metal.view.getUint32(metal.control + svm.VMCB_CLEAN, true);
    metal.play({ code: svm.EXIT_CPUID });
    expect(clean()).toBe(0xffff_ffff);
    metal.exports.writeRegister!(0, REG_RAX, 1n);
    metal.exports.writeRegister!(0, REG_RIP, 1n);
    expect(clean()).toBe(0xffff_ffff);
    metal.exports.writeRegister!(0, REG_CR0, 1n);
    expect(clean()).toBe(0);
  });
});

describe("CPUID on a cell's behalf", () => {
  const parts = (leaf: number) =>
    [0, 1, 2, 3].map((part) => metal.exports.cpuid!(0, leaf, 0, part));

  it("is executed once for all its registers, and anew after each exit", () => {
    const before = metal.cpuids;
    parts(svm.CPUID_FEATURES);
    parts(svm.CPUID_FEATURES);
    expect(metal.cpuids - before).toBe(1);
    parts(svm.CPUID_SVM);
    expect(metal.cpuids - before).toBe(2);
    metal.play({ code: svm.EXIT_CPUID });
    parts(svm.CPUID_SVM);
    expect(metal.cpuids - before).toBe(3);
    expect(parts(svm.CPUID_SVM)[3]).not.toBe(0);
  });
});

describe("MSRs on a cell's behalf", () => {
  const MSR = 0x277;
  const PLACE = 0x1800;

  it("are read into the core's memory", () => {
    metal.msrs.set(MSR, 0x0007_0406_0007_0406n);
    expect(metal.exports.readMsr!(0, MSR, PLACE)).toBe(1);
    expect(metal.core.getBigUint64(PLACE, true)).toBe(0x0007_0406_0007_0406n);
  });

  it("that there are not are told, and raise nothing", () => {
    metal.play({ code: svm.EXIT_MSR });
    metal.core.setBigUint64(PLACE, 5n, true);
    expect(metal.exports.readMsr!(0, 0x12345, PLACE)).toBe(0);
    expect(metal.core.getBigUint64(PLACE, true)).toBe(5n);
    metal.refused.add(MSR);
    expect(metal.exports.writeMsr!(0, MSR, 2n)).toBe(0);
    expect(event()).toBe(0n);
  });
});
