// Trapped physical pages: no region, no window and no access shows one where it is not mediated.
import { beforeEach, describe, expect, test } from "vitest";
import * as abi from "../../../abi/config.ts";
import { EBUSY, EINVAL, EPERM } from "../../../abi/errno.ts";
import * as hc from "../../../abi/hypercall.ts";
import { ACCESS_WRITE, REG_RAX, REG_RBX } from "../../../abi/platform.ts";
import * as cfg from "../configurations.ts";
import { FakePlatform } from "../fake-platform.ts";
import { Guest } from "./guest.ts";
import { TABLE } from "./pci-model.ts";
import { DEVICE, ECAM, OWNED, ROOTS } from "./pci-world.ts";

const PAGE = 0x1000n;
const IOAPIC = 0xfec00000n;
const HPET = 0xfed00000n;
const IOMMU = 0xfed90000n;
const MESSAGES = 0xfee01000n;
/** Where a device that only a cell lists has its table, and what no cell has. */
const UNLISTED = 0x28;
const OTHER_TABLE = 0xfe100000n;
const RW = abi.MEM_READ | abi.MEM_WRITE;
const WIDTHS = abi.MEM_IO_8 | abi.MEM_IO_16 | abi.MEM_IO_32 | abi.MEM_IO_64;
const ANY = RW | WIDTHS | abi.MEM_IO_UNALIGNED;
const CELL_REGIONS: readonly cfg.Region[] = [
  { phys: 0n, virt: 0n, size: cfg.MIB, flags: cfg.RWX | abi.MEM_ROOTSHARED },
];
const STORE_8 = [0x48, 0x89, 0x03];

/** A whole region of device memory at its own address. */
const at = (phys: bigint, size = PAGE, flags = RW): cfg.Region => ({
  phys,
  virt: phys,
  size,
  flags,
});

let guest: Guest;
let touched: string[];

function boot(root: cfg.CellOptions = {}, system: cfg.SystemOptions = {}): Guest {
  touched = [];
  const options = {
    x86: { mmconfig: { base: ECAM, endBus: 0xff } },
    iommus: [abi.IOMMU_TYPE_AMD],
    ...system,
    root: {
      irqchips: [{ address: IOAPIC, pins: 0xffffff }],
      devices: [{ bdf: OWNED, ...DEVICE, caps: [0, 0] as const }, { bdf: ROOTS }],
      ...root,
    },
  };
  return new Guest(new FakePlatform(), 0, options, (address, value) => {
    if (value !== undefined) touched.push(address.toString(16));
    return undefined;
  });
}

beforeEach(() => {
  guest = boot();
});

function create(regions: readonly cfg.Region[], options: cfg.CellOptions = {}): number {
  const cell = { cpus: [3], regions: [...CELL_REGIONS, ...regions], ...options };
  guest.platform.writeRam(cfg.CONFIG_ADDRESS, cfg.cellConfig(cell));
  return guest.platform.hypercall(0, hc.HC_CELL_CREATE, cfg.CONFIG_ADDRESS);
}

const own = {
  flags: abi.CELL_FLAG_UNGUARDED_DMA,
  devices: [{ bdf: OWNED, ...DEVICE, caps: [0, 0] as const }],
};

