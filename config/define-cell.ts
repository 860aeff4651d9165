// Definitions of cells: parsed, defaults filled in, and brought into the shape of the file.
import * as abi from "../abi/config.ts";
import type { CellConfigDefinition } from "./definition.ts";
import { ARCHITECTURES } from "./encode.ts";
import { ConfigError } from "./errors.ts";
import * as names from "./names.ts";
import * as parse from "./parse.ts";
import type {
  Architecture,
  Cell,
  CellConfig,
  Console,
  MemoryRegion,
  PciCapability,
  PciDevice,
} from "./types.ts";

const { optional, required } = parse;
const u8 = parse.integer(1);
const u16 = parse.integer(2);
const u32 = parse.integer(4);
const U64_SIZE = 8;
/** Where our demos start: the reset vector of an 8086 whose image is loaded at 0xf0000. */
const DEFAULT_RESET_ADDRESS = 0xffff0n;
const BITS_PER_BYTE = 8;
const CPU_SET_STEP = 8;
const BARS = 6;
const PIN_WORDS = 4;
const PINS_PER_WORD = 32;

const number =
  (parser: parse.Parser<bigint>): parse.Parser<number> =>
  (value, path) =>
    Number(parser(value, path));

export const NO_CONSOLE: Console = {
  address: 0n,
  size: 0,
  type: abi.CONSOLE_TYPE_NONE,
  flags: 0,
  divider: 0,
  gateNumber: 0,
  clockRegister: 0n,
};

export const parseConsole: parse.Parser<Console> = parse.object("console", {
  address: optional(parse.address, 0n),
  size: optional(u32, 0),
  type: required(parse.choice(names.CONSOLE_TYPES, 2)),
  flags: optional(number(parse.flags(names.CONSOLE_FLAGS, 2)), 0),
  divider: optional(u32, 0),
  gateNumber: optional(u32, 0),
  clockRegister: optional(parse.address, 0n),
});

const memoryKeys = parse.object("memory region", {
  physical: optional(parse.address, 0n),
  virtual: optional<bigint | undefined>(parse.address, undefined),
  size: required(parse.address),
  flags: required(parse.flags(names.MEMORY_FLAGS, U64_SIZE)),
});

const parseMemory: parse.Parser<MemoryRegion> = (value, path) => {
  const { physical, virtual, size, flags } = memoryKeys(value, path);
  return { physicalStart: physical, virtualStart: virtual ?? physical, size, flags };
};

const parseCache = parse.object("cache region", {
  start: required(u32),
  size: required(u32),
  type: optional(parse.choice(names.CACHE_TYPES, 1), abi.CACHE_TYPE_L3),
  flags: optional(number(parse.flags(names.CACHE_FLAGS, 2)), 0),
});

/** Pin numbers to the bits that they have in the file. */
function pinBitmap(pins: readonly number[], base: number, path: string): number[] {
  const words = new Array<number>(PIN_WORDS).fill(0);
  for (const pin of pins) {
    const index = Math.floor((pin - base) / PINS_PER_WORD);
    if (index < 0 || index >= PIN_WORDS)
      throw new ConfigError(
        "value",
        `${path}: pin ${pin} is not one of the ${PIN_WORDS * PINS_PER_WORD} from ${base}`,
      );
    words[index] = (words[index]! | (1 << ((pin - base) % PINS_PER_WORD))) >>> 0;
  }
  return words;
}

const irqchipKeys = parse.object("irqchip", {
  address: required(parse.address),
  id: required(u32),
  pinBase: optional(u32, 0),
  pins: required(parse.list(u32)),
});

const parseIrqchip: parse.Parser<Cell["irqchips"][number]> = (value, path) => {
  const { pins, ...rest } = irqchipKeys(value, path);
  return { ...rest, pinBitmap: pinBitmap(pins, rest.pinBase, `${path}.pins`) };
};

