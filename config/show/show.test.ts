import fc from "fast-check";
import { expect, it, describe as suite } from "vitest";
import { anyConfig } from "../arbitrary.ts";
import { defineCell } from "../define-cell.ts";
import { defineSystem } from "../define-system.ts";
import { commRegion, ioapic, lowRam, ram, uart } from "../helpers.ts";
import { ivshmemLink } from "../ivshmem.ts";
import type { CellConfig, SystemConfig } from "../types.ts";
import { bdf, GiB, KiB, MiB } from "../units.ts";
import { mapOf } from "./map.ts";
import { drawSvg } from "./map-svg.ts";
import { drawMap } from "./map-text.ts";
import { describe } from "./tables.ts";
import { renderSections } from "./text.ts";
import { rangesText, sizeText } from "./words.ts";

const link = ivshmemLink({ bdf: bdf(1, 14, 0), physical: 0x3f000000, readWrite: KiB(4) });
const SYSTEM = defineSystem({
  flags: ["virtual-debug-console"],
  hypervisorMemory: { physical: 0x3a000000, size: MiB(6) },
  debugConsole: { type: "8250", address: 0x3f8 },
  pci: { mmconfigBase: 0xb0000000, endBus: 0xff },
  x86: { pmTimer: 0x608 },
  iommuUnits: [
    { type: "amd", base: 0xfed80000, size: KiB(16), amd: { bdf: 2, baseCapability: 64 } },
  ],
  rootCell: {
    name: "root",
    cpus: [0, 1, 2, 3],
    memory: [ram({ physical: 0, size: GiB(1) })],
    irqchips: [ioapic()],
    ports: [{ base: 0x64, length: 1 }],
  },
});
const CELL = defineCell({
  name: "demo",
  cpus: [2],
  memory: [lowRam({ physical: 0x3ee00000 }), commRegion()],
  devices: [uart("COM2")],
  pciDevices: [
    link.end(1),
    {
      type: "device",
      bdf: bdf(0, 2, 0),
      barMask: [0xfffe0000, 0, 0xffffffe0],
      msi: { vectors: 1, bits64: true, maskable: true },
      msix: { vectors: 5, regionSize: KiB(4), address: 0xfebd0000 },
      capabilities: [{ id: "msi", start: 0x50, length: 14, flags: ["write"] }],
    },
  ],
  console: "COM2",
});

suite("describe", () => {
  it("says everything about a system", () => {
    expect(renderSections(describe(SYSTEM))).toBe(`System "root"
  format             revision 14, x86
  flags              virtual-debug-console
  hypervisor memory  0x3a000000-0x3a5fffff  6 MiB
  debug console      8250 at port 0x3f8
  PCI                MMCONFIG at 0xb0000000, buses 0 to 255
  PM timer           port 0x608
  APIC mode          auto

IOMMU units (1)
  #  Type  Registers   Size
  0  amd   0xfed80000  16 KiB  function 00:00.2, capability 0x40, MSI 0x0, features 0x0

Root cell "root"
  CPUs       0-3
  flags      -
  starts at  0x0
  console    none

Memory regions (1)
  #  Physical               In the cell  Size   Flags
  0  0x00000000-0x3fffffff  same         1 GiB  read write execute dma

Interrupt controllers (1)
  #  Address     Id      Pins
  0  0xfec00000  0xff00  0-23

Ports (1)
  #  Ports  Number
  0  0x64   1
`);
  });

  it("says everything about a cell and its devices", () => {
    expect(renderSections(describe(CELL))).toBe(`Cell "demo"
  format     revision 14, x86
  CPUs       2
  flags      -
  starts at  0xffff0
  console    8250 at port 0x2f8

Memory regions (6)
  #  Physical               In the cell            Size     Flags
  0  0x3f000000-0x3f000fff  same                   4 KiB    read root-shared
  1  0x3f001000-0x3f001fff  same                   4 KiB    read write root-shared
  2  0x00000000             same                   0 bytes  -
  3  0x00000000             same                   0 bytes  -
  4  0x3ee00000-0x3eefffff  0x00000000-0x000fffff  1 MiB    read write execute loadable
  5  -                      0x00100000-0x00100fff  4 KiB    read write comm-region

Ports (1)
  #  Ports        Number
  0  0x2f8-0x2ff  8       COM2

PCI devices (2)
  #  Function  Type     IOMMU  BAR masks                  MSI                  MSI-X                   Capabilities
  0  01:0e.0   ivshmem  0      0:0xfffff000 1:0xfffff000  -                    2                       -
  1  00:02.0   device   0      0:0xfffe0000 2:0xffffffe0  1, 64-bit, maskable  5 at 0xfebd0000, 4 KiB  msi

Shared memory (1)
  Function  End     Protocol   Memory regions
  01:0e.0   1 of 2  undefined  0 to 3

PCI capabilities (1)
  #  Capability  From  Bytes  Flags
  0  msi         0x50  14     write
`);
  });

  it("says Arm's facts", () => {
    const arm = defineSystem({
      architecture: "arm64",
      hypervisorMemory: { physical: GiB(2), size: MiB(4) },
      debugConsole: {
        type: "pl011",
        address: 0x9000000,
        size: KiB(4),
        flags: ["mmio", "regdist-4"],
      },
      arm: { gicVersion: 3, maintenanceIrq: 25, gicdBase: 0x8000000, gicrBase: 0x80a0000 },
      rootCell: { name: "root", cpus: [0], streamIds: [{ id: 1, mask: 0x7f00 }], vpciIrqBase: 108 },
    });
    const text = renderSections(describe(arm));
    for (const line of [
      "debug console       pl011 at 0x9000000, 4 KiB, regdist-4",
      "GIC                 version 3, maintenance interrupt 25",
      "GIC redistributors  0x80a0000",
      "virtual PCI interrupts  from 108",
      "stream ids              0x7f000001",
    ])
      expect(text).toContain(line);
  });

  it("describes and draws any configuration", () => {
    fc.assert(
      fc.property(anyConfig, (config) => {
        expect(renderSections(describe(config))).toContain("revision 14");
        expect(drawMap(mapOf([config]), true)).toContain("CPU");
        expect(drawSvg(mapOf([config]))).toContain("</svg>");
      }),
      { seed: 4, numRuns: 100 },
    );
  });
});

