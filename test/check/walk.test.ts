// A walk through the hypervisor's refusals: each text in its source is either about something else than a configuration,
// or has a case here, which the hypervisor refuses with that text and the check predicts by a rule.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as abi from "../../abi/config.ts";
import { IOAPIC_UNITS_MAX } from "../../abi/x86/apic.ts";
import { checkConfigs } from "../../config/check/index.ts";
import type { CellConfig, MemoryRegion, PciDevice, SystemConfig } from "../../config/index.ts";
import { encode } from "../../config/index.ts";
import qemuX86 from "../../configs/x86/qemu-x86.ts";
import tinyDemo from "../../configs/x86/tiny-demo.ts";
import { SystemError } from "../../control/errors.ts";
import { startSession } from "../../control/session.ts";

const ROOM = new URL("../../hypervisor/", import.meta.url);
const MACHINE = { cpus: [0, 1, 2, 3], ramEnd: 1n << 30n, x2apic: true };

/** Refusals that no configuration brings about, or that need bytes which are no configuration (test/bad-input). */
const OTHER = [
  // Requests that come at the wrong time.
  ...["a cell has locked the configuration", "another cell has locked the configuration"],
  ...["a cell has not agreed to shut down", "the cell has not agreed to shut down"],
  ...["another request is under way", "cells exist", "no such cell", "not for the root cell"],
  ...["only the root cell may do this", "the hypervisor is shutting down", "not prepared"],
  // Its memory is used up, by many CPUs and large cells.
  "the page pool is exhausted",
  // The driver's own.
  ...["a cell with this id exists", "id 0 is the root cell's", "the configuration cannot be read"],
  ...["it makes the request", "configuration architecture mismatch"],
  // Damaged files: decode refuses them.
  ...["configuration revision mismatch", "the system configuration is truncated"],
  ...["the name does not end", "wrong signature of the configuration"],
  // The driver looks at these before the hypervisor.
  ...["a cell with this name exists", "not the root cell's", "a CPU number is too large"],
  ...["the hypervisor memory is out of range"],
  ...["the root cell lacks the CPU that starts", "the configuration is too large"],
];

type Cell = CellConfig;
type Changes = { system?: Partial<SystemConfig>; root?: Partial<SystemConfig["rootCell"]> } & {
  cell?: Partial<Cell>;
  /** A second cell, created before. */
  earlier?: Partial<Cell>;
};

const region = (from: MemoryRegion, changes: Partial<MemoryRegion>): MemoryRegion => ({
  ...from,
  ...changes,
});
const [ram, comm] = tinyDemo.memory as [MemoryRegion, MemoryRegion];
const memory = (...regions: MemoryRegion[]) => ({ cell: { memory: regions } });
const device = (changes: Partial<PciDevice>): Changes => ({
  cell: {
    flags: tinyDemo.flags | abi.CELL_FLAG_UNGUARDED_DMA,
    pciDevices: [{ ...qemuX86.rootCell.pciDevices[3]!, capsStart: 0, numCaps: 0, ...changes }],
  },
});
/** The device with an MSI-X table, in a cell that may have it. */
const MSIX_INDEX = 2;
const table = (changes: Partial<PciDevice>): Changes =>
  device({ ...qemuX86.rootCell.pciDevices[MSIX_INDEX]!, capsStart: 0, numCaps: 0, ...changes });
const rootTable = (changes: Partial<PciDevice>): Changes => ({
  root: {
    pciDevices: qemuX86.rootCell.pciDevices.map((one, index) =>
      index === MSIX_INDEX ? { ...one, ...changes } : one,
    ),
  },
});
/** The page of that table. */
const DEVICE_PAGE = { physicalStart: 0xfebd0000n, virtualStart: 0xfebd0000n, size: 0x1000n };
const HPET_PAGE = { physicalStart: 0xfed00000n, virtualStart: 0xfed00000n, size: 0x1000n };
/** A page where nothing is, and a device that the root cell does not list. */
const FREE_PAGE = { physicalStart: 0xfe000000n, virtualStart: 0xfe000000n, size: 0x1000n };
const UNLISTED = 0x28;
const SHARED = BigInt(abi.MEM_READ | abi.MEM_WRITE | abi.MEM_ROOTSHARED);
const chip = qemuX86.rootCell.irqchips[0]!;
const iommu = (type: number) => ({
  system: { iommuUnits: [{ type, base: 0xfed90000n, size: 0x1000 }] },
});
const subPages = (count: number): MemoryRegion[] =>
  Array.from({ length: count }, (_, index) => ({
    physicalStart: 0xfed40000n + BigInt(index) * 8n,
    virtualStart: 0xfed40000n + BigInt(index) * 8n,
    size: 4n,
    flags: BigInt(abi.MEM_READ | abi.MEM_IO_32),
  }));
