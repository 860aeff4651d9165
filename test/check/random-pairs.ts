// Random pairs of configurations that know the format: every list has entries of the right shape, with values that people
// and machines use, or nearly so.
import * as abi from "../../abi/config.ts";
import type {
  Cell,
  CellConfig,
  Irqchip,
  MemoryRegion,
  PciDevice,
  PortRange,
  SystemConfig,
} from "../../config/index.ts";
import type { Random } from "../isolation/random.ts";
import { PAIRS, type Pair } from "./pairs.ts";

const PAGE = 0x1000n;
const MIB = 1n << 20n;
/** Addresses at which something is, on the emulated PC and in the systems that ship. */
const PLACES = [
  ...[0n, 0x1000n, 0xa0000n, MIB, 0x200000n, 0x3a000000n, 0x3a5ff000n, 0x3a600000n, 0x3ed00000n],
  ...[0x3ee00000n, 0x3ef00000n, 0x3f000000n, 0x3f0f0000n, 0x3f1ff000n, 0x40000000n, 0xb0000000n],
  ...[0xfd000000n, 0xfebd0000n, 0xfebd4000n, 0xfec00000n, 0xfed00000n, 0xfee00000n, 1n << 32n],
  ...[1n << 39n, (1n << 48n) - PAGE, (1n << 52n) - PAGE, 1n << 52n, (1n << 64n) - PAGE],
];
const SIZES = [0n, 4n, 0x80n, 0x800n, PAGE, 2n * PAGE, 0x10000n, MIB, 16n * MIB, 1n << 40n];
const R = abi.MEM_READ;
const RW = R | abi.MEM_WRITE;
const PROGRAM = RW | abi.MEM_EXECUTE | abi.MEM_LOADABLE;
const FLAGS = [R, RW, RW, PROGRAM, PROGRAM, RW | abi.MEM_COMM_REGION, RW | abi.MEM_IO];
const PORTS = [0, 0x40, 0x2f8, 0x3f8, 0x600, 0xcf8, 0xcfc, 0xc000, 0xe010, 0xfff8, 0xffff];
const LENGTHS = [0, 1, 4, 8, 8, 0x40, 0x100, 0xffff];
const BDFS = [0, 0x08, 0x10, 0xd8, 0xf8, 0xfa, 0x160, 0x168, 0xff00];
const NUMBERS = [0, 1, 2, 3, 5, 8, 64, 255];
const ALL_PINS = 0xffffff;
/** One in so many values of a cell, and of a system with its long lists, is not as it was. */
const CELL_RATE = 8;
const SYSTEM_RATE = 100;

/** Values for the fields of a pair. */
class Values {
  readonly random: Random;
  /** One in so many is odd. */
  readonly rate: number;

  constructor(random: Random, rate: number) {
    this.random = random;
    this.rate = rate;
  }

  isOdd(): boolean {
    return this.isOne(this.rate);
  }

  /** Whether one of `chances` happens. */
  isOne(chances: number): boolean {
    return this.random.below(chances) === 0;
  }

  pick<Type>(values: readonly Type[]): Type {
    return this.random.pick(values);
  }

  number(usual: readonly number[], bits: number): number {
    if (!this.isOdd()) return this.pick(usual);
    return this.random.bits() >>> (32 - bits);
  }

  address(): bigint {
    const place = this.pick(PLACES);
    const offset = this.isOdd() ? BigInt(this.random.below(0x2000)) : 0n;
    const distance = this.isOne(3) ? BigInt(this.random.below(64)) * PAGE : offset;
    return BigInt.asUintN(64, place + distance);
  }

  flags(usual: readonly number[]): number {
    const flags = this.pick(usual);
    return this.isOdd() ? (flags ^ (1 << this.random.below(12))) >>> 0 : flags;
  }

  list<Type>(from: readonly Type[], make: () => Type, change: (entry: Type) => Type): Type[] {
    const list = from.filter(() => !this.isOdd()).map((one) => (this.isOdd() ? change(one) : one));
    if (this.isOne(Math.ceil(this.rate / 4)))
      list.splice(this.random.below(list.length + 1), 0, make());
    return list;
  }

  /** The entry with another value in one field. */
  changed<Type extends object>(entry: Type, other: Type): Type {
    const key = this.pick(Object.keys(other) as (keyof Type)[]);
    return { ...entry, [key]: other[key] };
  }
}

function region(values: Values): MemoryRegion {
  const physicalStart = values.address();
  const virtualStart = values.isOne(2) ? physicalStart : values.address();
  const flags = BigInt(values.flags(FLAGS));
  return { physicalStart, virtualStart, size: values.pick(SIZES), flags };
}

const ports = (values: Values): PortRange => ({
  base: values.number(PORTS, 16),
  length: values.number(LENGTHS, 16),
});

const chip = (values: Values): Irqchip => ({
  address: values.isOne(2) ? 0xfec00000n : values.address(),
  id: values.number([0xff00, 0], 32),
  pinBase: values.number([0, 0, 0, 32], 32),
  pinBitmap: [values.number([0, 8, 0x200, ALL_PINS], 32), 0, 0, values.number([0], 32)],
});

