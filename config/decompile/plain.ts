// From a configuration back to a definition of it, without helpers. Compiled, it gives the same bytes: what no key stands for
// is kept as bytes.
import * as abi from "../../abi/config.ts";
import { defaultResetAddress, defaultSetSize, parseCell } from "../define-cell.ts";
import { parseSystem } from "../define-system.ts";
import type * as definition from "../definition.ts";
import { encode } from "../encode.ts";
import * as names from "../names.ts";
import { choiceText, flagNames, hex, pinNumbers } from "../show/words.ts";
import type * as types from "../types.ts";

/** A definition of either kind of file. */
export type AnyDefinition =
  | ({ kind: "cell" } & definition.CellConfigDefinition)
  | ({ kind: "system" } & definition.SystemConfigDefinition);

type Table = Readonly<Record<string, number>>;

/** The name of a number; without one the number. */
function choice<Names extends Table>(table: Names, value: number): keyof Names & string {
  const name = choiceText(table, value);
  return (Object.hasOwn(table, name) ? name : value) as keyof Names & string;
}

/** Names of flags; what has none as text in hex, which is exact beyond 53 bits. */
function flags<Names extends Table>(table: Names, value: number | bigint) {
  return flagNames(table, value).map((name) =>
    Object.hasOwn(table, name) ? name : BigInt(name),
  ) as (keyof Names & string)[];
}

/** The object without the keys whose values are the default: undefined, 0, false, empty text or an empty list. */
function dense<Type extends object>(object: Type): Type {
  const isDefault = (value: unknown) =>
    value === undefined ||
    value === false ||
    value === 0 ||
    value === 0n ||
    value === "" ||
    (Array.isArray(value) && value.length === 0);
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => !isDefault(value)),
  ) as Type;
}

function memoryDefinition(region: types.MemoryRegion): definition.MemoryDefinition {
  const { physicalStart: physical, virtualStart: virtual, size } = region;
  return {
    physical,
    ...(virtual === physical ? {} : { virtual }),
    size,
    flags: flags(names.MEMORY_FLAGS, region.flags),
  };
}

function consoleDefinition(console: types.Console): definition.ConsoleDefinition | undefined {
  if (Object.values(console).every((value) => Number(value) === 0)) return undefined;
  const { type, flags: bits, ...rest } = console;
  return {
    type: choice(names.CONSOLE_TYPES, type),
    ...dense({ ...rest, flags: flags(names.CONSOLE_FLAGS, bits) }),
  };
}

function capabilityDefinition(one: types.PciCapability): definition.CapabilityDefinition {
  const { id, start, length, flags: bits } = one;
  const written = flags(names.CAPABILITY_FLAGS, bits);
  return {
    id: choice(names.CAPABILITIES, id),
    start,
    length,
    ...(written.length > 0 ? { flags: written } : {}),
  };
}

/** Whether lists that devices point into are written with the devices, or apart with their indices. */
interface Layout {
  readonly capabilities: boolean;
  readonly regions: boolean;
}
const LAYOUTS: readonly Layout[] = [true, false].flatMap((capabilities) =>
  [true, false].map((regions) => ({ capabilities, regions })),
);

/** State table and read/write section, before the outputs of the ends. */
const FIXED_SECTIONS = 2;
const regionCount = ({ shmemPeers }: types.PciDevice) => FIXED_SECTIONS + shmemPeers;
const isLink = ({ type }: types.PciDevice) => type === abi.PCI_TYPE_IVSHMEM;

