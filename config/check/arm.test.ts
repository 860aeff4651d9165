// Systems for Arm are checked as what they are: three boards, each with a cell, that have no fault, and what is one there.
import { describe, expect, it } from "vitest";
import { defineCell } from "../define-cell.ts";
import { defineSystem } from "../define-system.ts";
import type { CellConfigDefinition, SystemConfigDefinition } from "../definition.ts";
import { MiB } from "../units.ts";
import { applyFix, checkConfigs, type Finding } from "./index.ts";
import { frameText } from "./text.ts";

const REGISTERS = ["read", "write", "io"] as const;
const RAM = ["read", "write", "execute"] as const;
const SHARED = ["read", "write", "root-shared"] as const;
const LOADABLE = ["read", "write", "execute", "loadable"] as const;

/** A board with a GIC of version 3, an SMMU, and no DMA flag on its RAM; its PCI domain is Linux' choice. */
const GICV3: SystemConfigDefinition = {
  architecture: "arm64",
  flags: ["virtual-debug-console"],
  hypervisorMemory: { physical: 0x7fc00000, size: MiB(4) },
  debugConsole: { type: "pl011", address: 0x09000000, flags: ["mmio", "regdist-4"] },
  pci: { mmconfigBase: 0x08e00000, endBus: 0, virtual: true, domain: 0xffff },
  iommuUnits: [{ type: "smmuv3", base: 0x09050000, size: 0x20000 }],
  arm: { gicVersion: 3, maintenanceIrq: 25, gicdBase: 0x08000000, gicrBase: 0x080a0000 },
  rootCell: {
    name: "virt",
    cpus: [0, 1, 2, 3],
    memory: [
      { physical: 0x09000000, size: 0x50000, flags: REGISTERS },
      { physical: 0x0a000000, size: MiB(1), flags: REGISTERS },
      { physical: 0x40000000, size: 0x3fc00000, flags: RAM },
    ],
    irqchips: [
      {
        address: 0x08000000,
        id: 0,
        pinBase: 32,
        pins: Array.from({ length: 128 }, (_, pin) => 32 + pin),
      },
    ],
  },
};

/** A board with a GIC of version 2, 32 bits. */
const GICV2: SystemConfigDefinition = {
  architecture: "arm",
  flags: ["virtual-debug-console"],
  hypervisorMemory: { physical: 0x7c000000, size: MiB(4) },
  debugConsole: { type: "8250", address: 0x01c28000, flags: ["mmio", "regdist-4"] },
  arm: {
    gicVersion: 2,
    maintenanceIrq: 25,
    gicdBase: 0x01c81000,
    giccBase: 0x01c82000,
    gichBase: 0x01c84000,
    gicvBase: 0x01c86000,
  },
  rootCell: {
    name: "board",
    cpus: [0, 1],
    memory: [
      { physical: 0x01c00000, size: 0x81000, flags: REGISTERS },
      { physical: 0x40000000, size: 0x3c000000, flags: RAM },
    ],
    irqchips: [
      {
        address: 0x01c81000,
        id: 0,
        pinBase: 32,
        pins: Array.from({ length: 128 }, (_, pin) => 32 + pin),
      },
    ],
  },
};
/** TI's board has two more kinds of IOMMU. */
const K3: SystemConfigDefinition = {
  ...GICV3,
  iommuUnits: [
    { type: "pvu", base: 0x30f80000, size: 0x1000, pvu: { tlbBase: 0x36000000, tlbSize: 0x40000 } },
    { type: "mmu500", base: 0x36600000, size: 0x100000 },
  ],
};

const CELL: CellConfigDefinition = {
  architecture: "arm64",
  name: "inmate",
  flags: ["passive-commreg"],
  cpus: [0],
  memory: [
    { physical: 0x09000000, size: 0x1000, flags: SHARED },
    { physical: 0x7fb00000, virtual: 0, size: 0x10000, flags: LOADABLE },
    { virtual: 0x80000000, size: 0x1000, flags: ["read", "write", "comm-region"] },
  ],
  irqchips: [{ address: 0x08000000, id: 0, pinBase: 32, pins: [33] }],
  console: { type: "pl011", address: 0x09000000, flags: ["mmio", "regdist-4"] },
};
const CELL2: CellConfigDefinition = {
  ...CELL,
  architecture: "arm",
  memory: [
    { physical: 0x01c28000, size: 0x1000, flags: SHARED },
    { physical: 0x7bf00000, virtual: 0, size: 0x10000, flags: LOADABLE },
    { virtual: 0x80000000, size: 0x1000, flags: ["read", "write", "comm-region"] },
  ],
  irqchips: [{ address: 0x01c81000, id: 0, pinBase: 32, pins: [33] }],
  console: { type: "8250", address: 0x01c28000, flags: ["mmio", "regdist-4"] },
};

const check = (system: SystemConfigDefinition, ...cells: CellConfigDefinition[]): Finding[] =>
  checkConfigs([defineSystem(system), ...cells.map(defineCell)]);
