// Cells' local APICs in x2APIC mode beside a root cell in xAPIC mode: who is, what costs no exit, and the xAPIC page all the same.
import { beforeEach, describe, expect, test } from "vitest";
import { APIC_MODE_XAPIC, MEM_ROOTSHARED } from "../../../abi/config.ts";
import * as hc from "../../../abi/hypercall.ts";
import { ACCESS_WRITE, MAP_READ, REG_RAX, REG_RBX } from "../../../abi/platform.ts";
import * as apic from "../../../abi/x86/apic.ts";
import * as cfg from "../configurations.ts";
import { FakePlatform } from "../fake-platform.ts";
import { readMsr, x2apicCpuid } from "../fake-registers.ts";
import { Guest } from "./guest.ts";

const PAGE = BigInt(apic.APIC_PAGE);
const STORE = [0x89, 0x03];
const LOAD = [0x8b, 0x03];
const CPU = 3;
const VERSION = 0x803;
const READ = 1;
const WRITE = 2;
/** The code that tests execute is where it is in the root cell. */
const REGIONS = [
  { phys: 0n, virt: 0n, size: cfg.MIB, flags: cfg.RWX | MEM_ROOTSHARED },
  cfg.COMM,
  { ...cfg.loadable(5n * cfg.MIB), virt: 2n * cfg.MIB },
];

let guest: Guest;

function makeGuest(platform = new FakePlatform(), system: cfg.SystemOptions = {}): Guest {
  if (platform.onCpuid(1, 2) === 0) platform.onCpuid = x2apicCpuid;
  return new Guest(platform, 0, system);
}

/** Creates a cell; returns a guest of its first CPU. */
function create(on: Guest, cpus: readonly number[]): Guest {
  on.platform.writeRam(cfg.CONFIG_ADDRESS, cfg.cellConfig({ regions: REGIONS, cpus }));
  expect(on.platform.hypercall(0, hc.HC_CELL_CREATE, cfg.CONFIG_ADDRESS)).toBe(0);
  on.platform.console = "";
  return Object.assign(Object.create(on), { cpu: cpus[0] });
}

const isX2apic = (on: Guest) => on.platform.takeRecord().includes("useX2apic 0x1");
const access = (on: Guest, register: number, cell = 1) =>
  on.platform.msrAccess(cell, 0x800 + register);

describe("a new cell", () => {
  beforeEach(() => {
    guest = makeGuest();
  });

  test("has its CPUs in x2APIC mode and no xAPIC page; the root cell has the page and no x2APIC", () => {
    create(guest, [CPU]);
    expect(isX2apic(guest)).toBe(true);
    expect(guest.platform.spaces.get(1)?.pages.has(PAGE >> 12n)).toBe(false);
    expect(guest.platform.spaces.get(0)?.pages.get(PAGE >> 12n)).toEqual({
      phys: PAGE,
      flags: MAP_READ,
    });
    for (let register = 0; register <= apic.APIC_EXT_LVT_LAST; register++)
      expect(access(guest, register, 0)).toBe(0);
  });

  test("needs no exit for a tick", () => {
    create(guest, [CPU]);
    for (const register of [apic.APIC_EOI, apic.APIC_TPR, apic.APIC_TIMER_INITIAL])
      expect(access(guest, register) & WRITE, `${register}`).toBe(WRITE);
    for (const register of [apic.APIC_ID, apic.APIC_TIMER_CURRENT, apic.APIC_TIMER_DIVIDE])
      expect(access(guest, register) & READ, `${register}`).toBe(READ);
    expect(access(guest, apic.APIC_TIMER_DIVIDE)).toBe(READ | WRITE);
  });

  test("writes no local vector, no ICR and no id's width unchecked", () => {
    create(guest, [CPU]);
    const checked = [apic.APIC_LVT_CMCI, apic.APIC_ICR, apic.APIC_EXT_CONTROL];
    for (let lvt = apic.APIC_LVT_TIMER; lvt <= apic.APIC_LVT_ERROR; lvt++) checked.push(lvt);
    for (let lvt = apic.APIC_EXT_LVT; lvt <= apic.APIC_EXT_LVT_LAST; lvt++) checked.push(lvt);
    for (const register of checked) expect(access(guest, register) & WRITE, `${register}`).toBe(0);
  });
});

