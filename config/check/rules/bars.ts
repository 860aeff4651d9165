// Base address registers: what they decode must be in the cell that has the device, whole, writable, and where they say.
import * as abi from "../../../abi/config.ts";
import { isTrusted } from "../../bus-masters.ts";
import { family, type Report } from "../finding.ts";
import { setTo } from "../fix.ts";
import {
  alignDown,
  alignUp,
  amount,
  endOf,
  has,
  hex,
  isComm,
  isRam,
  isSubPage,
  overlap,
  PAGE,
  physical,
  type Range,
  uncovered,
} from "../ranges.ts";
import { type ConfigSet, type Part, type Region, regionsOf } from "../set.ts";
import { bdfText, devicesOf, isSecondHalf } from "./pci.ts";

const RULES = {
  "pci-memory": ["warning", "A cell cannot reach the registers of its PCI device"],
  "pci-registers": ["warning", "A cell may not read and write the registers of its PCI device"],
  "pci-moved": ["warning", "A PCI device's registers are not where the device says"],
  "pci-ports": ["warning", "A cell cannot reach the ports of its PCI device"],
  "pci-unlisted": ["warning", "A cell has registers of PCI devices, but no PCI device"],
  "pci-bar-differs": ["warning", "Cells disagree about a device's base address registers"],
} as const;
type Tell = Report<keyof typeof RULES>;
type Device = ReturnType<typeof devicesOf>[number];

/** Registers that decode less than a page may be for ports or for memory: both have such masks. */
const PAGE_MASK = 0xfffff000;
/** Ports of one register: the PCI standard's limit, and the least that one has. */
const MOST_PORTS = 256;
/** Below are the ports of the mainboard's own devices. */
const FIRST_PCI_PORT = 0x1000;
/** Where PCs have interrupt controllers, timers and firmware: no register points there. */
const SYSTEM_DEVICES: Range = { start: 0xfec00000n, size: 0x1400000n };
/** Regions of a shared memory device besides one for each peer. */
const LINK_REGIONS = 2;
const LOW_END = 1n << 32n;
const WORD = 0xffffffff;
const READ_WRITE = BigInt(abi.MEM_READ | abi.MEM_WRITE);

/** A register and how many bytes it decodes. */
interface Bar {
  readonly device: Device;
  readonly index: number;
  readonly size: bigint;
}

const isPhysical = ({ type }: Device): boolean => type === abi.PCI_TYPE_DEVICE;

function barsOf(device: Device, isWanted: (mask: number) => boolean): Bar[] {
  return device.barMask.flatMap((mask, index) => {
    if (mask === 0 || isSecondHalf(device.barMask, index) || !isWanted(mask)) return [];
    return [{ device, index, size: BigInt(-mask >>> 0) }];
  });
}

const memoryBars = (device: Device): Bar[] =>
  barsOf(device, (mask) => mask >>> 16 !== 0 && mask <= PAGE_MASK);
const smallBars = (device: Device): Bar[] =>
  barsOf(device, (mask) => -mask >>> 0 <= MOST_PORTS && mask >>> 16 === WORD >>> 16);

/** Where the machine's RAM below 4 GiB ends, as far as the root cell knows it. */
const ramEnd = ({ root }: ConfigSet): bigint =>
  regionsOf(root)
    .filter((region) => isRam(region) && region.physicalStart < LOW_END)
    .map((region) => endOf(physical(region)))
    .reduce((a, b) => (a > b ? a : b), 0n);

/** A cell's regions in which registers of PCI devices can be. */
export function deviceRegions(set: ConfigSet, part: Part): Region[] {
  const end = ramEnd(set);
  const links = devicesOf(part).filter(({ type }) => type === abi.PCI_TYPE_IVSHMEM);
  const isLink = (index: number) =>
    links.some(({ shmemRegionsStart: start, shmemPeers }) => {
      return start <= index && index < start + LINK_REGIONS + shmemPeers;
    });
  return regionsOf(part).filter(
    (region) =>
      !isComm(region) &&
      !isSubPage(region) &&
      !isLink(region.index) &&
      region.physicalStart >= end &&
      !has(region.flags, abi.MEM_EXECUTE | abi.MEM_LOADABLE) &&
      !overlap(physical(region), SYSTEM_DEVICES),
  );
}

/** Ranges that touch, as one. */
function joined(ranges: readonly Range[]): Range[] {
  const all: Range[] = [];
  for (const range of [...ranges].sort((a, b) => (a.start < b.start ? -1 : 1))) {
    const last = all.at(-1);
    if (!last || endOf(last) < range.start) {
      all.push(range);
      continue;
    }
    const end = endOf(last) > endOf(range) ? endOf(last) : endOf(range);
    all.splice(-1, 1, { start: last.start, size: end - last.start });
  }
  return all;
}