describe("a cell's memory has no page that is trapped for somebody else", () => {
  test.each<[string, cfg.Region, number, string]>([
    [
      "another device's MSI-X table",
      at(TABLE),
      EINVAL,
      "has the MSI-X table of a device that is not the cell's",
    ],
    [
      "a part of one",
      at(TABLE + 0x10n, 0x10n, ANY),
      EINVAL,
      "has the MSI-X table of a device that is not the cell's",
    ],
    [
      "one in a shared region",
      at(TABLE - PAGE, 4n * PAGE, RW | abi.MEM_ROOTSHARED),
      EINVAL,
      "has the MSI-X table of a device",
    ],
    [
      "one at another address",
      { ...at(TABLE), virt: 0xe0000000n },
      EINVAL,
      "has the MSI-X table of a device",
    ],
    ["an IOMMU", at(IOMMU), EINVAL, "has the registers of an IOMMU"],
    ["a register of it", at(IOMMU + 0x20n, 8n, ANY), EINVAL, "has the registers of an IOMMU"],
    [
      "the HPET",
      at(HPET),
      EPERM,
      "has the HPET, which reaches all memory, and the cell lacks the flag unguarded-dma",
    ],
    ["the HPET to read", at(HPET, PAGE, abi.MEM_READ), EPERM, "has the HPET"],
    ["the HPET elsewhere", { ...at(HPET), virt: 0xe0000000n }, EPERM, "has the HPET"],
    ["the last place of an HPET", at(HPET + 0x3000n), EPERM, "has the HPET"],
    ["a route of the HPET", at(HPET + 0x110n, 8n, ANY), EPERM, "has the HPET"],
    [
      "messages at another address",
      { ...at(MESSAGES), virt: 0xe0000000n },
      EINVAL,
      "has a trapped device at another address",
    ],
    ["an IOAPIC", at(IOAPIC), EINVAL, "has an IOAPIC that is not the cell's"],
  ])("%s", (_name, region, errno, reason) => {
    const before = guest.platform.mapOf(0);
    expect(create([region])).toBe(-errno);
    expect(guest.output()).toContain(`Refused: memory region 1: ${reason}`);
    expect(guest.platform.mapOf(0) === before).toBe(true);
  });

  test("nor its own MSI-X table at another address", () => {
    expect(create([{ ...at(TABLE), virt: 0xe0000000n }], own)).toBe(-EINVAL);
    expect(guest.output()).toContain("memory region 1: has a trapped device at another address");
  });

  test("its own table at its address stays trapped", () => {
    expect(create([at(TABLE - PAGE, 4n * PAGE)], own)).toBe(0);
    const pages = guest.platform.spaces.get(1)!.pages;
    expect(pages.has((TABLE - PAGE) >> 12n)).toBe(true);
    expect(pages.has(TABLE >> 12n)).toBe(false);
  });

  test("the addresses of messages stay trapped, behind the local APIC too", () => {
    expect(create([at(MESSAGES - PAGE, 0x100000n)])).toBe(0);
    const pages = [...guest.platform.spaces.get(1)!.pages.keys()];
    expect(pages.filter((page) => page > 0xfee00n && page < 0xfef00n)).toEqual([]);
  });

  test("a table of an unlisted device in memory that a cell shares", () => {
    expect(create([at(OTHER_TABLE, PAGE, RW | abi.MEM_ROOTSHARED)])).toBe(0);
    const msix = { vectors: 4, address: OTHER_TABLE, size: 4096 };
    const flags = abi.CELL_FLAG_UNGUARDED_DMA;
    const device = { bdf: UNLISTED, msix };
    const other = { name: "other", id: 2, cpus: [2], flags, devices: [device], regions: [] };
    guest.platform.writeRam(cfg.CONFIG_ADDRESS, cfg.cellConfig(other));
    expect(guest.platform.hypercall(0, hc.HC_CELL_CREATE, cfg.CONFIG_ADDRESS)).toBe(-EBUSY);
    expect(guest.output()).toContain("its MSI-X table belongs to another cell");
  });
});

