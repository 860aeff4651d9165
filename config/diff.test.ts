import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyConfig } from "./arbitrary.ts";
import { decode } from "./decode.ts";
import { defineCell } from "./define-cell.ts";
import { defineSystem } from "./define-system.ts";
import type { CellConfigDefinition, SystemConfigDefinition } from "./definition.ts";
import { diffConfigs } from "./diff.ts";
import { encode } from "./encode.ts";
import { commRegion, ioapic, lowRam, uart } from "./helpers.ts";
import type { Config } from "./types.ts";
import { bdf, MiB } from "./units.ts";

const CELL: CellConfigDefinition = {
  name: "cell",
  cpus: [1, 2],
  flags: ["passive-commreg"],
  memory: [lowRam({ physical: 0x3ee00000 }), commRegion()],
  irqchips: [ioapic([9])],
  caches: [{ start: 0, size: 2 }],
  ports: [{ base: 0x60, length: 2 }],
  pciDevices: [{ type: "device", bdf: bdf(0, 2, 0), barMask: [0xfffe0000] }],
  devices: [uart("COM2")],
  console: "COM2",
};
const SYSTEM: SystemConfigDefinition = {
  hypervisorMemory: { physical: 0x3a000000, size: MiB(6) },
  x86: { pmTimer: 0x608 },
  rootCell: { name: "root", cpus: [0, 1] },
};
const diffCells = (changes: Partial<CellConfigDefinition>) =>
  diffConfigs(defineCell(CELL), defineCell({ ...CELL, ...changes }));

describe("diffConfigs says", () => {
  it.each<[string, Partial<CellConfigDefinition>, string[]]>([
    ["nothing of equals", {}, []],
    ["a name", { name: "other" }, ['name: "cell" -> "other"']],
    ["CPUs", { cpus: [2, 3] }, ["CPU removed: 1", "CPU added: 3"]],
    ["flags", { flags: [] }, ["flag removed: passive-commreg"]],
    [
      "a region that is gone, and one that is new",
      { memory: [lowRam({ physical: 0x3ed00000 }), commRegion()] },
      [
        "memory region removed: 0x3ee00000-0x3eefffff (read write execute loadable)",
        "memory region added: 0x3ed00000-0x3edfffff (read write execute loadable)",
      ],
    ],
    [
      "what changed in a region",
      { memory: [lowRam({ physical: 0x3ee00000, dma: true }), commRegion()] },
      [
        "memory region 0x3ee00000-0x3eefffff: flags: read write execute loadable -> read write execute dma loadable",
      ],
    ],
    [
      "an order",
      { memory: [commRegion(), lowRam({ physical: 0x3ee00000 })] },
      ["the memory regions are in another order"],
    ],
    ["pins", { irqchips: [ioapic([9, 10])] }, ["interrupt controller 0xfec00000: pins: 9 -> 9-10"]],
    ["caches", { caches: [{ start: 0, size: 1 }] }, ["cache region l3 from 0: units: 2 -> 1"]],
    ["ports", { ports: [] }, ["port range removed: 0x60-0x61"]],
    [
      "a PCI device's parts",
      {
        pciDevices: [
          {
            type: "device",
            bdf: bdf(0, 2, 0),
            barMask: [0xfffe0000],
            capabilities: [{ id: "msi", start: 0x50, length: 14, flags: ["write"] }],
          },
        ],
      },
      [
        "PCI device 00:02.0: capabilities: none -> 1 from 0",
        "PCI capability 0: none -> msi at 0x50, 14 bytes, write",
      ],
    ],
    [
      "consoles",
      { devices: [uart("COM2")], console: { type: "8250", address: 0x3f8 } },
      ["console: 8250 at port 0x2f8 -> 8250 at port 0x3f8"],
    ],
  ])("%s", (_, changes, lines) => {
    expect(diffCells(changes)).toEqual(lines);
  });

  it("what differs between systems", () => {
    const after = defineSystem({
      ...SYSTEM,
      flags: ["virtual-debug-console"],
      hypervisorMemory: { physical: 0x3b000000, size: MiB(6) },
      pci: { mmconfigBase: 0xb0000000, endBus: 255 },
      x86: { pmTimer: 0x608, apicMode: "x2apic" },
      iommuUnits: [{ type: "intel", base: 0xfed90000, size: 0x1000 }],
    });
    expect(diffConfigs(defineSystem(SYSTEM), after)).toEqual([
      "flags of the system: - -> virtual-debug-console",
      "hypervisor memory: 0x3a000000-0x3a5fffff -> 0x3b000000-0x3b5fffff",
      "MMCONFIG: 0x0 -> 0xb0000000",
      "last PCI bus: 0 -> 255",
      "x86.apicMode: 0x0 -> 0x2",
      "IOMMU unit added: 0xfed90000 (intel)",
    ]);
  });

  it("that a cell is no system", () => {
    expect(diffConfigs(defineSystem(SYSTEM), defineCell(CELL))).toEqual([
      'the system "root" became the cell "cell"',
    ]);
  });

  it("nothing of any configuration and itself, something after any change of a byte", () => {
    let compared = 0;
    fc.assert(
      fc.property(anyConfig, fc.nat(), fc.integer({ min: 1, max: 0xff }), (config, at, change) => {
        expect(diffConfigs(config, config)).toEqual([]);
        const bytes = encode(config);
        bytes[at % bytes.length]! ^= change;
        let other: Config;
        try {
          other = decode(bytes);
        } catch {
          return;
        }
        compared++;
        expect(diffConfigs(config, other), `byte ${at % bytes.length}`).not.toEqual([]);
      }),
      { seed: 4, numRuns: 500 },
    );
    expect(compared).toBeGreaterThan(300);
  });
});