suite("mapOf", () => {
  const map = mapOf([SYSTEM, CELL]);
  const bands = map.bands.map(({ start, size, owners, label }) => [
    start,
    size,
    owners.map(({ letter }) => letter).join(""),
    label,
  ]);

  it("gives cells what they take, and shares what they share", () => {
    expect(bands).toEqual([
      [0n, 0x3a000000n, "0", "rwx DMA"],
      [0x3a000000n, 0x600000n, "H", "its own memory"],
      [0x3a600000n, 0x4800000n, "0", "rwx DMA"],
      [0x3ee00000n, 0x100000n, "1", "rwx loadable"],
      [0x3ef00000n, 0x100000n, "0", "rwx DMA"],
      [0x3f000000n, 0x1000n, "01", "r-- shared"],
      [0x3f001000n, 0x1000n, "01", "rw- shared"],
      [0x3f002000n, 0xffe000n, "0", "rwx DMA"],
      [0xb0000000n, 0x10000000n, "H", "PCI configuration space"],
    ]);
    expect(map.cpus.map((owner) => owner?.letter)).toEqual(["0", "0", "1", "0"]);
  });

  it("names the registers that every PC has", () => {
    const [hpet] = SYSTEM.rootCell.memory;
    const memory = [{ ...hpet!, physicalStart: 0xfed00000n, size: 0x1000n, flags: 3n }];
    const { bands } = mapOf([{ ...SYSTEM, rootCell: { ...SYSTEM.rootCell, memory } }]);
    expect(bands.at(-1)?.label).toBe("HPET");
  });

  it("covers what the configurations cover, without an overlap", () => {
    const configs = fc.tuple(
      anyConfig.filter((config): config is SystemConfig => config.kind === "system"),
      anyConfig.filter((config): config is CellConfig => config.kind === "cell"),
    );
    fc.assert(
      fc.property(configs, (pair) => {
        let end = 0n;
        for (const band of mapOf(pair).bands) {
          expect(band.start >= end).toBe(true);
          expect(band.size > 0n && band.owners.length > 0).toBe(true);
          end = band.start + band.size;
        }
      }),
      { seed: 4, numRuns: 50 },
    );
  });

  it("draws a cell alone as the cell sees itself", () => {
    expect(drawMap(mapOf([CELL]), false)).toContain(`CPU  0 1 2
     . . 1

    1 demo

Memory as the cell sees it
0x00000000 ┌────────────────────────────────────────────────────────┐
           │ 1 demo: rwx loadable                             1 MiB │
           │                                                        │
0x00100000 ├────────────────────────────────────────────────────────┤
           │ 1 demo: communication region                     4 KiB │
0x00101000 └────────────────────────────────────────────────────────┘
           ⋮
`);
  });

  it("is coloured in a terminal, by owner", () => {
    const text = drawMap(map, true);
    expect(text).toContain("\x1b[30;44m0\x1b[0m root");
    expect(text).toContain("\x1b[30;42m1\x1b[0m demo");
    expect(text).toContain("\x1b[30;47mH\x1b[0m hypervisor");
  });

  it("is drawn as SVG with every name escaped", () => {
    const cell = defineCell({ name: "<&>", cpus: [1], memory: [lowRam({ physical: 0x1000 })] });
    const svg = drawSvg(mapOf([SYSTEM, cell]));
    expect(svg).toContain("&#60;&#38;&#62;: rwx loadable");
    expect(svg.match(/<rect /g)!.length).toBeGreaterThan(10);
    expect(svg).not.toContain("<&>");
  });
});

suite("words", () => {
  it("put neighbours together and choose whole units", () => {
    expect(rangesText([0, 1, 2, 5, 7, 8])).toBe("0-2, 5, 7-8");
    expect(rangesText([])).toBe("none");
    expect([0n, 1n, 512n, 4096n, 0x600000n, 1n << 32n].map(sizeText)).toEqual([
      "0 bytes",
      "1 byte",
      "512 bytes",
      "4 KiB",
      "6 MiB",
      "4 GiB",
    ]);
  });
});
