// The root cell's HPET: read without an exit, and no timer writes where the root cell may not send an interrupt.
import { beforeEach, describe, expect, test } from "vitest";
import * as abi from "../../../abi/config.ts";
import * as hc from "../../../abi/hypercall.ts";
import { ACCESS_WRITE, MAP_READ, MAP_WRITE, REG_RAX, REG_RBX } from "../../../abi/platform.ts";
import * as cfg from "../configurations.ts";
import { FakePlatform } from "../fake-platform.ts";
import { Guest } from "./guest.ts";

const HPET = 0xfed00000n;
const PAGE_NUMBER = HPET >> 12n;
const TIMER = 0x140n;
const CONFIG = TIMER;
const DATA = TIMER + 0x10n;
const ADDRESS = TIMER + 0x14n;
const ENABLE = 0x4;
const FSB = 0x4000;
/** A message to CPU 1 and to CPU 3, and its data. */
const TO_CPU_1 = 0xfee01000;
const TO_CPU_3 = 0xfee03000;
const VECTOR = 0x41;
const RW = abi.MEM_READ | abi.MEM_WRITE;
const REGION: cfg.Region = { phys: HPET, virt: HPET, size: 0x1000n, flags: RW };
const STORES: Readonly<Record<number, readonly number[]>> = {
  1: [0x88, 0x03],
  2: [0x66, 0x89, 0x03],
  4: [0x89, 0x03],
  8: [0x48, 0x89, 0x03],
};

/** Three timers that can do all. */
class Timers {
  readonly registers = new DataView(new ArrayBuffer(0x1000));

  constructor() {
    this.registers.setUint32(0, 0x8086a201, true);
    this.registers.setUint32(4, 10_000_000, true);
  }

  serve(address: bigint, value?: bigint): bigint | undefined {
    const offset = Number(address - HPET);
    if (offset < 0 || offset >= 0x1000) return undefined;
    if (value !== undefined) this.registers.setUint32(offset, Number(value & 0xffffffffn), true);
    return BigInt(this.registers.getUint32(offset, true));
  }

  read(offset: bigint): number {
    return this.registers.getUint32(Number(offset), true);
  }

  set(offset: bigint, value: number): void {
    this.registers.setUint32(Number(offset), value, true);
  }

  /** Arms the third timer. */
  arm(address: number, data = VECTOR): void {
    this.set(ADDRESS, address);
    this.set(DATA, data);
    this.set(CONFIG, FSB | ENABLE);
  }
}

let timers: Timers;
let guest: Guest;

function boot(listed: readonly cfg.Region[] = [REGION], flags = 0): void {
  const regions = [...cfg.ROOT_REGIONS, ...listed];
  const system = { flags: abi.SYS_FLAG_VIRTUAL_DEBUG_CONSOLE | flags, root: { regions } };
  guest = new Guest(new FakePlatform(), 0, system, (address, value) =>
    timers.serve(address, value),
  );
}

beforeEach(() => {
  timers = new Timers();
  boot();
});

function store(offset: bigint, value: number | bigint, size = 4): number {
  guest.code(STORES[size]!);
  guest.set(REG_RAX, BigInt(value));
  guest.set(REG_RBX, HPET + offset);
  return guest.mmio(HPET + offset, ACCESS_WRITE);
}

function create(options: cfg.CellOptions): number {
  guest.platform.writeRam(cfg.CONFIG_ADDRESS, cfg.cellConfig({ cpus: [3], ...options }));
  return guest.platform.hypercall(0, hc.HC_CELL_CREATE, cfg.CONFIG_ADDRESS);
}

const rootPage = () => guest.platform.spaces.get(0)!.pages.get(PAGE_NUMBER);

test("the page is mapped read-only: the counter costs no exit", () => {
  expect(rootPage()).toEqual({ phys: HPET, flags: MAP_READ });
});

test("registers that are no routes are passed on, 4 and 8 bytes", () => {
  expect(store(0x10n, 3)).toBe(1);
  expect(timers.read(0x10n)).toBe(3);
  expect(store(0x108n, 0x1122334455667788n, 8)).toBe(1);
  expect([timers.read(0x108n), timers.read(0x10cn)]).toEqual([0x55667788, 0x11223344]);
});

test.each([1, 2])("%i bytes are no access that it takes", (size) => {
  expect(store(0x10n, 3, size)).toBe(0);
});

test("nor is an unaligned one", () => {
  expect(store(TIMER + 0x12n, 1)).toBe(0);
});

