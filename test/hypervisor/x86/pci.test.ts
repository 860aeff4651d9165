// PCI devices as cells may use them: configuration space, MSI and MSI-X, what happens when a device changes hands.
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import * as abi from "../../../abi/config.ts";
import * as errno from "../../../abi/errno.ts";
import * as hc from "../../../abi/hypercall.ts";
import * as pci from "../../../abi/pci.ts";
import { ACCESS_WRITE, PIO_IN, REG_RAX, REG_RBX } from "../../../abi/platform.ts";
import * as cfg from "../configurations.ts";
import { FakePlatform } from "../fake-platform.ts";
import { Guest } from "./guest.ts";
import {
  BAR,
  ENTRIES,
  type Message,
  ModelDevice,
  MSI,
  MSIX,
  TABLE,
  VENDOR_CAPABILITY,
} from "./pci-model.ts";

const ECAM = 0xb0000000n;
/** The device that moves, one that stays with the root cell, a bridge, and one that nobody lists. */
const OWNED = 0x10;
const ROOTS = 0x18;
const BRIDGE = 0x20;
const UNLISTED = 0x28;
const CELL_CPU = 3;
const LOAD = [0x8b, 0x03];
const STORE: Readonly<Record<number, readonly number[]>> = {
  1: [0x88, 0x03],
  2: [0x66, 0x89, 0x03],
  4: [0x89, 0x03],
};
const WRITE = abi.CAP_FLAG_WRITE;
const CAPS = [
  [MSI, 14, WRITE],
  [MSIX, 12, WRITE],
  [VENDOR_CAPABILITY, 4],
  [0x100, 8, WRITE],
] as const;
const DEVICE = {
  caps: [0, CAPS.length],
  barMask: [0xffffc000, 0xffffffff],
  msix: { vectors: ENTRIES, address: TABLE, size: 4096 },
} as const;
/** The code that tests execute is where it is in the root cell. */
const REGIONS: readonly cfg.Region[] = [
  { phys: 0n, virt: 0n, size: cfg.MIB, flags: cfg.RWX | abi.MEM_ROOTSHARED },
  cfg.COMM,
  { ...cfg.loadable(5n * cfg.MIB), virt: 2n * cfg.MIB },
];
const MINE = { address: 0xfee03000n, data: 0x4031 };
const THEIRS = { address: 0xfee00000n, data: 0x4031 };

let guest: Guest;
let devices: Map<number, ModelDevice>;

beforeEach(() => {
  devices = new Map([OWNED, ROOTS, BRIDGE, UNLISTED].map((bdf) => [bdf, new ModelDevice()]));
  const platform = new FakePlatform();
  platform.onPci = (bdf, register, size) => devices.get(bdf)?.read(register, size) ?? 0xffffffff;
  platform.onPciWrite = (bdf, register, size, value) =>
    devices.get(bdf)?.write(register, size, value);
  const root = {
    caps: CAPS,
    devices: [
      { bdf: OWNED, ...DEVICE },
      { bdf: ROOTS, caps: [0, CAPS.length] as const, barMask: [0xffff0000] },
      { bdf: BRIDGE, type: abi.PCI_TYPE_BRIDGE },
    ],
  };
  const system = { x86: { mmconfig: { base: ECAM, endBus: 0xff } }, root };
  guest = new Guest(platform, 0, system, (address, value) =>
    devices.get(OWNED)?.memory(address, value),
  );
});

function owned(): ModelDevice {
  return devices.get(OWNED)!;
}

function create(options: cfg.CellOptions = {}): number {
  const config = cfg.cellConfig({
    flags: abi.CELL_FLAG_UNGUARDED_DMA,
    regions: REGIONS,
    cpus: [CELL_CPU],
    devices: [{ bdf: OWNED, ...DEVICE }],
    caps: CAPS,
    ...options,
  });
  guest.platform.writeRam(cfg.CONFIG_ADDRESS, config);
  return guest.platform.hypercall(0, hc.HC_CELL_CREATE, cfg.CONFIG_ADDRESS);
}

/** Forgets what was printed and ordered. */
function forget(): void {
  guest.output();
  guest.platform.takeRecord();
}

