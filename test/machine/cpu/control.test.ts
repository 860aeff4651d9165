import { beforeEach, describe, expect, test } from "vitest";
import * as M from "../../../abi/x86/msr.ts";
import * as R from "../../../abi/x86/registers.ts";
import * as S from "../../../machine/cpu/interface.ts";
import { CODE0, CODE64, DATA0, enterLong, enterProtected, TASK, TSS } from "./descriptors.ts";
import { TestCpu } from "./harness.ts";

const PG = BigInt(R.CR0_PG);
const [RAX, RCX, RDX, RSP, R11] = [0, 1, 2, 4, 11] as const;

let cpu: TestCpu;

beforeEach(() => {
  cpu = new TestCpu();
  enterProtected(cpu);
});

function rdmsr(msr: number): string {
  cpu.setRegister(RCX, BigInt(msr));
  const outcome = cpu.try("rdmsr");
  if (outcome !== "ok") return outcome;
  return `0x${((cpu.register(RDX) << 32n) | cpu.register(RAX)).toString(16)}`;
}

function wrmsr(msr: number, value: bigint): string {
  cpu.setRegister(RCX, BigInt(msr));
  cpu.setRegister(RAX, value & 0xffffffffn);
  cpu.setRegister(RDX, value >> 32n);
  return cpu.try("wrmsr");
}

function rdpmc(counter: number): string {
  cpu.setRegister(RCX, BigInt(counter));
  const outcome = cpu.try("rdpmc");
  if (outcome !== "ok") return outcome;
  return `0x${((cpu.register(RDX) << 32n) | cpu.register(RAX)).toString(16)}`;
}

describe("control registers", () => {
  test.each([
    ["paging without protection", 0, PG, "#13(0x0)"],
    ["NW without CD", 0, 0x20000001n, "#13(0x0)"],
    ["bits above 31", 0, 1n << 32n, "#13(0x0)"],
    ["a CR4 bit that is not there", 4, 1n << 12n, "#13(0x0)"],
    ["SMAP, which this CPU lacks", 4, BigInt(R.CR4_SMAP), "#13(0x0)"],
    ["CR1", 1, 0n, "#6"],
    ["CR5", 5, 0n, "#6"],
    ["CR8 beyond 15", 8, 16n, "#13(0x0)"],
    ["reserved CR0 bits, which are dropped", 0, 0x1ffc0n | 1n, "ok"],
  ])("%s", (_name, register, value, outcome) => {
    expect(cpu.try("movToCr", register, value)).toBe(outcome);
    if (outcome === "ok") expect(cpu.wide(S.S_CR0)).toBe(0x10011n);
  });

  test("at level 3 all are #GP(0)", () => {
    enterProtected(cpu, 3);
    for (const register of [0, 2, 3, 4, 8]) {
      expect(cpu.try("movToCr", register, 0n)).toBe("#13(0x0)");
      expect(cpu.try("movFromCr", register)).toBe("#13(0x0)");
    }
    for (const name of ["clts", "hlt", "rdmsr", "wrmsr"]) expect(cpu.try(name)).toBe("#13(0x0)");
    for (const name of ["lmsw", "lgdt", "lidt", "lldt", "ltr"])
      expect(cpu.try(name, 0, 0n)).toBe("#13(0x0)");
    expect(cpu.try("invlpg", 0n)).toBe("#13(0x0)");
    expect(cpu.try("movFromDr", 0)).toBe("#13(0x0)");
  });

  test("long mode becomes active with paging, needs PAE, and is left through 32-bit code", () => {
    expect(wrmsr(M.MSR_EFER, 0x100n)).toBe("ok");
    expect(cpu.try("movToCr", 0, PG | 1n)).toBe("#13(0x0)");
    expect(cpu.try("movToCr", 4, 0x20n)).toBe("ok");
    expect(cpu.try("movToCr", 0, PG | 1n)).toBe("ok");
    expect(rdmsr(M.MSR_EFER)).toBe("0x500");
    expect(wrmsr(M.MSR_EFER, 0n)).toBe("#13(0x0)");
    expect(cpu.try("movToCr", 4, 0n)).toBe("#13(0x0)");
    cpu.poke(0, 8, 0n);
    expect(cpu.try("movToCr", 0, 1n)).toBe("ok");
    expect(rdmsr(M.MSR_EFER)).toBe("0x100");
    enterLong(cpu);
    expect(cpu.try("movToCr", 0, 1n)).toBe("#13(0x0)");
  });

  test("LMSW sets PE and cannot clear it; SMSW is hidden from users by UMIP", () => {
    expect(cpu.try("lmsw", 0xe)).toBe("ok");
    expect(cpu.wide(S.S_CR0)).toBe(0x1fn);
    expect(cpu.try("lmsw", 0)).toBe("ok");
    expect(cpu.wide(S.S_CR0)).toBe(0x11n);
    cpu.setWide(S.S_CR4, BigInt(R.CR4_UMIP));
    expect(cpu.try("smsw")).toBe("ok");
    enterProtected(cpu, 3);
    for (const name of ["smsw", "sgdt", "sidt", "sldt", "str"])
      expect(cpu.try(name)).toBe("#13(0x0)");
  });

  test("debug registers: 4 and 5 are aliases, fixed bits stay, general detect traps", () => {
    expect(cpu.try("movToDr", 4, 0n)).toBe("ok");
    expect(cpu.x.movFromDr!(cpu.s, 6)).toBe(0xffff0ff0n);
    expect(cpu.try("movToDr", 7, 0xffffffffn)).toBe("ok");
    expect(cpu.try("movFromDr", 7)).toBe("#1");
    expect(cpu.wide(S.S_DR + 48) & 0x2000n).toBe(0x2000n);
    expect(cpu.x.movFromDr!(cpu.s, 7)).toBe(0xffff07ffn);
    cpu.setWide(S.S_CR4, BigInt(R.CR4_DE));
    expect(cpu.try("movToDr", 5, 0n)).toBe("#6");
  });
});

