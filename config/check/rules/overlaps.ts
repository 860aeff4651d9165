// Regions over regions: in one cell, among cells, and over devices that the hypervisor plays.

import * as abi from "../../../abi/config.ts";
import { HPET_PAGES, isTrusted } from "../../bus-masters.ts";
import { oneLine } from "../../printable.ts";
import type { PciDevice } from "../../types.ts";
import { type Extra, family, type Report } from "../finding.ts";
import { remove, setTo } from "../fix.ts";
import { findRam } from "../place-ram.ts";
import { gic, ioapics, iommus, localDevices, mmconfig, type Played, tableOf } from "../played.ts";
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
  "memory-gic": ["error", "A region covers the registers of the GIC that the hypervisor plays"],
  "memory-trapped": ["warning", "A region covers a device that the hypervisor plays"],
  "memory-device-moved": [
    "error",
    "A device that the hypervisor plays would appear at another address",
  ],
  "memory-ioapic": ["error", "A region has an I/O APIC that the cell does not list"],
  "memory-msix": ["warning", "A region covers a device's MSI-X table"],
  "memory-msix-foreign": ["error", "A region has the MSI-X table of a device that the cell lacks"],
  "memory-iommu": ["error", "A cell has the registers of an IOMMU"],
  "memory-hpet": ["error", "A cell has the HPET, which reaches all memory"],
  "memory-hpet-trusted": ["note", "A cell is trusted with the HPET, which reaches all memory"],
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
    tell(
      "memory-alias",
      b.at("physicalStart"),
      `${span(common)} is in memory[${a.index}] too`,
      picture(a, b, physical),
    );
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

/** Devices that the hypervisor plays for `part`, with those whose registers it keeps from everyone. */
function playedFor(set: ConfigSet, part: Part): Played[] {
  const played = [...localDevices(set), ...ioapics(set), ...gic(set), ...mmconfig(set)];
  if (!part.isRoot) return played;
  const hpet = { label: "the HPET", places: [], ...HPET_PAGES };
  return [...played, ...(set.system.architecture === "x86" ? [hpet] : []), ...iommus(set)];
}

function coverExtra(region: Region, device: Played): Extra {
  return {
    related: device.places,
    ranges: [
      { label: `memory[${region.index}]`, ...physical(region) },
      { label: device.label, start: device.start, size: device.size },
    ],
    fix: around(region, device),
  };
}

const coverText = (region: Region, device: Played): string =>
  `${span(physical(region))} covers ${device.label}, ${span(device)}`;

function checkDevices(set: ConfigSet, region: Region, tell: Tell) {
  const { part } = region;
  const chips = ioapics(set).map(({ start }) => start);
  const isListed = ({ start }: Played) =>
    !chips.includes(start) || part.cell.irqchips.some(({ address }) => address === start);
  const spaces = mmconfig(set).map(({ start }) => start);
  const distributors = gic(set).map(({ start }) => start);
  for (const device of playedFor(set, part)) {
    if (!overlap(physical(region), device)) continue;
    const where = coverText(region, device);
    const extra = coverExtra(region, device);
    if (!isListed(device))
      tell(
        "memory-ioapic",
        region.at("physicalStart"),
        `${where}, which ${part.label} does not list`,
        extra,
      );
    else if (distributors.includes(device.start))
      tell(
        "memory-gic",
        region.at("physicalStart"),
        `${where}: ${part.label} would drive interrupts of all cells unseen`,
        extra,
      );
    else if (region.physicalStart !== region.virtualStart)
      tell(
        "memory-device-moved",
        region.at("virtualStart"),
        `${where}, which would appear at ${hex(region.virtualStart + device.start - region.physicalStart)}`,
        extra,
      );
    else if (spaces.includes(device.start))
      tell(
        "memory-mmconfig",
        region.at("physicalStart"),
        `${where}: those pages stay trapped`,
        extra,
      );
    else if (localDevices(set).includes(device) || chips.includes(device.start))
      tell(
        "memory-trapped",
        region.at("physicalStart"),
        `${where}: that page stays trapped`,
        extra,
      );
  }
}

/** Devices that are no PCI devices and write memory on command: no IOMMU would keep them from it. */
function checkBusMasters(set: ConfigSet, region: Region, tell: Tell) {
  const { part } = region;
  for (const unit of iommus(set))
    if (overlap(physical(region), unit))
      tell(
        "memory-iommu",
        region.at("physicalStart"),
        coverText(region, unit),
        coverExtra(region, unit),
      );
  const hpet = { label: "the HPET", places: [], ...HPET_PAGES };
  if (!overlap(physical(region), hpet)) return;
  const what = `${coverText(region, hpet)}: its timers write what they are told wherever they are told, into other cells and the hypervisor too`;
  if (isTrusted(part.cell)) tell("memory-hpet-trusted", region.at("physicalStart"), what);
  else
    tell("memory-hpet", region.at("physicalStart"), what, {
      ...coverExtra(region, hpet),
      advice: `Leave it to the root cell; the flag unguarded-dma trusts ${part.label} with it, and with all memory.`,
    });
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

/** Whether a cell has a device as its own, with the table where `device` of any cell has it. */
function ownsTable(part: Part, device: PciDevice): boolean {
  const own = part.cell.pciDevices.find(({ bdf }) => bdf === device.bdf);
  if (!own || own.type === abi.PCI_TYPE_IVSHMEM) return false;
  const [table, wanted] = [tableOf(own), tableOf(device)];
  return table.start === wanted.start && table.size >= wanted.size;
}

/** A cell that writes an MSI-X table unmediated sends interrupts wherever it likes. */
function checkMsix(set: ConfigSet, region: Region, tell: Tell) {
  for (const part of set.parts)
    for (const [index, device] of part.cell.pciDevices.entries()) {
      const table = tableOf(device);
      if (device.type === abi.PCI_TYPE_IVSHMEM || table.size === 0n) continue;
      if (!overlap(physical(region), table)) continue;
      const what = `${span(physical(region))} covers the MSI-X table of pciDevices[${index}], ${span(table)}`;
      const extra = {
        fix: around(region, table),
        related: [part.at(`pciDevices[${index}].msixAddress`)],
        ranges: [
          { label: `memory[${region.index}]`, ...physical(region) },
          { label: "MSI-X table", ...table },
        ],
      };
      // The root cell's system looks at no other cell's devices.
      const isOwn = part === region.part || ownsTable(region.part, device);
      if (!isOwn && !region.part.isRoot)
        tell(
          "memory-msix-foreign",
          region.at("physicalStart"),
          `${what}, which is a device of ${part.label} and not of ${region.part.label}`,
          extra,
        );
      else if (isOwn && region.physicalStart !== region.virtualStart)
        tell(
          "memory-device-moved",
          region.at("virtualStart"),
          `${what}, which would appear at ${hex(region.virtualStart + table.start - region.physicalStart)}`,
          extra,
        );
      else if (part === region.part && !has(region.flags, abi.MEM_DMA))
        tell("memory-msix", region.at("physicalStart"), `${what}: those pages stay trapped`, extra);
    }
}

export const overlaps = family(RULES, (set, tell) => {
  for (const part of set.parts) {
    checkInside(part, tell);
    for (const region of regionsOf(part)) {
      if (isComm(region)) continue;
      checkDevices(set, region, tell);
      if (set.system.architecture === "x86" && !part.isRoot) checkBusMasters(set, region, tell);
      checkMsix(set, region, tell);
    }
  }
  checkCells(set, tell);
});
