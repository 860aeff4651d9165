import { describe, expect, test } from "vitest";
import { MEM_READ, MEM_WRITE } from "../../abi/config.ts";
import { defineCell, defineSystem, MiB } from "../index.ts";
import type { Denial } from "./access.ts";
import { additionText, explain, missing, repaired, type Situation } from "./index.ts";
import { isVector } from "./vector.ts";

const system = defineSystem({
  hypervisorMemory: { physical: 0x3a000000, size: MiB(6) },
  x86: { pmTimer: 0x608 },
  rootCell: {
    name: "root",
    cpus: [0, 1, 2],
    memory: [
      { physical: 0, size: 0x3a000000, flags: ["read", "write", "execute", "dma"] },
      { physical: 0x3a600000, size: MiB(74), flags: ["read", "write", "execute", "dma"] },
      { physical: 0xfd000000, size: MiB(16), flags: ["read", "write"] },
    ],
    ports: [{ base: 0x3f8, length: 8 }],
    pciDevices: [{ type: "device", bdf: 8 }],
  },
});
const cell = defineCell({
  name: "demo",
  cpus: [2],
  memory: [
    {
      physical: 0x3ee00000,
      virtual: 0,
      size: 0x10000,
      flags: ["read", "write", "execute", "loadable"],
    },
    { physical: 0x3ec00000, virtual: 0x180000, size: 0x1000, flags: ["read"] },
    { physical: 0xfe000010, size: 0x10, flags: ["read", "write", "io-32"] },
  ],
  ports: [{ base: 0x2f8, length: 8 }],
  pciDevices: [{ type: "device", bdf: 0xd8 }],
});
const situation: Situation = {
  system,
  cells: [
    { id: 0, config: system.rootCell },
    { id: 1, config: cell },
  ],
};

function denial(of: Partial<Denial>): Denial {
  return {
    ...{ sequence: 0, kind: "memory", cell: 1, cpu: 2, address: 0n, size: 4, write: false },
    ...{ fetch: false, string: false, allowed: 0, value: 0n, rip: 0x1000n, bits: 64 },
    ...{ instruction: new Uint8Array(), times: 1 },
    ...of,
  };
}

