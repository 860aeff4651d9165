// The root cell's memory: RAM with what firmware keeps of it, and the registers of its devices, without what is trapped.
import { APIC_PAGE, MESSAGE_WINDOW_SIZE } from "../../abi/x86/apic.ts";
import { HPET_PAGES } from "../bus-masters.ts";
import {
  alignDown,
  alignUp,
  amount,
  contains,
  endOf,
  PAGE,
  type Range,
  uncovered,
} from "../check/ranges.ts";
import type { MemoryDefinition } from "../definition.ts";
import type { IoApic, Iommu, Mmconfig } from "./acpi.ts";
import { describeFunction, type PciFunction } from "./pci.ts";
import type { Placement } from "./placement.ts";
import { everyResource, type Resource } from "./resources.ts";

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
const FIRMWARE = ["Reserved", "ACPI Tables", "ACPI Non-volatile Storage", "Unknown E820 type"];

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
    ({ name, start, size }) => FIRMWARE.includes(name) && start <= top && size <= FIRMWARE_MAX,
  );
}

/** RAM that Linux uses. */
export const systemRam = (iomem: readonly Resource[]): Resource[] =>
  iomem.filter(({ name }) => name === "System RAM");

/** All RAM of a machine whose kernel keeps `reserved` free: ranges that may overlap. */
export function allRam(iomem: readonly Resource[], reserved: readonly Range[]): Range[] {
  const known = [FIRST_MIB, ...reserved, ...systemRam(iomem)];
  return [...known, ...firmwareRam(iomem, known)];
}

function ramAreas({ iomem, placement }: MemorySources): Area[] {
  const areas: Area[] = [
    { ...FIRST_MIB, flags: RAM, comment: "the first MiB, with VGA and ROMs" },
    { ...placement.inmates, flags: RAM, comment: `for inmates (${placement.memmap})` },
    ...systemRam(iomem).map((range) => ({
      ...range,
      flags: RAM,
      comment: "/proc/iomem: System RAM",
    })),
  ];
  for (const one of firmwareRam(iomem, areas))
    areas.push({ ...one, flags: RAM, comment: `/proc/iomem: ${one.name}, the firmware's RAM` });
  return areas;
}

function deviceAreas({ iomem, functions }: MemorySources): Area[] {
  const areas = functions.flatMap((one) =>
    one.bars
      .filter(({ isPorts }) => !isPorts)
      .map((bar) => ({ ...bar, flags: DEVICE, comment: describeFunction(one) })),
  );
  const rest: Area[] = [];
  for (const { name, start, size } of everyResource(iomem)) {
    const comment = `/proc/iomem: ${name}`;
    if (name.startsWith("HPET")) rest.push({ start, size: PAGE, flags: DEVICE, comment });
    if (name !== "Reserved" || size > DEVICE_MAX) continue;
    const isFlash = start >= FLASH_START && start + size === FOUR_GIB;
    rest.push({
      start,
      size,
      flags: isFlash ? ["read"] : DEVICE,
      comment: isFlash ? "flash with the firmware" : comment,
    });
  }
  return [...areas, ...rest];
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

/** The regions, ascending, without overlaps, and what was left out that a person should know. */
export function planMemory(sources: MemorySources): {
  entries: Entry<MemoryDefinition>[];
  warnings: string[];
} {
  const taken = trapped(sources);
  const areas: Area[] = [];
  for (const area of [...ramAreas(sources), ...deviceAreas(sources)].map(inPages))
    for (const piece of uncovered(area, [...taken, ...areas])) areas.push({ ...area, ...piece });
  const large = sources.iomem.filter(
    ({ name, size }) => name === "Reserved" && size > DEVICE_MAX && size < 1n << 40n,
  );
  const warnings = large
    .filter((one) => !taken.some(({ start }) => start >= one.start && start < endOf(one)))
    .map(
      (one) =>
        `${amount(one.size)} reserved from 0x${one.start.toString(16)} are left out: no device of a list is there`,
    );
  const hpets = [...everyResource(sources.iomem)].filter(({ name }) => name.startsWith("HPET"));
  for (const { start } of hpets)
    if (!contains(HPET_PAGES, start))
      warnings.push(
        `the HPET at 0x${start.toString(16)} could write to all memory unseen: the hypervisor knows those from 0x${HPET_PAGES.start.toString(16)} on, and enable refuses the machine`,
      );
  const entries = merged(areas).map(({ start, size, flags, comment }) => ({
    comment: `${comment} (${amount(size)})`,
    value: { physical: start, size, flags },
  }));
  return { entries, warnings };
}
