// PCI devices: parsed, and placed in a cell with the two lists that they point into.
import * as abi from "../abi/config.ts";
import { parseCapability, parseMemory } from "./define-resources.ts";
import { ConfigError } from "./errors.ts";
import * as names from "./names.ts";
import { derive } from "./origin.ts";
import * as parse from "./parse.ts";
import type { MemoryRegion, PciCapability, PciDevice } from "./types.ts";

const { optional, required } = parse;
const u8 = parse.integer(1);
const u16 = parse.integer(2);
const u32 = parse.integer(4);
const BARS = 6;

/** Where a device's entries are in a list of the cell that says itself what it holds. */
const parseCapabilities: parse.Parser<CapabilityKeys> = (value, path) =>
  Array.isArray(value)
    ? { entries: parse.list(parseCapability)(value, path) }
    : parse.object("place of capabilities", { start: required(u16), count: required(u16) })(
        value,
        path,
      );

const parseRegions: parse.Parser<RegionKeys> = (value, path) =>
  Array.isArray(value)
    ? { entries: parse.list(parseMemory)(value, path) }
    : parse.object("place of shared memory", { start: required(u32) })(value, path);

/** A list to be placed, or where it is placed already. */
type CapabilityKeys = { entries: readonly PciCapability[] } | { start: number; count: number };
type RegionKeys = { entries: readonly MemoryRegion[] } | { start: number };

/** A PCI device before it has its place in a cell. */
export const parsePci = parse.object("PCI device", {
  type: required(parse.choice(names.PCI_TYPES, 1)),
  bdf: required(u16),
  iommu: optional(u8, 0),
  domain: optional(u16, 0),
  barMask: optional(parse.list(u32), []),
  capabilities: optional<CapabilityKeys>(parseCapabilities, { entries: [] }),
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
      regions: required(parseRegions),
      id: required(u8),
      peers: required(u8),
      protocol: optional(parse.choice(names.PROTOCOLS, 2), 0),
    }),
    { regions: { entries: [] }, id: 0, peers: 0, protocol: 0 },
  ),
});

/** What parsePci makes. */
export type PciKeys = ReturnType<typeof parsePci>;

/** Index of `wanted` in `all`, where it is added at the end unless it is there already. */
function placeCapabilities(all: PciCapability[], wanted: readonly PciCapability[]): number {
  if (wanted.length === 0) return 0;
  const key = (capabilities: readonly PciCapability[]) => JSON.stringify(capabilities);
  for (let start = 0; start + wanted.length <= all.length; start++)
    if (key(all.slice(start, start + wanted.length)) === key(wanted)) return start;
  return all.push(...wanted) - wanted.length;
}

/** The file's indices of a device. */
type Indices = Pick<PciDevice, "capsStart" | "numCaps" | "shmemRegionsStart">;

function pciDevice(keys: PciKeys, indices: Indices, path: string): PciDevice {
  if (keys.barMask.length > BARS)
    throw new ConfigError("value", `${path}.barMask has more than ${BARS} entries`);
  const { msi, msix, sharedMemory } = keys;
  return derive(keys, {
    type: keys.type,
    iommu: keys.iommu,
    domain: keys.domain,
    bdf: keys.bdf,
    barMask: Array.from({ length: BARS }, (_, index) => keys.barMask[index] ?? 0),
    ...indices,
    numMsiVectors: msi.vectors,
    msiFlags: (msi.bits64 ? abi.PCI_MSI_64BITS : 0) | (msi.maskable ? abi.PCI_MSI_MASKABLE : 0),
    numMsixVectors: msix.vectors,
    msixRegionSize: msix.regionSize,
    msixAddress: msix.address,
    shmemDeviceId: sharedMemory.id,
    shmemPeers: sharedMemory.peers,
    shmemProtocol: sharedMemory.protocol,
  });
}

/**
 * Devices with their indices, and the two lists that the indices point into: the capabilities, beginning with those of
 * `given`, and the shared memory, which goes before the cell's other regions.
 */
export function placePciDevices(
  devices: readonly PciKeys[],
  given: readonly PciCapability[],
  path: string,
) {
  const pciCapabilities = [...given];
  const sharedMemory: MemoryRegion[] = [];
  const pciDevices = devices.map((keys, index) => {
    const { capabilities, sharedMemory: shared } = keys;
    for (const list of [capabilities, shared.regions])
      if ("entries" in list) for (const entry of list.entries) derive(keys, entry);
    const place =
      "entries" in capabilities
        ? {
            capsStart: placeCapabilities(pciCapabilities, capabilities.entries),
            numCaps: capabilities.entries.length,
          }
        : { capsStart: capabilities.start, numCaps: capabilities.count };
    let shmemRegionsStart = 0;
    if (!("entries" in shared.regions)) shmemRegionsStart = shared.regions.start;
    else if (shared.regions.entries.length > 0)
      shmemRegionsStart =
        sharedMemory.push(...shared.regions.entries) - shared.regions.entries.length;
    return pciDevice(keys, { ...place, shmemRegionsStart }, `${path}[${index}]`);
  });
  return { pciDevices, pciCapabilities, sharedMemory };
}
