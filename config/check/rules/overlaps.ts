// Regions over regions: in one cell, among cells, and over devices that the hypervisor plays.

import * as abi from "../../../abi/config.ts";
import { APIC_PAGE } from "../../../abi/x86/apic.ts";
import { oneLine } from "../../printable.ts";
import { type Extra, family, type Place, type Report } from "../finding.ts";
import { remove, setTo } from "../fix.ts";
import { findRam } from "../place-ram.ts";
import {
  alignUp,
  amount,
  clashes,
  endOf,
  has,
  hex,
  isComm,
  isMoved,
  MAX_CLASHES,
  overlap,
  PAGE,
  physical,
  type Range,
  span,
  virtual,
} from "../ranges.ts";
import { type ConfigSet, type Part, pairs, type Region, regionsOf } from "../set.ts";

const RULES = {
  "memory-inside": ["error", "Two regions of a cell are at the same address"],
  "memory-alias": ["warning", "A cell sees the same memory at two addresses"],
  "memory-cells": ["error", "Two cells have the same memory"],
  "memory-many": ["error", "More regions overlap than are told one by one"],
  "memory-mmconfig": ["warning", "A region covers PCI's configuration space"],
  "memory-trapped": ["warning", "A region covers a device that the hypervisor plays"],
  "memory-device-moved": [
    "error",
    "A device that the hypervisor plays would appear at another address",
  ],
  "memory-ioapic": ["error", "A region has an I/O APIC that the cell does not list"],
  "memory-msix": ["warning", "A region covers a device's MSI-X table"],
} as const;
type Tell = Report<keyof typeof RULES>;

const BUS_SIZE = 1n << 20n;

/** Two ranges for the picture. */
function picture(a: Region, b: Region, side: (region: Region) => Range): Extra {
  return {
    related: [a.at()],
    ranges: [a, b].map((region) => ({
      label: `${oneLine(region.part.cell.name)} memory[${region.index}]`,
      ...side(region),
    })),
  };
}

const isSame = (a: Region, b: Region): boolean =>
  a.physicalStart === b.physicalStart && a.virtualStart === b.virtualStart && a.size === b.size;

/** Ends of all regions of cells that were looked at: there may be thousands of pairs in one. */
const ENDS = new WeakMap<Part, bigint>();

/** The first page of guest-physical addresses that has room for `size` bytes above all regions of a cell. */
function freeVirtual(part: Part, size: bigint): bigint {
  const end =
    ENDS.get(part) ??
    regionsOf(part)
      .map((region) => endOf(virtual(region)))
      .reduce((a, b) => (a > b ? a : b), 0n);
  ENDS.set(part, end);
  return alignUp(end, size > PAGE ? BUS_SIZE : PAGE);
}

/** Says so when the pairs are not all that there are. */
function checkNumber(part: Part, found: readonly unknown[], tell: Tell) {
  if (found.length < MAX_CLASHES) return;
  tell(
    "memory-many",
    part.at("memory"),
    `regions of ${part.label} overlap so often that only the first ${MAX_CLASHES} pairs were looked at`,
    { advice: "The file seems to be damaged: make it anew." },
  );
}

function checkInside(part: Part, tell: Tell) {
  const regions = regionsOf(part);
  const inside = clashes(regions, virtual);
  checkNumber(part, inside, tell);
  for (const [a, b] of inside) {
    const twice = isSame(a, b);
    const common = overlap(virtual(a), virtual(b)) as Range;
    tell(
      "memory-inside",
      b.at(twice ? undefined : "virtualStart"),
      twice
        ? `it is the same as memory[${a.index}]: ${span(virtual(a))}`
        : `${span(virtual(b))} and memory[${a.index}], ${span(virtual(a))}, have ${amount(common.size)} in common`,
      { ...picture(a, b, virtual), fix: twice ? [remove(b.at())] : cut(a, b, part) },
    );
  }
  const own = regions.filter((region) => !isComm(region));
  const isElsewhere = (a: Region, b: Region) => !overlap(virtual(a), virtual(b));
  for (const [a, b] of clashes(own, physical, isElsewhere)) {
    const common = overlap(physical(a), physical(b)) as Range;
    tell("memory-alias", b.at("physicalStart"), `${span(common)} is in memory[${a.index}] too`, {
      ...picture(a, b, physical),
      fix: part.isRoot ? cut(a, b, part) : [],
    });
  }
}

/** What leaves `b` and `a` apart: the lower one ends where the other starts, or `b` goes elsewhere. */
function cut(a: Region, b: Region, part: Part) {
  const [low, high] = virtual(a).start <= virtual(b).start ? [a, b] : [b, a];
  const room = high.virtualStart - low.virtualStart;
  const fits = (low.virtualStart - high.virtualStart) % PAGE === 0n && room > 0n;
  if (fits && !isComm(low)) return [setTo(low.at("size"), room)];
  const start = freeVirtual(part, b.size);
  return part.isRoot ? [] : [setTo(b.at("virtualStart"), start)];
}

