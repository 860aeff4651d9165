// Local APICs: what a cell may program, and where its interrupts go.
import { beforeEach, describe, expect, test } from "vitest";
import { APIC_MODE_X2APIC, APIC_MODE_XAPIC } from "../../../abi/config.ts";
import { EIO } from "../../../abi/errno.ts";
import * as hc from "../../../abi/hypercall.ts";
import {
  ACCESS_WRITE,
  MAP_READ,
  REG_CS_BASE,
  REG_CS_SELECTOR,
  REG_RAX,
  REG_RBX,
  REG_RIP,
} from "../../../abi/platform.ts";
import * as apic from "../../../abi/x86/apic.ts";
import { APIC_BASE_ENABLE, APIC_BASE_X2APIC, MSR_APIC_BASE } from "../../../abi/x86/msr.ts";
import * as cfg from "../configurations.ts";
import { FakePlatform } from "../fake-platform.ts";
import { readMsr } from "../fake-registers.ts";
import { Guest } from "./guest.ts";

const PAGE = BigInt(apic.APIC_PAGE);
const X2APIC = 0x800;
/** MOV [RBX], EAX and MOV EAX, [RBX]. */
const STORE = [0x89, 0x03];
const LOAD = [0x8b, 0x03];
const WRMSR = [0x0f, 0x30];

function makeX2apic(): FakePlatform {
  const platform = new FakePlatform();
  const base = BigInt(apic.APIC_PAGE | APIC_BASE_ENABLE | APIC_BASE_X2APIC);
  platform.onMsr = (msr) => (msr === MSR_APIC_BASE ? base : readMsr(msr));
  return platform;
}

/** Gives CPU `cpu` to a new cell. */
function createCell(guest: Guest, cpus: readonly number[], options: cfg.CellOptions = {}): void {
  const config = cfg.cellConfig({
    name: "demo",
    regions: [cfg.loadable(5n * cfg.MIB), cfg.COMM],
    cpus,
    ...options,
  });
  guest.platform.writeRam(cfg.CONFIG_ADDRESS, config);
  expect(guest.platform.hypercall(0, hc.HC_CELL_CREATE, cfg.CONFIG_ADDRESS)).toBe(0);
  guest.platform.console = "";
  guest.platform.takeRecord();
}

/** Writes a register of the xAPIC page; returns what the exit returns. */
function store(guest: Guest, register: number, value: number): number {
  guest.code(STORE);
  guest.set(REG_RAX, BigInt(value >>> 0));
  guest.set(REG_RBX, PAGE);
  return guest.mmio(PAGE + BigInt(register << 4), ACCESS_WRITE);
}

/** Interrupts sent since the last call. */
function sent(guest: Guest): string[] {
  return guest.platform.takeRecord().filter((order) => order.startsWith("sendIpi"));
}

