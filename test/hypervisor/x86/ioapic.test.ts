// The IOAPIC: each cell programs its own pins, towards its own CPUs.
import { beforeEach, describe, expect, test } from "vitest";
import { EBUSY, EINVAL, ERANGE } from "../../../abi/errno.ts";
import * as hc from "../../../abi/hypercall.ts";
import { ACCESS_WRITE, REG_RAX, REG_RBX } from "../../../abi/platform.ts";
import { IOAPIC_MASKED, IOAPIC_PAGE, IOAPIC_UNITS_MAX } from "../../../abi/x86/apic.ts";
import * as cfg from "../configurations.ts";
import { FakePlatform } from "../fake-platform.ts";
import { x2apicCpuid } from "../fake-registers.ts";
import { Guest } from "./guest.ts";

const PAGE = BigInt(IOAPIC_PAGE);
const PINS = 24;
/** What the IOAPIC's registers hold, and the index register. */
class Chip {
  index = 0;
  readonly registers = new Map<number, number>([
    [0, 0x02000000],
    [1, ((PINS - 1) << 16) | 0x20],
  ]);
  readonly ended: number[] = [];
  /** Registers in the order of their writes. */
  written: string[] = [];

  constructor() {
    for (let pin = 0; pin < PINS; pin++) this.registers.set(0x10 + 2 * pin, IOAPIC_MASKED);
  }

  access(offset: number, value?: number): number {
    if (offset === 0x40 && value !== undefined) this.ended.push(value);
    if (offset === 0) {
      if (value !== undefined) this.index = value;
      return this.index;
    }
    if (value !== undefined && offset === 0x10) {
      this.registers.set(this.index, value);
      this.written.push(`${this.index.toString(16)}=${value.toString(16)}`);
    }
    return this.registers.get(this.index) ?? 0;
  }
}

let chip: Chip;
let guest: Guest;

beforeEach(() => start(new FakePlatform()));

function start(platform: FakePlatform): void {
  chip = new Chip();
  // The root cell has programmed two pins before: 4 to CPU 3, 5 to CPU 0.
  chip.registers.set(0x18, 0x34).set(0x19, 0x03000000).set(0x1a, 0x35);
  guest = new Guest(
    platform,
    0,
    { root: { irqchips: [{ address: PAGE, pins: 0xffffff }] } },
    (address, value) => {
      if (address < PAGE || address >= PAGE + 4096n) return undefined;
      const number = value === undefined ? undefined : Number(value);
      return BigInt(chip.access(Number(address - PAGE), number) >>> 0);
    },
  );
  chip.written = [];
}

function create(options: cfg.CellOptions = {}): number {
  const config = cfg.cellConfig({
    regions: [],
    cpus: [3],
    irqchips: [{ address: PAGE, pins: 0x200 }],
    ...options,
  });
  guest.platform.writeRam(cfg.CONFIG_ADDRESS, config);
  const result = guest.platform.hypercall(0, hc.HC_CELL_CREATE, cfg.CONFIG_ADDRESS);
  guest.output();
  return result;
}

/** A guest on CPU 3, whose code is in the root cell's memory: its cell may read it there. */
function cellGuest(): Guest {
  const other: Guest = Object.create(guest);
  Object.assign(other, { cpu: 3 });
  guest.platform.spaces.get(1)!.pages.set(0x20n, { phys: 0x20000n, flags: 7 });
  guest.platform.spaces.get(1)!.pages.set(0x10n, { phys: 0x10000n, flags: 7 });
  guest.platform.spaces.get(1)!.pages.set(0x11n, { phys: 0x11000n, flags: 7 });
  return other;
}

function store(on: Guest, offset: number, value: number, code: number[] = [0x89, 0x03]): number {
  on.code(code);
  on.set(REG_RBX, PAGE);
  on.set(REG_RAX, BigInt(value >>> 0));
  return on.mmio(PAGE + BigInt(offset), ACCESS_WRITE);
}

function write(on: Guest, register: number, value: number): number {
  expect(store(on, 0, register)).toBe(1);
  return store(on, 0x10, value);
}

function read(on: Guest, register: number): number {
  expect(store(on, 0, register)).toBe(1);
  on.code([0x8b, 0x03]);
  expect(on.mmio(PAGE + 0x10n)).toBe(1);
  return Number(on.get(REG_RAX));
}

