// What goes with a feature of CPUID beside its instructions (those: interpreter/features.test.ts): its bit, registers, control bits.
import { beforeEach, describe, expect, test } from "vitest";
import * as M from "../../../abi/x86/msr.ts";
import * as R from "../../../abi/x86/registers.ts";
import { SVM_INVLPGB } from "../../../abi/x86/svm.ts";
import { WORD_SVM_EDX } from "../../../machine/cpu/features.ts";
import { FEATURES, FIXED, missingWords } from "../../../machine/model.ts";
import { enterLong, enterProtected } from "./descriptors.ts";
import { TestCpu } from "./harness.ts";

const [RAX, RCX, RDX] = [0, 1, 2] as const;
const GP = "#13(0x0)";
/** Leaf, and part of it (1 to 3: EBX, ECX, EDX), of each word of features. */
const WORDS = [
  [1, 3],
  [1, 2],
  [7, 1],
  [7, 2],
  [0x80000001, 2],
  [0x80000001, 3],
  [0x8000000a, 3],
  [0x80000008, 1],
  [0x80000021, 0],
  [0x80000007, 1],
] as const;
/** Bits of those words that are no feature to be switched: the fixed ones, with what AMD repeats of the first word in the last. */
const FIXED_BITS = [
  0x178bfbfd,
  0,
  0,
  0,
  0x102,
  0x20400800 | 0x0183f3ff,
  0,
  4,
  0x20000000,
  0,
] as const;
/** Set by software itself: OSXSAVE. */
const OSXSAVE = 0x8000000;

let cpu: TestCpu;

beforeEach(() => {
  cpu = new TestCpu({ cpus: 2 });
  enterProtected(cpu);
  cpu.answer = () => ({ result: 0, value: 0xfee00900n });
});

function without(...names: string[]): void {
  for (const [word, bits] of missingWords(names).entries()) cpu.x.setMissingFeatures!(word, bits);
}

const part = (leaf: number, subleaf: number, index: number) =>
  Number(cpu.x.cpuidPart!(0, leaf, subleaf, index)) >>> 0;
const words = () => WORDS.map(([leaf, index]) => part(leaf, 0, index));

function access(name: "rdmsr" | "wrmsr", msr: number, value = 0n): string {
  cpu.setRegister(RCX, BigInt(msr));
  cpu.setRegister(RAX, value & 0xffffffffn);
  cpu.setRegister(RDX, value >> 32n);
  return cpu.try(name);
}

describe("CPUID", () => {
  test.each([0, 1])("announces nothing that has no name (vendor %i)", (vendor) => {
    cpu = new TestCpu({ vendor, cpus: 2 });
    cpu.answer = () => ({ result: 0, value: 0xfee00900n });
    without(...Object.keys(FEATURES));
    const unnamed = words().map((word, index) => (word & ~FIXED_BITS[index]! & ~OSXSAVE) >>> 0);
    expect(unnamed).toEqual(WORDS.map(() => 0));
    expect(FIXED).not.toEqual(expect.arrayContaining(Object.keys(FEATURES)));
  });

  test.each(Object.entries(FEATURES))("%s is one bit, which goes with it", (name, { number }) => {
    const all = words();
    without(name);
    const differences = words().map((word, index) => (word ^ all[index]!) >>> 0);
    const wanted: number[] = WORDS.map(() => 0);
    wanted[number >> 5] = (1 << (number & 31)) >>> 0;
    // With AMD-V goes its leaf.
    if (name === "svm") wanted[WORD_SVM_EDX] = all[WORD_SVM_EDX]!;
    // And guests can be let execute INVLPGB.
    if (name === "invlpgb") wanted[WORD_SVM_EDX] = SVM_INVLPGB;
    expect(differences).toEqual(wanted);
  });

  test("has no leaf of extended state without xsave, none of AMD-V without svm", () => {
    expect([0, 1, 2].map((index) => part(0xd, 0, index))).toEqual([3, 576, 576]);
    expect(part(0x8000000a, 0, 0)).toBe(1);
    without("xsave", "svm");
    for (const leaf of [0xd, 0x8000000a])
      expect([0, 1, 2, 3].map((index) => part(leaf, 0, index))).toEqual([0, 0, 0, 0]);
  });
});

describe("without a feature", () => {
  test.each([
    ["xsave", R.CR4_OSXSAVE],
    ["umip", R.CR4_UMIP],
    ["fsgsbase", R.CR4_FSGSBASE],
    ["smep", R.CR4_SMEP],
  ])("%s, its bit of CR4 is reserved", (name, bit) => {
    expect(cpu.try("movToCr", 4, BigInt(bit))).toBe("ok");
    without(name);
    expect(cpu.try("movToCr", 4, BigInt(bit))).toBe(GP);
    expect(cpu.try("movToCr", 4, BigInt(R.CR4_PGE))).toBe("ok");
  });

  test.each([
    ["nx", R.EFER_NXE],
    ["svm", R.EFER_SVME],
    ["autoibrs", 0x200000],
    ["tce", 0x8000],
    ["int_wbinvd", 0x40000],
  ])("%s, its bit of EFER is reserved", (name, bit) => {
    expect(access("wrmsr", M.MSR_EFER, BigInt(bit))).toBe("ok");
    without(name);
    expect(access("wrmsr", M.MSR_EFER, BigInt(bit))).toBe(GP);
    expect(access("wrmsr", M.MSR_EFER, BigInt(R.EFER_SCE))).toBe("ok");
  });

  test("TSC_AUX is there as long as one of its two readers is", () => {
    without("rdtscp");
    expect(access("rdmsr", M.MSR_TSC_AUX)).toBe("ok");
    without("rdpid");
    expect(access("wrmsr", M.MSR_TSC_AUX)).toBe("ok");
    without("rdtscp", "rdpid");
    expect(access("rdmsr", M.MSR_TSC_AUX)).toBe(GP);
    expect(access("wrmsr", M.MSR_TSC_AUX)).toBe(GP);
  });

  test("pdpe1gb, a page of 1 GiB has a reserved bit", () => {
    // It maps itself by one.
    enterLong(cpu);
    const read = () => cpu.try("read8", 0x5000n);
    expect(read()).toBe("ok");
    without("pdpe1gb");
    cpu.sync();
    expect(read()).toBe("#14(0x9)");
  });
});
