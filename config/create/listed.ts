// Where the registers of a listed PCI device are, concluded from a system's configuration alone: its masks say how large they
// are, the root cell's regions and ports what there is. Only what can be nothing else counts.
import * as abi from "../../abi/config.ts";
import { amount, hex, PAGE, physical, type Range, uncovered } from "../check/ranges.ts";
import { deviceRegions } from "../check/rules/bars.ts";
import { makeSet } from "../check/set.ts";
import type { PciDevice, SystemConfig } from "../types.ts";

/** Registers behind one base address register. */
interface Bar {
  readonly device: PciDevice;
  readonly size: bigint;
  readonly isPorts: boolean;
}

export interface Places {
  readonly memory: readonly Range[];
  readonly ports: readonly Range[];
  /** Registers and ports that could be in more than one place, or in none, for a message. */
  readonly open: readonly string[];
}

/** Masks of ports may have 16 bits only; no device has more of them. */
const PORT_BITS = 16;
const MAX_PORTS = 256n;
const WORD = 32n;
const ALL_ONES = 0xffffffff;

/** The base address registers that a mask list describes; two words are one of 64 bits if the second is all ones. */
function barsOf(device: PciDevice): Bar[] {
  const bars: Bar[] = [];
  const { barMask } = device;
  for (let index = 0; index < barMask.length; index++) {
    const mask = barMask[index]!;
    if (mask === 0) continue;
    const size = BigInt((mask & -mask) >>> 0);
    const isPorts = mask >>> PORT_BITS === 0 || size <= MAX_PORTS;
    bars.push({ device, size, isPorts });
    if (!isPorts && size < 1n << WORD && barMask[index + 1] === ALL_ONES) index++;
  }
  return bars;
}

const tableOf = ({ msixAddress, msixRegionSize }: PciDevice): Range => ({
  start: msixAddress,
  size: BigInt(msixRegionSize),
});

const isEqual = (a: Range, b: Range) => a.start === b.start && a.size === b.size;

/** The block around a device's MSI-X table, if regions list just what is left of it. */
function aroundTable({ device, size }: Bar, regions: readonly Range[]): Range | undefined {
  const table = tableOf(device);
  if (device.numMsixVectors === 0 || table.size === 0n) return undefined;
  const block = { start: table.start - (table.start % size), size };
  const rest = uncovered(block, [table]);
  const isListed = rest.length > 0 && rest.every((one) => regions.some((two) => isEqual(one, two)));
  return isListed && block.start + size >= table.start + table.size ? block : undefined;
}

interface Known {
  /** Blocks with an MSI-X table, which are known by its address. */
  readonly tables: ReadonlyMap<Bar, Range>;
  readonly bars: readonly Bar[];
  readonly regions: readonly Range[];
  readonly ports: readonly Range[];
}

function know(system: SystemConfig): Known {
  const { rootCell } = system;
  const devices = rootCell.pciDevices.filter(({ type }) => type !== abi.PCI_TYPE_IVSHMEM);
  const set = makeSet([system])!;
  const regions = deviceRegions(set, set.root).map(physical);
  const ports = rootCell.ports.map(({ base, length }) => ({
    start: BigInt(base),
    size: BigInt(length),
  }));
  const bars = devices.flatMap(barsOf);
  const tables = new Map<Bar, Range>();
  for (const bar of bars) {
    const block = bar.isPorts ? undefined : aroundTable(bar, regions);
    const isFirst = ![...tables.keys()].some(({ device }) => device === bar.device);
    if (block && isFirst) tables.set(bar, block);
  }
  return { tables, bars, regions, ports };
}

/** Where all registers of one kind and size are; undefined unless there are as many places as registers, all of one device. */
function placesOf(known: Known, wanted: readonly Bar[]): Range[] | undefined {
  const { device, size, isPorts } = wanted[0]!;
  const alike = known.bars.filter(
    (bar) => bar.size === size && bar.isPorts === isPorts && !known.tables.has(bar),
  );
  const places = (isPorts ? known.ports : known.regions).filter(
    (range) => range.size === size && range.start % size === 0n,
  );
  const isOwn = alike.every((bar) => bar.device === device);
  return isOwn && places.length === wanted.length ? places : undefined;
}

function question(known: Known, [bar]: readonly Bar[]): string {
  const { size, isPorts } = bar!;
  if (isPorts) return `${size} ports`;
  const places = known.regions
    .filter((range) => range.size === size)
    .map(({ start }) => hex(start));
  return `${amount(size)} of registers${places.length > 0 ? `, at ${places.join(" or ")}` : ""}`;
}

/** Concludes where a device's registers are. */
export function placesOfListed(system: SystemConfig, device: PciDevice): Places {
  const known = know(system);
  const own = known.bars.filter((bar) => bar.device === device);
  const memory: Range[] = own.flatMap((bar) => known.tables.get(bar) ?? []);
  const ports: Range[] = [];
  const open: string[] = [];
  const kinds = new Map<string, Bar[]>();
  for (const bar of own) {
    if (known.tables.has(bar)) continue;
    const kind = `${bar.size} ${bar.isPorts}`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), bar]);
  }
  for (const bars of kinds.values()) {
    const places = placesOf(known, bars);
    const isSmall = bars[0]!.size < PAGE && !bars[0]!.isPorts;
    if (!places || isSmall) open.push(question(known, bars));
    else (bars[0]!.isPorts ? ports : memory).push(...places);
  }
  return { memory: memory.sort((a, b) => (a.start < b.start ? -1 : 1)), ports, open };
}