describe("cells stay in xAPIC mode", () => {
  test("where the configuration wants that", () => {
    guest = makeGuest(new FakePlatform(), { x86: { apicMode: APIC_MODE_XAPIC } });
    create(guest, [CPU]);
    expect(isX2apic(guest)).toBe(false);
    expect(guest.platform.spaces.get(1)?.pages.has(PAGE >> 12n)).toBe(true);
    expect(access(guest, apic.APIC_EOI)).toBe(0);
  });

  test("where one of the processors has no x2APIC", () => {
    const platform = new FakePlatform();
    platform.onCpuid = (leaf, part) =>
      platform.caller === 2 && leaf === 1 ? 0x1 : x2apicCpuid(leaf, part);
    guest = new Guest(platform);
    create(guest, [CPU]);
    expect(isX2apic(guest)).toBe(false);
  });

  test.each([
    ["whose id is another CPU's bit", (cpu: number) => [0, 2, 1, 3][cpu]!, [1], false],
    ["of which one has such an id", (cpu: number) => [0, 2, 1, 3][cpu]!, [1, 3], false],
    ["whose id is no CPU's bit", (cpu: number) => [0, 6, 1, 3][cpu]!, [1], true],
    ["whose id is beyond flat destinations", (cpu: number) => cpu + 8, [1], true],
  ])("with a CPU %s", (_name, id, cpus, expected) => {
    const platform = new FakePlatform();
    platform.onApicId = id;
    guest = makeGuest(platform);
    create(guest, cpus);
    expect(isX2apic(guest)).toBe(expected);
  });
});

