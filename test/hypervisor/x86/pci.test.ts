// PCI devices as cells may use them: configuration space, and what happens when a device changes hands.
import { beforeEach, describe, expect, test } from "vitest";
import * as abi from "../../../abi/config.ts";
import * as errno from "../../../abi/errno.ts";
import * as hc from "../../../abi/hypercall.ts";
import * as pci from "../../../abi/pci.ts";
import { PIO_IN, REG_RAX } from "../../../abi/platform.ts";
import * as cfg from "../configurations.ts";
import { BAR, ENTRIES, MSI, MSIX, TABLE, VENDOR_CAPABILITY } from "./pci-model.ts";
import {
  BRIDGE,
  cellGuest,
  create,
  DEVICE,
  devices,
  ECAM,
  ecam,
  forget,
  guest,
  LOAD,
  load,
  OWNED,
  owned,
  port,
  ROOTS,
  read,
  select,
  setUp,
  store,
  UNLISTED,
  write,
} from "./pci-world.ts";

beforeEach(setUp);

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