function cellGuest(): Guest {
  const other: Guest = Object.create(guest);
  Object.assign(other, { cpu: CELL_CPU });
  return other;
}

function port(on: Guest, number: number, size: number, flags: number, value = 0n): number {
  on.code([0xec]);
  on.set(REG_RAX, value);
  return on.enter((core) => core.exitPio(on.cpu, number, size, flags, 1));
}

function select(on: Guest, bdf: number, register: number): void {
  const address = (0x80000000 | (bdf << 8) | (register & 0xfc)) >>> 0;
  expect(port(on, 0xcf8, 4, 0, BigInt(address))).toBe(1);
}

function read(on: Guest, bdf: number, register: number, size = 4): bigint {
  select(on, bdf, register);
  expect(port(on, 0xcfc + (register & 3), size, PIO_IN)).toBe(1);
  return on.get(REG_RAX);
}

function write(on: Guest, bdf: number, register: number, size: number, value: number): number {
  select(on, bdf, register);
  return port(on, 0xcfc + (register & 3), size, 0, BigInt(value >>> 0));
}

/** Writes memory-mapped configuration space or, with an address, other device memory. */
function store(on: Guest, address: bigint, value: bigint, size = 4): number {
  on.code(STORE[size]!);
  on.set(REG_RAX, value);
  on.set(REG_RBX, 0n);
  return on.mmio(address, ACCESS_WRITE);
}

function load(on: Guest, address: bigint): bigint {
  on.code(LOAD);
  on.set(REG_RBX, 0n);
  expect(on.mmio(address)).toBe(1);
  return on.get(REG_RAX);
}

const ecam = (bdf: number, register: number) => ECAM + BigInt((bdf << 12) | register);