describe("on an xAPIC machine", () => {
  let guest: Guest;

  beforeEach(() => {
    guest = new Guest();
  });

  test("the page is mapped read-only to every cell", () => {
    createCell(guest, [3]);
    for (const cell of [0, 1])
      expect(guest.platform.spaces.get(cell)?.pages.get(PAGE >> 12n)).toEqual({
        phys: PAGE,
        flags: MAP_READ,
      });
  });

  test("reads that come out all the same are carried out", () => {
    guest.code(LOAD);
    expect(guest.mmio(PAGE + BigInt(apic.APIC_DFR << 4))).toBe(1);
    expect(guest.get(REG_RAX)).toBe(0xffffffffn);
  });

  test.each([
    ["TPR", apic.APIC_TPR, 0x20],
    ["EOI", apic.APIC_EOI, 0],
    ["SVR", apic.APIC_SVR, 0x1ff],
    ["ESR", apic.APIC_ESR, 0],
    ["LVT timer", apic.APIC_LVT_TIMER, 0x20020],
    ["LVT LINT0, masked with any mode", apic.APIC_LVT_LINT0, 0x10700],
    ["LVT LINT1, NMI", apic.APIC_LVT_LINT1, 0x400],
    ["initial count", apic.APIC_TIMER_INITIAL, 0xffffffff],
    ["divide configuration", apic.APIC_TIMER_DIVIDE, 0xb],
    ["ICR high", apic.APIC_ICR_HIGH, 0x01000000],
    ["LDR as it is", apic.APIC_LDR, 0x01000000],
    ["flat DFR", apic.APIC_DFR, 0xffffffff],
  ])("%s is passed on", (_name, register, value) => {
    expect(store(guest, register, value)).toBe(1);
    const address = (apic.APIC_PAGE + (register << 4)).toString(16);
    expect(guest.platform.takeRecord()).toEqual([
      `mmioWrite 0x${address} 0x4 0x${value.toString(16)}`,
    ]);
  });

  test("a write of the id is ignored", () => {
    expect(store(guest, apic.APIC_ID, 0x05000000)).toBe(1);
    expect(guest.platform.takeRecord()).toEqual([]);
  });

  test.each([
    ["reserved bits of TPR", apic.APIC_TPR, 0x100, "Setting reserved APIC bits"],
    ["reserved bits of the ICR", apic.APIC_ICR, 0x2000, "Setting reserved APIC bits"],
    ["a read-only register", apic.APIC_VERSION, 1, "Setting reserved APIC bits"],
    ["another LDR", apic.APIC_LDR, 0x02000000, "Unsupported change of LDR"],
    ["cluster mode", apic.APIC_DFR, 0x0fffffff, "Unsupported change of DFR"],
    ["SMI from the LVT", apic.APIC_LVT_LINT0, 0x200, "Unsupported APIC delivery mode"],
    ["INIT from the LVT", apic.APIC_LVT_PERF, 0x500, "Unsupported APIC delivery mode"],
    ["an external interrupt", apic.APIC_LVT_LINT0, 0x700, "Unsupported APIC delivery mode"],
    ["an SMI", apic.APIC_ICR, 0x200, "Unsupported ICR delivery mode"],
    ["INIT to itself", apic.APIC_ICR, 0x40500, "Unsupported ICR delivery mode"],
    ["NMI to all", apic.APIC_ICR, 0x80400, "Unsupported ICR delivery mode"],
  ])("%s stops the CPU", (_name, register, value, reason) => {
    expect(store(guest, register, value)).toBe(0);
    const lines = guest.output().split("\n");
    expect(lines[0]).toBe(
      `FATAL: ${reason}, register: ${(reason.includes("ICR") ? 0 : register).toString(16)} value: ${value.toString(16)}`,
    );
    const address = (apic.APIC_PAGE + (register << 4)).toString(16).padStart(16, "0");
    expect(lines[1]).toBe(`FATAL: Invalid MMIO/RAM write, addr: 0x${address} size: 4`);
    expect(guest.platform.takeRecord()).toEqual(["parkCpu 0x0 0x0"]);
  });

  test.each([
    ["unaligned", 0x84n],
    ["unaligned inside a register", 0x81n],
    ["beyond the last register", 0x540n],
  ])("an %s access stops the CPU", (_name, offset) => {
    guest.code(STORE);
    expect(guest.mmio(PAGE + offset, ACCESS_WRITE)).toBe(0);
  });

  test("exits count as xAPIC accesses", () => {
    store(guest, apic.APIC_EOI, 0);
    const counter = (stat: number) =>
      guest.platform.hypercall(0, hc.HC_CPU_GET_INFO, 0n, BigInt(hc.CPU_INFO_STAT_BASE + stat));
    expect(counter(hc.STAT_XAPIC)).toBe(1);
    expect(counter(hc.STAT_MMIO)).toBe(0);
  });

  describe("the ICR", () => {
    beforeEach(() => {
      createCell(guest, [3]);
    });

    test.each([
      ["fixed, physical", 0x02000000, 0x31, ["sendIpi 0x2 0x0 0x31"]],
      ["lowest priority, logical", 0x06000000, 0x0932, ["sendIpi 0x1 0x1 0x32"]],
      ["logical, three", 0x07000000, 0x0833, [0, 1, 2].map((n) => `sendIpi 0x${n} 0x0 0x33`)],
      ["self", 0, 0x40034, ["sendIpi 0x0 0x0 0x34"]],
      ["all", 0, 0x80035, [0, 1, 2].map((n) => `sendIpi 0x${n} 0x0 0x35`)],
      ["others", 0, 0xc0036, [1, 2].map((n) => `sendIpi 0x${n} 0x0 0x36`)],
      ["others, lowest priority", 0, 0xc0137, ["sendIpi 0x1 0x1 0x37"]],
      ["physical broadcast", 0xff000000, 0x38, [0, 1, 2].map((n) => `sendIpi 0x${n} 0x0 0x38`)],
    ])("%s: reaches the cell's CPUs only", (_name, high, low, orders) => {
      store(guest, apic.APIC_ICR_HIGH, high);
      expect(store(guest, apic.APIC_ICR, low)).toBe(1);
      expect(sent(guest)).toEqual(orders);
      expect(guest.output()).toBe("");
    });

    test.each([
      ["physical", 0x03000000, 0x40, []],
      ["nobody's id", 0x77000000, 0x40, []],
      ["logical", 0x08000000, 0x840, []],
      ["logical, partly", 0x0f000000, 0x840, [0, 1, 2].map((n) => `sendIpi 0x${n} 0x0 0x40`)],
      ["INIT", 0x03000000, 0x500, []],
      ["SIPI", 0x03000000, 0x610, []],
    ])("%s outside the cell: dropped with a warning", (_name, high, low, orders) => {
      store(guest, apic.APIC_ICR_HIGH, high);
      guest.platform.takeRecord();
      expect(store(guest, apic.APIC_ICR, low)).toBe(1);
      expect(guest.platform.takeRecord()).toEqual(orders);
      expect(guest.output()).toBe(
        `WARNING: CPU 0 specified IPI destination outside cell boundaries, ICR.hi=${high.toString(16)}\n`,
      );
    });

    test("warnings end after a few", () => {
      store(guest, apic.APIC_ICR_HIGH, 0x03000000);
      for (let i = 0; i < 100; i++) store(guest, apic.APIC_ICR, 0x40);
      expect(guest.output().split("\n")).toHaveLength(17);
    });

    test("NMIs reach CPUs of the cell", () => {
      store(guest, apic.APIC_ICR_HIGH, 0x02000000);
      guest.platform.takeRecord();
      expect(store(guest, apic.APIC_ICR, 0x400)).toBe(1);
      expect(guest.output()).toBe("");
      expect(guest.platform.takeRecord()).toEqual(["sendIpi 0x2 0x4 0x0"]);
    });

    test("INIT parks a CPU of the cell, SIPI starts it", () => {
      store(guest, apic.APIC_ICR_HIGH, 0x02000000);
      guest.platform.takeRecord();
      expect(store(guest, apic.APIC_ICR, 0x4500)).toBe(1);
      expect(guest.platform.takeRecord()).toEqual([
        "stopCpu 0x2",
        "parkCpu 0x2 0x1",
        "resumeCpu 0x2",
      ]);
      expect(store(guest, apic.APIC_ICR, 0x9500 & ~0x1000)).toBe(1);
      expect(guest.platform.takeRecord()).toEqual([]);
      expect(store(guest, apic.APIC_ICR, 0x4612)).toBe(1);
      expect(guest.platform.takeRecord()).toEqual([
        "stopCpu 0x2",
        "resetCpu 0x2 0x0",
        "resumeCpu 0x2",
      ]);
      const { registers } = guest.platform.cpus[2]!;
      expect(registers.get(REG_CS_SELECTOR)).toBe(0x1200n);
      expect(registers.get(REG_CS_BASE)).toBe(0x12000n);
      expect(registers.get(REG_RIP)).toBe(0n);
      expect(guest.output()).toBe("CPU 2 received SIPI, vector 12\n");
    });

    test("SIPI to a CPU that does not wait for it is ignored", () => {
      store(guest, apic.APIC_ICR_HIGH, 0x02000000);
      guest.platform.takeRecord();
      expect(store(guest, apic.APIC_ICR, 0x4612)).toBe(1);
      expect(guest.platform.takeRecord()).toEqual([]);
    });

    test("INIT to its own id leaves the CPU waiting at the instruction", () => {
      store(guest, apic.APIC_ICR_HIGH, 0);
      guest.platform.takeRecord();
      expect(store(guest, apic.APIC_ICR, 0x4500)).toBe(1);
      expect(guest.platform.takeRecord()).toEqual(["parkCpu 0x0 0x1"]);
    });

    test("a cell that was stopped for its silence goes on as a whole", () => {
      createCell(guest, [1, 2], { name: "pair", id: 2, regions: [cfg.COMM] });
      guest.platform.hypercall(0, hc.HC_CELL_START, 2n);
      const other: Guest = Object.assign(Object.create(guest), { cpu: 2 });
      guest.platform.hypercall(0, hc.HC_CELL_DESTROY, 1n);
      const stopped = () => guest.platform.cpus.map((cpu) => cpu.stopped);
      expect(stopped()).toEqual([false, true, true, false]);
      // One that was about to send an INIT does not get the lock before: test/platforms/stop/ has that.
      expect(guest.platform.hypercall(0, hc.HC_CELL_START, 2n)).toBe(0);
      expect(stopped()).not.toContain(true);
      guest.platform.takeRecord();
      other.wrmsr(0x830, 0x100004500n);
      expect(guest.platform.takeRecord()).toContain("parkCpu 0x1 0x1");
    });

    test("a failed CPU takes no INIT", () => {
      guest.platform.violate(2);
      store(guest, apic.APIC_ICR_HIGH, 0x02000000);
      guest.platform.takeRecord();
      expect(store(guest, apic.APIC_ICR, 0x4500)).toBe(1);
      expect(store(guest, apic.APIC_ICR, 0x4612)).toBe(1);
      expect(guest.platform.takeRecord()).toEqual([]);
    });
  });

  describe("x2APIC MSRs are emulated", () => {
    test.each([
      ["id", 0x02, 0n],
      ["logical id", 0x0d, 1n],
      ["TPR", 0x08, 0n],
      ["ISR", 0x17, 0n],
      ["IRR", 0x27, 0n],
    ])("%s is read", (_name, register, value) => {
      guest.code([0x0f, 0x32]);
      expect(guest.rdmsr(X2APIC + register)).toBe(1);
      expect(guest.getPair()).toBe(value);
      expect(guest.advanced).toBe(2);
    });

    test("the ICR shows its upper half in EDX", () => {
      const inner = guest.platform.onMmio;
      guest.platform.onMmio = (address, size, value) =>
        address === PAGE + 0x310n
          ? 0x2000000n
          : address === PAGE + 0x300n
            ? 0x41n
            : inner(address, size, value);
      expect(guest.rdmsr(0x830)).toBe(1);
      expect(guest.getPair()).toBe(0x200000000000041n);
    });

    test("EOI and timer are written to the page", () => {
      expect(guest.wrmsr(0x80b, 0n)).toBe(1);
      expect(guest.wrmsr(0x838, 1000n)).toBe(1);
      expect(guest.platform.takeRecord()).toEqual([
        "mmioWrite 0xfee000b0 0x4 0x0",
        "mmioWrite 0xfee00380 0x4 0x3e8",
      ]);
    });

    test("the ICR takes 32-bit destinations", () => {
      expect(guest.wrmsr(0x830, 0x200000031n)).toBe(1);
      expect(sent(guest)).toEqual(["sendIpi 0x2 0x0 0x31"]);
      expect(guest.wrmsr(0x830, 0x700000031n)).toBe(1);
      expect(guest.output()).toContain("ICR.hi=7\n");
    });

    test.each([0x800, 0x80e, 0x831, 0x83a, 0x83f])("reading %i raises #GP", (msr) => {
      expect(guest.rdmsr(msr)).toBe(1);
      expect(guest.platform.takeRecord()).toEqual(["injectException 0x0 0xd 0x0"]);
    });

    test.each([0x802, 0x803, 0x80d, 0x831, 0x839])("writing %i raises #GP", (msr) => {
      expect(guest.wrmsr(msr, 0n)).toBe(1);
      expect(guest.platform.takeRecord()).toEqual(["injectException 0x0 0xd 0x0"]);
    });

    test("a self IPI is dropped with a note", () => {
      expect(guest.wrmsr(0x83f, 0x30n)).toBe(1);
      expect(guest.output()).toBe("Unhandled x2APIC self IPI write\n");
      expect(guest.platform.takeRecord()).toEqual([]);
    });

    test("a bad value stops the CPU", () => {
      expect(guest.wrmsr(0x835, 0x200n)).toBe(0);
      expect(guest.output()).toContain("FATAL: Unhandled MSR write: 835\n");
    });
  });

  test("a logical id that is not the CPU's own refuses enabling", () => {
    const platform = new FakePlatform();
    const other = new FakePlatform().onMmio;
    platform.onMmio = (address, size) =>
      address === PAGE + 0xd0n ? 0x80000000n : other(address, size);
    expect(platform.enable(cfg.systemConfig())).toBe(-EIO);
  });
});

