// Random configurations for property tests: every field takes all values that it can hold.
import fc from "fast-check";
import * as abi from "../abi/config.ts";
import type * as types from "./types.ts";

const BITS_PER_BYTE = 8;
const u8 = fc.nat({ max: 0xff });
const u16 = fc.nat({ max: 0xffff });
const u32 = fc.nat({ max: 0xffffffff });
const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });

/** Absent, or `size` bytes that are not all zero. */
const reserved = (size: number) =>
  fc.option(
    fc
      .uint8Array({ minLength: size, maxLength: size })
      .filter((bytes) => bytes.some((byte) => byte !== 0)),
    { nil: undefined },
  );

/** The record without its undefined members, as decode makes it. */
function dense<Type extends object>(arbitrary: fc.Arbitrary<Type>): fc.Arbitrary<Type> {
  return arbitrary.map(
    (record) =>
      Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Type,
  );
}

const words = (count: number) => fc.array(u32, { minLength: count, maxLength: count });

const consoleArbitrary: fc.Arbitrary<types.Console> = fc.record({
  address: u64,
  size: u32,
  type: u16,
  flags: u16,
  divider: u32,
  gateNumber: u32,
  clockRegister: u64,
});

const memory: fc.Arbitrary<types.MemoryRegion> = fc.record({
  physicalStart: u64,
  virtualStart: u64,
  size: u64,
  flags: u64,
});

const cache: fc.Arbitrary<types.CacheRegion> = dense(
  fc.record({ start: u32, size: u32, type: u8, flags: u16, reserved: reserved(1) }),
);

const irqchip: fc.Arbitrary<types.Irqchip> = fc.record({
  address: u64,
  id: u32,
  pinBase: u32,
  pinBitmap: words(4),
});

const pciDevice: fc.Arbitrary<types.PciDevice> = fc.record({
  type: u8,
  iommu: u8,
  domain: u16,
  bdf: u16,
  barMask: words(6),
  capsStart: u16,
  numCaps: u16,
  numMsiVectors: u8,
  msiFlags: u8,
  numMsixVectors: u16,
  msixRegionSize: u16,
  msixAddress: u64,
  shmemRegionsStart: u32,
  shmemDeviceId: u8,
  shmemPeers: u8,
  shmemProtocol: u16,
});

const pciCapability: fc.Arbitrary<types.PciCapability> = fc.record({
  id: u16,
  start: u16,
  length: u16,
  flags: u16,
});

const NAME_LIMIT = abi.CELL_NAME_SIZE - 1;
const name = fc
  .string({ unit: "binary", maxLength: NAME_LIMIT })
  .filter((text) => !text.includes("\0") && new TextEncoder().encode(text).length <= NAME_LIMIT);

/** Any cell, as it can stand in a file. */
const cell: fc.Arbitrary<types.Cell> = fc.nat({ max: 24 }).chain((cpuSetSize) =>
  fc.record({
    name,
    id: u32,
    flags: u32,
    cpuSetSize: fc.constant(cpuSetSize),
    cpus: fc
      .uniqueArray(fc.nat({ max: Math.max(0, cpuSetSize * BITS_PER_BYTE - 1) }))
      .map((cpus) => (cpuSetSize === 0 ? [] : cpus.sort((a, b) => a - b))),
    memory: fc.array(memory, { maxLength: 6 }),
    caches: fc.array(cache, { maxLength: 3 }),
    irqchips: fc.array(irqchip, { maxLength: 3 }),
    ports: fc.array(fc.record({ base: u16, length: u16 }), { maxLength: 6 }),
    pciDevices: fc.array(pciDevice, { maxLength: 4 }),
    pciCapabilities: fc.array(pciCapability, { maxLength: 6 }),
    streamIds: fc.array(u32, { maxLength: 3 }),
    vpciIrqBase: u32,
    cpuResetAddress: u64,
    msgReplyTimeout: u64,
    console: consoleArbitrary,
  }),
);

const architecture = fc.constantFrom<types.Architecture>("x86", "arm", "arm64");

export const cellConfig: fc.Arbitrary<types.CellConfig> = fc
  .tuple(architecture, cell)
  .map(([arch, fields]) => ({ kind: "cell", architecture: arch, ...fields }));

const NON_ZERO_BASE = fc.bigInt({ min: 1n, max: (1n << 64n) - 1n });

const iommu: fc.Arbitrary<types.IommuUnit> = fc.oneof(
  fc.record({
    type: fc.constant(abi.IOMMU_TYPE_AMD),
    base: NON_ZERO_BASE,
    size: u32,
    amd: dense(
      fc.record({
        bdf: u16,
        baseCapability: u8,
        msiCapability: u8,
        features: u32,
        reserved: reserved(4),
      }),
    ),
  }),
  fc.record({
    type: fc.constant(abi.IOMMU_TYPE_PVU),
    base: NON_ZERO_BASE,
    size: u32,
    pvu: fc.record({ tlbBase: u64, tlbSize: u32 }),
  }),
  dense(
    fc.record({
      type: u32.filter((type) => type !== abi.IOMMU_TYPE_AMD && type !== abi.IOMMU_TYPE_PVU),
      base: NON_ZERO_BASE,
      size: u32,
      reserved: reserved(12),
    }),
  ),
);

const x86: fc.Arbitrary<types.X86Platform> = dense(
  fc.record({
    pmTimerAddress: u16,
    apicMode: u8,
    vtdInterruptLimit: u32,
    tscKhz: u32,
    apicKhz: u32,
    padding: reserved(1),
    reserved: reserved(28),
  }),
);

const arm: fc.Arbitrary<types.ArmPlatform> = dense(
  fc.record({
    maintenanceIrq: u8,
    gicVersion: u8,
    gicdBase: u64,
    giccBase: u64,
    gichBase: u64,
    gicvBase: u64,
    gicrBase: u64,
    reserved: reserved(2),
  }),
);

export const systemConfig: fc.Arbitrary<types.SystemConfig> = architecture.chain((arch) =>
  dense(
    fc.record({
      kind: fc.constant("system" as const),
      architecture: fc.constant(arch),
      flags: u32,
      hypervisorMemory: memory,
      debugConsole: consoleArbitrary,
      pciMmconfigBase: u64,
      pciMmconfigEndBus: u8,
      pciIsVirtual: u8,
      pciDomain: u16,
      iommuUnits: fc.array(iommu, { maxLength: abi.SYS_IOMMU_COUNT }),
      x86: arch === "x86" ? x86 : fc.constant(undefined),
      arm: arch === "x86" ? fc.constant(undefined) : arm,
      rootCell: cell,
    }),
  ),
);

export const anyConfig: fc.Arbitrary<types.Config> = fc.oneof(cellConfig, systemConfig);