describe("a device that changes hands", () => {
  const RESET = [
    "pciWrite 0x10 0x4 0x2 0x402",
    `pciWrite 0x10 0x${(MSI + 2).toString(16)} 0x2 0x0`,
    ...Array.from({ length: ENTRIES }, (_, entry) => `mmioWrite 0xfe0000${entry}c 0x4 0x1`),
    `pciWrite 0x10 0x${(MSIX + 2).toString(16)} 0x2 0x0`,
    "pciWrite 0x10 0x4 0x2 0x400",
  ];
  const orders = () =>
    guest.platform
      .takeRecord()
      .filter((order) => /^(pciWrite|mmioWrite|attach|detach)/.test(order));

  test("is silenced at creation, start and destruction, and told about", () => {
    owned().write(MSI + 2, 2, 1);
    owned().table[3] = 0;
    owned().write(MSIX + 2, 2, 0x8000);
    expect(create()).toBe(0);
    expect(orders()).toEqual(["detachDevice 0x0 0x10", "attachDevice 0x1 0x0 0x10", ...RESET]);
    expect([owned().msi, owned().msixEnabled, owned().unmasked, owned().command]).toEqual([
      undefined,
      false,
      [],
      0x400,
    ]);
    expect(guest.output()).toMatch(
      /Removing PCI device 00:02\.0 from cell "root"\nAdding PCI device 00:02\.0 to cell "cell"\n/,
    );
    expect(guest.platform.hypercall(0, hc.HC_CELL_START, 1n)).toBe(0);
    expect(orders()).toEqual(RESET);
    expect(guest.platform.hypercall(0, hc.HC_CELL_DESTROY, 1n)).toBe(0);
    expect(orders()).toEqual([...RESET, "detachDevice 0x0 0x10", "attachDevice 0x0 0x0 0x10"]);
    expect(guest.output()).toMatch(
      /Removing PCI device 00:02\.0 from cell "cell"\nAdding PCI device 00:02\.0 to cell "root"\n/,
    );
  });

  test("nothing is written when the root cell takes over", () => {
    expect([...devices.values()].map((device) => device.command)).toEqual([7, 7, 7, 7]);
  });

  test("a bridge is left alone: other devices are behind it", () => {
    expect(create({ flags: 0, devices: [{ bdf: BRIDGE, type: abi.PCI_TYPE_BRIDGE }] })).toBe(0);
    expect(devices.get(BRIDGE)!.command).toBe(7);
  });

  test("an absent one has no capabilities", () => {
    devices.delete(OWNED);
    expect(create()).toBe(0);
    expect(orders()).toContain("pciWrite 0x10 0x4 0x2 0x400");
  });

  test("an MSI-X table that is not where the configuration says is left alone", () => {
    owned().space.setUint32(MSIX + pci.MSIX_TABLE, 0x1000, true);
    expect(create()).toBe(0);
    expect(guest.output()).toContain(
      "WARNING: PCI device 00:02.0: its MSI-X table is not where the configuration has it\n",
    );
    expect(orders().filter((order) => order.startsWith("mmioWrite"))).toEqual([]);
    write(cellGuest(), OWNED, MSIX + 2, 2, pci.MSIX_ENABLE);
    expect(owned().msixEnabled).toBe(false);
    expect(store(cellGuest(), TABLE, 0n)).toBe(0);
  });

  test("an MSI-X table may be in the upper half of 64 bits", () => {
    owned().space.setUint32(pci.PCI_REG_BAR + 4, 1, true);
    expect(create()).toBe(0);
    expect(guest.output()).toContain("WARNING: PCI device 00:02.0: its MSI-X table");
  });

  test("a loop of capabilities ends", () => {
    owned().space.setUint8(VENDOR_CAPABILITY + 1, VENDOR_CAPABILITY);
    owned().space.setUint8(MSI, 9);
    expect(create()).toBe(0);
  });

  test("needs the cell's flag for DMA that no IOMMU guards", () => {
    expect(create({ flags: 0 })).toBe(-errno.EPERM);
    expect(guest.output()).toBe(
      "Refused: PCI device 00:02.0: no IOMMU guards memory from it; the cell flag unguarded-dma allows it all the same\n",
    );
    expect(orders()).toEqual([]);
    expect(create()).toBe(0);
  });

  test.each([
    ["in the hypervisor's memory", cfg.HYPERVISOR.phys, ENTRIES, errno.EINVAL],
    ["across its beginning", cfg.HYPERVISOR.phys - 8n, ENTRIES, errno.EINVAL],
    ["elsewhere than the root cell's", TABLE + 0x1000n, ENTRIES, errno.EINVAL],
    ["not aligned", TABLE + 4n, ENTRIES, errno.EINVAL],
    ["too large", TABLE, 2049, errno.EINVAL],
    ["beyond all addresses", (1n << 52n) - 8n, ENTRIES, errno.ERANGE],
  ])("an MSI-X table %s is refused", (_name, address, vectors, error) => {
    const devices = [{ bdf: OWNED, ...DEVICE, msix: { vectors, address } }];
    expect(create({ devices })).toBe(-error);
    expect(guest.output()).toMatch(/^Refused: PCI device 0: .*MSI-X table/);
  });

  test.each([
    ["the xAPIC", 0xfee00000n],
    ["configuration space", ECAM + 0x1000n],
  ])("an MSI-X table that is %s is refused", (_name, address) => {
    const devices = [{ bdf: UNLISTED, msix: { vectors: 1, address } }];
    expect(create({ devices, caps: [] })).toBe(-errno.EINVAL);
  });

  test("an MSI-X table in another cell's memory is refused", () => {
    expect(create({ devices: [] })).toBe(0);
    const devices = [{ bdf: UNLISTED, msix: { vectors: 1, address: 5n * cfg.MIB } }];
    const second = { name: "b", id: 2, cpus: [2], regions: [], caps: [], devices };
    expect(create(second)).toBe(-errno.EBUSY);
  });
});