const parsePorts = parse.object("port range", { base: required(u16), length: required(u16) });

const parseCapability: parse.Parser<PciCapability> = parse.object("capability", {
  id: required(parse.choice(names.CAPABILITIES, 2)),
  start: required(u16),
  length: required(u16),
  flags: optional(number(parse.flags(names.CAPABILITY_FLAGS, 2)), 0),
});

const pciKeys = parse.object("PCI device", {
  type: required(parse.choice(names.PCI_TYPES, 1)),
  bdf: required(u16),
  iommu: optional(u8, 0),
  domain: optional(u16, 0),
  barMask: optional(parse.list(u32), []),
  capabilities: optional(parse.list(parseCapability), []),
  msi: optional(
    parse.object("device's MSI", {
      vectors: required(u8),
      bits64: optional(parse.boolean, false),
      maskable: optional(parse.boolean, false),
    }),
    { vectors: 0, bits64: false, maskable: false },
  ),
  msix: optional(
    parse.object("device's MSI-X", {
      vectors: required(u16),
      regionSize: optional(u16, 0),
      address: optional(parse.address, 0n),
    }),
    { vectors: 0, regionSize: 0, address: 0n },
  ),
  sharedMemory: optional(
    parse.object("shared memory device", {
      regions: required(parse.list(parseMemory)),
      id: required(u8),
      peers: required(u8),
      protocol: optional(parse.choice(names.PROTOCOLS, 2), 0),
    }),
    { regions: [], id: 0, peers: 0, protocol: 0 },
  ),
});

type PciKeys = ReturnType<typeof pciKeys>;

/** Index of `wanted` in `all`, where it is added at the end unless it is there already. */
function placeCapabilities(all: PciCapability[], wanted: readonly PciCapability[]): number {
  if (wanted.length === 0) return 0;
  const key = (capabilities: readonly PciCapability[]) => JSON.stringify(capabilities);
  for (let start = 0; start + wanted.length <= all.length; start++)
    if (key(all.slice(start, start + wanted.length)) === key(wanted)) return start;
  return all.push(...wanted) - wanted.length;
}

function pciDevice(
  keys: PciKeys,
  capsStart: number,
  regionsStart: number,
  path: string,
): PciDevice {
  if (keys.barMask.length > BARS)
    throw new ConfigError("value", `${path}.barMask has more than ${BARS} entries`);
  const { msi, msix, sharedMemory } = keys;
  return {
    type: keys.type,
    iommu: keys.iommu,
    domain: keys.domain,
    bdf: keys.bdf,
    barMask: Array.from({ length: BARS }, (_, index) => keys.barMask[index] ?? 0),
    capsStart,
    numCaps: keys.capabilities.length,
    numMsiVectors: msi.vectors,
    msiFlags: (msi.bits64 ? abi.PCI_MSI_64BITS : 0) | (msi.maskable ? abi.PCI_MSI_MASKABLE : 0),
    numMsixVectors: msix.vectors,
    msixRegionSize: msix.regionSize,
    msixAddress: msix.address,
    shmemRegionsStart: regionsStart,
    shmemDeviceId: sharedMemory.id,
    shmemPeers: sharedMemory.peers,
    shmemProtocol: sharedMemory.protocol,
  };
}

/** Devices with their indices, and the two lists that the indices point into. */
function placePciDevices(devices: readonly PciKeys[], path: string) {
  const pciCapabilities: PciCapability[] = [];
  const sharedMemory: MemoryRegion[] = [];
  const pciDevices = devices.map((keys, index) => {
    const regions = keys.sharedMemory.regions;
    const regionsStart = regions.length > 0 ? sharedMemory.length : 0;
    sharedMemory.push(...regions);
    const capsStart = placeCapabilities(pciCapabilities, keys.capabilities);
    return pciDevice(keys, capsStart, regionsStart, `${path}[${index}]`);
  });
  return { pciDevices, pciCapabilities, sharedMemory };
}