function deviceDefinition(
  cell: Pick<types.Cell, "pciCapabilities" | "memory">,
  device: types.PciDevice,
  layout: Layout,
): definition.PciDeviceDefinition {
  const { capsStart: start, numCaps: count, shmemRegionsStart: first } = device;
  const capabilities = layout.capabilities
    ? cell.pciCapabilities.slice(start, start + count).map(capabilityDefinition)
    : { start, count };
  const regions =
    layout.regions && isLink(device)
      ? cell.memory.slice(first, first + regionCount(device)).map(memoryDefinition)
      : { start: first };
  const msi = {
    vectors: device.numMsiVectors,
    bits64: (device.msiFlags & abi.PCI_MSI_64BITS) !== 0,
    maskable: (device.msiFlags & abi.PCI_MSI_MASKABLE) !== 0,
  };
  const msix = {
    vectors: device.numMsixVectors,
    regionSize: device.msixRegionSize,
    address: device.msixAddress,
  };
  const isShared = isLink(device) || first || device.shmemDeviceId || device.shmemPeers;
  const masks = device.barMask.slice(0, device.barMask.findLastIndex((mask) => mask !== 0) + 1);
  return {
    type: choice(names.PCI_TYPES, device.type),
    bdf: device.bdf,
    ...dense({ iommu: device.iommu, domain: device.domain, barMask: masks }),
    ...(Object.values(msi).some(Boolean) ? { msi: { ...dense(msi), vectors: msi.vectors } } : {}),
    ...(Object.values(msix).some(Boolean)
      ? { msix: { ...dense(msix), vectors: msix.vectors } }
      : {}),
    ...(isShared || device.shmemProtocol
      ? {
          sharedMemory: {
            regions,
            id: device.shmemDeviceId,
            peers: device.shmemPeers,
            ...(device.shmemProtocol
              ? { protocol: choice(names.PROTOCOLS, device.shmemProtocol) }
              : {}),
          },
        }
      : {}),
    ...(count > 0 || !layout.capabilities ? { capabilities } : {}),
  };
}

/** A device that points to no shared memory, with its capabilities. */
export function pciDefinition(
  device: types.PciDevice,
  capabilities: readonly types.PciCapability[],
): definition.PciDeviceDefinition {
  const cell = { pciCapabilities: capabilities, memory: [] };
  const placed = { ...device, capsStart: 0, numCaps: capabilities.length };
  const { capabilities: own, ...rest } = deviceDefinition(cell, placed, LAYOUTS[0]!);
  return capabilities.length > 0 ? { ...rest, capabilities: own! } : rest;
}

function cellDefinition(
  cell: types.Cell,
  layout: Layout,
  resetAddress: bigint,
): definition.CellDefinition {
  const inDevices = layout.regions
    ? cell.pciDevices.filter(isLink).reduce((sum, device) => sum + regionCount(device), 0)
    : 0;
  const console = consoleDefinition(cell.console);
  const lists = {
    memory: cell.memory.slice(inDevices).map(memoryDefinition),
    caches: cell.caches.map((cache) => ({
      start: cache.start,
      size: cache.size,
      type: choice(names.CACHE_TYPES, cache.type),
      ...dense({ flags: flags(names.CACHE_FLAGS, cache.flags) }),
    })),
    irqchips: cell.irqchips.map(({ address, id, pinBase, pinBitmap }) => ({
      address,
      id,
      ...(pinBase > 0 ? { pinBase } : {}),
      pins: pinNumbers(pinBitmap, pinBase),
    })),
    ports: cell.ports,
    pciDevices: cell.pciDevices.map((device) => deviceDefinition(cell, device, layout)),
    pciCapabilities: layout.capabilities ? [] : cell.pciCapabilities.map(capabilityDefinition),
    streamIds: cell.streamIds,
  };
  return {
    // A definition must have a name; one that is empty is kept as bytes.
    name: cell.name || "unnamed",
    cpus: cell.cpus,
    ...(cell.cpuSetSize === defaultSetSize(cell.cpus) ? {} : { cpuSetSize: cell.cpuSetSize }),
    ...dense({
      flags: flags(names.CELL_FLAGS, cell.flags),
      vpciIrqBase: cell.vpciIrqBase,
      msgReplyTimeout: cell.msgReplyTimeout,
    }),
    ...(cell.cpuResetAddress === resetAddress ? {} : { cpuResetAddress: cell.cpuResetAddress }),
    ...(console ? { console } : {}),
    ...dense(lists),
  };
}

function iommuDefinition(unit: types.IommuUnit): definition.IommuDefinition {
  const { type, base, size, amd, pvu } = unit;
  const { reserved: _, ...known } = amd ?? {};
  return {
    type: choice(names.IOMMU_TYPES, type),
    base,
    size,
    ...(amd ? { amd: { bdf: 0, baseCapability: 0, ...known } } : {}),
    ...(pvu ? { pvu } : {}),
  };
}