const OTHER_RAM = region(ram, { physicalStart: 0x3ec00000n });
const hypervisor = (physicalStart: bigint, size: bigint) => ({
  system: { hypervisorMemory: { ...qemuX86.hypervisorMemory, physicalStart, size } },
});

/** The hypervisor's text, the rule that predicts it, and what is changed for it. */
const CASES: readonly (readonly [string, string, Changes])[] = [
  ["the CPU set is empty", "cpu-none", { cell: { cpus: [] } }],
  ["out of range", "region-range", memory(region(ram, { size: 1n << 53n }), comm)],
  [
    "a communication region is one page",
    "region-comm-size",
    memory(ram, region(comm, { size: 0x2000n })),
  ],
  ["not made of whole pages", "region-unaligned", memory(region(ram, { size: 0x800n }), comm)],
  [
    "its physical start is not page-aligned",
    "region-unaligned",
    memory(region(ram, { physicalStart: 0x3ee00800n }), comm),
  ],
  [
    "overlaps the hypervisor memory",
    "memory-hypervisor",
    memory(region(ram, { physicalStart: 0x3a000000n }), comm),
  ],
  ["overlaps another", "memory-inside", memory(ram, comm, ram)],
  ["unknown type", "cache-type", { cell: { caches: [{ start: 0, size: 1, type: 9, flags: 0 }] } }],
  ["unknown type", "pci-type", device({ type: 4 })],
  ["unknown type", "iommu-type", iommu(abi.IOMMU_TYPE_SMMUV3)],
  [
    "beyond configuration space",
    "cap-range",
    { cell: { pciCapabilities: [{ id: 5, start: 0xff8, length: 14, flags: 0 }] } },
  ],
  ["in another PCI domain than the machine's", "pci-domain", device({ domain: 1 })],
  ["no such IOMMU", "pci-iommu", device({ iommu: 8 })],
  ["no such capabilities", "pci-caps", device({ numCaps: 3 })],
  [
    "no such shared memory regions",
    "shmem-regions",
    device({ type: abi.PCI_TYPE_IVSHMEM, shmemPeers: 2 }),
  ],
  [
    "listed twice",
    "pci-inside",
    { cell: { pciDevices: [device({}), device({})].flatMap(({ cell }) => cell!.pciDevices!) } },
  ],
  [
    "belongs to another cell",
    "memory-cells",
    { earlier: { memory: [ram, comm] }, cell: { memory: [ram, comm] } },
  ],
  [
    "belongs to another cell",
    "pci-twice",
    { earlier: { ...device({}).cell!, memory: [OTHER_RAM, comm] }, ...device({}) },
  ],
  ["no IOMMU guards memory from it", "dma-unguarded", { cell: { ...device({}).cell, flags: 0 } }],
  ["not an MSI-X table", "msix-vectors", table({ numMsixVectors: 4096 })],
  ["not an MSI-X table", "msix-place", table({ msixAddress: 0xfebd0004n })],
  ["its MSI-X table is out of range", "msix-place", table({ msixAddress: 1n << 52n })],
  [
    "its MSI-X table overlaps the hypervisor memory",
    "msix-device",
    table({ msixAddress: 0x3a000000n }),
  ],
  ["its MSI-X table is another device", "msix-device", rootTable({ msixAddress: 0xfee00000n })],
  [
    "its MSI-X table is not where the root cell's is",
    "msix-differs",
    table({ msixAddress: 0xfebd1000n }),
  ],
  [
    "its MSI-X table belongs to another cell",
    "msix-memory",
    {
      earlier: { memory: [OTHER_RAM, comm, region(ram, { ...FREE_PAGE, flags: 3n })] },
      ...table({ bdf: UNLISTED, msixAddress: FREE_PAGE.physicalStart }),
    },
  ],
  [
    "its MSI-X table belongs to another cell",
    "msix-memory",
    {
      earlier: { memory: [OTHER_RAM, comm, region(ram, { ...FREE_PAGE, flags: SHARED })] },
      ...table({ bdf: UNLISTED, msixAddress: FREE_PAGE.physicalStart }),
    },
  ],
  [
    "the root cell could write its MSI-X table",
    "msix-open",
    table({ bdf: UNLISTED, msixAddress: DEVICE_PAGE.physicalStart + 0x1000n }),
  ],
  ["the root cell could write its MSI-X table", "msix-open", table({ msixRegionSize: 0x2000 })],
  [
    "has the MSI-X table of a device that is not the cell's",
    "memory-msix-foreign",
    memory(ram, comm, region(ram, { ...DEVICE_PAGE, flags: 3n })),
  ],
  [
    "has a trapped device at another address",
    "memory-device-moved",
    {
      cell: {
        ...table({}).cell,
        ...memory(ram, comm, region(ram, { ...DEVICE_PAGE, virtualStart: 0x200000n, flags: 3n }))
          .cell,
      },
    },
  ],
  [
    "has the HPET, which reaches all memory, and the cell lacks the flag unguarded-dma",
    "memory-hpet",
    memory(ram, comm, region(ram, { ...HPET_PAGE, flags: 3n })),
  ],
  [
    "has a trapped device at another address",
    "memory-device-moved",
    {
      root: {
        memory: qemuX86.rootCell.memory.map((one) =>
          one.physicalStart === HPET_PAGE.physicalStart ? { ...one, virtualStart: 1n << 33n } : one,
        ),
      },
    },
  ],
  [
    "has the registers of an IOMMU",
    "memory-iommu",
    {
      ...iommu(abi.IOMMU_TYPE_INTEL),
      ...memory(
        ram,
        comm,
        region(ram, {
          physicalStart: 0xfed90000n,
          virtualStart: 0xfed90000n,
          size: 0x1000n,
          flags: 3n,
        }),
      ),
    },
  ],
  [
    "has a DMA controller, which reaches all memory, and the cell lacks the flag unguarded-dma",
    "port-dma",
    { cell: { ports: [{ base: 0, length: 32 }] } },
  ],
  [
    "has an IOAPIC that is not the cell's",
    "memory-ioapic",
    memory(
      ram,
      comm,
      region(ram, { physicalStart: chip.address, virtualStart: 0x200000n, size: 0x1000n }),
    ),
  ],
  [
    "has a trapped device at another address",
    "memory-device-moved",
    memory(
      ram,
      comm,
      region(ram, { physicalStart: 0xfee00000n, virtualStart: 0x200000n, size: 0x1000n }),
    ),
  ],
  [
    "its address is not that of a device",
    "irqchip-address",
    { root: { irqchips: [{ ...chip, address: 0x100000n }] } },
  ],
  ["its first pin is not 0", "irqchip-base", { cell: { irqchips: [{ ...chip, pinBase: 32 }] } }],
  [
    "not in the root cell's configuration",
    "irqchip-foreign",
    { cell: { irqchips: [{ ...chip, address: 0xfec10000n }] } },
  ],
  [
    "a pin belongs to another cell",
    "pin-twice",
    {
      earlier: { memory: [OTHER_RAM, comm], irqchips: [{ ...chip, pinBitmap: [8, 0, 0, 0] }] },
      cell: { irqchips: [{ ...chip, pinBitmap: [8, 0, 0, 0] }] },
    },
  ],
  [
    "too many",
    "irqchip-many",
    {
      root: {
        irqchips: Array.from({ length: IOAPIC_UNITS_MAX + 1 }, (_, index) => ({
          ...chip,
          address: chip.address + BigInt(index) * 0x1000n,
        })),
      },
    },
  ],
  ["beyond the last port", "port-end", { cell: { ports: [{ base: 0xfffc, length: 8 }] } }],
  ["too many trapped ranges", "trap-limit", memory(ram, comm, ...subPages(200))],
  [
    "PCI's memory-mapped configuration space is out of place",
    "mmconfig-place",
    { system: { pciMmconfigBase: 0xb0000800n } },
  ],
  [
    "the local APIC is not in the mode that the configuration wants",
    "apic-mode-machine",
    { system: { x86: { ...qemuX86.x86!, apicMode: abi.APIC_MODE_XAPIC } } },
  ],
  [
    "the hypervisor memory is not made of whole pages",
    "hypervisor-pages",
    hypervisor(0x3a000000n, 0x600800n),
  ],
  [
    "the platform has no memory for the cell's map",
    "region-maps",
    memory(
      ram,
      comm,
      region(ram, { virtualStart: 1n << 40n, physicalStart: 1n << 40n, size: 1n << 46n }),
    ),
  ],
];

