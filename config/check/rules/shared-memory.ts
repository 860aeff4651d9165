// Shared memory devices (ivshmem): both ends must say the same, and each writes only what is its own.

import * as abi from "../../../abi/config.ts";
import { oneLine } from "../../printable.ts";
import type { MemoryRegion } from "../../types.ts";
import { family, type Report } from "../finding.ts";
import { setTo } from "../fix.ts";
import { has, hex, overlap, physical, span } from "../ranges.ts";
import { type ConfigSet, type Part, pairs } from "../set.ts";
import { bdfText, devicesOf } from "./pci.ts";

const RULES = {
  "shmem-regions": ["error", "A shared memory device names regions that are not there"],
  "shmem-peers": ["error", "The ends of a shared memory link disagree about their number"],
  "shmem-id": ["error", "An end of a shared memory link has no id of its own"],
  "shmem-protocol": ["error", "The ends of a shared memory link speak different protocols"],
  "shmem-memory": ["error", "The ends of a shared memory link have different memory"],
  "shmem-rights": ["warning", "An end of a shared memory link has wrong rights"],
  "shmem-alone": ["warning", "A shared memory device has no other end"],
  "shmem-apart": ["warning", "The sections of a shared memory link are not one after the other"],
  "shmem-shifted": ["error", "The regions of a shared memory device are not where it says"],
  "shmem-orphan": ["warning", "A cell has memory of a link, but no device for it"],
  "shmem-vectors": ["warning", "A shared memory device has too many vectors"],
} as const;
type Tell = Report<keyof typeof RULES>;
type Device = ReturnType<typeof devicesOf>[number];

/** State table and read/write section; then one output section for each peer. */
const COMMON_REGIONS = 2;
const MAX_PEERS = 12;
const MAX_VECTORS = 16;
/** Protocols from here on are virtio's, with a front end and a back end. */
const VIRTIO = 0x8000;
const VIRTIO_BACK = 0x4000;

const regionName = (index: number): string =>
  ["the state table", "the read/write section"][index] ??
  `output section ${index - COMMON_REGIONS}`;
const links = (part: ConfigSet["root"]): Device[] =>
  devicesOf(part).filter(({ type }) => type === abi.PCI_TYPE_IVSHMEM);
const regionsOfLink = (device: Device): readonly MemoryRegion[] =>
  device.part.cell.memory.slice(
    device.shmemRegionsStart,
    device.shmemRegionsStart + COMMON_REGIONS + device.shmemPeers,
  );

/** A number below `peers` that no other end has. */
function freeId(set: ConfigSet, device: Device): number | undefined {
  const others = set.parts
    .flatMap(links)
    .filter((one) => one.bdf === device.bdf && one.part !== device.part);
  const taken = new Set(others.map(({ shmemDeviceId }) => shmemDeviceId));
  return Array.from({ length: device.shmemPeers }, (_, id) => id).find((id) => !taken.has(id));
}

function checkDevice(set: ConfigSet, device: Device, tell: Tell): boolean {
  const { part, shmemPeers: peers, shmemRegionsStart: start } = device;
  const end = start + COMMON_REGIONS + peers;
  const count = part.cell.memory.length;
  const other = otherEnds(set, device)[0];
  if (device.numMsixVectors > MAX_VECTORS)
    tell(
      "shmem-vectors",
      device.at("numMsixVectors"),
      `${device.numMsixVectors} vectors, but there are ${MAX_VECTORS} at most`,
      {
        fix: [setTo(device.at("numMsixVectors"), MAX_VECTORS)],
      },
    );
  if (peers > MAX_PEERS || peers < 2)
    tell(
      "shmem-peers",
      device.at("shmemPeers"),
      `${bdfText(device.bdf)} has ${peers} peers: there are 2 to ${MAX_PEERS}`,
      {
        fix: other ? [setTo(device.at("shmemPeers"), other.shmemPeers)] : [],
      },
    );
  if (device.shmemDeviceId >= peers && peers > 0) {
    const id = freeId(set, device);
    tell(
      "shmem-id",
      device.at("shmemDeviceId"),
      `its id is ${device.shmemDeviceId}, but ${peers} peers have ids from 0 to ${peers - 1}`,
      {
        fix: id === undefined ? [] : [setTo(device.at("shmemDeviceId"), id)],
      },
    );
  }
  if (end <= count) return true;
  tell(
    "shmem-regions",
    device.at("shmemRegionsStart"),
    `${bdfText(device.bdf)} with ${peers} peers needs memory[${start}] to memory[${end - 1}], but there are ${count} regions`,
    {
      fix:
        other && other.shmemPeers < peers ? [setTo(device.at("shmemPeers"), other.shmemPeers)] : [],
      advice: "List the state table, the read/write section and one output section per peer.",
    },
  );
  return false;
}

const otherEnds = (set: ConfigSet, device: Device): Device[] =>
  set.parts.flatMap(links).filter((one) => one.bdf === device.bdf && one.part !== device.part);