function systemDefinition(
  system: types.SystemConfig,
  layout: Layout,
): definition.SystemConfigDefinition {
  const { hypervisorMemory, x86, arm } = system;
  const debugConsole = consoleDefinition(system.debugConsole);
  const pci = {
    mmconfigBase: system.pciMmconfigBase,
    endBus: system.pciMmconfigEndBus,
    ...dense({ virtual: system.pciIsVirtual !== 0, domain: system.pciDomain }),
  };
  return {
    ...(system.architecture === "x86" ? {} : { architecture: system.architecture }),
    ...dense({ flags: flags(names.SYSTEM_FLAGS, system.flags) }),
    hypervisorMemory: {
      physical: hypervisorMemory.physicalStart,
      size: hypervisorMemory.size,
    },
    ...(debugConsole ? { debugConsole } : {}),
    ...(Object.values(pci).some(Boolean) ? { pci } : {}),
    ...dense({ iommuUnits: system.iommuUnits.map(iommuDefinition) }),
    ...(x86 ? { x86: x86Definition(x86) } : {}),
    ...(arm ? { arm: armDefinition(arm) } : {}),
    rootCell: cellDefinition(system.rootCell, layout, 0n),
  };
}

function x86Definition({ pmTimerAddress, apicMode, ...rest }: types.X86Platform) {
  const { vtdInterruptLimit, tscKhz, apicKhz } = rest;
  return {
    pmTimer: pmTimerAddress,
    ...(apicMode === abi.APIC_MODE_AUTO ? {} : { apicMode: choice(names.APIC_MODES, apicMode) }),
    ...dense({ vtdInterruptLimit, tscKhz, apicKhz }),
  };
}

function armDefinition({ gicVersion, maintenanceIrq, gicdBase, ...rest }: types.ArmPlatform) {
  const { giccBase, gichBase, gicvBase, gicrBase } = rest;
  return {
    gicVersion,
    maintenanceIrq,
    gicdBase,
    ...dense({ giccBase, gichBase, gicvBase, gicrBase }),
  };
}

/** The definition in one layout. */
function define(config: types.Config, layout: Layout): AnyDefinition {
  if (config.kind === "system") return { kind: "system", ...systemDefinition(config, layout) };
  const { architecture } = config;
  return {
    kind: "cell",
    ...(architecture === "x86" ? {} : { architecture }),
    ...cellDefinition(config, layout, defaultResetAddress(architecture)),
  };
}

/** What a definition compiles to. */
export function compile({ kind, ...rest }: AnyDefinition): Uint8Array {
  return encode(kind === "cell" ? parseCell(rest, "") : parseSystem(rest, ""));
}

/** Bytes in which two files of one size differ, as the key `bytes` has them. */
function differingBytes(wanted: Uint8Array, made: Uint8Array): Record<string, string> {
  const result: Record<string, string> = {};
  for (let at = 0; at < wanted.length; at++) {
    if (wanted[at] === made[at]) continue;
    let end = at;
    while (end < wanted.length && wanted[end] !== made[end]) end++;
    result[hex(at)] = Buffer.from(wanted.subarray(at, end)).toString("hex");
    at = end;
  }
  return result;
}

/** Lengths and indices that the key `bytes` should not have to mend. */
function structure(config: types.Config): unknown {
  const cell = config.kind === "cell" ? config : config.rootCell;
  return [
    cell.memory,
    cell.pciCapabilities,
    cell.pciDevices.map(({ capsStart, numCaps, shmemRegionsStart }) => [
      capsStart,
      numCaps,
      shmemRegionsStart,
    ]),
  ];
}

const comparable = (value: unknown) =>
  JSON.stringify(value, (_, one) => (typeof one === "bigint" ? `${one}` : one));

/** A definition that compiles to the configuration's bytes: the most readable one that does. */
export function decompileToDefinition(config: types.Config): AnyDefinition {
  const wanted = comparable(structure(config));
  const candidates = LAYOUTS.map((layout) => define(config, layout));
  const found = candidates.find(({ kind, ...rest }) => {
    const made = kind === "cell" ? parseCell(rest, "") : parseSystem(rest, "");
    return comparable(structure(made)) === wanted;
  });
  const definition = found ?? (candidates.at(-1) as AnyDefinition);
  const bytes = differingBytes(encode(config), compile(definition));
  return Object.keys(bytes).length > 0 ? { ...definition, bytes } : definition;
}