describe("MSRs", () => {
  test("a value written is read back, as far as the register takes it", () => {
    const kept: [number, bigint][] = [
      [M.MSR_STAR, 0x1234_5678_9abc_def0n],
      [M.MSR_LSTAR, 0xffff_8000_0000_1000n],
      [M.MSR_FS_BASE, 0x7fff_ffff_f000n],
      [M.MSR_KERNEL_GS_BASE, 0x1000n],
      [M.MSR_PAT, 0x0007_0406_0501_0006n],
      [M.MSR_MTRR_DEF_TYPE, 0xc06n],
      [0x250, 0x0606_0606_0606_0606n],
      [0x201, 0xff_c000_0800n],
      [M.MSR_TSC_AUX, 3n],
    ];
    for (const [msr, value] of kept) {
      expect(wrmsr(msr, value)).toBe("ok");
      expect(rdmsr(msr)).toBe(`0x${value.toString(16)}`);
    }
    expect(cpu.segment(S.FS).base).toBe(0x7fff_ffff_f000n);
  });

  test.each([
    ["a non-canonical address", M.MSR_LSTAR, 1n << 47n],
    ["a reserved PAT type", M.MSR_PAT, 2n],
    ["a bad memory type", M.MSR_MTRR_DEF_TYPE, 2n],
    ["a reserved EFER bit", M.MSR_EFER, 1n << 14n],
    ["a register that does not exist", 0x12345, 0n],
    ["an MTRR that does not exist", 0x210, 0n],
  ])("%s is #GP(0)", (_name, msr, value) => {
    expect(wrmsr(msr, value)).toBe("#13(0x0)");
  });

  test("AMD's first performance counters keep what is written, 48 bits of it, for RDPMC, too", () => {
    const all = (1n << 64n) - 1n;
    for (let msr = 0xc001_0000; msr < 0xc001_0004; msr++)
      expect([wrmsr(msr, all), rdmsr(msr)]).toEqual(["ok", "0xffffffffffffffff"]);
    for (let counter = 0; counter < 4; counter++) {
      const value = `0xffff0000123${counter}`;
      expect(wrmsr(0xc001_0004 + counter, BigInt(value) | (0xffffn << 48n))).toBe("ok");
      expect([rdmsr(0xc001_0004 + counter), rdpmc(counter)]).toEqual([value, value]);
    }
    expect(rdpmc(4)).toBe("#13(0x0)");
    cpu.setWord(S.S_CPL, 3);
    cpu.sync();
    expect(rdpmc(0)).toBe("#13(0x0)");
    cpu.setWord(S.S_CR4, cpu.word(S.S_CR4) | R.CR4_PCE);
    cpu.sync();
    expect(rdpmc(0)).toBe("0xffff00001230");
    cpu = new TestCpu({ vendor: 1 });
    expect([rdmsr(0xc001_0000), rdpmc(0)]).toEqual(["#13(0x0)", "#13(0x0)"]);
  });

  test("Intel's speculation is controlled by bits that it keeps, and does no harm", () => {
    expect([rdmsr(M.MSR_SPEC_CTRL), wrmsr(M.MSR_PRED_CMD, 1n)]).toEqual(["#13(0x0)", "#13(0x0)"]);
    cpu = new TestCpu({ vendor: 1 });
    enterProtected(cpu);
    expect([wrmsr(M.MSR_SPEC_CTRL, 5n), rdmsr(M.MSR_SPEC_CTRL)]).toEqual(["ok", "0x5"]);
    expect([wrmsr(M.MSR_SPEC_CTRL, 8n), rdmsr(M.MSR_SPEC_CTRL)]).toEqual(["#13(0x0)", "0x5"]);
    expect([wrmsr(M.MSR_PRED_CMD, 1n), wrmsr(M.MSR_PRED_CMD, 2n)]).toEqual(["ok", "#13(0x0)"]);
    expect(rdmsr(M.MSR_PRED_CMD)).toBe("#13(0x0)");
    // IBRS_ALL and what protects from all else; the microcode's revision is no less than Linux asks for.
    expect(rdmsr(0x10a)).toBe("0x400000000d10e17b");
    expect(rdmsr(0x8b)).toBe("0x200700600000000");
  });

  test("MISC_ENABLE: limited CPUID and no NX, and bits that stay or do not exist", () => {
    expect(rdmsr(M.MSR_MISC_ENABLE)).toBe("#13(0x0)");
    cpu = new TestCpu({ vendor: 1 });
    const part = (leaf: number, index: number) => Number(cpu.x.cpuidPart!(0, leaf, 0, index)) >>> 0;
    expect([rdmsr(M.MSR_MISC_ENABLE), part(0, 0)]).toEqual(["0x1801", 0x16]);
    expect(wrmsr(M.MSR_MISC_ENABLE, 0x4_00c5_1889n)).toBe("ok");
    expect(rdmsr(M.MSR_MISC_ENABLE)).toBe("0x400c51809");
    expect([part(0, 0), part(0x8000_0001, 3) & 0x10_0000]).toEqual([2, 0]);
    expect(wrmsr(M.MSR_EFER, 0x800n)).toBe("#13(0x0)");
    expect(wrmsr(M.MSR_MISC_ENABLE, 1n)).toBe("ok");
    expect([rdmsr(M.MSR_MISC_ENABLE), part(0, 0)]).toEqual(["0x1801", 0x16]);
    expect([part(0x8000_0001, 3) & 0x10_0000, wrmsr(M.MSR_EFER, 0x800n)]).toEqual([
      0x10_0000,
      "ok",
    ]);
    expect(wrmsr(M.MSR_MISC_ENABLE, 2n)).toBe("#13(0x0)");
  });

  test("the TSC follows time and can be moved", () => {
    cpu.setWide(S.S_TIME, 1000n);
    expect(rdmsr(M.MSR_TSC)).toBe("0x3e8");
    expect(wrmsr(M.MSR_TSC, 5n)).toBe("ok");
    cpu.setWide(S.S_TIME, 1010n);
    expect(cpu.try("rdtsc")).toBe("ok");
    expect(cpu.register(RAX)).toBe(15n);
    cpu.setWide(S.S_CR4, BigInt(R.CR4_TSD));
    expect(cpu.try("rdtsc")).toBe("ok");
    cpu.setWord(S.S_CPL, 3);
    expect(cpu.try("rdtsc")).toBe("#13(0x0)");
  });

  test("the APIC's are the bus's, and it may refuse", () => {
    cpu.answer = ({ address }) =>
      address === 0x802n ? { result: S.BUS_HANDLED, value: 7n } : { result: S.BUS_FAULT };
    expect(rdmsr(0x802)).toBe("0x7");
    expect(rdmsr(0x803)).toBe("#13(0x0)");
    expect(wrmsr(M.MSR_APIC_BASE, 1n << 60n)).toBe("#13(0x0)");
    expect(cpu.accesses.map((access) => access.kind)).toEqual([
      S.BUS_MSR_READ,
      S.BUS_MSR_READ,
      S.BUS_MSR_WRITE,
    ]);
  });

  test("from outside, without touching the CPU's fault state", () => {
    cpu.setWide(S.S_BUS_VALUE, 0x42n);
    expect(cpu.x.writeMsr!(0, M.MSR_TSC_AUX)).toBe(S.BUS_HANDLED);
    expect(cpu.x.readMsr!(0, M.MSR_TSC_AUX)).toBe(S.BUS_HANDLED);
    expect(cpu.wide(S.S_BUS_VALUE)).toBe(0x42n);
    expect(cpu.x.readMsr!(0, 0x12345)).toBe(S.BUS_FAULT);
    expect(cpu.outcome()).toBe("ok");
  });

  test("SVME is AMD's alone", () => {
    expect(wrmsr(M.MSR_EFER, 0x1000n)).toBe("ok");
    cpu = new TestCpu({ vendor: 1 });
    expect(wrmsr(M.MSR_EFER, 0x1000n)).toBe("#13(0x0)");
    expect(rdmsr(M.MSR_PLATFORM_INFO)).toBe("0xa00");
  });
});