/** The hypervisor lets cells share only what all of them leave to the root cell too. */
function checkCells(set: ConfigSet, tell: Tell) {
  const starts = new Map<bigint, bigint | undefined>();
  const isShared = (a: Region, b: Region) => a.part !== b.part && (isMoved(a) || isMoved(b));
  for (const [first, second] of pairs(set.cells)) {
    const regions = [first, second].flatMap(regionsOf).filter((region) => !isComm(region));
    const shared = clashes(regions, physical, isShared);
    checkNumber(second, shared, tell);
    for (const [a, b] of shared) {
      const common = overlap(physical(a), physical(b)) as Range;
      if (!starts.has(b.size)) starts.set(b.size, findRam(set, b.size));
      const start = starts.get(b.size);
      tell(
        "memory-cells",
        b.at("physicalStart"),
        `${span(common)}, ${amount(common.size)}, belongs to ${first.label} too`,
        {
          ...picture(a, b, physical),
          fix: start === undefined ? [] : [setTo(b.at("physicalStart"), start)],
        },
      );
    }
  }
}

interface Device extends Range {
  readonly label: string;
  /** Where the system says it. */
  readonly places: readonly Place[];
}

function trappedDevices({ system, root }: ConfigSet): { apics: Device[]; mmconfig: Device[] } {
  const base = system.pciMmconfigBase;
  const buses = BigInt(system.pciMmconfigEndBus + 1);
  return {
    apics: [
      { label: "the local APIC", places: [], start: BigInt(APIC_PAGE), size: PAGE },
      ...root.cell.irqchips.map(({ address }, index) => ({
        label: `I/O APIC ${index}`,
        places: [root.at(`irqchips[${index}].address`)],
        start: address,
        size: PAGE,
      })),
    ],
    mmconfig: base
      ? [
          {
            label: "PCI's configuration space",
            places: [{ file: 0, path: "pciMmconfigBase" }],
            start: base,
            size: buses * BUS_SIZE,
          },
        ]
      : [],
  };
}

function checkDevices(set: ConfigSet, region: Region, tell: Tell) {
  const { apics, mmconfig } = trappedDevices(set);
  const { part } = region;
  for (const device of [...apics, ...mmconfig]) {
    const common = overlap(physical(region), device);
    if (!common) continue;
    const where = `${span(physical(region))} covers ${device.label}, ${span(device)}`;
    const extra = {
      related: device.places,
      ranges: [
        { label: `memory[${region.index}]`, ...physical(region) },
        { label: device.label, start: device.start, size: device.size },
      ],
      fix: around(region, device),
    };
    const isListed =
      device === apics[0] ||
      mmconfig.includes(device) ||
      part.cell.irqchips.some(({ address }) => address === device.start);
    if (!isListed)
      tell(
        "memory-ioapic",
        region.at("physicalStart"),
        `${where}, which ${part.label} does not list`,
        extra,
      );
    else if (region.physicalStart !== region.virtualStart)
      tell(
        "memory-device-moved",
        region.at("virtualStart"),
        `${where}, which would appear at ${hex(region.virtualStart + device.start - region.physicalStart)}`,
        extra,
      );
    else if (mmconfig.includes(device))
      tell(
        "memory-mmconfig",
        region.at("physicalStart"),
        `${where}: those pages stay trapped`,
        extra,
      );
    else
      tell(
        "memory-trapped",
        region.at("physicalStart"),
        `${where}: that page stays trapped`,
        extra,
      );
  }
}

/** The region cut off before the device, or begun after it; gone when nothing is left. */
function around(region: Region, device: Range) {
  const { start, size } = physical(region);
  const before = device.start - start;
  const after = start + size - endOf(device);
  if (before <= 0n && after <= 0n) return [remove(region.at())];
  if (before >= after) return [setTo(region.at("size"), before)];
  const skipped = endOf(device) - start;
  return [
    setTo(region.at("physicalStart"), start + skipped),
    setTo(region.at("virtualStart"), region.virtualStart + skipped),
    setTo(region.at("size"), after),
  ];
}

/** A cell that writes an MSI-X table sends interrupts wherever it likes. */
function checkMsix(set: ConfigSet, region: Region, tell: Tell) {
  for (const part of set.parts)
    for (const [index, device] of part.cell.pciDevices.entries()) {
      if (device.type === abi.PCI_TYPE_IVSHMEM || device.numMsixVectors === 0) continue;
      const table = { start: device.msixAddress, size: BigInt(device.msixRegionSize) };
      if (table.size === 0n || !overlap(physical(region), table)) continue;
      tell(
        "memory-msix",
        region.at("physicalStart"),
        `${span(physical(region))} covers the MSI-X table of pciDevices[${index}], ${span(table)}: writes to it would not be checked`,
        {
          fix: around(region, table),
          related: [part.at(`pciDevices[${index}].msixAddress`)],
          ranges: [
            { label: `memory[${region.index}]`, ...physical(region) },
            { label: "MSI-X table", ...table },
          ],
        },
      );
    }
}

export const overlaps = family(RULES, (set, tell) => {
  for (const part of set.parts) {
    checkInside(part, tell);
    for (const region of regionsOf(part)) {
      if (isComm(region)) continue;
      if (set.system.architecture === "x86") checkDevices(set, region, tell);
      if (!has(region.flags, abi.MEM_DMA)) checkMsix(set, region, tell);
    }
  }
  checkCells(set, tell);
});
