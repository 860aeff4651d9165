// The original's own files, rebuilt: apic-demo byte by byte, its qemu-x86 at the offsets where a dump of it has them.
import { describe, expect, it } from "vitest";
import { decode } from "./decode.ts";
import { defineCell } from "./define-cell.ts";
import { encode } from "./encode.ts";
import type { MemoryRegion, PciDevice, SystemConfig } from "./types.ts";

/** Bytes from hex text; blanks and line breaks are ignored. */
function hex(text: string): Uint8Array {
  return Uint8Array.from(text.replace(/\s+/g, "").match(/../g) ?? [], (byte) =>
    Number.parseInt(byte, 16),
  );
}

const APIC_DEMO = hex(`
  4a48434c4c 00 0e00
  617069632d64656d6f 0000000000000000000000000000000000000000000000
  00000000 00000040 08000000 02000000 01000000 00000000 03000000 00000000 00000000 00000000
  00000000 0000000000000000 0000000000000000
  f803000000000000 00000000 0200 0000 00000000 00000000 0000000000000000
  0800000000000000
  0000f03e00000000 0000000000000000 0000100000000000 4700000000000000
  0000000000000000 0000100000000000 0010000000000000 2300000000000000
  00000000 02000000 03 00 0000
  f802 0800  f803 0800  10e0 0800`);

describe("apic-demo of the original", () => {
  const definition = {
    name: "apic-demo",
    flags: ["virtual-console-permitted"],
    cpus: [3],
    memory: [
      {
        physical: 0x3ef00000,
        virtual: 0,
        size: 0x100000,
        flags: ["read", "write", "execute", "loadable"],
      },
      { virtual: 0x100000, size: 0x1000, flags: ["read", "write", "comm-region"] },
    ],
    caches: [{ start: 0, size: 2, type: "l3" }],
    ports: [
      { base: 0x2f8, length: 8 },
      { base: 0x3f8, length: 8 },
      { base: 0xe010, length: 8 },
    ],
    console: { type: "8250", address: 0x3f8 },
    cpuResetAddress: 0,
  } as const;

  it("is rebuilt byte by byte", () => {
    expect(APIC_DEMO.length).toBe(228);
    expect(encode(defineCell(definition))).toEqual(APIC_DEMO);
  });

  it("decodes to what was defined", () => {
    expect(decode(APIC_DEMO)).toEqual(defineCell(definition));
  });

  it("differs from ours in the start address only", () => {
    const { cpuResetAddress: _, ...ours } = definition;
    const expected = APIC_DEMO.slice();
    expected.set([0xf0, 0xff, 0x0f], 84);
    expect(encode(defineCell(ours))).toEqual(expected);
  });
});

/** [physical, size, flags]; all are at their physical address. */
const MEMORY: [number, number, number][] = [
  [0x3f000000, 0x1000, 0x1],
  [0x3f001000, 0xdf000, 0x3],
  [0, 0, 0],
  [0, 0, 0],
  [0x3f0e0000, 0x1000, 0x1],
  [0x3f0e1000, 0xf000, 0x3],
  [0, 0, 0],
  [0, 0, 0],
  [0x3f0f0000, 0x1000, 0x1],
  [0x3f0f1000, 0x9000, 0x3],
  [0x3f0fa000, 0x2000, 0x3],
  [0x3f0fc000, 0x2000, 0x1],
  [0x3f0fe000, 0x2000, 0x1],
  [0x3f100000, 0x1000, 0x81],
  [0, 0, 0],
  [0x3f101000, 0x7f000, 0x83],
  [0x3f180000, 0x7f000, 0x81],
  [0, 0x3a000000, 0xf],
  [0x3a600000, 0x4a00000, 0xf],
  [0x3f200000, 0xddf000, 0xf],
  [0x3ffdf000, 0x21000, 0x1],
  [0xfd000000, 0x1000000, 0x3],
  [0xfe200000, 0x4000, 0x3],
  [0xfea00000, 0x40000, 0x3],
  [0xfea40000, 0x20000, 0x3],
  [0xfea60000, 0x20000, 0x3],
  [0xfea91000, 0x3000, 0x3],
  [0xfea94000, 0x4000, 0x3],
  [0xfea98000, 0x1000, 0x3],
  [0xfea9a000, 0x1000, 0x3],
  [0xfed00000, 0x1000, 0x3],
];
const PORTS: [number, number][] = [
  [0x0, 0x1f],
  [0x40, 4],
  [0x60, 2],
  [0x64, 1],
  [0x70, 2],
  [0x1ce, 3],
  [0x2f8, 8],
  [0x3b0, 0x30],
  [0x3f0, 8],
  [0x402, 1],
  [0xcd0, 8],
  [0x5658, 4],
  [0xd000, 0xff],
];
/** [id, start, length, flags]. */
const CAPABILITIES: [number, number, number, number][] = [
  [0x5, 0x60, 0xe, 1],
  [0x0, 0x40, 0x10, 1],
  [0x12, 0xa8, 0x2, 0],
  [0x5, 0x80, 0xe, 1],
  [0x11, 0x98, 0xc, 1],
  [0x1, 0xc8, 0x8, 1],
  [0x5, 0xd0, 0xe, 1],
  [0x10, 0xe0, 0x14, 1],
  [0x11, 0xa0, 0xc, 1],
  [0x8001, 0x100, 0x4, 0],
  [0x8003, 0x140, 0x4, 0],
  [0x5, 0x8c, 0x18, 1],
  [0x1, 0x84, 0x8, 1],
  [0x10, 0x48, 0x3c, 0],
  [0xc, 0x40, 0x2, 0],
  [0x8001, 0x100, 0x40, 0],
];
const NO_BARS = [0, 0, 0, 0, 0, 0];
const SHARED_BARS = [0xfffff000, 0xfffff000, 0, 0, 0, 0];