describe("on an x2APIC machine", () => {
  let guest: Guest;

  beforeEach(() => {
    guest = new Guest(makeX2apic());
    createCell(guest, [3]);
    guest.code(WRMSR);
  });

  test("registers are granted as they exist, but the ICR and writes of the local vectors", () => {
    const readable = [2, 3, 8, 0xa, 0xd, 0xf, 0x28, 0x2f, 0x39, 0x3e];
    for (let isr = 0x10; isr < 0x28; isr++) readable.push(isr);
    for (let lvt = 0x32; lvt <= 0x38; lvt++) readable.push(lvt);
    const writable = [8, 0xb, 0xf, 0x28, 0x38, 0x3e, 0x3f];
    for (let register = 0; register < 0x40; register++) {
      const access = (readable.includes(register) ? 1 : 0) | (writable.includes(register) ? 2 : 0);
      expect(guest.platform.msrAccess(0, 0x800 + register), `${register}`).toBe(access);
    }
  });

  test.each([
    [0x82f, 0x10000n],
    [0x832, 0x200ecn],
    [0x837, 0xfen],
    [0x833, 0xfan],
    [0x834, 0x400n],
    [0x835, 0x10700n],
    [0x836, 0x400n],
  ])("LVT entry %i may deliver interrupts and NMIs", (msr, value) => {
    expect(guest.wrmsr(msr, value)).toBe(1);
    const order = `writeMsr 0x0 0x${msr.toString(16)} 0x${value.toString(16)}`;
    expect(guest.platform.takeRecord()).toEqual([order]);
    expect(guest.advanced).toBe(2);
  });

  test.each([
    ["SMI", 0x833, 0x200n],
    ["INIT", 0x835, 0x500n],
    ["ExtINT", 0x836, 0x700n],
    ["SMI", 0x82f, 0x2fan],
  ])("LVT: %s by MSR %i stops the CPU", (_name, msr, value) => {
    expect(guest.wrmsr(msr, value)).toBe(0);
    expect(guest.output()).toMatch(/^FATAL: Unsupported APIC delivery mode, register: /);
    expect(guest.platform.takeRecord()).toEqual(["parkCpu 0x0 0x0"]);
  });

  test.each([
    ["timer", 0x832, 0x2ecn],
    ["error", 0x837, 0x4fen],
  ])("the %s has no delivery mode, also where AMD's has", (_name, msr, value) => {
    expect(guest.wrmsr(msr, value)).toBe(0);
    expect(guest.output()).toMatch(/^FATAL: Setting reserved APIC bits, register: /);
  });

  test("the ICR reads as it was written", () => {
    guest.wrmsr(0x830, 0x200000031n);
    expect(guest.rdmsr(0x830)).toBe(1);
    expect(guest.getPair()).toBe(0x200000031n);
  });

  test("an LVT entry that the processor lacks raises #GP", () => {
    guest.platform.hasMsr = () => false;
    expect(guest.wrmsr(0x82f, 0xfan)).toBe(1);
    expect(guest.platform.takeRecord()).toEqual([
      "writeMsr 0x0 0x82f 0xfa",
      "injectException 0x0 0xd 0x0",
    ]);
    expect(guest.advanced).toBe(0);
  });

  test("the page is not there", () => {
    expect(guest.platform.spaces.get(0)?.pages.has(PAGE >> 12n)).toBe(false);
    expect(store(guest, apic.APIC_EOI, 0)).toBe(0);
    expect(guest.output()).toMatch(/^FATAL: xAPIC access in x2APIC mode\nFATAL: Invalid MMIO/);
  });

  test.each([
    ["physical", 0x200000031n, ["sendIpi 0x2 0x0 0x31"]],
    ["logical in cluster 0", 0x500000832n, ["sendIpi 0x0 0x0 0x32", "sendIpi 0x2 0x0 0x32"]],
    ["broadcast", 0xffffffff00000033n, [0, 1, 2].map((n) => `sendIpi 0x${n} 0x0 0x33`)],
  ])("ICR, %s", (_name, value, orders) => {
    expect(guest.wrmsr(0x830, value)).toBe(1);
    expect(sent(guest)).toEqual(orders);
    expect(guest.output()).toBe("");
  });

  test.each([
    ["physical", 0x300000031n],
    ["another cluster", 0x1000100000832n],
    ["logical", 0x800000832n],
  ])("ICR outside the cell, %s", (_name, value) => {
    expect(guest.wrmsr(0x830, value)).toBe(1);
    expect(guest.platform.takeRecord()).toEqual([]);
    expect(guest.output()).toBe(
      `WARNING: CPU 0 specified IPI destination outside cell boundaries, ICR.hi=${(value >> 32n).toString(16)}\n`,
    );
  });
});

describe("the configured mode", () => {
  test.each([
    ["xAPIC", new FakePlatform(), APIC_MODE_X2APIC],
    ["x2APIC", makeX2apic(), APIC_MODE_XAPIC],
  ])("on an %s machine, the other one is refused", (_name, platform, apicMode) => {
    expect(platform.enable(cfg.systemConfig({ x86: { apicMode } }))).toBe(-EIO);
  });

  test.each([
    ["xAPIC", new FakePlatform(), APIC_MODE_XAPIC],
    ["x2APIC", makeX2apic(), APIC_MODE_X2APIC],
  ])("%s is printed", (name, platform, apicMode) => {
    expect(platform.enable(cfg.systemConfig({ x86: { apicMode } }))).toBe(0);
    expect(platform.console).toContain(`Using ${name}\r\n`);
  });
});
