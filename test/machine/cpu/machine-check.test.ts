// Banks of machine checks in their scalable form (AMD64 APM volume 2, section 9.3.3).
import { beforeEach, expect, test } from "vitest";
import { MSR_MCG_STATUS } from "../../../abi/x86/msr.ts";
import { missingWords } from "../../../machine/model.ts";
import { enterProtected } from "./descriptors.ts";
import { TestCpu } from "./harness.ts";

const [RAX, RCX, RDX] = [0, 1, 2] as const;
const GP = "#13(0x0)";
const MCG_CAP = 0x179;
const BANK1 = 0xc0002010;
const [STATUS, ADDRESS, MISC, CONFIG, IPID] = [1, 2, 3, 4, 5] as const;
const LEGACY1 = 0x404;
const INTERRUPT_CONFIG = 0xc0000410;
const MASK1 = 0xc0010401;

let cpu: TestCpu;

beforeEach(() => {
  cpu = new TestCpu({ cpus: 2 });
  enterProtected(cpu);
});

function write(msr: number, value: bigint): string {
  cpu.setRegister(RCX, BigInt(msr));
  cpu.setRegister(RAX, value & 0xffffffffn);
  cpu.setRegister(RDX, value >> 32n);
  return cpu.try("wrmsr");
}

function read(msr: number): bigint | string {
  cpu.setRegister(RCX, BigInt(msr));
  const result = cpu.try("rdmsr");
  if (result !== "ok") return result;
  return (cpu.register(RDX) << 32n) | cpu.register(RAX);
}

test("there are two, which say what they are", () => {
  expect(read(MCG_CAP)).toBe(2n);
  expect(read(BANK1 + IPID)).toBe(0x100b000000000n);
  expect(read(BANK1 + CONFIG)).toBe(1n);
  expect(read(BANK1 + MISC)).toBe(0xd000000000000000n);
  expect(read(INTERRUPT_CONFIG)).toBe(0x1020n);
});

test("software clears what is told of an error, and nothing else of it", () => {
  expect(cpu.x.machineCheck!(0, 1, 0xbe00000000000000n, 0x1234n)).toBe(1);
  expect([read(BANK1 + STATUS), read(BANK1 + ADDRESS)]).toEqual([0xbe00000000000000n, 0x1234n]);
  expect(read(LEGACY1 + STATUS)).toBe(0xbe00000000000000n);
  expect(write(BANK1 + STATUS, 1n)).toBe(GP);
  expect(write(BANK1 + STATUS, 0n)).toBe("ok");
  expect(read(LEGACY1 + STATUS)).toBe(0n);
  expect(cpu.x.machineCheck!(0, 2, 1n, 0n)).toBe(0);
});

test("registers keep what there is of them", () => {
  for (const [msr, value, kept] of [
    [BANK1, -1n, -1n],
    [BANK1 + MISC, -1n, 0xd0ff0fff00000000n],
    [BANK1 + CONFIG, -1n, 0x6100000001n],
    [BANK1 + IPID, -1n, 0x100b000000000n],
    [BANK1 + 7, -1n, 0n],
    [MASK1, 0x5an, 0x5an],
    [INTERRUPT_CONFIG, 0x2010n, 0x2010n],
    [MSR_MCG_STATUS, 7n, 7n],
  ] as const) {
    expect(write(msr, BigInt.asUintN(64, value))).toBe("ok");
    expect([msr, read(msr)]).toEqual([msr, BigInt.asUintN(64, kept)]);
  }
  expect(write(MSR_MCG_STATUS, 8n)).toBe(GP);
});

test("of banks that there are not nothing is kept", () => {
  for (const msr of [0xc0002020, 0xc0002fff, 0x47f]) {
    expect(write(msr, 1n)).toBe("ok");
    expect(read(msr)).toBe(0n);
  }
});

test("a reset leaves them alone", () => {
  write(BANK1, 5n);
  cpu.x.resetState!(0);
  enterProtected(cpu);
  expect(read(BANK1)).toBe(5n);
});

test("without smca there are none", () => {
  for (const [word, bits] of missingWords(["smca"]).entries())
    cpu.x.setMissingFeatures!(word, bits);
  expect(read(MCG_CAP)).toBe(0n);
  for (const msr of [BANK1, LEGACY1, INTERRUPT_CONFIG, MASK1]) expect(read(msr)).toBe(GP);
  expect(cpu.x.machineCheck!(0, 1, 1n, 0n)).toBe(0);
});