test.each<[string, Partial<Denial>, RegExp, RegExp, string[]]>([
  [
    "a read-only page",
    { address: 0x180004n, write: true },
    /^CPU 2 of cell "demo" wrote 4 bytes to address 0x180004$/,
    /^memory\[1\] of the cell \(0x180000 to 0x180fff\): the region's flags do not allow it$/,
    [
      'memory[1]: flags also ["write"], so { physical: 0x3ec00000, virtual: 0x180000, size: KiB(4), flags: ["read", "write"] }',
    ],
  ],
  [
    "a width that a sub-page region lacks",
    { address: 0xfe000011n, size: 2 },
    /read 2 bytes at address 0xfe000011$/,
    /^memory\[2\]/,
    [
      'memory[2]: flags also ["io-unaligned", "io-16"], so { physical: 0xfe000010, size: 0x10, flags: ["read", "write", "io-unaligned", "io-16", "io-32"] }',
    ],
  ],
  [
    "what is beside a sub-page region, in its page",
    { address: 0xfe000040n, write: true },
    /wrote 4 bytes to address 0xfe000040$/,
    /^in the page of memory\[2\] \(0xfe000010 to 0xfe00001f\), which is not whole pages, and outside of it: only the bytes/,
    [
      'memory: [{ physical: 0xfe000040, size: 0x4, flags: ["write", "io", "io-32"] }]  // beside memory[2], in its page',
    ],
  ],
  [
    "RAM behind the cell's own",
    { address: 0x10008n },
    /read 4 bytes/,
    /^an address without memory/,
    [
      'memory: [{ physical: 0x3ee10000, virtual: 0x10000, size: KiB(4), flags: ["read", "write", "execute", "loadable"] }]  // RAM, taken from the root cell\'s',
    ],
  ],
  [
    "the communication region",
    { address: 0x100000n },
    /read/,
    /without memory/,
    ["memory: [commRegion(0x100000)]  // the communication region, where inmates expect it"],
  ],
  [
    "a known device's registers",
    { address: 0xfed40000n },
    /read/,
    /^the TPM/,
    ['memory: [{ physical: 0xfed40000, size: KiB(20), flags: ["read", "write"] }]  // the TPM'],
  ],
  [
    "the HPET, which writes memory on command",
    { address: 0xfed000f0n },
    /read/,
    /^the HPET: whoever has that device reads and writes all memory/,
    [],
  ],
  [
    "a port of a DMA controller, reached by mistake",
    { kind: "port", address: 0n, size: 1, write: true, value: 0n },
    /port 0x0/,
    /^the DMA controller: whoever has that device reads and writes all memory/,
    [],
  ],
  [
    "the upper half of the address of QEMU's firmware DMA",
    { kind: "port", address: 0x514n, size: 4, write: true, value: 0n },
    /port 0x514/,
    /^QEMU's firmware configuration: whoever has that device/,
    [],
  ],
  [
    "an access that begins before the page registers",
    { kind: "port", address: 0x80n, size: 2, write: true, value: 0n },
    /port 0x80/,
    /pages: whoever has that device/,
    [],
  ],
  [
    "the root cell's HPET",
    { cell: 0, cpu: 0, address: 0xfed000f0n },
    /read/,
    /^the HPET: the root cell's configuration does not list it$/,
    ['memory: [{ physical: 0xfed00000, size: KiB(4), flags: ["read", "write"] }]  // the HPET'],
  ],
  [
    "an interrupt message",
    { address: 0xfee01000n, write: true },
    /wrote/,
    /^the addresses of interrupt messages: the hypervisor plays it/,
    [],
  ],
  [
    "a fetch",
    { address: 0x40000000n, fetch: true, size: 0 },
    /fetched an instruction at 0x40000000$/,
    /jumped astray/,
    [
      'memory: [{ physical: 0x3efff000, virtual: 0x40000000, size: KiB(4), flags: ["read", "write", "execute"] }]  // RAM, taken from the root cell\'s',
    ],
  ],
  [
    "a port of a known device",
    { kind: "port", address: 0x3fdn, size: 1, write: true, value: 0x41n },
    /wrote 0x41 to port 0x3fd \(1 byte\)$/,
    /^COM1: the cell's configuration does not list it$/,
    ["ports: [{ base: 0x3f8, length: 8 }]  // COM1"],
  ],
  [
    "the back door of the hypervisor below",
    { kind: "port", address: 0x5658n, size: 4 },
    /read from port 0x5658 \(4 bytes\)$/,
    /^VMware's back door, which QEMU has too: .*commands the whole machine/,
    [],
  ],
  [
    "an unknown port",
    { kind: "port", address: 0x5600n, size: 4 },
    /read from port 0x5600 \(4 bytes\)$/,
    /no entry/,
    ["ports: [{ base: 0x5600, length: 4 }]  // found by use"],
  ],
  [
    "a port that another cell has",
    { kind: "port", cell: 0, address: 0x2f8n, size: 1 },
    /of cell "root" read/,
    /cell "demo" has it/,
    [],
  ],
  [
    "memory that was given away",
    { cell: 0, address: 0x3ee00000n },
    /of cell "root"/,
    /^memory of cell "demo"/,
    [],
  ],
  [
    "the hypervisor's memory",
    { cell: 0, address: 0x3a000000n, write: true },
    /of cell "root"/,
    /^the hypervisor's own memory \(0x3a000000 to 0x3a5fffff\)/,
    [],
  ],
  [
    "an MSR",
    { kind: "msr", address: 0x1bn, write: true, value: 0xfee00900n },
    /wrote 0xfee00900 to MSR 0x1b$/,
    /no configuration can allow it/,
    [],
  ],
  [
    "a PCI device",
    { kind: "pci", address: (8n << 16n) | 4n, size: 2, write: true },
    /wrote configuration register 0x4 of PCI device 00:01.0$/,
    /does not list it; no entry is proposed: with one, 00:01.0 can do DMA, and no IOMMU keeps it/,
    [],
  ],
  [
    "a register of an own PCI device",
    { kind: "pci", address: (0xd8n << 16n) | 0x60n, size: 4, write: true },
    /register 0x60/,
    /no capability of the device's entry makes register 0x60 writable/,
    [
      'capabilities of bdf(0x0, 0x1b, 0): [{ id: "registers", start: 0x60, length: 4, flags: ["write"] }]',
    ],
  ],
  [
    "the I/O APIC",
    { address: 0xfec00000n, write: true },
    /address 0xfec00000/,
    /I\/O APIC at 0xfec00000: the cell lists none of its pins/,
    [],
  ],
  [
    "a triple fault",
    { kind: "exit", address: 0x7fn },
    /shut down with a triple fault/,
    /no configuration/,
    [],
  ],
  [
    "a triple fault of an Intel processor",
    { kind: "exit", address: 2n, value: 1n },
    /shut down with a triple fault/,
    /no configuration/,
    [],
  ],
  [
    "an instruction of AMD's virtualisation",
    { kind: "exit", address: 0x80n },
    /executed VMRUN/,
    /no configuration/,
    [],
  ],
  [
    "an instruction of Intel's virtualisation",
    { kind: "exit", address: 23n },
    /executed VMREAD/,
    /no configuration/,
    [],
  ],
  ["a cell that is gone", { cell: 5 }, /cell 5, which is gone/, /looked up/, []],
])("%s", (_name, of, what, why, advice) => {
  const explanation = explain(situation, denial(of));
  expect(explanation.what).toMatch(what);
  expect(`${explanation.where}: ${explanation.why}`).toMatch(why);
  expect(explanation.additions.map(additionText)).toEqual(advice);
});

