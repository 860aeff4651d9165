// AMD's extended registers of the local APIC (AMD64 Architecture Programmer's Manual, volume 2, sections 16.3.2, 16.4.5
// and 16.7): Linux writes their local vectors whenever a CPU with IBS or machine-check thresholds goes down or comes up.
import { beforeEach, describe, expect, test } from "vitest";
import { ACCESS_WRITE, REG_RAX, REG_RBX } from "../../../abi/platform.ts";
import * as apic from "../../../abi/x86/apic.ts";
import { readMmio } from "../fake-registers.ts";
import { Guest } from "./guest.ts";

const PAGE = BigInt(apic.APIC_PAGE);
/** mov [rbx], eax */
const STORE = [0x89, 0x03];
const VERSION = 0x80050010n;
const VECTORS = 4;
const FEATURE = BigInt((VECTORS << 16) | 0x7);

let guest: Guest;

/** What the registers hold that are not zero. */
function machineWith(values: ReadonlyMap<number, bigint>): void {
  guest.platform.onMmio = (address, size) => {
    const register = Number(address - PAGE) >> 4;
    return values.get(register) ?? (size === 4 ? readMmio(address) : 0n);
  };
}

const extended = (more: readonly (readonly [number, bigint])[] = []) =>
  machineWith(new Map([[apic.APIC_VERSION, VERSION], [apic.APIC_EXT_FEATURE, FEATURE], ...more]));

function store(register: number, value: number): number {
  guest.code(STORE);
  const address = PAGE + BigInt(register << 4);
  guest.set(REG_RBX, address);
  guest.set(REG_RAX, BigInt(value >>> 0));
  guest.platform.takeRecord();
  return guest.mmio(address, ACCESS_WRITE);
}

const passedOn = (register: number, value: number) => [
  `mmioWrite 0x${(apic.APIC_PAGE + (register << 4)).toString(16)} 0x4 0x${(value >>> 0).toString(16)}`,
];

beforeEach(() => {
  guest = new Guest();
});

describe("a local APIC that has them", () => {
  beforeEach(() => extended());

  test.each([
    ["a local vector, masked", apic.APIC_EXT_LVT, 0x10000],
    ["a threshold's interrupt", apic.APIC_EXT_LVT + 1, 0xf9],
    ["IBS by NMI", apic.APIC_EXT_LVT_LAST, 0x400],
    ["a masked SMI", apic.APIC_EXT_LVT, 0x10200],
    ["the enables of vectors", apic.APIC_EXT_IER + 7, 0xfffffffe],
    ["the end of a chosen interrupt", apic.APIC_EXT_SEOI, 0xf9],
    ["its control", apic.APIC_EXT_CONTROL, 0x3],
  ])("%s is passed on", (_name, register, value) => {
    expect(store(register, value)).toBe(1);
    expect(guest.platform.takeRecord()).toEqual(passedOn(register, value));
  });

  test.each([
    ["an SMI", apic.APIC_EXT_LVT, 0x200],
    ["INIT", apic.APIC_EXT_LVT, 0x500],
    ["an external interrupt", apic.APIC_EXT_LVT_LAST, 0x700],
    ["reserved bits of a vector", apic.APIC_EXT_LVT, 0x20000],
    ["a read-only register", apic.APIC_EXT_FEATURE, 1],
    ["reserved bits of the control", apic.APIC_EXT_CONTROL, 0x8],
    ["another width of the id", apic.APIC_EXT_CONTROL, apic.APIC_EXT_CONTROL_ID],
    ["a register that there is not", apic.APIC_EXT_SEOI + 1, 0],
  ])("%s stops the CPU", (_name, register, value) => {
    expect(store(register, value)).toBe(0);
    expect(guest.platform.takeRecord()).toEqual(["parkCpu 0x0 0x0"]);
  });

  test("what the firmware has set up may be written back, the delivery's state aside", () => {
    extended([[apic.APIC_EXT_LVT, 0x12f2n]]);
    expect(store(apic.APIC_EXT_LVT, 0x2f2)).toBe(1);
    expect(store(apic.APIC_EXT_LVT, 0x2f3)).toBe(0);
  });

  test("the width of the id stays as the firmware has it", () => {
    extended([[apic.APIC_EXT_CONTROL, 4n]]);
    expect(store(apic.APIC_EXT_CONTROL, 5)).toBe(1);
    expect(store(apic.APIC_EXT_CONTROL, 1)).toBe(0);
  });

  test("a local vector beyond their number is nothing", () => {
    extended([[apic.APIC_EXT_FEATURE, 0x20000n]]);
    expect(store(apic.APIC_EXT_LVT + 1, 0x10000)).toBe(1);
    expect(guest.platform.takeRecord()).toEqual(passedOn(apic.APIC_EXT_LVT + 1, 0x10000));
    expect(store(apic.APIC_EXT_LVT + 2, 0x200)).toBe(1);
    expect(guest.platform.takeRecord()).toEqual([]);
  });

  test("the x2APIC's MSRs, which are emulated here, have them too", () => {
    extended([[apic.APIC_EXT_LVT, 0x10000n]]);
    guest.code([0x0f, 0x32]);
    expect(guest.rdmsr(0x850)).toBe(1);
    expect(guest.getPair()).toBe(0x10000n);
    expect(guest.rdmsr(0x840)).toBe(1);
    expect(guest.getPair()).toBe(FEATURE);
    guest.platform.takeRecord();
    expect(guest.wrmsr(0x850, 0x400n)).toBe(1);
    expect(guest.platform.takeRecord()).toEqual(passedOn(apic.APIC_EXT_LVT, 0x400));
    for (const [msr, value] of [
      [0x840, 0n],
      [0x843, 0n],
      [0x854, 0n],
    ] as const) {
      guest.wrmsr(msr, value);
      const [order] = guest.platform.takeRecord();
      expect([msr, order]).toEqual([msr, "injectException 0x0 0xd 0x0"]);
    }
  });
});

test("a local APIC that has none takes what Linux writes there, and nothing happens", () => {
  for (const register of [apic.APIC_EXT_CONTROL, apic.APIC_EXT_LVT, apic.APIC_EXT_LVT_LAST]) {
    expect(store(register, 0x10000)).toBe(1);
    expect(guest.platform.takeRecord()).toEqual([]);
  }
  guest.code([0x0f, 0x32]);
  guest.rdmsr(0x850);
  expect(guest.platform.takeRecord()).toEqual(["injectException 0x0 0xd 0x0"]);
});