/** Places for registers in regions that are just as large. */
function exact(bars: readonly Bar[], regions: readonly Region[]): Map<Bar, Range> {
  const places = new Map<Bar, Range>();
  const rest = regions.map(physical).filter(({ start, size }) => start % size === 0n);
  for (const bar of bars) {
    const index = rest.findIndex(({ size }) => size === bar.size);
    if (index >= 0) places.set(bar, rest.splice(index, 1)[0]!);
  }
  return places;
}

/** A place for each register in the ranges, largest first: registers are as aligned as they are large. */
function placed(
  bars: readonly Bar[],
  ranges: readonly Range[],
  known: ReadonlyMap<Bar, Range>,
): Map<Bar, Range | undefined> {
  const taken: Range[] = [...known.values()];
  const places = new Map<Bar, Range | undefined>(known);
  for (const bar of [...bars].sort((a, b) => (a.size > b.size ? -1 : 1))) {
    if (known.has(bar)) continue;
    const free = ranges.flatMap((range) => uncovered(range, taken));
    const fitting = free
      .filter((range) => alignUp(range.start, bar.size) + bar.size <= endOf(range))
      .sort((a, b) => (a.size < b.size ? -1 : 1))[0];
    const place = fitting && { start: alignUp(fitting.start, bar.size), size: bar.size };
    if (place) taken.push(place);
    places.set(bar, place);
  }
  return places;
}

/** Whether the machine that was looked at, if any, has the device. */
const isSeen = ({ machine }: ConfigSet, { bdf, domain }: Device): boolean =>
  machine.found?.functions.some((one) => one.bdf === bdf && one.segment === domain) ?? false;

function checkMemory(set: ConfigSet, part: Part, tell: Tell) {
  const devices = devicesOf(part).filter(isPhysical);
  const regions = deviceRegions(set, part);
  const tables = devices
    .filter(({ numMsixVectors, msixAddress }) => numMsixVectors > 0 && msixAddress !== 0n)
    .map(({ msixAddress, msixRegionSize }) => ({
      start: msixAddress,
      size: alignUp(BigInt(msixRegionSize), PAGE),
    }));
  // Those whose table is in a region of its own come last: none is just as large as their registers.
  const bars = devices
    .flatMap(memoryBars)
    .sort((a, b) => Number(hasTable(a)) - Number(hasTable(b)));
  const ranges = joined([...regions.map(physical), ...tables].filter(({ size }) => size > 0n));
  const places = placed(bars, ranges, exact(bars, regions));
  const used = [...places.values()].filter((place) => place !== undefined);
  for (const [bar, place] of places) {
    if (place) {
      for (const region of regions)
        if (overlap(physical(region), place)) checkRegion(region, bar, tell);
      continue;
    }
    // Where a machine was looked at it says where these registers are: that is told by the rule for its devices.
    if (part.isRoot && isSeen(set, bar.device)) continue;
    const spare = regions.filter(
      (region) => !used.some((range) => overlap(range, physical(region))),
    );
    const own = regions.filter(
      (region) => hasTable(bar) && overlap(physical(region), tableIn(bar)),
    );
    tellMissing(part, bar, [...own, ...spare], tell);
  }
}

const hasTable = ({ device }: Bar): boolean =>
  device.numMsixVectors > 0 && device.msixAddress !== 0n;
/** What a register decodes, if the device's MSI-X table is in it. */
const tableIn = ({ device, size }: Bar): Range => ({
  start: alignDown(device.msixAddress, size),
  size,
});

function tellMissing(part: Part, bar: Bar, spare: readonly Region[], tell: Tell) {
  const { device, index, size } = bar;
  // A region that is nothing else's and that the register's size would make whole.
  const near = spare.find((region) => region.size <= size && region.size * 4n >= size);
  const start = near && alignDown(near.physicalStart, size);
  tell(
    "pci-memory",
    near ? near.at() : part.at("memory"),
    `${bdfText(device.bdf)} has ${amount(size)} of registers behind base address register ${index}, ${
      near && start !== undefined
        ? `but memory[${near.index}], ${amount(near.size)} from ${hex(near.physicalStart)}, is not a whole ${amount(size)}`
        : `but ${part.label} has no region for them`
    }`,
    {
      related: [device.at("barMask"), part.at("memory"), ...spare.map((region) => region.at())],
      fix:
        near && start !== undefined
          ? [
              setTo(near.at("physicalStart"), start),
              setTo(near.at("virtualStart"), start),
              setTo(near.at("size"), size),
            ]
          : [],
      advice:
        "Add a region at the device's address (lspci -v names it) with the flags read and write.",
    },
  );
}