const low = (pin: number) => 0x10 + 2 * pin;
const high = (pin: number) => 0x11 + 2 * pin;
const hardware = (pin: number) => [
  chip.registers.get(high(pin)) ?? 0,
  chip.registers.get(low(pin)),
];

describe("the root cell", () => {
  test("keeps its pins as they were", () => {
    expect(chip.written).toEqual([]);
    expect(read(guest, low(4))).toBe(0x34);
    expect(read(guest, high(4))).toBe(0x03000000);
  });

  test("reads id and version, and must not write them", () => {
    expect(read(guest, 0)).toBe(0x02000000);
    expect(read(guest, 1)).toBe(0x170020);
    expect(read(guest, 5)).toBe(0);
    expect(write(guest, 0, 0)).toBe(0);
    expect(guest.output()).toMatch(
      /^FATAL: Invalid IOAPIC register write, register: 0 value: 0\nFATAL: Invalid MMIO\/RAM write, addr: 0x00000000fec00010 size: 4\n/,
    );
  });

  test("programs a pin", () => {
    expect(write(guest, high(7), 0x01000000)).toBe(1);
    expect(write(guest, low(7), 0xa131)).toBe(1);
    expect(hardware(7)).toEqual([0x01000000, 0xa131]);
  });

  test("sees the hardware's remote IRR and cannot write it", () => {
    write(guest, low(7), 0x1d031);
    expect(hardware(7)[1]).toBe(0x18031);
    chip.registers.set(low(7), 0x1c031);
    expect(read(guest, low(7))).toBe(0x1c031);
  });

  test("loses pins that point at a CPU which it loses", () => {
    create();
    expect(hardware(4)).toEqual([0x03000000, 0x10034]);
    expect(hardware(5)).toEqual([0, 0x35]);
    expect(read(guest, low(4))).toBe(0x34);
  });

  test("has no pin beyond the last", () => {
    expect(write(guest, low(PINS), 0x31)).toBe(1);
    expect(read(guest, low(PINS))).toBe(0);
    expect(chip.registers.has(low(PINS))).toBe(false);
  });
});

describe("a cell", () => {
  beforeEach(() => {
    expect(create()).toBe(0);
    chip.written = [];
  });

  test("programs its own pin", () => {
    const cell = cellGuest();
    expect(write(cell, high(9), 0x03000000)).toBe(1);
    expect(write(cell, low(9), 0x8020)).toBe(1);
    expect(hardware(9)).toEqual([0x03000000, 0x8020]);
    expect(read(cell, high(9))).toBe(0x03000000);
  });

  test("sees and changes nothing of foreign pins", () => {
    const cell = cellGuest();
    expect(read(cell, low(5))).toBe(0);
    expect(write(cell, low(5), 0)).toBe(1);
    expect(write(cell, high(5), 0x03000000)).toBe(1);
    expect(write(guest, low(9), 0x20)).toBe(1);
    expect(read(guest, low(9))).toBe(0);
    expect(chip.written).toEqual([]);
  });

  test.each([
    ["a foreign CPU", 0x02000000, 0x20],
    ["nobody", 0x77000000, 0x20],
    ["everybody", 0xff000000, 0x20],
    ["foreign CPUs, logically", 0x09000000, 0x820],
    ["no CPU, logically", 0, 0x820],
    ["SMI", 0x03000000, 0x220],
    ["NMI", 0x03000000, 0x420],
    ["INIT", 0x03000000, 0x520],
    ["an external interrupt", 0x03000000, 0x720],
  ])("cannot send to or as: %s", (_name, upper, lower) => {
    const cell = cellGuest();
    write(cell, high(9), upper);
    expect(write(cell, low(9), lower)).toBe(1);
    expect(hardware(9)).toEqual([upper, lower | IOAPIC_MASKED]);
    expect(read(cell, low(9))).toBe(lower);
    expect(guest.output()).toBe(
      "WARNING: CPU 3 specified IOAPIC destination outside cell boundaries, pin 9\n",
    );
  });

  test("is masked before the destination becomes foreign", () => {
    const cell = cellGuest();
    write(cell, high(9), 0x03000000);
    write(cell, low(9), 0x20);
    chip.written = [];
    write(cell, high(9), 0x02000000);
    expect(chip.written).toEqual(["22=10020", "23=2000000"]);
  });

  test("reaches its CPU logically", () => {
    const cell = cellGuest();
    write(cell, high(9), 0x08000000);
    write(cell, low(9), 0x920);
    expect(hardware(9)).toEqual([0x08000000, 0x920]);
  });

  test("has an index register of its own", () => {
    const cell = cellGuest();
    store(cell, 0, low(9));
    store(guest, 0, 1);
    cell.code([0x8b, 0x03]);
    expect(cell.mmio(PAGE)).toBe(1);
    expect(cell.get(REG_RAX)).toBe(BigInt(low(9)));
  });

  test("ends only its own level-triggered interrupts", () => {
    const cell = cellGuest();
    write(cell, high(9), 0x03000000);
    write(cell, low(9), 0x8020);
    write(guest, low(6), 0x8036);
    for (const vector of [0x20, 0x36, 0x21]) expect(store(cell, 0x40, vector)).toBe(1);
    expect(chip.ended).toEqual([0x20]);
  });

  test.each([
    ["a byte", 0x10, [0x88, 0x03]],
    ["eight bytes", 0x10, [0x48, 0x89, 0x03]],
    ["another offset", 0x20, [0x89, 0x03]],
  ])("must not write %s", (_name, offset, code) => {
    expect(store(cellGuest(), offset, 0, code)).toBe(0);
  });

  test("loses its pins, masked, when it is destroyed", () => {
    const cell = cellGuest();
    write(cell, high(9), 0x03000000);
    write(cell, low(9), 0x8020);
    guest.platform.hypercall(0, hc.HC_CELL_DESTROY, 1n);
    expect(hardware(9)[1]).toBe(0x8020 | IOAPIC_MASKED);
    expect(read(guest, high(9))).toBe(0);
    expect(read(guest, low(9))).toBe(IOAPIC_MASKED);
    write(guest, low(9), 0x29);
    expect(hardware(9)).toEqual([0, 0x29]);
  });

  test("keep their trigger mode when they change hands, so that no level is lost", () => {
    guest.platform.hypercall(0, hc.HC_CELL_DESTROY, 1n);
    for (const round of [1, 2]) {
      expect(create()).toBe(0);
      const cell = cellGuest();
      write(cell, high(9), 0x03000000);
      write(cell, low(9), 0x8020);
      chip.written = [];
      expect(guest.platform.hypercall(0, hc.HC_CELL_DESTROY, 1n), `round ${round}`).toBe(0);
      const lows = chip.written.filter((each) => each.startsWith("22="));
      expect(lows).toEqual([`22=${(0x8020 | IOAPIC_MASKED).toString(16)}`]);
    }
  });
});

