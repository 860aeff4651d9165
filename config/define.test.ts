import { describe, expect, it } from "vitest";
import { decode } from "./decode.ts";
import { defineCell } from "./define-cell.ts";
import { defineSystem } from "./define-system.ts";
import type { CellConfigDefinition, SystemConfigDefinition } from "./definition.ts";
import { encode } from "./encode.ts";
import { ConfigError } from "./errors.ts";
import { bdf, GiB, KiB, MiB, mmu500Stream, powerOfTwo } from "./units.ts";

const CELL: CellConfigDefinition = { name: "cell", cpus: [1] };
const SYSTEM: SystemConfigDefinition = {
  hypervisorMemory: { physical: 0x3a000000, size: MiB(6) },
  x86: { pmTimer: 0x608 },
  rootCell: { name: "root", cpus: [0, 1] },
};

describe("defineCell", () => {
  it("fills in the defaults", () => {
    expect(defineCell(CELL)).toEqual({
      kind: "cell",
      architecture: "x86",
      name: "cell",
      id: 0,
      flags: 0,
      cpuSetSize: 8,
      cpus: [1],
      memory: [],
      caches: [],
      irqchips: [],
      ports: [],
      pciDevices: [],
      pciCapabilities: [],
      streamIds: [],
      vpciIrqBase: 0,
      cpuResetAddress: 0xffff0n,
      msgReplyTimeout: 0n,
      console: {
        address: 0n,
        size: 0,
        type: 0,
        flags: 0,
        divider: 0,
        gateNumber: 0,
        clockRegister: 0n,
      },
    });
  });

  it("starts Arm cells at 0", () => {
    expect(defineCell({ ...CELL, architecture: "arm64" }).cpuResetAddress).toBe(0n);
  });

  it("sorts CPUs and sizes the set in words of 8 bytes", () => {
    expect(defineCell({ ...CELL, cpus: [64, 3] })).toMatchObject({
      cpus: [3, 64],
      cpuSetSize: 16,
    });
    expect(defineCell({ ...CELL, cpus: [63] }).cpuSetSize).toBe(8);
    expect(defineCell({ ...CELL, cpus: [] }).cpuSetSize).toBe(8);
  });

  it("takes addresses as number, bigint, hex text and text with a unit", () => {
    const memory = [0x1000, 0x1000n, "0x1000", "4096", "4 KiB"].map((physical) => ({
      physical,
      size: "1MiB",
      flags: 1,
    }));
    for (const region of defineCell({ ...CELL, memory }).memory)
      expect(region).toEqual({
        physicalStart: 0x1000n,
        virtualStart: 0x1000n,
        size: 0x100000n,
        flags: 1n,
      });
  });

  it("combines flag names and numbers", () => {
    expect(defineCell({ ...CELL, flags: ["passive-commreg", 0x100] }).flags).toBe(0x101);
    expect(defineCell({ ...CELL, flags: ["virtual-console-active"] }).flags).toBe(0x80000000);
  });

  it("turns pins into words", () => {
    const irqchips = [{ address: 0xfec00000, id: 0, pins: [0, 31, 32, 127] }];
    const [chip] = defineCell({ ...CELL, irqchips }).irqchips;
    expect(chip!.pinBitmap).toEqual([0x80000001, 1, 0, 0x80000000]);
  });

  it("places equal capability lists once, and computes all indices", () => {
    const msi = { id: "msi", start: 0x60, length: 14, flags: ["write"] } as const;
    const pm = { id: "pm", start: 0x40, length: 8 } as const;
    const device = (slot: number, ...capabilities: (typeof msi | typeof pm)[]) =>
      ({ type: "device", bdf: bdf(0, slot, 0), capabilities }) as const;
    const cell = defineCell({
      ...CELL,
      pciDevices: [device(1, pm, msi), device(2, msi), device(3), device(4, msi, pm)],
    });
    expect(cell.pciCapabilities.map(({ id }) => id)).toEqual([1, 5, 5, 1]);
    expect(cell.pciDevices.map(({ capsStart, numCaps }) => [capsStart, numCaps])).toEqual([
      [0, 2],
      [1, 1],
      [0, 0],
      [2, 2],
    ]);
  });

  it("places the regions of shared memory devices first", () => {
    const region = (physical: number) => ({ physical, size: 0x1000, flags: ["read"] as const });
    const shared = (slot: number, ...starts: number[]) => ({
      type: "ivshmem" as const,
      bdf: bdf(0, slot, 0),
      sharedMemory: { regions: starts.map(region), id: 1, peers: 2, protocol: "veth" as const },
    });
    const cell = defineCell({
      ...CELL,
      memory: [region(0x9000)],
      pciDevices: [shared(0xe, 0x1000, 0x2000), shared(0xf, 0x3000)],
    });
    expect(cell.memory.map(({ physicalStart }) => physicalStart)).toEqual([
      0x1000n,
      0x2000n,
      0x3000n,
      0x9000n,
    ]);
    expect(cell.pciDevices.map((device) => device.shmemRegionsStart)).toEqual([0, 2]);
    expect(cell.pciDevices[1]).toMatchObject({
      shmemDeviceId: 1,
      shmemPeers: 2,
      shmemProtocol: 1,
    });
  });
});