describe("CPUID", () => {
  const part = (leaf: number, index: number, subleaf = 0): number =>
    Number(cpu.x.cpuidPart!(0, leaf, subleaf, index)) >>> 0;
  const text = (values: number[]): string =>
    String.fromCharCode(
      ...values.flatMap((value) => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff)),
    );

  test.each([
    [0, "AuthenticAMD", 0xd],
    [1, "GenuineIntel", 0x16],
  ])("vendor %i is %s", (vendor, name, highest) => {
    cpu = new TestCpu({ vendor });
    expect(text([part(0, 1), part(0, 3), part(0, 2)])).toBe(name);
    expect(part(0, 0)).toBe(highest);
    const brand = [2, 3, 4].flatMap((leaf) => [0, 1, 2, 3].map((i) => part(0x80000000 + leaf, i)));
    expect(text(brand).replace(/\0+$/, "")).toBe("Jailhouse emulated x86-64 processor");
    expect(part(0x80000001, 2) & 4).toBe(vendor === 0 ? 4 : 0);
  });

  test("what the machine is without disappears", () => {
    expect(part(1, 2) & 0x1200000).toBe(0x1200000);
    cpu.x.setMissingFeatures!(1, 0x1200000);
    expect(part(1, 2) & 0x1200000).toBe(0);
  });

  test("each CPU has its own APIC id, and the topology says how many there are", () => {
    cpu = new TestCpu({ cpus: 4 });
    expect(Number(cpu.x.cpuidPart!(3, 1, 0, 1)) >>> 16).toBe(0x304);
    expect(cpu.x.cpuidPart!(3, 0xb, 0, 3)).toBe(3);
    expect([0, 1, 2].map((i) => part(0xb, i, 1))).toEqual([2, 4, 0x201]);
  });

  test("the crystal's rate is the TSC's and the APIC timer's", () => {
    cpu = new TestCpu({ vendor: 1 });
    expect([0, 1, 2].map((i) => part(0x15, i))).toEqual([1, 1, 1_000_000_000]);
  });

  test("without its local APIC, a CPU has no bit for it", () => {
    for (const [enabled, bit] of [
      [0xfee0_0900n, 0x200],
      [0xfee0_0100n, 0],
    ] as const) {
      cpu = new TestCpu();
      cpu.answer = ({ address }) => {
        expect(address).toBe(BigInt(M.MSR_APIC_BASE));
        return { result: S.BUS_HANDLED, value: enabled };
      };
      expect([part(1, 3) & 0x200, part(0x8000_0001, 3) & 0x200]).toEqual([bit, bit]);
    }
  });

  test("the instruction fills all four registers with 32 bits", () => {
    for (const register of [RAX, RCX, RDX, 3]) cpu.setRegister(register, 0xffff_ffff_0000_0000n);
    expect(cpu.try("cpuid")).toBe("ok");
    expect(cpu.register(RAX)).toBe(0xdn);
    expect(cpu.register(3)).toBe(0x68747541n);
  });
});