function checkPair(set: ConfigSet, a: Device, b: Device, tell: Tell) {
  const related = [a.at()];
  const link = bdfText(b.bdf);
  if (a.shmemPeers !== b.shmemPeers)
    tell(
      "shmem-peers",
      b.at("shmemPeers"),
      `${link} has ${b.shmemPeers} peers here, in ${a.part.label} ${a.shmemPeers}`,
      {
        fix: [setTo(b.at("shmemPeers"), a.shmemPeers)],
        related,
      },
    );
  if (a.shmemDeviceId === b.shmemDeviceId) {
    const id = freeId(set, b);
    tell(
      "shmem-id",
      b.at("shmemDeviceId"),
      `id ${b.shmemDeviceId} of ${link} is ${a.part.label}'s too`,
      {
        fix: id === undefined ? [] : [setTo(b.at("shmemDeviceId"), id)],
        related,
      },
    );
  }
  const isVirtio = a.shmemProtocol >= VIRTIO;
  const wanted = isVirtio ? a.shmemProtocol ^ VIRTIO_BACK : a.shmemProtocol;
  if (b.shmemProtocol !== wanted)
    tell(
      "shmem-protocol",
      b.at("shmemProtocol"),
      `${link} has protocol ${hex(b.shmemProtocol)}, in ${a.part.label} ${hex(a.shmemProtocol)}${isVirtio ? ": the other end of virtio is the front or the back end" : ""}`,
      {
        fix: [setTo(b.at("shmemProtocol"), wanted)],
        related,
      },
    );
  checkMemory(a, b, tell);
}

const describe = (region: MemoryRegion): string =>
  region.size === 0n ? "empty" : span(physical(region));

function checkMemory(a: Device, b: Device, tell: Tell) {
  const theirs = regionsOfLink(a);
  regionsOfLink(b).forEach((mine, index) => {
    const other = theirs[index];
    if (!other || (mine.physicalStart === other.physicalStart && mine.size === other.size)) return;
    const place = b.part.at(`memory[${b.shmemRegionsStart + index}]`);
    const moved = { ...mine, physicalStart: other.physicalStart, size: other.size };
    const flags = mine.flags === 0n ? BigInt(abi.MEM_READ | abi.MEM_ROOTSHARED) : mine.flags;
    const virtualStart =
      mine.virtualStart === mine.physicalStart ? other.physicalStart : mine.virtualStart;
    tell(
      "shmem-memory",
      place,
      `${regionName(index)} of ${bdfText(b.bdf)} is ${describe(mine)}, in ${a.part.label} ${describe(other)}`,
      {
        fix: [setTo(place, { ...moved, virtualStart, flags })],
        related: [a.part.at(`memory[${a.shmemRegionsStart + index}]`)],
        ranges: [
          { label: oneLine(b.part.cell.name), ...physical(mine) },
          { label: oneLine(a.part.cell.name), ...physical(other) },
        ].filter(({ size }) => size > 0n),
      },
    );
  });
}

/** The state table is the hypervisor's to write; an output section is its owner's. */
function mayWrite(device: Device, index: number): boolean {
  return index === 1 || index === COMMON_REGIONS + device.shmemDeviceId;
}

function checkRights(device: Device, tell: Tell) {
  regionsOfLink(device).forEach((region, index) => {
    if (region.size === 0n) return;
    const place = device.part.at(`memory[${device.shmemRegionsStart + index}].flags`);
    const wanted = mayWrite(device, index);
    const what = `${regionName(index)} of ${bdfText(device.bdf)}`;
    const write = BigInt(abi.MEM_WRITE);
    if (wanted !== has(region.flags, abi.MEM_WRITE))
      tell("shmem-rights", place, `${what} must ${wanted ? "" : "not "}be writable here`, {
        fix: [setTo(place, wanted ? region.flags | write : region.flags & ~write)],
      });
    if (!has(region.flags, abi.MEM_READ))
      tell("shmem-rights", place, `${what} must be readable`, {
        fix: [setTo(place, region.flags | BigInt(abi.MEM_READ))],
      });
    if (!device.part.isRoot && !has(region.flags, abi.MEM_ROOTSHARED))
      tell("shmem-rights", place, `${what} is not root-shared: nobody else could have it`, {
        fix: [setTo(place, region.flags | BigInt(abi.MEM_ROOTSHARED))],
      });
  });
}

/** A device tells one address: there its state table begins, and the sections follow. */
function checkOrder(device: Device, tell: Tell) {
  const start = device.shmemRegionsStart;
  let offset = 0n;
  const sections = regionsOfLink(device).flatMap((region, index) => {
    const section = { region, index: start + index, offset };
    offset += region.size;
    return region.size === 0n ? [] : [section];
  });
  const votes = new Map<bigint, number>();
  const baseOf = ({ region, offset }: (typeof sections)[number]) => region.virtualStart - offset;
  for (const section of sections)
    votes.set(baseOf(section), (votes.get(baseOf(section)) ?? 0) + weight(section.region));
  const [base] = [...votes].sort(([, a], [, b]) => b - a)[0] ?? [0n];
  for (const section of sections) {
    if (baseOf(section) === base) continue;
    const before = sections
      .filter(({ index }) => index < section.index)
      .map(({ index }) => ({ place: device.part.at(`memory[${index}]`) }))
      .slice(-1);
    const place = device.part.at(`memory[${section.index}].virtualStart`);
    tell(
      "shmem-apart",
      place,
      `${regionName(section.index - start)} of ${bdfText(device.bdf)} is at ${hex(section.region.virtualStart)}, but those before it end at ${hex(base + section.offset)}: the device has one address for all`,
      {
        fix: [setTo(place, base + section.offset)],
        related: [device.at(), device.part.at("memory"), ...before.map((one) => one.place)],
      },
    );
  }
}