describe("defineSystem", () => {
  it("fills in the defaults and survives the codec", () => {
    const system = defineSystem(SYSTEM);
    expect(system).toMatchObject({
      flags: 0,
      iommuUnits: [],
      pciMmconfigBase: 0n,
      x86: { pmTimerAddress: 0x608, apicMode: 0 },
      rootCell: { cpuResetAddress: 0n, cpus: [0, 1] },
    });
    expect(decode(encode(system))).toEqual(system);
  });

  it("takes every type of IOMMU", () => {
    const system = defineSystem({
      ...SYSTEM,
      iommuUnits: [
        { type: "amd", base: 1, size: 2, amd: { bdf: 3, baseCapability: 4 } },
        { type: "amd", base: 1, size: 2 },
        { type: "intel", base: 1, size: 2 },
        { type: "smmuv3", base: 1, size: 2 },
        { type: "pvu", base: 1, size: 2, pvu: { tlbBase: "0xffffffffff", tlbSize: 5 } },
        { type: "mmu500", base: 1, size: 2 },
      ],
    });
    expect(system.iommuUnits.map(({ type }) => type)).toEqual([1, 1, 2, 3, 4, 5]);
    expect(decode(encode(system))).toEqual(system);
  });

  it("takes an Arm system", () => {
    const { x86: _, ...rest } = SYSTEM;
    const system = defineSystem({
      ...rest,
      architecture: "arm64",
      arm: { gicVersion: 3, maintenanceIrq: 25, gicdBase: 0x1000, gicrBase: 0x2000 },
    });
    expect(decode(encode(system))).toEqual(system);
    expect(encode(system)[313]).toBe(3);
  });
});