/** The keys of every cell, the root cell included. */
const CELL_KEYS = {
  name: required(parse.text),
  cpus: required(parse.list(u32)),
  cpuSetSize: optional<number | undefined>(u32, undefined),
  flags: optional(number(parse.flags(names.CELL_FLAGS, 4)), 0),
  memory: optional(parse.list(parseMemory), []),
  caches: optional(parse.list(parseCache), []),
  irqchips: optional(parse.list(parseIrqchip), []),
  ports: optional(parse.list(parsePorts), []),
  pciDevices: optional(parse.list(pciKeys), []),
  streamIds: optional(parse.list(u32), []),
  vpciIrqBase: optional(u32, 0),
  cpuResetAddress: optional<bigint | undefined>(parse.address, undefined),
  msgReplyTimeout: optional(parse.address, 0n),
  console: optional(parseConsole, NO_CONSOLE),
};

const cellKeys = parse.object("cell", CELL_KEYS);

export const parseArchitecture: parse.Parser<Architecture> = (value, path) => {
  const name = parse.text(value, path);
  if (Object.hasOwn(ARCHITECTURES, name)) return name as Architecture;
  throw new ConfigError("architecture", `${path} is "${name}"`, {
    hint: parse.suggest(name, Object.keys(ARCHITECTURES)),
  });
};

export const parseRevision: parse.Parser<number> = (value, path) => {
  const revision = u16(value, path);
  if (revision === abi.CONFIG_REVISION) return revision;
  throw new ConfigError("revision", `${path} is ${revision}, but only ${abi.CONFIG_REVISION} is`, {
    hint: `leave it out: it is ${abi.CONFIG_REVISION}`,
  });
};

/** Keys that both kinds of file have. */
export const FILE_KEYS = {
  architecture: optional(parseArchitecture, "x86"),
  revision: optional(parseRevision, abi.CONFIG_REVISION),
};

const cellConfigKeys = parse.object("cell configuration", { ...FILE_KEYS, ...CELL_KEYS });

/** The size of a set for these CPUs: whole words of 8 bytes. */
function defaultSetSize(cpus: readonly number[]): number {
  const bits = Math.max(-1, ...cpus) + 1;
  return Math.max(1, Math.ceil(bits / (CPU_SET_STEP * BITS_PER_BYTE))) * CPU_SET_STEP;
}

function cellFrom(keys: ReturnType<typeof cellKeys>, resetAddress: bigint, path: string): Cell {
  const { sharedMemory, ...pci } = placePciDevices(keys.pciDevices, `${path}pciDevices`);
  if (keys.name === "") throw new ConfigError("name", `${path}name is empty`);
  return {
    ...keys,
    ...pci,
    id: 0,
    cpus: [...new Set(keys.cpus)].sort((a, b) => a - b),
    cpuSetSize: keys.cpuSetSize ?? defaultSetSize(keys.cpus),
    memory: [...sharedMemory, ...keys.memory],
    cpuResetAddress: keys.cpuResetAddress ?? resetAddress,
  };
}

/** A root cell, or any cell without the file around it; it starts at 0 unless it says otherwise. */
export const parseRootCell: parse.Parser<Cell> = (value, path) =>
  cellFrom(cellKeys(value, path), 0n, `${path}.`);

/** A whole cell configuration from a value of unknown origin. */
export const parseCell: parse.Parser<CellConfig> = (value, path) => {
  const { architecture, revision: _, ...keys } = cellConfigKeys(value, path);
  const resetAddress = architecture === "x86" ? DEFAULT_RESET_ADDRESS : 0n;
  return { kind: "cell", architecture, ...cellFrom(keys, resetAddress, "") };
};

/** A cell configuration; throws ConfigError (`value`, `key`, `name`, `architecture`, `revision`) naming the place. */
export function defineCell(definition: CellConfigDefinition): CellConfig {
  return parseCell(definition, "");
}