/** Whether the sections that would begin there look like those of the device. */
function isLinkAt(device: Device, start: number): boolean {
  const regions = device.part.cell.memory.slice(start, start + COMMON_REGIONS + device.shmemPeers);
  const [table] = regions;
  if (regions.length < COMMON_REGIONS + device.shmemPeers || !table || table.size === 0n)
    return false;
  let next = table.physicalStart;
  return regions.every((region, index) => {
    if (region.size === 0n) return true;
    const fits =
      region.physicalStart === next &&
      has(region.flags, abi.MEM_WRITE) === mayWrite(device, index) &&
      !has(region.flags, abi.MEM_EXECUTE | abi.MEM_LOADABLE);
    next = region.physicalStart + region.size;
    return fits;
  });
}

/** One entry more or less in the list of regions, and all devices behind it name the wrong ones. */
function checkShifted(device: Device, tell: Tell) {
  const { shmemRegionsStart: start, part } = device;
  if (isLinkAt(device, start)) return;
  const found = [start - 1, start + 1].find((one) => one >= 0 && isLinkAt(device, one));
  if (found === undefined) return;
  tell(
    "shmem-shifted",
    device.at("shmemRegionsStart"),
    `the regions of ${bdfText(device.bdf)} seem to begin with memory[${found}], not with memory[${start}]: ${found < start ? "an entry before them is missing" : "there is one more entry before them"}`,
    {
      related: [part.at("memory")],
      fix: [setTo(device.at("shmemRegionsStart"), found)],
    },
  );
}

/** What a section says of where all begin; links are usually where their memory is. */
const weight = ({ virtualStart, physicalStart }: MemoryRegion): number =>
  virtualStart === physicalStart ? 3 : 2;

/** Memory that the cell has for a link whose device it lacks. */
function checkOrphans({ parts }: ConfigSet, part: Part, tell: Tell) {
  const own = new Set(links(part).map(({ bdf }) => bdf));
  const others = parts.filter((one) => one !== part).flatMap(links);
  const seen = new Set<number>();
  for (const other of others) {
    if (own.has(other.bdf) || seen.has(other.bdf)) continue;
    const theirs = regionsOfLink(other).filter(({ size }) => size > 0n);
    const index = part.cell.memory.findIndex(
      (mine) =>
        has(mine.flags, abi.MEM_ROOTSHARED) &&
        theirs.some((one) => overlap(physical(one), physical(mine))),
    );
    if (index < 0) continue;
    seen.add(other.bdf);
    tell(
      "shmem-orphan",
      part.at(`memory[${index}]`),
      `${span(physical(part.cell.memory[index]!))} is memory of the link ${bdfText(other.bdf)}, but ${part.label} has no such device`,
      {
        related: [part.at("pciDevices"), other.at()],
        advice: "List the cell's end of the link among its devices, or leave its memory out.",
      },
    );
  }
}

/** An end of another cell that has the memory of this one, though not its bdf. */
function endByMemory(set: ConfigSet, device: Device): Device | undefined {
  const starts = (one: Device) => regionsOfLink(one).map(({ physicalStart }) => physicalStart);
  const own = `${starts(device)}`;
  return set.parts
    .filter((part) => part !== device.part)
    .flatMap(links)
    .find((one) => `${starts(one)}` === own);
}

function checkAlone(set: ConfigSet, device: Device, tell: Tell) {
  if (device.part.isRoot || otherEnds(set, device).length > 0) return;
  const near = endByMemory(set, device);
  tell(
    "shmem-alone",
    device.at("bdf"),
    `no other cell has a shared memory device ${bdfText(device.bdf)}${near ? `; ${near.part.label} has its memory at ${bdfText(near.bdf)}` : ""}`,
    {
      related: [near ? near.at("bdf") : set.root.at("pciDevices")],
      fix: near ? [setTo(device.at("bdf"), near.bdf)] : [],
      advice: "Links are made between devices with the same bdf: add it to the other cell.",
    },
  );
}

export const sharedMemory = family(RULES, (set, tell) => {
  const complete = set.parts.flatMap(links).filter((device) => checkDevice(set, device, tell));
  for (const device of complete) {
    checkRights(device, tell);
    checkShifted(device, tell);
    checkOrder(device, tell);
    checkAlone(set, device, tell);
  }
  for (const part of set.cells) checkOrphans(set, part, tell);
  for (const [a, b] of pairs(complete))
    if (a.bdf === b.bdf && a.part !== b.part) checkPair(set, a, b, tell);
});