function device(type: number, bdf: number, rest: Partial<PciDevice> = {}): PciDevice {
  return {
    type,
    iommu: 0,
    domain: 0,
    bdf,
    barMask: NO_BARS,
    capsStart: 0,
    numCaps: 0,
    numMsiVectors: 0,
    msiFlags: 0,
    numMsixVectors: 0,
    msixRegionSize: 0,
    msixAddress: 0n,
    shmemRegionsStart: 0,
    shmemDeviceId: 0,
    shmemPeers: 0,
    shmemProtocol: 0,
    ...rest,
  };
}

const shared = (
  bdf: number,
  numMsixVectors: number,
  shmemRegionsStart: number,
  shmemPeers: number,
  shmemProtocol: number,
) =>
  device(3, bdf, {
    barMask: SHARED_BARS,
    numMsixVectors,
    shmemRegionsStart,
    shmemPeers,
    shmemProtocol,
  });

const DEVICES: PciDevice[] = [
  device(1, 0x8),
  device(1, 0x10, {
    barMask: [0xfffe0000, 0xfffe0000, 0xffffffe0, 0xffffc000, 0, 0],
    capsStart: 5,
    numCaps: 6,
    numMsiVectors: 1,
    msiFlags: 1,
    numMsixVectors: 5,
    msixRegionSize: 0x1000,
    msixAddress: 0xfea90000n,
  }),
  device(2, 0x18, {
    barMask: [0xffffff00, 0, 0, 0, 0, 0],
    capsStart: 11,
    numCaps: 5,
    numMsiVectors: 1,
    msiFlags: 3,
  }),
  device(1, 0xd8, { numCaps: 2, numMsiVectors: 1, msiFlags: 1 }),
  device(1, 0xf8),
  device(1, 0xfa, { capsStart: 2, numCaps: 2, numMsiVectors: 1, msiFlags: 1 }),
  device(1, 0xfb),
  device(1, 0xff, {
    barMask: [0xffffffe0, 0xfffff000, 0, 0, 0xffffc000, 0xffffffff],
    capsStart: 4,
    numCaps: 1,
    numMsixVectors: 2,
    msixRegionSize: 0x1000,
    msixAddress: 0xfea9b000n,
  }),
  shared(0x160, 2, 0, 2, 0xc002),
  shared(0x168, 3, 4, 2, 0xc003),
  shared(0x170, 16, 8, 3, 0),
  shared(0x178, 2, 13, 2, 1),
];

const NO_CONSOLE = {
  address: 0n,
  size: 0,
  type: 0,
  flags: 0,
  divider: 0,
  gateNumber: 0,
  clockRegister: 0n,
};

const region = (phys: number, size: number, flags: number): MemoryRegion => ({
  physicalStart: BigInt(phys),
  virtualStart: BigInt(phys),
  size: BigInt(size),
  flags: BigInt(flags),
});

