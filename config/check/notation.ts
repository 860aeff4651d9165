// Pieces of a configuration as people write them in a definition: the lines that a fix names.
import * as abi from "../../abi/config.ts";
import * as names from "../names.ts";
import type {
  CacheRegion,
  Config,
  Console,
  IommuUnit,
  Irqchip,
  MemoryRegion,
  PciCapability,
  PciDevice,
  PortRange,
} from "../types.ts";
import type { Edit } from "./finding.ts";
import { applyFix, segments, valueAt } from "./fix.ts";
import { hex } from "./ranges.ts";

type Table = Readonly<Record<string, number>>;

function flagList(flags: bigint | number, table: Table): string {
  let rest = BigInt(flags);
  const known = Object.entries(table).filter(([, bit]) => (rest & BigInt(bit)) !== 0n);
  for (const [, bit] of known) rest &= ~BigInt(bit);
  const words = known.map(([name]) => `"${name}"`);
  return `[${[...words, ...(rest === 0n ? [] : [hex(rest)])].join(", ")}]`;
}

function choice(value: number, table: Table): string {
  const found = Object.entries(table).find(([, number]) => number === value);
  return found ? `"${found[0]}"` : hex(value);
}

const region = ({ physicalStart, virtualStart, size, flags }: MemoryRegion): string => {
  const where =
    (flags & BigInt(abi.MEM_COMM_REGION)) === 0n ? [`physical: ${hex(physicalStart)}`] : [];
  if (virtualStart !== physicalStart || where.length === 0)
    where.push(`virtual: ${hex(virtualStart)}`);
  return `{ ${where.join(", ")}, size: ${hex(size)}, flags: ${flagList(flags, names.MEMORY_FLAGS)} }`;
};

const ports = ({ base, length }: PortRange): string => `{ base: ${hex(base)}, length: ${length} }`;

const capability = ({ id, start, length, flags }: PciCapability): string => {
  const suffix = flags === 0 ? "" : `, flags: ${flagList(flags, names.CAPABILITY_FLAGS)}`;
  return `{ id: ${choice(id, names.CAPABILITIES)}, start: ${hex(start)}, length: ${length}${suffix} }`;
};

const terminal = ({ type, address, size, flags }: Console): string => {
  const parts = [`type: ${choice(type, names.CONSOLE_TYPES)}`];
  if (address !== 0n) parts.push(`address: ${hex(address)}`);
  if (size !== 0) parts.push(`size: ${hex(size)}`);
  if (flags !== 0) parts.push(`flags: ${flagList(flags, names.CONSOLE_FLAGS)}`);
  return `{ ${parts.join(", ")} }`;
};

const cache = ({ start, size, type, flags }: CacheRegion): string => {
  const parts = [`start: ${start}`, `size: ${size}`];
  if (type !== abi.CACHE_TYPE_L3) parts.push(`type: ${choice(type, names.CACHE_TYPES)}`);
  if (flags !== 0) parts.push(`flags: ${flagList(flags, names.CACHE_FLAGS)}`);
  return `{ ${parts.join(", ")} }`;
};

const iommu = ({ type, base, size, amd }: IommuUnit): string => {
  const part = amd
    ? `, amd: { bdf: ${hex(amd.bdf)}, baseCapability: ${hex(amd.baseCapability)} }`
    : "";
  return `{ type: ${choice(type, names.IOMMU_TYPES)}, base: ${hex(base)}, size: ${hex(size)}${part} }`;
};

const device = ({ type, bdf }: PciDevice): string => {
  const [bus, slot, fn] = [bdf >> 8, (bdf >> 3) & 0x1f, bdf & 7];
  return `{ type: ${choice(type, names.PCI_TYPES)}, bdf: bdf(${bus}, ${slot}, ${fn}), … }`;
};

const PINS_PER_WORD = 32;

/** The numbers of the pins that a bitmap lists. */
export function pinsOf({ pinBase, pinBitmap }: Irqchip): number[] {
  return pinBitmap.flatMap((word, index) =>
    Array.from({ length: PINS_PER_WORD }, (_, bit) => bit)
      .filter((bit) => (word >>> bit) & 1)
      .map((bit) => pinBase + index * PINS_PER_WORD + bit),
  );
}

const irqchip = (chip: Irqchip): string =>
  `{ address: ${hex(chip.address)}, id: ${hex(chip.id)}, pins: [${pinsOf(chip).join(", ")}] }`;

const ENTRIES: Readonly<Record<string, (entry: never) => string>> = {
  memory: region,
  ports,
  irqchips: irqchip,
  pciCapabilities: capability,
  caches: cache,
  iommuUnits: iommu,
};

/** Entries that are too long for a line: printed whole only when they are deleted. */
const LONG: Readonly<Record<string, (entry: never) => string>> = { pciDevices: device };