function checkRegion(region: Region, { device }: Bar, tell: Tell) {
  const name = bdfText(device.bdf);
  if ((region.flags & READ_WRITE) !== READ_WRITE)
    tell("pci-registers", region.at("flags"), `registers of ${name} are read and written`, {
      fix: [setTo(region.at("flags"), region.flags | READ_WRITE)],
      related: [device.at()],
    });
  if (!region.part.isRoot && region.virtualStart !== region.physicalStart)
    tell(
      "pci-moved",
      region.at("virtualStart"),
      `registers of ${name} are at ${hex(region.physicalStart)}, which is what the device tells its driver, but the cell has them at ${hex(region.virtualStart)}`,
      {
        fix: [setTo(region.at("virtualStart"), region.physicalStart)],
        related: [device.at("barMask")],
      },
    );
}

/** Ports of registers: a range as aligned as it is large; its last port is often left out. */
function checkPorts(part: Part, tell: Tell) {
  const hasSmall = regionsOf(part).some((region) => !isComm(region) && isSubPage(region));
  if (part.isRoot || hasSmall) return;
  for (const device of devicesOf(part).filter(isPhysical))
    for (const { index, size } of smallBars(device)) {
      const count = Number(size);
      const ranges = [...part.cell.ports.entries()].filter(
        ([, { base }]) => base >= FIRST_PCI_PORT,
      );
      const isWhole = ([, { base, length }]: (typeof ranges)[number]) =>
        Math.ceil(base / count) * count + count - 1 <= base + length;
      if (ranges.some(isWhole)) continue;
      const near = ranges.find(([, { length }]) => length * 4 > count && length < count * 2);
      const base = near && near[1].base - (near[1].base % count);
      tell(
        "pci-ports",
        part.at(near ? `ports[${near[0]}]` : "ports"),
        `${bdfText(device.bdf)} has ${count} ports behind base address register ${index}, but ${part.label} has no range for them that begins at a multiple of ${hex(count)}`,
        {
          related: [device.at("barMask"), ...ranges.map(([at]) => part.at(`ports[${at}]`))],
          fix:
            near && base !== undefined
              ? [setTo(part.at(`ports[${near[0]}]`), { base, length: count })]
              : [],
          advice: "Add the device's ports (lspci -v names them).",
        },
      );
    }
}

const isSame = (a: readonly number[], b: readonly number[]): boolean =>
  a.every((mask, index) => mask === b[index]);
const isNone = (masks: readonly number[]): boolean => masks.every((mask) => mask === 0);

/** What another cell says of a device must be what the root cell says. */
function checkHome(set: ConfigSet, device: Device, tell: Tell) {
  const known = devicesOf(set.root).filter(isPhysical);
  const home = known.find(({ bdf }) => bdf === device.bdf);
  if (!home || isNone(home.barMask) || isNone(device.barMask)) return;
  if (isSame(home.barMask, device.barMask)) return;
  // With the registers of another device, it is that one that is meant.
  const meant = known.filter(({ barMask }) => isSame(barMask, device.barMask));
  tell(
    "pci-bar-differs",
    device.at("barMask"),
    `${bdfText(device.bdf)} has the masks ${device.barMask.map(hex).join(", ")}, in the root cell ${home.barMask.map(hex).join(", ")}`,
    {
      fix: [
        meant.length === 1
          ? setTo(device.at("bdf"), meant[0]!.bdf)
          : setTo(device.at("barMask"), home.barMask),
      ],
      related: [home.at("barMask")],
    },
  );
}

/** Registers of a device that does DMA reach all memory for whoever writes them, in whichever cell the device is. */
function checkUnlisted(set: ConfigSet, part: Part, tell: Tell) {
  if (devicesOf(part).some(isPhysical) || isTrusted(part.cell)) return;
  const homes = regionsOf(set.root).filter((region) => !isComm(region) && !isRam(region));
  for (const region of deviceRegions(set, part)) {
    const home = homes.find((one) => overlap(physical(one), physical(region)));
    if (home && has(region.flags, abi.MEM_WRITE))
      tell(
        "pci-unlisted",
        region.at("physicalStart"),
        `${hex(region.physicalStart)} is in memory[${home.index}] of the root cell, where registers of its devices are, and ${part.label} lists none: if that device does DMA, it reads and writes all memory for the cell`,
        {
          related: [home.at(), part.at("pciDevices")],
          advice:
            "List the device too (lspci -v names it by its address), or leave its registers to the root cell.",
        },
      );
  }
}

export const bars = family(RULES, (set, tell) => {
  for (const part of set.parts) {
    checkMemory(set, part, tell);
    checkPorts(part, tell);
  }
  for (const part of set.cells) checkUnlisted(set, part, tell);
  for (const part of set.cells)
    for (const device of devicesOf(part).filter(isPhysical)) checkHome(set, device, tell);
});