describe.each([
  ["the root cell", () => guest, ROOTS],
  ["another cell", cellGuest, OWNED],
] as const)("configuration space of %s", (_name, on, bdf) => {
  beforeEach(() => {
    expect(create()).toBe(0);
    forget();
  });

  test.each([
    ["command", 0x04, 4, true],
    ["command", 0x05, 1, true],
    ["status", 0x06, 2, true],
    ["cache line size", 0x0c, 4, true],
    ["latency timer", 0x0d, 1, true],
    ["interrupt line", 0x3c, 1, true],
    ["interrupt pin", 0x3d, 1, false],
    ["both", 0x3c, 4, false],
    ["vendor", 0x00, 4, false],
    ["class", 0x08, 4, false],
    ["subsystem", 0x2c, 4, false],
    ["capability pointer", 0x34, 1, false],
    ["writable capability", MSI + 8, 4, true],
    ["end of a writable capability", MSI + 0xc, 2, true],
    ["what reaches beyond", MSI + 0xc, 4, false],
    ["capability without the flag", VENDOR_CAPABILITY, 2, false],
    ["nothing", 0x40, 2, false],
  ])("%s: %i, %i bytes", (_what, register, size, allowed) => {
    const before = devices.get(bdf)!.read(register, size);
    const order = `pciWrite 0x${bdf.toString(16)} 0x${register.toString(16)} 0x${size.toString(16)} 0x6`;
    expect(write(on(), bdf, register, size, 6)).toBe(allowed ? 1 : 0);
    const parked = `parkCpu 0x${on().cpu} 0x0`;
    expect(guest.platform.takeRecord()).toEqual([allowed ? order : parked]);
    if (allowed) return;
    expect(devices.get(bdf)!.read(register, size)).toBe(before);
    const place = `device 00:0${bdf >> 3}.0, reg: 0x${register.toString(16)}, size: ${size}`;
    expect(guest.output().split("\n")[0]).toBe(`FATAL: Invalid PCI config write, ${place}`);
  });

  test("extended capabilities are reached in memory", () => {
    expect(store(on(), ecam(bdf, 0x104), 0x55n)).toBe(1);
    expect(guest.platform.takeRecord()).toEqual([`pciWrite 0x${bdf.toString(16)} 0x104 0x4 0x55`]);
    expect(load(on(), ecam(bdf, 0x104))).toBe(0x55n);
    expect(store(on(), ecam(bdf, 0x108), 0x55n)).toBe(0);
    expect(guest.output()).toMatch(
      new RegExp(
        `^FATAL: Invalid PCI MMCONFIG write, device 00:0${bdf >> 3}\\.0, reg: 0x108, size: 4\n`,
      ),
    );
  });

  test("BARs are shadows: sizes can be asked, hardware is not touched", () => {
    const mask = bdf === OWNED ? 0xffffc000 : 0xffff0000;
    expect(read(on(), bdf, 0x10)).toBe(BigInt(BAR));
    expect(write(on(), bdf, 0x10, 4, 0xffffffff)).toBe(1);
    expect(read(on(), bdf, 0x10)).toBe(BigInt((mask | (BAR & ~mask)) >>> 0));
    expect(write(on(), bdf, 0x10, 4, BAR)).toBe(1);
    expect(read(on(), bdf, 0x10)).toBe(BigInt(BAR));
    expect(write(on(), bdf, 0x12, 2, 0x1234)).toBe(1);
    expect(read(on(), bdf, 0x13, 1)).toBe(BigInt(0x12 & (mask >>> 24)));
    expect(guest.platform.takeRecord()).toEqual([]);
  });

  test("the expansion ROM is not there", () => {
    expect(write(on(), bdf, 0x30, 4, 0xfffffffe)).toBe(1);
    expect(read(on(), bdf, 0x30)).toBe(0n);
    expect(guest.platform.takeRecord()).toEqual([]);
  });

  test("what it does not have reads all ones and cannot be written", () => {
    const others = [UNLISTED, bdf === OWNED ? ROOTS : OWNED, 0xff00];
    for (const other of others) {
      expect(read(on(), other, 0x04)).toBe(0xffffffffn);
      expect(load(on(), ecam(other, 0x10))).toBe(0xffffffffn);
      expect(write(on(), other, 0x04, 2, 1)).toBe(0);
      expect(store(on(), ecam(other, 0x10), 1n)).toBe(0);
    }
    const orders = guest.platform.takeRecord();
    expect(orders.filter((order) => order.startsWith("pciWrite"))).toEqual([]);
  });
});

describe("a bridge", () => {
  test.each([
    [0x1c, 2],
    [0x20, 4],
    [0x28, 4],
    [0x30, 4],
    [0x38, 4],
    [0x14, 4],
  ])("keeps register %i", (register, size) => {
    forget();
    expect(write(guest, BRIDGE, register, size, 0xf0)).toBe(1);
    expect(guest.platform.takeRecord()).toEqual([]);
  });

  test("has its control written, and no bus numbers", () => {
    forget();
    expect(write(guest, BRIDGE, 0x3e, 2, 3)).toBe(1);
    expect(guest.platform.takeRecord()).toEqual(["pciWrite 0x20 0x3e 0x2 0x3"]);
    expect(write(guest, BRIDGE, 0x18, 4, 3)).toBe(0);
  });
});