test.each([
  ["another cell's pin", { id: 2, name: "b", cpus: [2] }, -EBUSY],
  [
    "the IOAPIC's page as memory at its own address, without the IOAPIC",
    { cpus: [2], regions: [{ phys: PAGE, virt: PAGE, size: 4096n, flags: 3 }], irqchips: [] },
    -EINVAL,
  ],
  [
    "a register of the IOAPIC as a sub-page region",
    { cpus: [2], regions: [{ phys: PAGE, virt: PAGE, size: 0x20n, flags: 3 }], irqchips: [] },
    -EINVAL,
  ],
  ["an unknown IOAPIC", { cpus: [2], irqchips: [{ address: PAGE + 4096n, pins: 1 }] }, -EINVAL],
  [
    "another first pin",
    { cpus: [2], irqchips: [{ address: PAGE, pins: 1, pinBase: 32 }] },
    -ERANGE,
  ],
  [
    "the IOAPIC's page as memory elsewhere",
    { cpus: [2], irqchips: [], regions: [{ phys: PAGE, virt: 0x1000n, size: 0x1000n, flags: 3 }] },
    -EINVAL,
  ],
])("a configuration with %s is refused", (_name, options, errno) => {
  if (errno === -EBUSY) expect(create()).toBe(0);
  guest.platform.takeRecord();
  chip.written = [];
  expect(create(options)).toBe(errno);
  expect(guest.platform.takeRecord()).toEqual([]);
  expect(chip.written).toEqual([]);
});

