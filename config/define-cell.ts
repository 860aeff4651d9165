// Definitions of cells: parsed, defaults filled in, and brought into the shape of the file.
import * as abi from "../abi/config.ts";
import { type DeviceKeys, parseDevice, RESOURCE_KEYS, withDevices } from "./define-devices.ts";
import { placePciDevices } from "./define-pci.ts";
import { NO_CONSOLE, number, parseCapability, parseConsole } from "./define-resources.ts";
import type { CellConfigDefinition } from "./definition.ts";
import { ARCHITECTURES } from "./encode.ts";
import { ConfigError } from "./errors.ts";
import * as names from "./names.ts";
import { derive } from "./origin.ts";
import * as parse from "./parse.ts";
import { applyBytes, parseBytes } from "./raw-bytes.ts";
import type { Architecture, Cell, CellConfig, Console } from "./types.ts";

const { optional, required } = parse;
const u16 = parse.integer(2);
const u32 = parse.integer(4);
/** Where our demos start: the reset vector of an 8086 whose image is loaded at 0xf0000. */
const DEFAULT_RESET_ADDRESS = 0xffff0n;
const BITS_PER_BYTE = 8;
/** Numbers end here: a set for more would be larger than a configuration may be. */
const CPU_END = 0x10000;
const CPU_SET_STEP = 8;

/** A number, or the text of one, as wherever JSON has numbers. */
const parseCpu: parse.Parser<number> = (value, path) => {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  const isCpu = typeof number === "number" && Number.isInteger(number) && number >= 0;
  if (isCpu && number < CPU_END) return number;
  throw new ConfigError("value", `${path} is ${parse.show(value)}, which is no CPU`, {
    hint: `CPUs are whole numbers from 0 on, as /proc/cpuinfo counts processors, below ${CPU_END}`,
  });
};

/** CPU numbers, each once. */
const parseCpus: parse.Parser<number[]> = (value, path) => {
  const cpus = parse.list(parseCpu)(value, path);
  const again = cpus.findIndex((cpu, index) => cpus.indexOf(cpu) < index);
  if (again < 0) return cpus;
  throw new ConfigError("value", `${path}[${again}] is CPU ${cpus[again]} again`, {
    hint: "list each CPU once",
  });
};

/** A console, or the name of the device that has it. */
const parseConsoleChoice: parse.Parser<Console | string> = (value, path) =>
  typeof value === "string" ? value : parseConsole(value, path);

/** The keys of every cell, the root cell included. */
const CELL_KEYS = {
  name: required(parse.text),
  cpus: required(parseCpus),
  cpuSetSize: optional<number | undefined>(u32, undefined),
  flags: optional(number(parse.flags(names.CELL_FLAGS, 4)), 0),
  devices: optional(parse.list(parseDevice), []),
  ...RESOURCE_KEYS,
  pciCapabilities: optional(parse.list(parseCapability), []),
  vpciIrqBase: optional(u32, 0),
  cpuResetAddress: optional<bigint | undefined>(parse.address, undefined),
  msgReplyTimeout: optional(parse.address, 0n),
  console: optional<Console | string>(parseConsoleChoice, NO_CONSOLE),
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
  bytes: optional(parseBytes, []),
};

const cellConfigKeys = parse.object("cell configuration", { ...FILE_KEYS, ...CELL_KEYS });

/** The size of a set for these CPUs: whole words of 8 bytes. */
export function defaultSetSize(cpus: readonly number[]): number {
  const bits = Math.max(-1, ...cpus) + 1;
  return Math.max(1, Math.ceil(bits / (CPU_SET_STEP * BITS_PER_BYTE))) * CPU_SET_STEP;
}

/** The console that is meant by a name: a device's. */
function findConsole(wanted: Console | string, devices: readonly DeviceKeys[], path: string) {
  if (typeof wanted !== "string") return wanted;
  const having = devices.filter((device) => device.console !== undefined);
  const found = having.find(({ name }) => name === wanted)?.console;
  if (found) return found;
  throw new ConfigError("value", `${path} is "${wanted}", which is no device with a console`, {
    hint:
      having.length > 0
        ? parse.suggest(
            wanted,
            having.map(({ name }) => name),
          )
        : `write \`devices: [uart("${wanted}")]\`, or the console itself`,
  });
}

function cellFrom(keys: ReturnType<typeof cellKeys>, resetAddress: bigint, path: string): Cell {
  const { devices, pciCapabilities: given, ...own } = keys;
  const all = withDevices(own, devices);
  const { sharedMemory, ...pci } = placePciDevices(all.pciDevices, given, `${path}pciDevices`);
  if (keys.name === "") throw new ConfigError("name", `${path}name is empty`);
  return derive(keys, {
    ...own,
    ...all,
    ...pci,
    id: 0,
    cpus: [...new Set(keys.cpus)].sort((a, b) => a - b),
    cpuSetSize: keys.cpuSetSize ?? defaultSetSize(keys.cpus),
    memory: [...sharedMemory, ...all.memory],
    cpuResetAddress: keys.cpuResetAddress ?? resetAddress,
    console: parse.located(keys, "console", () =>
      findConsole(keys.console, devices, `${path}console`),
    ),
  });
}

/** A root cell, or any cell without the file around it; it starts at 0 unless it says otherwise. */
export const parseRootCell: parse.Parser<Cell> = (value, path) =>
  cellFrom(cellKeys(value, path), 0n, `${path}.`);

/** Where a cell that does not say it starts. */
export const defaultResetAddress = (architecture: Architecture): bigint =>
  architecture === "x86" ? DEFAULT_RESET_ADDRESS : 0n;

/** A whole cell configuration from a value of unknown origin. */
export const parseCell: parse.Parser<CellConfig> = (value, path) => {
  const { architecture, revision: _, bytes, ...keys } = cellConfigKeys(value, path);
  derive(value, keys);
  const cell = cellFrom(keys, defaultResetAddress(architecture), "");
  return applyBytes(derive(value, { kind: "cell", architecture, ...cell }), bytes);
};

/** A cell configuration; throws ConfigError (`value`, `key`, `name`, `architecture`, `revision`) naming the place. */
export function defineCell(definition: CellConfigDefinition): CellConfig {
  return parseCell(definition, "");
}