describe("configuration ports and memory", () => {
  test("each cell has its own address register", () => {
    create();
    select(guest, ROOTS, 0x10);
    select(cellGuest(), OWNED, 0x20);
    expect(port(guest, 0xcf8, 4, PIO_IN)).toBe(1);
    expect(guest.get(REG_RAX)).toBe(0x80001810n);
  });

  test("without the enable bit nothing answers", () => {
    forget();
    expect(port(guest, 0xcf8, 4, 0, 0x1810n)).toBe(1);
    expect(port(guest, 0xcfc, 4, PIO_IN)).toBe(1);
    expect(guest.get(REG_RAX)).toBe(0xffffffffn);
    expect(port(guest, 0xcfc, 4, 0, 1n)).toBe(1);
    expect(guest.platform.takeRecord()).toEqual([]);
  });

  test("wide and unaligned accesses to memory stop the CPU", () => {
    guest.code([0x48, 0x8b, 0x03]);
    expect(guest.mmio(ecam(ROOTS, 0))).toBe(0);
    guest.code(LOAD);
    expect(guest.mmio(ecam(ROOTS, 2))).toBe(0);
  });
});

const BAD_MESSAGES: readonly (readonly [string, Message])[] = [
  ["to another cell's CPU", THEIRS],
  ["to all CPUs", { address: 0xfeeff000n, data: 0x31 }],
  ["to a logical destination of others", { address: 0xfee01004n, data: 0x31 }],
  ["to nobody", { address: 0xfee00004n, data: 0x31 }],
  ["to memory", { address: 0x3000n, data: 0x31 }],
  ["to memory above 4 GiB", { address: 0x1_fee0_3000n, data: 0x31 }],
  ["that is an SMI", { ...MINE, data: 0x231 }],
  ["that is an NMI", { ...MINE, data: 0x431 }],
  ["that is an INIT", { ...MINE, data: 0x531 }],
  ["of an external controller", { ...MINE, data: 0x731 }],
];
const GOOD_MESSAGES: readonly (readonly [string, Message])[] = [
  ["to its CPU", MINE],
  ["to its logical destination", { address: 0xfee08004n, data: 0x31 }],
  ["of lowest priority", { address: 0xfee0800cn, data: 0x131 }],
];
const WARNING =
  "WARNING: CPU 3 specified MSI destination outside cell boundaries, device 00:02.0\n";

describe("MSI", () => {
  const enable = () => write(cellGuest(), OWNED, MSI + 2, 2, pci.MSI_IS_64 | pci.MSI_ENABLE);
  const compose = ({ address, data }: Message) => {
    write(cellGuest(), OWNED, MSI + 4, 4, Number(address & 0xffffffffn));
    write(cellGuest(), OWNED, MSI + 8, 4, Number(address >> 32n));
    write(cellGuest(), OWNED, MSI + 0xc, 2, data);
  };

  beforeEach(() => {
    expect(create()).toBe(0);
    forget();
  });

  test.each(GOOD_MESSAGES)("%s is enabled", (_name, message) => {
    compose(message);
    expect(enable()).toBe(1);
    expect(owned().msi).toEqual(message);
    expect(guest.output()).toBe("");
  });

  test.each(BAD_MESSAGES)("%s stays disabled", (_name, message) => {
    compose(message);
    expect(enable()).toBe(1);
    expect(owned().msi).toBeUndefined();
    expect(guest.output()).toBe(WARNING);
  });

  test.each(BAD_MESSAGES)("%s does not replace an enabled one", (_name, message) => {
    compose(MINE);
    enable();
    compose(message);
    const { address, data } = owned().msi!;
    expect([MINE.address, message.address]).toContain(address);
    expect([MINE.data, message.data]).toContain(data);
    expect(owned().msi).not.toEqual(message);
    expect(guest.output()).toContain(WARNING);
  });

  test("with 32-bit addresses has its data 4 bytes earlier", () => {
    owned().space.setUint16(MSI + 2, 0, true);
    write(cellGuest(), OWNED, MSI + 4, 4, 0xfee03000);
    write(cellGuest(), OWNED, MSI + 8, 2, 0x231);
    write(cellGuest(), OWNED, MSI + 2, 2, pci.MSI_ENABLE);
    expect(owned().msi).toBeUndefined();
    write(cellGuest(), OWNED, MSI + 8, 2, 0x31);
    write(cellGuest(), OWNED, MSI + 2, 2, pci.MSI_ENABLE);
    expect(owned().msi).toBeDefined();
  });

  test("of the root cell ends when its CPU goes to a cell", () => {
    const device = devices.get(ROOTS)!;
    device.space.setBigUint64(MSI + 4, 0xfee02000n, true);
    device.space.setUint16(MSI + 0xc, 0x31, true);
    device.write(MSI + 2, 2, pci.MSI_ENABLE);
    const second = { name: "b", id: 2, flags: 0, regions: [], devices: [], caps: [] };
    expect(create({ ...second, cpus: [1] })).toBe(0);
    expect(device.msi).toBeDefined();
    expect(create({ ...second, name: "c", id: 3, cpus: [2] })).toBe(0);
    expect(device.msi).toBeUndefined();
  });
});