describe("a cell in x2APIC mode", () => {
  const program = (value: number, destination: number) => {
    write(cellGuest(), high(9), destination);
    chip.written = [];
    write(cellGuest(), low(9), value);
  };

  beforeEach(() => {
    const platform = new FakePlatform();
    platform.onCpuid = x2apicCpuid;
    platform.onApicId = (cpu) => cpu + 8;
    start(platform);
    expect(create({ cpus: [1, 3] })).toBe(0);
    chip.written = [];
  });

  test.each([
    ["flat logical", 0x0831, 0x08000000, 0x31, 0x0b000000],
    ["of lowest priority", 0x0931, 0x08000000, 0x31, 0x0b000000],
    ["level-triggered", 0xa831, 0x08000000, 0xa031, 0x0b000000],
    ["for several: the first", 0x0931, 0x0a000000, 0x31, 0x09000000],
    ["physical", 0x31, 0x0b000000, 0x31, 0x0b000000],
  ])("%s: the hardware has the CPU's id, the cell what it wrote", (_name, value, to, real, id) => {
    program(value, to);
    expect(hardware(9)).toEqual([id, real]);
    expect([read(cellGuest(), high(9)), read(cellGuest(), low(9))]).toEqual([to, value]);
    expect(guest.output()).toBe("");
  });

  test("the hardware never has a logical destination, on the way neither", () => {
    program(0x10831, 0x08000000);
    program(0x0831, 0x08000000);
    write(cellGuest(), high(9), 0x02000000);
    write(cellGuest(), low(9), 0x10831);
    const lows = chip.written.filter((each) => each.startsWith(low(9).toString(16)));
    for (const each of lows) expect(Number.parseInt(each.split("=")[1]!, 16) & 0x800).toBe(0);
    expect(hardware(9)[1]! & IOAPIC_MASKED).toBe(IOAPIC_MASKED);
  });

  test.each([
    ["others' logical", 0x0831, 0x04000000],
    ["nobody's", 0x0831, 0],
    ["others' id", 0x31, 0x08000000],
  ])("%s destination stays masked, with a warning", (_name, value, to) => {
    program(value, to);
    expect(hardware(9)[1]! & IOAPIC_MASKED).toBe(IOAPIC_MASKED);
    expect(guest.output()).toContain(
      "WARNING: CPU 3 specified IOAPIC destination outside cell boundaries, pin 9\n",
    );
  });

  test("the root cell's entries are as it writes them", () => {
    write(guest, high(7), 0x01000000);
    write(guest, low(7), 0x0931);
    expect(hardware(7)).toEqual([0x01000000, 0x0931]);
  });
});

describe("a server with many IOAPICs", () => {
  const addressOf = (unit: number) => PAGE + BigInt(unit) * 4096n;
  /** A machine with so many units, each like the first, and what their registers hold. */
  function startMany(count: number): Chip[] {
    const chips = Array.from({ length: count }, () => new Chip());
    const irqchips = chips.map((_, unit) => ({ address: addressOf(unit), pins: 0xffffff }));
    guest = new Guest(new FakePlatform(), 0, { root: { irqchips } }, (address, value) => {
      const unit = chips[Number((address - PAGE) / 4096n)];
      if (address < PAGE || !unit) return undefined;
      const number = value === undefined ? undefined : Number(value);
      return BigInt(unit.access(Number(address % 4096n), number) >>> 0);
    });
    for (const unit of chips) unit.written = [];
    return chips;
  }
  /** Writes one register of a unit as CPU 3's cell. */
  function program(on: Guest, unit: number, register: number, value: number): number {
    const at = (offset: number, number: number) => {
      on.code([0x89, 0x03]);
      on.set(REG_RBX, addressOf(unit));
      on.set(REG_RAX, BigInt(number));
      return on.mmio(addressOf(unit) + BigInt(offset), ACCESS_WRITE);
    };
    expect(at(0, register)).toBe(1);
    return at(0x10, value);
  }

  test.each([9, 40, IOAPIC_UNITS_MAX])(
    "%i: a pin of the last one is a cell's, and no other",
    (count) => {
      const chips = startMany(count);
      const last = count - 1;
      expect(create({ irqchips: [{ address: addressOf(last), pins: 0x200 }] })).toBe(0);
      const cell = cellGuest();
      program(cell, last, high(9), 0x03000000);
      program(cell, last, low(9), 0x41);
      expect(chips[last]!.registers.get(low(9))).toBe(0x41);
      for (const [unit, one] of chips.entries())
        if (unit !== last) expect(one.written, `unit ${unit}`).toEqual([]);
      // The root cell has lost that pin, and kept the same one of the unit before.
      program(guest, last, low(9), 0x51);
      expect(chips[last]!.registers.get(low(9))).toBe(0x41);
      program(guest, last - 1, low(9), 0x51);
      expect(chips[last - 1]!.registers.get(low(9))).toBe(0x51);
    },
  );
});