const faults = (findings: readonly Finding[]) =>
  findings
    .filter(({ severity }) => severity !== "note")
    .map(({ rule, message }) => `${rule}: ${message}`);

/** The board with one more region in its root cell. */
const withRegion = (system: SystemConfigDefinition, physical: number, size: number) => ({
  ...system,
  rootCell: {
    ...system.rootCell,
    memory: [...(system.rootCell.memory ?? []), { physical, size, flags: REGISTERS }],
  },
});

describe("boards without a fault", () => {
  it.each([
    ["GIC version 3, SMMUv3", GICV3, CELL],
    ["GIC version 2, 32 bits", GICV2, CELL2],
    ["PVU and MMU-500", K3, CELL],
  ])(
    "%s: none is found, CPU 0 may be a cell's, and the architecture is a note",
    (_, system, cell) => {
      const shared = "debug-console-shared";
      const findings = check(system, cell).filter(({ rule }) => rule !== shared);
      expect(faults(findings)).toEqual([]);
      expect(findings.map(({ rule }) => rule)).toContain("architecture-refused");
    },
  );
});

describe("the GIC's registers", () => {
  it.each([
    ["distributor of version 3", GICV3, 0x0800f000, 0x1000, "distributor"],
    ["first redistributor", GICV3, 0x080a0000, 0x1000, "redistributors"],
    ["last redistributor", GICV3, 0x080a0000 + 3 * 0x20000, 0x20000, "redistributors"],
    ["distributor of version 2", GICV2, 0x01c81000, 0x1000, "distributor"],
  ])(
    "a root region over the %s is named, where the original asks for it",
    (_, system, at, size, name) => {
      const wide = withRegion(system, at, size);
      const findings = check(wide);
      expect(faults(findings)).toEqual([expect.stringMatching(`^memory-gic: .*the GIC's ${name}`)]);
      const frame = frameText([{ path: "x", config: defineSystem(wide) }], findings);
      expect(frame).toContain(
        `Missing resource interceptions for architecture ${system.architecture}: 1, see below`,
      );
      // Following the advice ends in a clean check.
      const [repaired] = applyFix(
        [defineSystem(wide)],
        findings.find(({ fix }) => fix.length > 0)!.fix,
      );
      expect(faults(checkConfigs([repaired!]))).toEqual([]);
    },
  );

  it("what is beside them is not", () => {
    expect(faults(check(withRegion(GICV3, 0x080a0000 + 4 * 0x20000, 0x1000)))).toEqual([]);
    expect(faults(check(withRegion(GICV2, 0x01c88000, 0x1000)))).toEqual([]);
  });
});

describe("faults of Arm systems", () => {
  const chip = (pins: number[], address = 0x08000000) => ({
    irqchips: [{ address, id: 0, pinBase: 32, pins }],
  });
  it.each<[string, SystemConfigDefinition, Partial<CellConfigDefinition>]>([
    ["gic-version", { ...GICV3, arm: { ...GICV3.arm!, gicVersion: 1 } }, {}],
    ["gic-place", { ...GICV3, arm: { ...GICV3.arm!, gicrBase: 0 } }, {}],
    ["gic-foreign", GICV3, chip([33], 0x09000000)],
    ["iommu-type", { ...GICV3, iommuUnits: [{ type: "amd", base: 0x30000000, size: 0x1000 }] }, {}],
    ["memory-mmconfig", withRegion(GICV3, 0x08e00000, 0x1000), {}],
    ["architecture-mixed", GICV3, { architecture: "arm" }],
    ["cpu-foreign", GICV3, { cpus: [4] }],
  ])("%s", (rule, system, changes) => {
    expect(check(system, { ...CELL, ...changes }).map((one) => one.rule)).toContain(rule);
  });

  it("a list of interrupts that begins in the middle of a word", () => {
    const cell = defineCell(CELL);
    const odd = { ...cell, irqchips: [{ ...cell.irqchips[0]!, pinBase: 40 }] };
    expect(checkConfigs([defineSystem(GICV3), odd]).map(({ rule }) => rule)).toContain("gic-base");
  });

  it("an interrupt of two cells", () => {
    const other = { ...CELL, name: "other", cpus: [1], ...chip([33]) };
    expect(check(GICV3, CELL, other).map(({ rule }) => rule)).toContain("gic-twice");
  });
});

it("CPU 0 and IOMMUs of Arm are refused on x86 only", async () => {
  const { default: qemuX86 } = await import("../../configs/x86/qemu-x86.ts");
  const { default: tinyDemo } = await import("../../configs/x86/tiny-demo.ts");
  const unit = { type: 3, base: 0xfed90000n, size: 0x1000 };
  const findings = checkConfigs([
    { ...qemuX86, iommuUnits: [unit] },
    { ...tinyDemo, cpus: [0] },
  ]);
  const rules = findings.map(({ rule }) => rule);
  expect(rules).toContain("iommu-type");
  expect(rules).toContain("cpu-zero");
});