describe("MSI-X", () => {
  const field = (entry: number, offset: number) => TABLE + BigInt(entry * 16 + offset);
  const compose = (entry: number, { address, data }: Message) => {
    expect(store(cellGuest(), field(entry, 0), address & 0xffffffffn)).toBe(1);
    expect(store(cellGuest(), field(entry, 4), address >> 32n)).toBe(1);
    expect(store(cellGuest(), field(entry, 8), BigInt(data))).toBe(1);
  };
  const unmask = (entry: number) => expect(store(cellGuest(), field(entry, 12), 0n)).toBe(1);

  beforeEach(() => {
    expect(create()).toBe(0);
    write(cellGuest(), OWNED, pci.PCI_REG_COMMAND, 2, 2);
    write(cellGuest(), OWNED, MSIX + 2, 2, pci.MSIX_ENABLE);
    expect(owned().msixEnabled).toBe(true);
    forget();
  });

  test.each(GOOD_MESSAGES)("%s is unmasked", (_name, message) => {
    compose(2, message);
    unmask(2);
    expect(owned().unmasked).toEqual([message]);
    expect(load(cellGuest(), field(2, 12))).toBe(0n);
    expect(guest.output()).toBe("");
  });

  test.each(BAD_MESSAGES)("%s stays masked", (_name, message) => {
    compose(1, message);
    unmask(1);
    expect(owned().unmasked).toEqual([]);
    expect(load(cellGuest(), field(1, 12))).toBe(1n);
    expect(guest.output()).toBe(WARNING);
  });

  test.each(BAD_MESSAGES)("%s does not replace one that is unmasked", (_name, message) => {
    compose(3, MINE);
    unmask(3);
    compose(3, message);
    expect(owned().unmasked).not.toEqual([message]);
    expect(guest.output()).toContain(WARNING);
  });

  test("what follows the table in its region is passed on", () => {
    expect(load(cellGuest(), TABLE + 0x800n)).toBe(0n);
    expect(store(cellGuest(), TABLE + 0x800n, 5n)).toBe(1);
    expect(guest.platform.takeRecord()).toEqual(["mmioWrite 0xfe000800 0x4 0x5"]);
  });

  test.each([
    ["bytes", [0x88, 0x03], TABLE],
    ["quadwords", [0x48, 0x89, 0x03], TABLE],
    ["unaligned dwords", [0x89, 0x03], TABLE + 2n],
    ["what follows its region", [0x89, 0x03], TABLE + 0x1000n],
  ])("%s stop the CPU", (_name, code, address) => {
    cellGuest().code(code);
    expect(cellGuest().mmio(address, ACCESS_WRITE)).toBe(0);
  });

  test("the table is only its cell's", () => {
    expect(store(guest, TABLE, 0n)).toBe(0);
    guest.platform.hypercall(0, hc.HC_CELL_DESTROY, 1n);
    expect(store(guest, TABLE, 0x1234n)).toBe(1);
    expect(store(cellGuest(), TABLE, 0n)).toBe(1);
  });

  test("is not mapped", () => {
    expect(guest.platform.spaces.get(1)!.pages.has(TABLE >> 12n)).toBe(false);
  });

  test("is not enabled where the configuration has no table", () => {
    guest.platform.hypercall(0, hc.HC_CELL_DESTROY, 1n);
    expect(create({ devices: [{ bdf: OWNED, caps: [0, 2] }] })).toBe(0);
    forget();
    expect(write(cellGuest(), OWNED, MSIX + 2, 2, pci.MSIX_ENABLE)).toBe(1);
    expect(owned().msixEnabled).toBe(false);
    expect(guest.output()).toBe(WARNING);
  });

  test("of the root cell ends when its CPU goes to a cell", () => {
    guest.platform.hypercall(0, hc.HC_CELL_DESTROY, 1n);
    owned().write(pci.PCI_REG_COMMAND, 2, 2);
    owned().table.set([0xfee03000, 0, 0x31, 0, 0xfee02000, 0, 0x32, 0]);
    expect(create({ devices: [], caps: [] })).toBe(0);
    expect(owned().unmasked).toEqual([{ address: 0xfee02000n, data: 0x32 }]);
  });
});