/** What the driver refuses itself, in its words, and the rule. */
const DRIVER_CASES: readonly (readonly [string, string, Changes])[] = [
  ["There is already a cell", "name-twice", { cell: { name: "QEMU-VM" } }],
  ["Cannot assign CPU 0", "cpu-zero", { cell: { cpus: [0] } }],
  ["CPUs that the root cell does not have", "cpu-foreign", { cell: { cpus: [7] } }],
  ["CPUs that the root cell does not have", "cpu-limit", { cell: { cpuSetSize: 64, cpus: [300] } }],
  [
    "The configuration has",
    "file-large",
    { cell: { ports: Array.from({ length: 20_000 }, () => ({ base: 0x2f8, length: 1 })) } },
  ],
  ["ENOMEM", "hypervisor-small", hypervisor(0x3a000000n, 0x20000n)],
  ["names CPUs that are not online", "cpu-offline", { root: { cpus: [0, 1, 2, 3, 4] } }],
];

function changed({ system, root, cell, earlier }: Changes) {
  return {
    system: { ...qemuX86, ...system, rootCell: { ...qemuX86.rootCell, ...root } } as SystemConfig,
    cell: { ...tinyDemo, ...cell } as Cell,
    earlier:
      earlier && ({ ...tinyDemo, name: "earlier", cpus: [1], ports: [], ...earlier } as Cell),
  };
}