function device(values: Values): PciDevice {
  const small = (usual: readonly number[] = NUMBERS) => values.number(usual, 8);
  return {
    type: small([1, 1, 2, 3]),
    iommu: small([0]),
    domain: values.number([0], 16),
    bdf: values.number(BDFS, 16),
    barMask: Array.from({ length: 6 }, () =>
      values.number([0, 0xffffc000, 0xfffffff8, 0xffffffe0, 0xffffffff], 32),
    ),
    capsStart: small([0]),
    numCaps: small([0, 0, 1]),
    numMsiVectors: small([0, 1]),
    msiFlags: small([0, 1]),
    numMsixVectors: values.number([0, 0, 5, 2048, 2049], 16),
    msixRegionSize: values.number([0, 0x1000], 16),
    msixAddress: values.isOne(2) ? 0n : values.address(),
    shmemRegionsStart: small(),
    shmemDeviceId: small(),
    shmemPeers: small(),
    shmemProtocol: values.number([0, 1], 16),
  };
}

function cellFields<Type extends Cell>(values: Values, from: Type): Type {
  const mutate = <Entry extends object>(make: () => Entry) => ({
    make,
    change: (entry: Entry) => values.changed(entry, make()),
  });
  const of = <Entry extends object>(list: readonly Entry[], make: () => Entry): Entry[] => {
    const { change } = mutate(make);
    return values.list(list, make, change);
  };
  return {
    ...from,
    flags: values.isOdd() ? (from.flags ^ (1 << values.random.below(32))) >>> 0 : from.flags,
    cpus: values.isOdd() ? values.pick([[], [0], [1], [1, 2, 3], [5], [63]]) : from.cpus,
    memory: of(from.memory, () => region(values)),
    caches: of(from.caches, () => ({
      start: values.number([0, 2], 32),
      size: values.number([0, 1, 2], 32),
      type: values.number([1, 2, 3], 8),
      flags: values.number([0, 1], 16),
    })),
    irqchips: of(from.irqchips, () => chip(values)),
    ports: of(from.ports, () => ports(values)),
    pciDevices: of(from.pciDevices, () => device(values)),
    pciCapabilities: of(from.pciCapabilities, () => ({
      id: values.number([5, 0x11, 1, 0x8001], 16),
      start: values.number([0x40, 0x50, 0xd0, 0x100, 0xff8], 16),
      length: values.number([4, 10, 14, 0x1000], 16),
      flags: values.number([0, 1], 16),
    })),
    cpuResetAddress: values.isOdd() ? values.address() : from.cpuResetAddress,
    msgReplyTimeout: values.isOdd() ? BigInt(values.random.bits()) : from.msgReplyTimeout,
    console: values.isOdd()
      ? { ...from.console, address: values.address(), type: values.number([0, 1, 2, 3], 16) }
      : from.console,
  };
}

/** A random system: one that ships, with its root cell and what is the machine's changed here and there. */
export function randomSystem(random: Random): SystemConfig {
  const values = new Values(random, SYSTEM_RATE);
  const { system } = values.pick(PAIRS);
  const rootCell = cellFields(values, system.rootCell);
  const isMoved = values.isOne(10);
  return {
    ...system,
    flags: values.isOdd() ? values.number([0, 1], 32) : system.flags,
    hypervisorMemory: isMoved
      ? { ...system.hypervisorMemory, physicalStart: values.address(), size: values.pick(SIZES) }
      : system.hypervisorMemory,
    pciMmconfigBase: values.isOdd() ? values.address() : system.pciMmconfigBase,
    pciMmconfigEndBus: values.isOdd() ? values.random.below(256) : system.pciMmconfigEndBus,
    iommuUnits: values.isOdd()
      ? [{ type: values.pick([2, 3]), base: values.address(), size: 0x1000 }]
      : system.iommuUnits,
    x86: { ...system.x86!, apicMode: values.isOne(10) ? values.random.below(4) : 0 },
    rootCell,
  };
}

/** A random cell, made of one that ships. */
export function randomCell(random: Random): CellConfig {
  const values = new Values(random, CELL_RATE);
  return cellFields(values, values.pick(PAIRS).cell);
}

/** A pair with as much in its lists as a file can hold. */
export function crowdedPair(random: Random): Pair {
  const values = new Values(random, CELL_RATE);
  const { system, cell } = values.pick(PAIRS);
  const many = <Entry>(count: number, make: () => Entry): Entry[] =>
    Array.from({ length: random.below(count) }, make);
  const crowd = {
    memory: many(900, () => region(values)),
    ports: many(2000, () => ports(values)),
    irqchips: many(60, () => chip(values)),
    pciDevices: many(150, () => device(values)),
    pciCapabilities: many(500, () => ({
      id: 5,
      start: random.below(0x1000),
      length: 14,
      flags: 0,
    })),
  };
  if (values.isOne(2)) return { system, cell: { ...cell, ...crowd } };
  return { system: { ...system, rootCell: { ...system.rootCell, ...crowd } }, cell };
}
