// The same configurations, written as definitions and laid out by a C compiler: testing/golden.c.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decode } from "./decode.ts";
import { decompileToDefinition } from "./decompile/plain.ts";
import { defineCell } from "./define-cell.ts";
import { defineSystem } from "./define-system.ts";
import { encode } from "./encode.ts";
import { ioapic, ram, uart } from "./helpers.ts";
import { ivshmemLink } from "./ivshmem.ts";
import { bdf, GiB, KiB, MiB, range } from "./units.ts";

const SOURCE = fileURLToPath(new URL("./testing/golden.c", import.meta.url));
const compiler = ["cc", "clang", "gcc"].find(
  (name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0,
);
const directory = mkdtempSync(join(tmpdir(), "golden-"));
afterAll(() => rmSync(directory, { recursive: true }));

const link = ivshmemLink({
  bdf: bdf(1, 14, 0),
  physical: 0x3f000000,
  readWrite: KiB(36),
  output: KiB(8),
  vectors: 16,
  protocol: "virtio-back-block",
});

const X86 = defineSystem({
  flags: ["virtual-debug-console"],
  hypervisorMemory: { physical: 0x3a000000, size: MiB(6) },
  debugConsole: { type: "8250", address: 0x3f8 },
  pci: { mmconfigBase: 0xb0000000, endBus: 255 },
  iommuUnits: [
    {
      type: "amd",
      base: 0xfed80000,
      size: KiB(16),
      amd: { bdf: bdf(0, 0, 2), baseCapability: 0x40, msiCapability: 0x64, features: 0x80048824 },
    },
    { type: "intel", base: 0xfed90000, size: KiB(4) },
  ],
  x86: {
    pmTimer: 0x608,
    apicMode: "x2apic",
    vtdInterruptLimit: 256,
    tscKhz: 2_400_000,
    apicKhz: 1_000_000,
  },
  rootCell: {
    name: "golden",
    cpus: range(0, 3),
    flags: ["virtual-console-permitted"],
    msgReplyTimeout: 0x123456789a,
    memory: [
      ram({ physical: 0, size: 0x3a000000 }),
      { physical: 0xfed00000, size: 0x400, flags: ["read", "write", "io-8", "io-16", "io-32"] },
    ],
    caches: [{ start: 0, size: 4, flags: ["root-shared"] }],
    irqchips: [ioapic([...range(0, 23), 127])],
    devices: [uart("COM1"), { name: "PCI", ports: [{ base: 0xc000, length: 0x4000 }] }],
    pciDevices: [
      link.rootEnd(0),
      {
        type: "device",
        iommu: 1,
        domain: 3,
        bdf: bdf(0, 2, 0),
        barMask: [0xfffe0000, 0, 0xffffffe0],
        msi: { vectors: 4, bits64: true, maskable: true },
        msix: { vectors: 5, regionSize: KiB(4), address: 0xfebd0000 },
        capabilities: [
          { id: "msi", start: 0xd0, length: 14, flags: ["write"] },
          { id: "serial-number", start: 0x140, length: 12 },
        ],
      },
    ],
  },
});

const ARM = defineCell({
  architecture: "arm",
  name: "arm-cell",
  cpus: [1],
  flags: ["passive-commreg"],
  cpuResetAddress: GiB(4),
  vpciIrqBase: 123,
  memory: [
    { physical: 0x1c090000, size: KiB(4), flags: ["read", "write", "io"] },
    {
      physical: 0xbbfe0000,
      virtual: 0,
      size: KiB(64),
      flags: ["read", "write", "execute", "loadable"],
    },
  ],
  irqchips: [{ address: 0x1c81000, id: 0, pinBase: 32, pins: [32, 95, 100] }],
  streamIds: [42],
  console: {
    type: "imx-lpuart",
    address: 0x1c090000,
    size: KiB(4),
    flags: ["mmio", "regdist-4", "inverted-gate"],
    divider: 26,
    gateNumber: 17,
    clockRegister: 0x1c20000,
  },
});

const ARM64 = defineSystem({
  architecture: "arm64",
  hypervisorMemory: { physical: "0x8fc000000", size: MiB(4) },
  debugConsole: { type: "pl011", address: 0x9000000, size: KiB(4), flags: ["mmio", "regdist-4"] },
  pci: { mmconfigBase: 0x7bf00000, endBus: 0, virtual: true, domain: 1 },
  iommuUnits: [
    { type: "smmuv3", base: 0x36600000, size: MiB(1) },
    { type: "mmu500", base: 0xfd800000, size: KiB(128) },
    {
      type: "pvu",
      base: 0x30f80000,
      size: KiB(4),
      pvu: { tlbBase: "0x36000000000", tlbSize: MiB(1) },
    },
  ],
  arm: {
    gicVersion: 3,
    maintenanceIrq: 25,
    gicdBase: 0x8000000,
    giccBase: 0x8010000,
    gichBase: 0x8030000,
    gicvBase: 0x8040000,
    gicrBase: 0x80a0000,
  },
  rootCell: {
    name: "arm64-root",
    cpus: [0, 64],
    flags: ["aarch32"],
    vpciIrqBase: 108,
    memory: [
      {
        physical: GiB(32),
        size: 0xfc000000,
        flags: ["read", "write", "execute", "dma", "no-hugepages"],
      },
    ],
    irqchips: [
      { address: 0x8000000, id: 0, pinBase: 32, pins: range(32, 159) },
      { address: 0x8000000, id: 0, pinBase: 160, pins: [160] },
    ],
    streamIds: [{ id: 0x10, mask: 0x7f00 }, 0xffff],
  },
});

describe.skipIf(!compiler)("laid out by a C compiler", () => {
  const program = join(directory, "golden");
  beforeAll(() => {
    execFileSync(compiler as string, ["-std=gnu11", "-o", program, SOURCE]);
  });

  it.each([
    ["x86", X86],
    ["arm", ARM],
    ["arm64", ARM64],
  ] as const)("%s has the same bytes, both ways", (name, config) => {
    const golden = new Uint8Array(execFileSync(program, [name]));
    const made = encode(config);
    expect(Buffer.from(made).toString("hex")).toBe(Buffer.from(golden).toString("hex"));
    expect(decode(golden)).toEqual(config);
    expect(decompileToDefinition(decode(golden))).not.toHaveProperty("bytes");
  });
});