describe("whatever a cell writes", () => {
  const isAllowed = ({ address, data }: Message) =>
    (data & 0x700) <= 0x100 &&
    address >> 32n === 0n &&
    (address & 0xfff00000n) === 0xfee00000n &&
    (address & 4n ? (address & 0xff000n) === 0x8000n : (address & 0xff000n) === 0x3000n);
  const value = fc.oneof(
    fc.integer({ min: 0, max: 0xffffffff }),
    fc.constantFrom(
      0xfee03000,
      0xfee00000,
      0xfee08004,
      0xfee10004,
      0,
      1,
      0x31,
      0x231,
      0x81,
      0x810081,
    ),
    fc.constantFrom(0x8000, 0xc000, 0x80000000, 0x810005, 0x10005, 2, 7),
  );
  const register = fc.oneof(
    fc.integer({ min: 0, max: 0xff }),
    fc.constantFrom(4, MSI, MSI + 2, MSI + 4, MSI + 8, MSI + 0xc, MSIX, MSIX + 2, MSIX + 4, 0x100),
  );
  const operation = fc.record({
    kind: fc.constantFrom("port", "memory", "table", "table"),
    bdf: fc.constantFrom(OWNED, OWNED, OWNED, ROOTS, UNLISTED, BRIDGE, 0xff00),
    register,
    size: fc.constantFrom(1, 2, 4),
    value,
  });

  test("no device sends or does what it must not", () => {
    fc.assert(
      fc.property(fc.array(operation, { minLength: 1, maxLength: 40 }), (operations) => {
        for (const bdf of devices.keys()) devices.set(bdf, new ModelDevice());
        expect(create()).toBe(0);
        const fresh = new ModelDevice();
        for (const { kind, bdf, register, size, value } of operations) {
          const at = register & ~(size - 1);
          if (kind === "port") write(cellGuest(), bdf, at, size, value);
          else if (kind === "memory") store(cellGuest(), ecam(bdf, at), BigInt(value), size);
          else store(cellGuest(), TABLE + BigInt(register & 0x3c), BigInt(value));
          const device = owned();
          expect(device.msi === undefined || isAllowed(device.msi)).toBe(true);
          expect(device.unmasked.every(isAllowed)).toBe(true);
        }
        // Of the header: BARs, ROM, interrupt pin; then what has no capability, or one without the flag.
        for (const [first, end] of [
          [0x10, 0x3c],
          [0x3d, 0x50],
          [0x60, 0x70],
          [0x7c, 0x100],
        ] as const)
          for (let byte = first; byte < end; byte++)
            expect(owned().read(byte, 1), `byte ${byte}`).toBe(fresh.read(byte, 1));
        for (const bdf of [ROOTS, UNLISTED, BRIDGE])
          expect(devices.get(bdf)!.space.buffer).toEqual(fresh.space.buffer);
        expect(guest.platform.hypercall(0, hc.HC_CELL_DESTROY, 1n)).toBe(0);
        forget();
      }),
      { numRuns: 200 },
    );
  });
});