describe("the root cell has no page that is trapped for a cell", () => {
  const regions = [...cfg.ROOT_REGIONS, at(OTHER_TABLE, 4n * PAGE)];
  const msix = { vectors: 4, address: OTHER_TABLE, size: 4096 };
  const cell = { flags: abi.CELL_FLAG_UNGUARDED_DMA, devices: [{ bdf: UNLISTED, msix }] };

  test("the table of a device that its configuration does not list", () => {
    guest = boot({ regions });
    expect(create([], cell)).toBe(-EINVAL);
    expect(guest.output()).toContain("PCI device 0: the root cell could write its MSI-X table");
  });

  test("unless the cell takes that page for itself", () => {
    guest = boot({ regions });
    expect(create([at(OTHER_TABLE, 4n * PAGE)], cell)).toBe(0);
    expect(guest.platform.spaces.get(0)!.pages.has(OTHER_TABLE >> 12n)).toBe(false);
  });

  test("an IOMMU's registers, in whatever region they are", () => {
    guest = boot({ regions: [...cfg.ROOT_REGIONS, at(IOMMU - PAGE, 4n * PAGE)] });
    const { pages } = guest.platform.spaces.get(0)!;
    expect(pages.has((IOMMU - PAGE) >> 12n)).toBe(true);
    expect(pages.has(IOMMU >> 12n)).toBe(false);
    touched = [];
    guest.code([0x89, 0x03]);
    expect(guest.mmio(IOMMU + 0x18n, ACCESS_WRITE)).toBe(0);
    expect(touched).toEqual([]);
  });

  test.each([TABLE, MESSAGES, IOMMU, 0xfed01000n])(
    "learning opens no trapped page: %s",
    (address) => {
      guest = boot({}, { flags: abi.SYS_FLAG_VIRTUAL_DEBUG_CONSOLE | abi.SYS_FLAG_LEARN });
      guest.code([0x89, 0x03]);
      guest.mmio(address + 0x800n, ACCESS_WRITE);
      expect(guest.platform.spaces.get(0)!.pages.has(address >> 12n)).toBe(false);
    },
  );
});

describe("an access that begins before a trapped page does not reach into it", () => {
  test.each<[string, bigint]>([
    ["an IOAPIC", IOAPIC],
    ["an MSI-X table", TABLE],
    ["an IOMMU", IOMMU],
    ["the HPET", HPET],
    ["the local APIC", MESSAGES - PAGE],
    ["configuration space", ECAM],
  ])("%s", (_name, page) => {
    const region = at(page - 0x10n, 0x20n, ANY);
    guest = boot({ regions: [...cfg.ROOT_REGIONS, region] });
    touched = [];
    guest.code(STORE_8);
    guest.set(REG_RAX, -1n & 0xffffffffffffffffn);
    guest.set(REG_RBX, page - 4n);
    expect(guest.mmio(page - 4n, ACCESS_WRITE)).toBe(0);
    expect(touched).toEqual([]);
  });

  test("nor one through a region that maps elsewhere", () => {
    const region = { ...at(TABLE - 0x10n, 0x10n, ANY), virt: 0xe0000000n };
    guest = boot({ regions: [...cfg.ROOT_REGIONS, region] });
    touched = [];
    guest.code(STORE_8);
    guest.set(REG_RBX, 0xe000000cn);
    expect(guest.mmio(0xe000000cn, ACCESS_WRITE)).toBe(0);
    expect(touched).toEqual([]);
  });
});

describe("ports of bus masters are for trusted cells", () => {
  test.each([
    [0x00, 0x20],
    [0x1f, 1],
    [0x80, 2],
    [0x87, 1],
    [0x91, 1],
    [0x93, 1],
    [0xc0, 1],
    [0xdf, 1],
    [0x487, 1],
    [0x514, 4],
    [0x500, 0x100],
    [0, 0xffff],
  ])("from port %i on, %i", (base, length) => {
    expect(
      create([], {
        ports: [
          [0x2f8, 8],
          [base, length],
        ],
      }),
    ).toBe(-EPERM);
    expect(guest.output()).toContain(
      "Refused: port range 1: has a DMA controller, which reaches all memory, and the cell lacks the flag unguarded-dma",
    );
    const flags = abi.CELL_FLAG_UNGUARDED_DMA;
    expect(create([], { flags, ports: [[base, length]] })).toBe(0);
  });

  test.each([
    [0x20, 0x60],
    [0x80, 1],
    [0x92, 1],
    [0xa0, 0x20],
    [0xe0, 0x3a0],
    [0x490, 0x80],
    [0x51c, 4],
    [0, 0],
  ])("not from port %i on, %i", (base, length) => {
    expect(create([], { ports: [[base, length]] })).toBe(0);
  });
});