const SCALARS: Readonly<Record<string, (value: never) => string>> = {
  console: terminal,
  debugConsole: terminal,
  hypervisorMemory: ({ physicalStart, size }: MemoryRegion) =>
    `{ physical: ${hex(physicalStart)}, size: ${hex(size)} }`,
};

/** What definitions call the keys of the model, where that differs. */
const KEYS: Readonly<Record<string, string>> = {
  physicalStart: "physical",
  virtualStart: "virtual",
  pciMmconfigBase: "pci.mmconfigBase",
  pciMmconfigEndBus: "pci.endBus",
  pciIsVirtual: "pci.virtual",
  pciDomain: "pci.domain",
  pmTimerAddress: "pmTimer",
  numMsiVectors: "msi.vectors",
  msiFlags: "msi",
  numMsixVectors: "msix.vectors",
  msixRegionSize: "msix.regionSize",
  msixAddress: "msix.address",
  shmemRegionsStart: "sharedMemory.regions",
  shmemDeviceId: "sharedMemory.id",
  shmemPeers: "sharedMemory.peers",
  shmemProtocol: "sharedMemory.protocol",
  pinBitmap: "pins",
};

/** A path of the model with the keys that definitions have. */
export function definitionKeys(path: string): string {
  return path.replace(/[A-Za-z0-9]+/g, (word) => KEYS[word] ?? word);
}

function literal(path: string, value: unknown): string {
  const key = String(segments(path).at(-1));
  if (key === "flags" && typeof value === "number") return flagList(value, names.CELL_FLAGS);
  if (key === "protocol" || key === "shmemProtocol")
    return choice(value as number, names.PROTOCOLS);
  if (key === "apicMode") return choice(value as number, names.APIC_MODES);
  if (key === "type") return choice(value as number, names.PCI_TYPES);
  if (key === "msiFlags")
    return `{ bits64: ${((value as number) & 1) !== 0}, maskable: ${((value as number) & 2) !== 0} }`;
  if (Array.isArray(value) && typeof value[0] === "object") return "[…]";
  if (Array.isArray(value))
    return `[${value.map((one) => (key === "cpus" ? `${one}` : hex(one as number))).join(", ")}]`;
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return hex(value);
  return typeof value === "number" && value > 9 ? hex(value) : String(value);
}

interface Line {
  /** The path that the line stands for. */
  readonly path: string;
  readonly text: string;
}

/** The whole entry or key at or above `path`, as a definition has it. */
export function lineOf(config: Config, path: string): Line {
  const entry = /^(rootCell\.)?(\w+)\[\d+\]/.exec(path);
  const print = entry && ENTRIES[entry[2] as string];
  if (entry && print) {
    const value = valueAt(config, entry[0]) as never;
    return { path: entry[0], text: value === undefined ? "" : `${print(value)},` };
  }
  const long = entry && entry[0] === path && LONG[entry[2] as string];
  if (long) {
    const value = valueAt(config, path) as never;
    return { path, text: value === undefined ? "" : `${long(value)},` };
  }
  const scalar = /^(rootCell\.)?(\w+)/.exec(path);
  const printScalar = scalar && SCALARS[scalar[2] as string];
  if (scalar && printScalar) {
    const value = valueAt(config, scalar[0]) as never;
    return { path: scalar[0], text: `${scalar[2]}: ${printScalar(value)},` };
  }
  const value = valueAt(config, path);
  if (value === undefined) return { path, text: "" };
  const key = definitionKeys(String(segments(path).at(-1)))
    .split(".")
    .at(-1);
  const isSystemFlags = path === "flags" && config.kind === "system";
  const text = isSystemFlags ? flagList(value as number, names.SYSTEM_FLAGS) : literal(path, value);
  return { path, text: `${key}: ${text},` };
}

/** One thing to do, as a sentence with the literal line. */
export interface Step {
  readonly file: number;
  readonly path: string;
  readonly action: "replace" | "delete" | "add";
  readonly line: string;
}

/** What a fix does to `configs`, line by line. Edits of one entry are one step. */
export function stepsOf(configs: readonly Config[], fix: readonly Edit[]): Step[] {
  const after = applyFix(
    configs,
    fix.filter(({ op }) => op !== "remove"),
  );
  const steps: Step[] = [];
  for (const { op, at } of fix) {
    if (op === "add") {
      const list = valueAt(after[at.file], at.path) as unknown[];
      const { text } = lineOf(after[at.file]!, `${at.path}[${list.length - 1}]`);
      steps.push({ file: at.file, path: at.path, action: "add", line: text });
      continue;
    }
    const { path, text } = lineOf(op === "remove" ? configs[at.file]! : after[at.file]!, at.path);
    if (steps.some((step) => step.file === at.file && step.path === path)) continue;
    steps.push({ file: at.file, path, action: op === "remove" ? "delete" : "replace", line: text });
  }
  return steps;
}
