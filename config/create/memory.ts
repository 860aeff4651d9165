// The root cell's memory: RAM with what firmware keeps of it, and the registers of its devices, without what is trapped.
import { APIC_PAGE, MESSAGE_WINDOW_SIZE } from "../../abi/x86/apic.ts";
import { HPET_PAGES } from "../bus-masters.ts";
import {
  alignDown,
  alignUp,
  amount,
  contains,
  endOf,
  overlap,
  PAGE,
  type Range,
  span,
  uncovered,
} from "../check/ranges.ts";
import type { MemoryDefinition } from "../definition.ts";
import type { IoApic, Iommu, Mmconfig } from "./acpi.ts";
import { claimed, claimOf, lineText, unlisted } from "./claims.ts";
import { describeFunction, type PciFunction } from "./pci.ts";
import type { Placement } from "./placement.ts";
import type { Resource } from "./resources.ts";

/** An entry of a list, and where it comes from. */
export interface Entry<Definition> {
  readonly comment: string;
  readonly value: Definition;
}

interface Area extends Range {
  readonly comment: string;
  readonly flags: MemoryDefinition["flags"];
}

export interface MemorySources {
  readonly iomem: readonly Resource[];
  readonly placement: Placement;
  readonly functions: readonly PciFunction[];
  readonly ioapics: readonly IoApic[];
  readonly mmconfigs: readonly Mmconfig[];
  readonly iommus: readonly Iommu[];
}

const RAM: MemoryDefinition["flags"] = ["read", "write", "execute", "dma"];
const DEVICE: MemoryDefinition["flags"] = ["read", "write"];
const FLASH: MemoryDefinition["flags"] = ["read"];
const FIRST_MIB = { start: 0n, size: 1n << 20n };
const FOUR_GIB = 1n << 32n;
/** The local APIC, and behind it the addresses of interrupt messages. */
const MESSAGES = { start: BigInt(APIC_PAGE), size: BigInt(MESSAGE_WINDOW_SIZE) };
const BUS_SIZE = 1n << 20n;
/** What firmware keeps right after RAM is RAM, too. */
const FIRMWARE_MAX = 64n << 20n;
/** Reserved ranges that are larger are no registers. */
const DEVICE_MAX = 1n << 28n;
/** Flash with the firmware ends at 4 GiB. */
const FLASH_START = 0xff000000n;

/** Pages that the hypervisor plays, or keeps to itself. */
function trapped({ placement, functions, ioapics, mmconfigs, iommus }: MemorySources): Range[] {
  return [
    placement.hypervisor,
    MESSAGES,
    ...ioapics.map(({ address }) => ({ start: BigInt(address), size: PAGE })),
    ...mmconfigs.map(({ base, endBus }) => ({ start: base, size: BigInt(endBus + 1) * BUS_SIZE })),
    ...iommus.map(({ base, size }) => ({ start: base, size: BigInt(size) })),
    ...functions.flatMap(({ msix }) =>
      msix ? [{ start: msix.address, size: BigInt(msix.regionSize) }] : [],
    ),
  ];
}

/** What firmware keeps of RAM: right behind what Linux has, or among it. */
function firmwareRam(iomem: readonly Resource[], ram: readonly Range[]): Resource[] {
  const ends = ram.map(endOf).filter((end) => end <= FOUR_GIB);
  const top = ends.reduce((a, b) => (a > b ? a : b), 0n);
  return iomem.filter(
    ({ name, start, size }) => claimOf(name) === "firmware" && start <= top && size <= FIRMWARE_MAX,
  );
}

/** RAM that Linux uses, wherever it is in the list: what was plugged in later is inside another line. */
export const systemRam = (iomem: readonly Resource[]): Resource[] => claimed(iomem, "ram");

/** All RAM of a machine whose kernel keeps `reserved` free: ranges that may overlap. */
export function allRam(iomem: readonly Resource[], reserved: readonly Range[]): Range[] {
  const known = [FIRST_MIB, ...reserved, ...systemRam(iomem)];
  return [...known, ...firmwareRam(iomem, known), ...claimed(iomem, "persistent")];
}

/** Reserved ranges that are registers, or RAM: larger ones are holes between memories. */
export const isDeviceSized = ({ size }: Range): boolean => size <= DEVICE_MAX;