describe("system calls", () => {
  const selectors = (0x1bn << 48n) | (0x8n << 32n);

  test("SYSCALL and SYSRET in 64-bit code", () => {
    enterLong(cpu, 3);
    cpu.setWide(S.S_STAR, selectors);
    cpu.setWide(S.S_LSTAR, 0xffff_8000_0000_0000n);
    cpu.setWide(S.S_SFMASK, 0x200n);
    cpu.setWide(S.S_FLAGS, 0x246n);
    expect(cpu.try("syscall")).toBe("#6");
    cpu.setWide(S.S_EFER, 0x501n);
    expect(cpu.try("syscall")).toBe("ok");
    expect([cpu.next, cpu.register(RCX), cpu.register(R11)]).toEqual([
      0xffff_8000_0000_0000n,
      0x502n,
      0x246n,
    ]);
    expect(cpu.wide(S.S_FLAGS)).toBe(0x46n);
    expect([cpu.word(S.S_CPL), cpu.segment(S.CS).selector, cpu.segment(S.SS).selector]).toEqual([
      0, 8, 16,
    ]);
    expect(cpu.try("sysret", 8)).toBe("ok");
    expect([cpu.word(S.S_CPL), cpu.next, cpu.wide(S.S_FLAGS)]).toEqual([3, 0x502n, 0x246n]);
    expect([cpu.segment(S.CS).selector, cpu.segment(S.SS).selector]).toEqual([0x2b, 0x23]);
    expect(cpu.try("sysret", 8)).toBe("#13(0x0)");
  });

  test("SYSENTER and SYSEXIT in 32-bit code", () => {
    enterProtected(cpu, 3);
    expect(cpu.try("sysenter")).toBe("#13(0x0)");
    cpu.setWide(S.S_SYSENTER_CS, BigInt(CODE0));
    cpu.setWide(S.S_SYSENTER_ESP, 0x6000n);
    cpu.setWide(S.S_SYSENTER_EIP, 0x1111n);
    expect(cpu.try("sysenter")).toBe("ok");
    expect([cpu.word(S.S_CPL), cpu.next, cpu.register(RSP)]).toEqual([0, 0x1111n, 0x6000n]);
    expect(cpu.segment(S.SS).selector).toBe(DATA0);
    cpu.setRegister(RDX, 0x2222n);
    cpu.setRegister(RCX, 0x7777n);
    expect(cpu.try("sysexit", 4)).toBe("ok");
    expect([cpu.word(S.S_CPL), cpu.next, cpu.register(RSP)]).toEqual([3, 0x2222n, 0x7777n]);
    expect(cpu.segment(S.CS).selector).toBe(0x1b);
    enterLong(cpu);
    expect(cpu.try("sysenter")).toBe("#6");
  });

  test("SWAPGS and the base instructions", () => {
    expect(cpu.try("swapgs")).toBe("#6");
    enterLong(cpu);
    cpu.setWide(S.S_KERNEL_GS_BASE, 0x1234n);
    expect(cpu.try("swapgs")).toBe("ok");
    expect(cpu.segment(S.GS).base).toBe(0x1234n);
    expect(cpu.try("readBase", S.GS)).toBe("#6");
    cpu.setWide(S.S_CR4, BigInt(R.CR4_PAE | R.CR4_FSGSBASE));
    expect(cpu.x.readBase!(cpu.s, S.GS)).toBe(0x1234n);
    expect(cpu.try("writeBase", S.FS, 1n << 47n)).toBe("#13(0x0)");
    expect(cpu.try("writeBase", S.FS, 0xffff_8000_0000_0000n)).toBe("ok");
    expect(cpu.segment(S.FS).base).toBe(0xffff_8000_0000_0000n);
    expect(cpu.segment(S.CS).selector).toBe(CODE64);
  });
});