describe("the xAPIC page of a cell in x2APIC mode", () => {
  let cell: Guest;
  let msrs: Map<number, bigint>;

  const store = (register: number, value: number) => {
    cell.code(STORE);
    cell.set(REG_RAX, BigInt(value >>> 0));
    cell.set(REG_RBX, PAGE);
    return cell.mmio(PAGE + BigInt(register << 4), ACCESS_WRITE);
  };
  const load = (register: number) => {
    cell.code(LOAD);
    cell.set(REG_RBX, PAGE);
    expect(cell.mmio(PAGE + BigInt(register << 4))).toBe(1);
    return Number(cell.get(REG_RAX));
  };

  beforeEach(() => {
    msrs = new Map([[VERSION, 0x50014n]]);
    const platform = new FakePlatform();
    platform.onMsr = (msr) => msrs.get(msr) ?? readMsr(msr);
    guest = makeGuest(platform);
    cell = create(guest, [2, 3]);
    guest.platform.takeRecord();
  });

  test.each([
    ["TPR", apic.APIC_TPR, 0x20, 0x20],
    ["EOI, with any value", apic.APIC_EOI, 5, 0],
    ["SVR", apic.APIC_SVR, 0x1ff, 0x1ff],
    ["ESR, with any value", apic.APIC_ESR, 7, 0],
    ["LVT timer", apic.APIC_LVT_TIMER, 0x20020, 0x20020],
    ["LVT LINT0, without what is read-only", apic.APIC_LVT_LINT0, 0x15700, 0x10700],
    ["LVT LINT1, NMI", apic.APIC_LVT_LINT1, 0x400, 0x400],
    ["initial count", apic.APIC_TIMER_INITIAL, 0xffffffff, 0xffffffff],
    ["divide configuration", apic.APIC_TIMER_DIVIDE, 0xb, 0xb],
  ])("%s is written to the x2APIC", (_name, register, value, written) => {
    expect(store(register, value)).toBe(1);
    expect(guest.platform.takeRecord()).toEqual([
      `writeMsr 0x2 0x${(0x800 + register).toString(16)} 0x${written.toString(16)}`,
    ]);
  });

  test.each([
    ["its id", apic.APIC_ID, 0x02000000],
    ["version", apic.APIC_VERSION, 0x50014],
    ["its flat logical id", apic.APIC_LDR, 0x04000000],
    ["flat DFR", apic.APIC_DFR, 0xffffffff],
    ["what an x2APIC has not", apic.APIC_APR, 0],
    ["current count", apic.APIC_TIMER_CURRENT, 0x1234],
  ])("%s is read", (_name, register, value) => {
    msrs.set(0x800 + apic.APIC_TIMER_CURRENT, 0x1234n);
    expect(load(register)).toBe(value);
  });

  test.each([
    ["id", apic.APIC_ID, 0x05000000],
    ["LDR as it is", apic.APIC_LDR, 0x04000000],
    ["flat DFR", apic.APIC_DFR, 0xffffffff],
  ])("%s needs no write", (_name, register, value) => {
    expect(store(register, value)).toBe(1);
    expect(guest.platform.takeRecord()).toEqual([]);
  });

  test.each([
    ["SMI from the LVT", apic.APIC_LVT_LINT0, 0x200],
    ["another LDR", apic.APIC_LDR, 0x02000000],
    ["an SMI", apic.APIC_ICR, 0x200],
  ])("%s stops the CPU", (_name, register, value) => {
    expect(store(register, value)).toBe(0);
  });

  test("its ICR has flat logical destinations, and reads as it was written", () => {
    expect(store(apic.APIC_ICR_HIGH, 0x0c000000)).toBe(1);
    expect(store(apic.APIC_ICR, 0x0831)).toBe(1);
    expect(guest.platform.takeRecord()).toEqual(["sendIpi 0x2 0x0 0x31", "sendIpi 0x3 0x0 0x31"]);
    expect([load(apic.APIC_ICR_HIGH), load(apic.APIC_ICR)]).toEqual([0x0c000000, 0x0831]);
  });

  test("the MSR of the ICR has clusters", () => {
    expect(cell.wrmsr(0x830, 0x800000832n)).toBe(1);
    expect(guest.platform.takeRecord()).toEqual(["sendIpi 0x3 0x0 0x32"]);
    expect(cell.rdmsr(0x830)).toBe(1);
    expect(cell.getPair()).toBe(0x800000832n);
  });

  test("AMD's extended registers are the x2APIC's, where it has them", () => {
    expect(store(apic.APIC_EXT_LVT, 0x400)).toBe(1);
    expect(guest.platform.takeRecord()).toEqual([]);
    msrs.set(VERSION, 0x80050014n);
    msrs.set(0x800 + apic.APIC_EXT_FEATURE, 0x20000n);
    expect(store(apic.APIC_EXT_LVT, 0x400)).toBe(1);
    expect(cell.wrmsr(0x851, 0x10000n)).toBe(1);
    expect(store(apic.APIC_EXT_LVT + 2, 0x400)).toBe(1);
    expect(guest.platform.takeRecord()).toEqual([
      "writeMsr 0x2 0x850 0x400",
      "writeMsr 0x2 0x851 0x10000",
    ]);
    expect(cell.wrmsr(0x850, 0x200n)).toBe(0);
  });

  test("the root cell's page is its own xAPIC's", () => {
    guest.code(STORE);
    guest.set(REG_RAX, 0n);
    guest.set(REG_RBX, PAGE);
    expect(guest.mmio(PAGE + BigInt(apic.APIC_EOI << 4), ACCESS_WRITE)).toBe(1);
    expect(guest.platform.takeRecord()).toEqual(["mmioWrite 0xfee000b0 0x4 0x0"]);
  });

  test("the root cell's IPIs do not reach the cell, nor the cell's the root cell", () => {
    expect(cell.wrmsr(0x830, 0x31n)).toBe(1);
    expect(guest.wrmsr(0x830, 0x200000031n)).toBe(1);
    expect(guest.platform.takeRecord()).toEqual([]);
  });
});