const QEMU_X86: SystemConfig = {
  kind: "system",
  architecture: "x86",
  flags: 1,
  hypervisorMemory: { ...region(0x3a000000, 0x600000, 0), virtualStart: 0n },
  debugConsole: { ...NO_CONSOLE, address: 0x3f8n, type: 2 },
  pciMmconfigBase: 0xb0000000n,
  pciMmconfigEndBus: 0xff,
  pciIsVirtual: 0,
  pciDomain: 0,
  iommuUnits: [{ type: 2, base: 0xfed90000n, size: 0x1000 }],
  x86: { pmTimerAddress: 0x608, apicMode: 0, vtdInterruptLimit: 256, tscKhz: 0, apicKhz: 0 },
  rootCell: {
    name: "QEMU-VM",
    id: 0,
    flags: 0,
    cpuSetSize: 8,
    cpus: [0, 1, 2, 3],
    memory: MEMORY.map(([phys, size, flags]) => region(phys, size, flags)),
    caches: [],
    irqchips: [{ address: 0xfec00000n, id: 0xff00, pinBase: 0, pinBitmap: [0xffffff, 0, 0, 0] }],
    ports: PORTS.map(([base, length]) => ({ base, length })),
    pciDevices: DEVICES,
    pciCapabilities: CAPABILITIES.map(([id, start, length, flags]) => ({
      id,
      start,
      length,
      flags,
    })),
    streamIds: [],
    vpciIrqBase: 0,
    cpuResetAddress: 0n,
    msgReplyTimeout: 0n,
    console: NO_CONSOLE,
  },
};

/** Little-endian bytes of [value, size] pairs. */
function pack(...fields: [number, number][]): number[] {
  return fields.flatMap(([value, size]) =>
    Array.from({ length: size }, (_, index) => Math.floor(value / 256 ** index) % 256),
  );
}

describe("qemu-x86 of the original", () => {
  const bytes = encode(QEMU_X86);
  const at = (offset: number, size: number) => [...bytes.subarray(offset, offset + size)];

  it("has 2372 bytes and decodes to itself", () => {
    expect(bytes.length).toBe(2372);
    expect(decode(bytes)).toEqual(QEMU_X86);
  });

  it("has its header where the dump has it", () => {
    expect(at(0, 12)).toEqual([...hex("4a48535953 00 0e00 01000000")]);
    expect(at(12, 32)).toEqual(pack([0x3a000000, 8], [0, 8], [0x600000, 8], [0, 8]));
    expect(at(44, 32)).toEqual(pack([0x3f8, 8], [0, 4], [2, 2], [0, 2], [0, 4], [0, 4], [0, 8]));
    expect(at(76, 12)).toEqual(pack([0xb0000000, 8], [0xff, 1], [0, 1], [0, 2]));
    expect(at(88, 28)).toEqual(pack([2, 4], [0xfed90000, 8], [0x1000, 4], [0, 12]));
    expect(at(116, 7 * 28).every((byte) => byte === 0)).toBe(true);
    expect(at(312, 44)).toEqual(pack([0x608, 2], [0, 2], [256, 4], [0, 36]));
  });

  it("has its root cell where the dump has it", () => {
    expect(at(356, 8)).toEqual(pack([0, 8]));
    expect(String.fromCharCode(...at(364, 8))).toBe("QEMU-VM\0");
    const counts = [8, 31, 0, 1, 13, 12, 16, 0];
    expect(at(356 + 48, 32)).toEqual(pack(...counts.map((count): [number, number] => [count, 4])));
    expect(at(0x1e8, 8)).toEqual(pack([0xf, 8]));
  });

  it("has its lists where the dump has them", () => {
    MEMORY.forEach(([phys, size, flags], index) => {
      const expected = pack([phys, 8], [phys, 8], [size, 8], [flags, 8]);
      expect(at(0x1f0 + index * 32, 32)).toEqual(expected);
    });
    expect(at(0x5d0, 32)).toEqual(
      pack([0xfec00000, 8], [0xff00, 4], [0, 4], [0xffffff, 4], [0, 12]),
    );
    PORTS.forEach(([base, length], index) => {
      expect(at(0x5f0 + index * 4, 4)).toEqual(pack([base, 2], [length, 2]));
    });
    CAPABILITIES.forEach(([id, start, length, flags], index) => {
      expect(at(0x8c4 + index * 8, 8)).toEqual(pack([id, 2], [start, 2], [length, 2], [flags, 2]));
    });
  });

  it("has its PCI devices where the dump has them", () => {
    // Type, IOMMU, domain, bdf, BARs, capabilities, MSI, MSI-X, shared memory.
    const e1000e = hex(`01 00 0000 1000 0000feff 0000feff e0ffffff 00c0ffff 00000000 00000000
      0500 0600 01 01 0500 0010 0000a9fe00000000 00000000 00 00 0000`);
    const veth = hex(`03 00 0000 7801 00f0ffff 00f0ffff 00000000 00000000 00000000 00000000
      0000 0000 00 00 0200 0000 0000000000000000 0d000000 00 02 0100`);
    expect(at(0x65c, 56)).toEqual([...e1000e]);
    expect(at(0x88c, 56)).toEqual([...veth]);
  });
});