/** What enable or the last `cell create` says when it refuses. */
async function refusal({ system, earlier, cell }: ReturnType<typeof changed>): Promise<string> {
  const session = await startSession();
  try {
    await session.enable(encode(system));
    if (earlier) await session.createCell(encode(earlier));
    await session.createCell(encode(cell));
  } catch (error) {
    if (error instanceof SystemError) return `${error.code} ${error.hint}`;
    throw error;
  }
  return "";
}

function errors({ system, earlier, cell }: ReturnType<typeof changed>): string[] {
  const configs = earlier ? [system, earlier, cell] : [system, cell];
  const findings = checkConfigs(configs, MACHINE);
  return findings.filter(({ severity }) => severity === "error").map(({ rule }) => rule);
}

/** The texts of all refusals in the hypervisor's sources; those of Arm64 are in test/hypervisor/arm64, where that runs. */
function refusals(): string[] {
  const files = readdirSync(ROOM, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".ts") && !file.endsWith("refuse.ts") && !file.startsWith("arm64"),
  );
  const texts = files.flatMap((file) => {
    const source = readFileSync(new URL(file, ROOM), "utf8");
    return [...source.matchAll(/\brefuse(?:Item)?\(([^;]*?)\);/g)].flatMap(([, call]) =>
      [...(call as string).matchAll(/"([^"]+)",?\s*$/g)].map(([, text]) => text as string),
    );
  });
  return [...new Set(texts)].sort();
}

it("knows every refusal of the hypervisor", () => {
  const known = new Set([...CASES.map(([text]) => text), ...OTHER]);
  expect(refusals().filter((text) => !known.has(text))).toEqual([]);
  expect(refusals().length).toBeGreaterThan(40);
});

describe("a refusal of the hypervisor is an error found", () => {
  it.each(CASES)("%s: %s", async (text, rule, changes) => {
    const set = changed(changes);
    expect(await refusal(set)).toContain(text);
    expect(errors(set)).toContain(rule);
  });
});

describe("a refusal of the driver is an error found", () => {
  it.each(DRIVER_CASES)("%s: %s", async (text, rule, changes) => {
    const set = changed(changes);
    expect(await refusal(set)).toContain(text);
    expect(errors(set)).toContain(rule);
  });
});
