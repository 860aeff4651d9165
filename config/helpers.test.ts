import { describe, expect, it } from "vitest";
import * as abi from "../abi/config.ts";
import { decode } from "./decode.ts";
import { defineCell } from "./define-cell.ts";
import { defineSystem } from "./define-system.ts";
import { encode } from "./encode.ts";
import { commRegion, ioapic, lowRam, mmio, placeholder, ram, sharedRam, uart } from "./helpers.ts";
import { ivshmemLink } from "./ivshmem.ts";
import { bdf, GiB, KiB, MiB } from "./units.ts";

const CELL = { name: "cell", cpus: [1] };

describe("memory helpers", () => {
  it("say what the demos' regions are", () => {
    const cell = defineCell({
      ...CELL,
      memory: [
        lowRam({ physical: 0x3ee00000 }),
        lowRam({ physical: 0x3a600000, virtual: GiB(1), size: MiB(2), dma: true }),
        commRegion(),
        commRegion(0x200000),
        ram({ physical: 0, size: GiB(1) }),
        sharedRam({ physical: 0x3f000000, virtual: 0x400000, size: KiB(4) }),
        mmio({ physical: 0xfed00000, size: KiB(4) }),
        placeholder(),
      ],
    });
    const rows = cell.memory.map((region) => [
      region.physicalStart,
      region.virtualStart,
      region.size,
      region.flags,
    ]);
    expect(rows).toEqual([
      [0x3ee00000n, 0n, 0x100000n, 0x47n],
      [0x3a600000n, 0x40000000n, 0x200000n, 0x4fn],
      [0n, 0x100000n, 0x1000n, 0x23n],
      [0n, 0x200000n, 0x1000n, 0x23n],
      [0n, 0n, 0x40000000n, 0xfn],
      [0x3f000000n, 0x400000n, 0x1000n, 0xc3n],
      [0xfed00000n, 0xfed00000n, 0x1000n, 3n],
      [0n, 0n, 0n, 0n],
    ]);
  });
});

describe("devices", () => {
  it("go behind the cell's own lists, and their pins into its irqchip", () => {
    const cell = defineCell({
      ...CELL,
      ports: [{ base: 0x60, length: 1 }],
      irqchips: [ioapic([9])],
      devices: [
        uart("COM2", { pin: true }),
        uart({ name: "card", port: 0xe010 }),
        { name: "second IOAPIC", irqchips: [ioapic([0], { address: 0xfec01000 })] },
      ],
      console: "COM2",
    });
    expect(cell.ports.map(({ base }) => base)).toEqual([0x60, 0x2f8, 0xe010]);
    expect(cell.irqchips.map(({ address, pinBitmap }) => [address, pinBitmap[0]])).toEqual([
      [0xfec00000n, (1 << 9) | (1 << 3)],
      [0xfec01000n, 1],
    ]);
    expect(cell.console).toMatchObject({ address: 0x2f8n, type: abi.CONSOLE_TYPE_8250, flags: 0 });
  });

  it("are given UARTs in memory and stream ids", () => {
    const cell = defineCell({
      ...CELL,
      architecture: "arm64",
      devices: [
        uart({ name: "uart0", type: "pl011", address: 0x9000000, size: KiB(4) }),
        { name: "dma", streamIds: [5, { id: 0x10, mask: 0xff }] },
      ],
      console: "uart0",
    });
    expect(cell.memory).toMatchObject([{ physicalStart: 0x9000000n, flags: 0x13n }]);
    expect(cell.console).toMatchObject({ type: abi.CONSOLE_TYPE_PL011, flags: 1, size: 0x1000 });
    expect(cell.streamIds).toEqual([5, 0x00ff0010]);
  });

  it("that a cell does not have cannot be its console", () => {
    expect(() => defineCell({ ...CELL, devices: [uart("COM1")], console: "COM2" })).toThrow(
      'console is "COM2", which is no device with a console',
    );
  });
});