describe("what is wrong is named, with its place and a hint", () => {
  it.each<[string, unknown, string, string]>([
    ["a missing key", { cpus: [] }, "name is missing", ""],
    ["an unknown key", { ...CELL, memroy: [] }, "memroy is not a key", 'did you mean "memory"?'],
    [
      "an unknown flag",
      { ...CELL, memory: [{ size: 1, flags: ["raed"] }] },
      'memory[0].flags[0] is "raed"',
      'did you mean "read"?',
    ],
    [
      "a flag far from all",
      { ...CELL, flags: ["colour"] },
      'flags[0] is "colour"',
      "known are: passive-commreg",
    ],
    ["an inherited name", { ...CELL, console: { type: "toString" } }, "console.type", ""],
    ["a negative address", { ...CELL, cpuResetAddress: -1 }, "cpuResetAddress is -1", "0x3ef00000"],
    ["nonsense", { ...CELL, cpuResetAddress: "much" }, 'cpuResetAddress is "much"', "0x3ef00000"],
    ["an overflow", { ...CELL, cpuResetAddress: 1n << 64n }, "at most 64 bits", ""],
    ["a port too high", { ...CELL, ports: [{ base: 65536, length: 1 }] }, "ports[0].base", ""],
    ["a fraction", { ...CELL, cpus: [0.5] }, "cpus[0] is 0.5", ""],
    ["no list", { ...CELL, cpus: 3 }, "cpus is 3, not a list", ""],
    ["no object", "cell", 'the configuration is "cell"', ""],
    ["an empty name", { ...CELL, name: "" }, "name is empty", ""],
    ["a revision", { ...CELL, revision: 13 }, "revision is 13", "leave it out"],
    ["half a CPU", { ...CELL, cpus: [1, 3.5] }, "cpus[1] is 3.5, which is no CPU", "whole numbers"],
    ["a negative CPU", { ...CELL, cpus: [-1] }, "cpus[0] is -1, which is no CPU", "from 0 on"],
    ["a CPU in words", { ...CELL, cpus: ["all"] }, 'cpus[0] is "all", which is no CPU', ""],
    ["a CPU twice", { ...CELL, cpus: [3, 1, 3] }, "cpus[2] is CPU 3 again", "each CPU once"],
    [
      "a long list in place of a name",
      { ...CELL, name: Array.from({ length: 500 }, (_, index) => index) },
      "name is [0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,…, not a string",
      "",
    ],
    ["an architecture", { ...CELL, architecture: "x68" }, 'architecture is "x68"', '"x86"'],
    [
      "a pin too high",
      { ...CELL, irqchips: [{ address: 0, id: 0, pins: [128] }] },
      "irqchips[0].pins: pin 128",
      "",
    ],
    [
      "a BAR too many",
      { ...CELL, pciDevices: [{ type: "device", bdf: 0, barMask: [1, 2, 3, 4, 5, 6, 7] }] },
      "pciDevices[0].barMask has more than 6",
      "",
    ],
  ])("%s", (_, definition, message, hint) => {
    let error: unknown;
    try {
      defineCell(definition as CellConfigDefinition);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).message).toContain(message);
    expect((error as ConfigError).hint ?? "").toContain(hint);
  });

  it.each<[string, object, string]>([
    ["no platform", { ...SYSTEM, x86: undefined }, "x86 is missing"],
    ["the wrong platform", { ...SYSTEM, arm: { gicVersion: 2 } }, "arm.maintenanceIrq is missing"],
    [
      "both platforms",
      { ...SYSTEM, arm: { gicVersion: 2, maintenanceIrq: 1, gicdBase: 0 } },
      "arm is not a key on x86",
    ],
    [
      "a foreign part",
      {
        ...SYSTEM,
        iommuUnits: [{ type: "intel", base: 1, size: 1, pvu: { tlbBase: 0, tlbSize: 0 } }],
      },
      "another type of IOMMU",
    ],
    ["the root cell's fault", { ...SYSTEM, rootCell: { cpus: [] } }, "rootCell.name is missing"],
  ])("in a system: %s", (_, definition, message) => {
    expect(() => defineSystem(definition as SystemConfigDefinition)).toThrow(message);
  });
});

describe("units", () => {
  it("are bytes", () => {
    expect([KiB(1), MiB(1), GiB(4)]).toEqual([1024, 1048576, 4294967296]);
  });
  it("number PCI functions and streams, and round up", () => {
    expect(bdf(1, 0x1f, 3)).toBe(0x1fb);
    expect(mmu500Stream(0x10, 0xffff)).toBe(0xffff0010);
    expect([1, 3, 120, 256].map(powerOfTwo)).toEqual([1, 4, 128, 256]);
  });
});