describe("flags and ports by privilege", () => {
  test("POPF changes IF up to IOPL and IOPL at level 0", () => {
    cpu.x.popFlags!(cpu.s, 0x3ed7n, 4);
    expect(cpu.wide(S.S_FLAGS)).toBe(0x3ed7n);
    enterProtected(cpu, 3);
    cpu.x.popFlags!(cpu.s, 0x3202n, 4);
    expect(cpu.wide(S.S_FLAGS)).toBe(0x2n);
    cpu.setWide(S.S_FLAGS, 0x40002n);
    cpu.x.popFlags!(cpu.s, 0x200001n, 2);
    expect(cpu.wide(S.S_FLAGS)).toBe(0x40003n);
  });

  test("CLI and STI need IOPL", () => {
    enterProtected(cpu, 3);
    expect(cpu.try("cli")).toBe("#13(0x0)");
    cpu.setWide(S.S_FLAGS, 0x3002n);
    expect(cpu.try("sti")).toBe("ok");
    expect(cpu.wide(S.S_FLAGS)).toBe(0x3202n);
  });

  test("below IOPL ports need the TSS bitmap, two bytes of it within the limit", () => {
    enterProtected(cpu, 3);
    cpu.poke(TSS + 0x66, 2, 0x68);
    expect(cpu.try("portIn", 0x10, 1)).toBe("#13(0x0)");
    cpu.setSegment(S.TR, TASK, 0x8b, 0x68 + 3, BigInt(TSS));
    cpu.poke(TSS + 0x68, 4, 0b1000_0000_0000_0000);
    expect(cpu.try("portIn", 0xe, 1)).toBe("ok");
    expect(cpu.try("portIn", 0xe, 2)).toBe("#13(0x0)");
    expect(cpu.try("portIn", 0x17, 1)).toBe("ok");
    expect(cpu.try("portIn", 0x18, 1)).toBe("#13(0x0)");
    cpu.setWide(S.S_FLAGS, 0x3002n);
    expect(cpu.x.portIn!(cpu.s, 0x18, 2)).toBe(0xffff);
  });
});

test("power-on state: CPU 0 at F000:FFF0, the others wait", () => {
  cpu = new TestCpu({ cpus: 2 });
  expect(cpu.segment(S.CS)).toMatchObject({ selector: 0xf000, base: 0xf0000n, limit: 0xffff });
  expect([cpu.wide(S.S_RIP), cpu.wide(S.S_CR0), cpu.wide(S.S_FLAGS)]).toEqual([
    0xfff0n,
    BigInt(R.CR0_RESET),
    2n,
  ]);
  expect(cpu.word(S.S_ACTIVITY)).toBe(S.ACTIVITY_RUNNING);
  const size = Number(cpu.x.stateSize!());
  expect(cpu.view.getUint32(cpu.s + size + S.S_ACTIVITY, true)).toBe(S.ACTIVITY_WAIT_FOR_SIPI);
});