function ramAreas({ iomem, placement }: MemorySources): Area[] {
  const areas: Area[] = [
    { ...FIRST_MIB, flags: RAM, comment: "the first MiB, with VGA and ROMs" },
    { ...placement.inmates, flags: RAM, comment: `for inmates (${placement.memmap})` },
    ...systemRam(iomem).map((range) => ({
      ...range,
      flags: RAM,
      comment: `/proc/iomem: ${range.name}`,
    })),
  ];
  for (const one of claimed(iomem, "persistent"))
    areas.push({ ...one, flags: RAM, comment: `/proc/iomem: ${one.name}` });
  for (const one of firmwareRam(iomem, areas))
    areas.push({ ...one, flags: RAM, comment: `/proc/iomem: ${one.name}, the firmware's RAM` });
  return areas;
}

/** What a driver or firmware has: registers, or flash, which ends at 4 GiB. */
function registerArea({ name, start, size }: Resource): Area {
  const isFlash = start >= FLASH_START && start + size === FOUR_GIB;
  return {
    start,
    size,
    flags: isFlash ? FLASH : DEVICE,
    comment: isFlash ? "flash with the firmware" : `/proc/iomem: ${name}`,
  };
}

function deviceAreas({ iomem, functions }: MemorySources): Area[] {
  const areas = functions.flatMap((one) =>
    one.bars
      .filter(({ isPorts, start }) => !isPorts && start !== 0n)
      .map((bar) => ({ ...bar, flags: DEVICE, comment: describeFunction(one) })),
  );
  const lines = [...claimed(iomem, "held"), ...claimed(iomem, "firmware").filter(isDeviceSized)];
  return [...areas, ...lines.map(registerArea)];
}

/** Devices' registers are mapped in whole pages. */
const inPages = (area: Area): Area => {
  const start = alignDown(area.start, PAGE);
  return { ...area, start, size: alignUp(endOf(area), PAGE) - start };
};

/** Neighbours that are alike become one. */
function merged(areas: readonly Area[]): Area[] {
  const result: Area[] = [];
  for (const area of [...areas].sort((a, b) => (a.start < b.start ? -1 : 1))) {
    const last = result.at(-1);
    const isAlike = last && endOf(last) === area.start && last.flags === area.flags;
    const isInmates = [last, area].some((one) => one?.comment.startsWith("for inmates"));
    if (!isAlike || isInmates) {
      result.push(area);
      continue;
    }
    const comments = [...new Set([...last.comment.split("; "), area.comment])];
    result[result.length - 1] = {
      ...last,
      size: last.size + area.size,
      comment: comments.join("; "),
    };
  }
  return result;
}

/** The lines that are in no region, or not wholly, because the hypervisor plays what is there. */
const playedLines = (iomem: readonly Resource[], taken: readonly Range[]): Resource[] =>
  claimed(iomem, "played", "held", "firmware").filter((line) =>
    taken.some((one) => overlap(one, line)),
  );

/** The lines that no region has and nobody plays: a person must decide. */
function leftOut(iomem: readonly Resource[], known: readonly Range[]): string[] {
  const others = claimed(iomem, "held", "persistent", "firmware", "played");
  return unlisted(others, known).map(({ line, holes }) => {
    const size = amount(holes.reduce((sum, hole) => sum + hole.size, 0n));
    const why =
      claimOf(line.name) === "played"
        ? "the ACPI table that describes it was not collected, or not all of it"
        : "it is no device of a list, and too large for registers";
    return `/proc/iomem: ${lineText(line)}: ${size} of it are left out (${holes.map(span).join(", ")}): ${why}`;
  });
}

/** The regions, ascending, without overlaps, and what was left out that a person should know. */
export function planMemory(sources: MemorySources): {
  entries: Entry<MemoryDefinition>[];
  warnings: string[];
  /** Lines that are in no region, or not wholly, because the hypervisor plays what is there. */
  played: Resource[];
} {
  const taken = trapped(sources);
  const areas: Area[] = [];
  for (const area of [...ramAreas(sources), ...deviceAreas(sources)].map(inPages))
    for (const piece of uncovered(area, [...taken, ...areas])) areas.push({ ...area, ...piece });
  const warnings = leftOut(sources.iomem, [...taken, ...areas]);
  const hpets = claimed(sources.iomem, "held").filter(({ name }) => name.startsWith("HPET"));
  for (const { start } of hpets)
    if (!contains(HPET_PAGES, start))
      warnings.push(
        `the HPET at 0x${start.toString(16)} could write to all memory unseen: the hypervisor knows those from 0x${HPET_PAGES.start.toString(16)} on, and enable refuses the machine`,
      );
  const entries = merged(areas).map(({ start, size, flags, comment }) => ({
    comment: `${comment} (${amount(size)})`,
    value: { physical: start, size, flags },
  }));
  return { entries, warnings, played: playedLines(sources.iomem, taken) };
}