describe("ivshmemLink", () => {
  const link = ivshmemLink({
    bdf: bdf(1, 14, 0),
    physical: 0x3f0f0000,
    readWrite: 0x9000,
    output: KiB(8),
    ends: 3,
    vectors: 16,
  });

  it("gives the regions of the original's ivshmem-demo to its end", () => {
    const { pciDevices, memory } = defineCell({ ...CELL, pciDevices: [link.end(1)] });
    expect(memory.map(({ physicalStart, size, flags }) => [physicalStart, size, flags])).toEqual([
      [0x3f0f0000n, 0x1000n, 0x81n],
      [0x3f0f1000n, 0x9000n, 0x83n],
      [0x3f0fa000n, 0x2000n, 0x81n],
      [0x3f0fc000n, 0x2000n, 0x83n],
      [0x3f0fe000n, 0x2000n, 0x81n],
    ]);
    expect(pciDevices).toMatchObject([
      { type: 3, bdf: 0x170, numMsixVectors: 16, shmemDeviceId: 1, shmemPeers: 3 },
    ]);
  });

  it("gives the root cell the same memory without sharing it, and placeholders for what is empty", () => {
    const empty = ivshmemLink({ bdf: 8, physical: "0x1000", stateTable: 0x1000 });
    const { rootCell } = defineSystem({
      hypervisorMemory: { physical: 0, size: 0 },
      x86: { pmTimer: 0 },
      rootCell: { ...CELL, pciDevices: [empty.rootEnd(0, "veth")] },
    });
    expect(rootCell.memory.map(({ size, flags }) => [size, flags])).toEqual([
      [0x1000n, 1n],
      [0n, 0n],
      [0n, 0n],
      [0n, 0n],
    ]);
    expect(rootCell.pciDevices[0]).toMatchObject({ shmemProtocol: 1, numMsixVectors: 2 });
  });

  it("has no other ends", () => {
    expect(() => link.end(3)).toThrow("end 3 is not one of the 3 of this link");
  });
});

describe("what only decompiled files need", () => {
  it("keeps capabilities, shared memory and bytes where they are", () => {
    const cell = defineCell({
      ...CELL,
      memory: [placeholder(), ram({ physical: 0x1000, size: 0x1000 })],
      pciCapabilities: [{ id: "msi", start: 0x50, length: 14 }],
      pciDevices: [
        {
          type: "ivshmem",
          bdf: 8,
          capabilities: { start: 7, count: 2 },
          sharedMemory: { regions: { start: 1 }, id: 0, peers: 2 },
        },
      ],
      bytes: { "0x28": "07", 44: "01 00 00 40" },
    });
    expect(cell).toMatchObject({ id: 7, flags: 0x40000001 });
    expect(cell.memory).toHaveLength(2);
    expect(cell.pciDevices).toMatchObject([{ capsStart: 7, numCaps: 2, shmemRegionsStart: 1 }]);
    expect(decode(encode(cell))).toEqual(cell);
  });

  it.each<[string, Record<string, string>, string]>([
    ["outside of the file", { "0xffff": "00" }, 'bytes["0xffff"] is behind the end'],
    ["that are no bytes", { "0x28": "0" }, 'bytes["0x28"] is not a text of hexadecimal bytes'],
    ["at no offset", { there: "00" }, 'bytes["there"] is "there"'],
    ["that make another kind", { "0": "4a 48 53 59 53" }, "the file ends after"],
  ])("refuses bytes %s", (_, bytes, message) => {
    expect(() => defineCell({ ...CELL, bytes })).toThrow(message);
  });

  it("takes flags without a name beyond 53 bits", () => {
    const flags = ["read", 0x8000000000000000n] as const;
    const cell = defineCell({ ...CELL, memory: [{ size: 1, flags }] });
    expect(cell.memory[0]!.flags).toBe(0x8000000000000001n);
  });
});
