// Named devices: what belongs to one device, given to a cell as a whole.
import { type PciKeys, parsePci } from "./define-pci.ts";
import {
  parseCache,
  parseConsole,
  parseIrqchip,
  parseMemory,
  parsePorts,
  parseStreamId,
} from "./define-resources.ts";
import { derive, nameDevice } from "./origin.ts";
import * as parse from "./parse.ts";
import type { CacheRegion, Console, Irqchip, MemoryRegion, PortRange } from "./types.ts";

const { optional, required } = parse;

/** The lists that a device adds to those of its cell. */
export interface Resources {
  readonly memory: readonly MemoryRegion[];
  readonly caches: readonly CacheRegion[];
  readonly irqchips: readonly Irqchip[];
  readonly ports: readonly PortRange[];
  readonly pciDevices: readonly PciKeys[];
  readonly streamIds: readonly number[];
}

/** The keys of both: a cell's own, and a device's. */
export const RESOURCE_KEYS = {
  memory: optional(parse.list(parseMemory), []),
  caches: optional(parse.list(parseCache), []),
  irqchips: optional(parse.list(parseIrqchip), []),
  ports: optional(parse.list(parsePorts), []),
  pciDevices: optional(parse.list(parsePci), []),
  streamIds: optional(parse.list(parseStreamId), []),
};

const LISTS = ["memory", "caches", "ports", "pciDevices"] as const;

/** A device and what belongs to it. */
export const parseDevice = parse.object("device", {
  name: required(parse.text),
  ...RESOURCE_KEYS,
  console: optional<Console | undefined>(parseConsole, undefined),
});

/** What parseDevice makes. */
export type DeviceKeys = ReturnType<typeof parseDevice>;

/** Everything that a cell has: its own, then that of its devices, in their order. Pins of one irqchip are put together. */
export function withDevices(own: Resources, devices: readonly DeviceKeys[]): Resources {
  for (const device of devices)
    for (const list of LISTS)
      for (const entry of device[list]) nameDevice(entry, device.name, device);
  return {
    memory: [...own.memory, ...devices.flatMap(({ memory }) => memory)],
    caches: [...own.caches, ...devices.flatMap(({ caches }) => caches)],
    irqchips: devices.reduce(addPins, own.irqchips),
    ports: [...own.ports, ...devices.flatMap(({ ports }) => ports)],
    pciDevices: [...own.pciDevices, ...devices.flatMap(({ pciDevices }) => pciDevices)],
    streamIds: [...own.streamIds, ...devices.flatMap(({ streamIds }) => streamIds)],
  };
}

function addPins(chips: readonly Irqchip[], { irqchips, name }: DeviceKeys): readonly Irqchip[] {
  const result = [...chips];
  for (const chip of irqchips) {
    const at = result.findIndex(
      ({ address, id, pinBase }) =>
        address === chip.address && id === chip.id && pinBase === chip.pinBase,
    );
    const present = result[at];
    if (!present) {
      nameDevice(chip, name, chip);
      result.push(chip);
    } else result[at] = derive(present, union(present, chip));
  }
  return result;
}

function union(one: Irqchip, other: Irqchip): Irqchip {
  const word = (index: number) => (one.pinBitmap[index]! | other.pinBitmap[index]!) >>> 0;
  return { ...one, pinBitmap: one.pinBitmap.map((_, index) => word(index)) };
}