describe("the root cell at what the hypervisor keeps for itself", () => {
  const unit = (type: number, base: bigint) => ({ type, base, size: 0x4000 });
  const rootAt = (units: readonly object[], address: bigint, changes: object = {}) => {
    const changed = { ...system, iommuUnits: units, rootCell: { ...system.rootCell, ...changes } };
    const root = { id: 0, config: changed.rootCell };
    const at = { system: changed as typeof system, cells: [root] };
    return explain(at, denial({ cell: 0, cpu: 0, address, write: true }));
  };

  test.each<[string, object[], bigint, RegExp, RegExp]>([
    [
      "AMD's",
      [unit(1, 0xfeb80000n)],
      0xfeb82008n,
      /IOMMU 0 \(iommuUnits\[0\]\)/,
      /boot Linux with amd_iommu=off/,
    ],
    [
      "the second of Intel's",
      [unit(2, 0xfed90000n), unit(2, 0xfed98000n)],
      0xfed98018n,
      /IOMMU 1/,
      /boot Linux with intel_iommu=off/,
    ],
    [
      "an unlisted one of Intel's",
      [],
      0xfed90018n,
      /an IOMMU \(VT-d\)/,
      /boot Linux with intel_iommu=off/,
    ],
  ])(
    "%s IOMMU is no memory to list, and Linux has to do without",
    (_, units, address, where, why) => {
      const explanation = rootAt(units, address);
      expect(explanation.where).toMatch(where);
      expect(explanation.why).toMatch(why);
      expect(explanation.additions).toEqual([]);
    },
  );

  test("nor is one that a region of the root cell covers", () => {
    const region = {
      physicalStart: 0xfeb80000n,
      virtualStart: 0xfeb80000n,
      size: 0x10000n,
      flags: 3n,
    };
    const { additions, why } = rootAt([unit(1, 0xfeb80000n)], 0xfeb82008n, { memory: [region] });
    expect(additions).toEqual([]);
    expect(why).toContain("amd_iommu=off");
  });

  test("an I/O APIC belongs among the irqchips", () => {
    const { why, additions } = rootAt([], 0xfec00010n);
    expect(why).toContain("irqchips");
    expect(additions).toEqual([]);
  });
});

test("what was learned page by page becomes one entry", () => {
  const learned = [0n, 1n, 2n].map((page) =>
    denial({ cell: 0, address: 0xe0000000n + page * 4096n, allowed: 4096, size: 0 }),
  );
  const ports = [0x70n, 0xd010n, 0xd011n].map((address) =>
    denial({ cell: 0, kind: "port", address, allowed: 1, size: 1 }),
  );
  const explanations = [...learned, ...ports].map((one) => explain(situation, one));
  expect(missing(system.rootCell, explanations).map(additionText)).toEqual([
    'memory: [{ physical: 0xe0000000, size: KiB(12), flags: ["read", "write"] }]  // found by use',
    "ports: [{ base: 0x70, length: 2 }]  // the real-time clock (CMOS)",
    "ports: [{ base: 0xd010, length: 2 }]  // found by use",
  ]);
});

test("a repaired cell has what was denied, and nothing twice", () => {
  const explanation = explain(situation, denial({ address: 0x180004n, write: true }));
  const fixed = repaired(cell, [explanation, explanation]);
  expect(fixed.memory[1]!.flags).toBe(BigInt(MEM_READ | MEM_WRITE));
  expect(fixed.memory).toHaveLength(cell.memory.length);
});

test.each<[string, number[], 16 | 32 | 64, boolean]>([
  ["movaps", [0x0f, 0x28, 0xc1], 64, true],
  ["movsd", [0xf2, 0x0f, 0x10, 0x05], 32, true],
  ["pxor with REX", [0x66, 0x44, 0x0f, 0xef, 0xc0], 64, true],
  ["vmovaps", [0xc5, 0xf8, 0x28, 0xc1], 64, true],
  ["lds", [0xc5, 0x06], 16, false],
  ["bswap", [0x0f, 0xc8], 64, false],
  ["vmread", [0x0f, 0x78, 0xc0], 64, false],
  ["nothing", [], 64, false],
])("%s: of SSE or AVX or not", (_, code, bits, is) => {
  expect(isVector(Uint8Array.from(code), bits)).toBe(is);
});

test.each([
  [[], 'the cell\'s flags lack "test-device" (0x2)'],
  [["test-device"] as const, "it takes naturally aligned accesses only"],
])("the MMIO test device is named, with flags %j", (flags, why) => {
  const comm = {
    virtual: 0x100000,
    size: 0x1000,
    flags: ["read", "write", "comm-region"] as const,
  };
  const config = defineCell({ name: "tested", cpus: [2], flags, memory: [comm] });
  const at = {
    system,
    cells: [
      { id: 0, config: system.rootCell },
      { id: 1, config },
    ],
  };
  const explanation = explain(at, denial({ address: 0x101ffan, size: 4, write: true }));
  expect(explanation).toMatchObject({ where: "the MMIO test device", why, additions: [] });
  expect(explain(at, denial({ address: 0x101ff0n })).where).not.toContain("test device");
});