describe("a route", () => {
  const refused = "WARNING: CPU 0 specified an HPET route outside cell boundaries\n";

  test("to an own CPU is armed and changed, as Linux does it", () => {
    expect(store(CONFIG, 0)).toBe(1);
    expect(store(DATA, VECTOR)).toBe(1);
    expect(store(ADDRESS, TO_CPU_1)).toBe(1);
    expect(store(CONFIG, FSB | ENABLE)).toBe(1);
    expect(store(DATA, VECTOR + 1)).toBe(1);
    expect(store(ADDRESS, TO_CPU_3)).toBe(1);
    expect(timers.read(CONFIG)).toBe(FSB | ENABLE);
    expect([timers.read(DATA), timers.read(ADDRESS)]).toEqual([VECTOR + 1, TO_CPU_3]);
    expect(guest.output()).toBe("");
  });

  test.each([
    ["memory", 0x400000, VECTOR],
    ["a CPU that is not there", 0xfee77000, VECTOR],
    ["an NMI", TO_CPU_1, 0x441],
    ["an INIT", TO_CPU_1, 0x500],
  ])("to %s is not armed", (_name, address, data) => {
    expect(store(DATA, data)).toBe(1);
    expect(store(ADDRESS, address)).toBe(1);
    expect(guest.output()).toBe("");
    expect(store(CONFIG, FSB)).toBe(1);
    expect(guest.output()).toBe(refused);
    expect(timers.read(CONFIG)).toBe(0);
  });

  test("that is armed is not bent, neither half, nor in one write of 8 bytes", () => {
    timers.arm(TO_CPU_1);
    expect(store(ADDRESS, 0x400000)).toBe(1);
    expect(guest.output()).toBe(refused);
    expect(store(DATA, 0x441)).toBe(1);
    expect(guest.output()).toBe(refused);
    expect(store(DATA, (0x400000n << 32n) | BigInt(VECTOR + 1), 8)).toBe(1);
    expect(guest.output()).toBe(refused);
    expect([timers.read(DATA), timers.read(ADDRESS)]).toEqual([VECTOR + 1, TO_CPU_1]);
  });

  test("to memory that is armed already ends when the machine is taken over", () => {
    timers.arm(0x400000);
    boot();
    expect(timers.read(CONFIG)).toBe(0);
  });

  test("to a CPU that the root cell loses ends; others stay", () => {
    timers.arm(TO_CPU_3);
    timers.set(0x130n, VECTOR);
    timers.set(0x134n, TO_CPU_1);
    timers.set(0x120n, FSB | ENABLE);
    boot();
    expect(create({ regions: [] })).toBe(0);
    expect(timers.read(CONFIG)).toBe(0);
    expect(timers.read(0x120n)).toBe(FSB | ENABLE);
    expect(store(CONFIG, FSB | ENABLE)).toBe(1);
    expect(guest.output()).toContain(refused);
    expect(timers.read(CONFIG)).toBe(0);
  });
});

describe("a cell that is trusted", () => {
  const trusted = { flags: abi.CELL_FLAG_UNGUARDED_DMA, regions: [REGION] };

  test("has the page for itself; the root cell gets it back guarded and silent", () => {
    expect(create(trusted)).toBe(0);
    expect(guest.platform.spaces.get(1)!.pages.get(PAGE_NUMBER)?.flags).toBe(MAP_READ | MAP_WRITE);
    expect(rootPage()).toBeUndefined();
    timers.arm(0x400000);
    expect(guest.platform.hypercall(0, hc.HC_CELL_DESTROY, 1n)).toBe(0);
    expect(timers.read(CONFIG)).toBe(0);
    expect(rootPage()).toEqual({ phys: HPET, flags: MAP_READ });
  });

  test("keeps its timers when another cell is made, and the root cell cannot write", () => {
    expect(create(trusted)).toBe(0);
    timers.arm(0x400000);
    expect(create({ id: 2, name: "other", cpus: [2], regions: [] })).toBe(0);
    expect(timers.read(CONFIG)).toBe(FSB | ENABLE);
    expect(store(0x10n, 1)).toBe(0);
    expect(timers.read(0x10n)).toBe(0);
  });

  test("shares it: a window that opens and closes leaves the root cell's page as it was", () => {
    const shared = { ...REGION, flags: RW | abi.MEM_ROOTSHARED };
    const loaded = [shared, cfg.loadable(5n * cfg.MIB)];
    expect(create({ ...trusted, regions: loaded })).toBe(0);
    expect(guest.platform.hypercall(0, hc.HC_CELL_SET_LOADABLE, 1n)).toBe(0);
    expect(rootPage()).toEqual({ phys: HPET, flags: MAP_READ });
    expect(guest.platform.hypercall(0, hc.HC_CELL_START, 1n)).toBe(0);
    expect(rootPage()).toEqual({ phys: HPET, flags: MAP_READ });
  });
});

test("a region to read takes no write; one that is not listed takes nothing", () => {
  boot([{ ...REGION, flags: abi.MEM_READ }]);
  expect(store(0x10n, 1)).toBe(0);
  boot([]);
  expect(store(0x10n, 1)).toBe(0);
  expect(timers.read(0x10n)).toBe(0);
});

test("what is not listed is learned, and still guarded", () => {
  boot([], abi.SYS_FLAG_LEARN);
  expect(store(0x10n, 1)).toBe(1);
  expect(timers.read(0x10n)).toBe(1);
  expect(rootPage()).toBeUndefined();
  timers.set(ADDRESS, 0x400000);
  expect(store(CONFIG, FSB)).toBe(1);
  expect(timers.read(CONFIG)).toBe(0);
});
