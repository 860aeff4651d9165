// The hypervisor's own memory: whole pages, large enough, in RAM, and nobody else's.
import { family, type Report, type Shown } from "../finding.ts";
import { remove, setTo } from "../fix.ts";
import { findRam } from "../place-ram.ts";
import {
  alignDown,
  alignUp,
  amount,
  endOf,
  hex,
  isComm,
  MAP_LIMIT,
  overlap,
  PAGE,
  physical,
  type Range,
  span,
  virtual,
} from "../ranges.ts";
import { type ConfigSet, type Region, regionsOf } from "../set.ts";

const RULES = {
  "hypervisor-pages": ["error", "The hypervisor's memory is not made of whole pages"],
  "hypervisor-range": ["error", "The hypervisor's memory is out of range"],
  "hypervisor-small": ["error", "The hypervisor has too little memory"],
  "hypervisor-outside": ["error", "The hypervisor's memory is not RAM"],
  "memory-hypervisor": ["error", "A memory region reaches into the hypervisor's memory"],
} as const;
type Tell = Report<keyof typeof RULES>;

/** What a small hypervisor takes, and what it takes more for each CPU and each cell: bytes. */
const LEAST = 768n << 10n;
const PER_CPU = 16n << 10n;
const PER_CELL = 256n << 10n;
const USUAL = 6n << 20n;
const place = (field: string) => ({ file: 0, path: `hypervisorMemory${field}` });

function checkShape({ system, root, cells, machine }: ConfigSet, tell: Tell): boolean {
  const own = physical(system.hypervisorMemory);
  if (own.size === 0n || (own.start | own.size) % PAGE !== 0n) {
    const size = own.size === 0n ? USUAL : alignUp(own.size, PAGE);
    tell(
      "hypervisor-pages",
      place(""),
      `${hex(own.size)} bytes from ${hex(own.start)} are not whole pages`,
      {
        fix: [
          setTo(place(".physicalStart"), alignDown(own.start, PAGE)),
          setTo(place(".size"), size),
        ],
      },
    );
    return false;
  }
  if (endOf(own) > MAP_LIMIT) {
    tell("hypervisor-range", place(""), `its end ${hex(endOf(own))} is beyond ${hex(MAP_LIMIT)}`, {
      advice: "Give it the place that the kernel's memmap= keeps free.",
    });
    return false;
  }
  const least = LEAST + PER_CPU * BigInt(root.cell.cpus.length) + PER_CELL * BigInt(cells.length);
  if (own.size < least)
    tell(
      "hypervisor-small",
      place(".size"),
      `${amount(own.size)} are less than the ${amount(alignUp(least, PAGE))} that ${root.cell.cpus.length} CPUs and ${cells.length} other cells need`,
      {
        fix: [setTo(place(".size"), grown(own, system.rootCell.memory.map(physical), least))],
      },
    );
  const { ramEnd } = machine;
  if (ramEnd !== undefined && endOf(own) > ramEnd)
    tell(
      "hypervisor-outside",
      place(".physicalStart"),
      `it is ${span(own)}, but the machine's RAM ends at ${hex(ramEnd)}`,
      {
        advice: "Give it the place that the kernel's memmap= keeps free.",
      },
    );
  return true;
}

/** The usual size, or less if somebody has memory right after it. */
function grown(own: Range, others: readonly Range[], least: bigint): bigint {
  const next = others
    .filter(({ start }) => start > own.start)
    .map(({ start }) => start - own.start);
  const room = next.reduce((a, b) => (a < b ? a : b), USUAL);
  return room < least ? alignUp(least, PAGE) : room < USUAL ? room : USUAL;
}

/** What repairs a region that reaches into the hypervisor's memory: cut off, or put elsewhere. */
function repaired(set: ConfigSet, region: Region) {
  const own = physical(set.system.hypervisorMemory);
  const range = physical(region);
  if (!region.part.isRoot) {
    const start = findRam(set, range.size, range);
    return start === undefined ? [] : [setTo(region.at("physicalStart"), start)];
  }
  const before = own.start - range.start;
  const after = endOf(range) - endOf(own);
  if (before <= 0n && after <= 0n) return [remove(region.at())];
  if (before >= after) return [setTo(region.at("size"), before)];
  const moved = { ...range, start: endOf(own), size: after };
  return [
    setTo(region.at("physicalStart"), moved.start),
    setTo(region.at("virtualStart"), region.virtualStart + (moved.start - range.start)),
    setTo(region.at("size"), after),
  ];
}

function checkRegion(set: ConfigSet, region: Region, tell: Tell) {
  const own = physical(set.system.hypervisorMemory);
  const { isRoot, label } = region.part;
  const reached = isComm(region) ? undefined : overlap(physical(region), own);
  const hidden = isRoot ? overlap(virtual(region), own) : undefined;
  const common = reached ?? hidden;
  if (!common) return;
  const seen = reached ? physical(region) : virtual(region);
  const shown: Shown[] = [
    { label: `memory[${region.index}]`, ...seen },
    { label: "hypervisor", ...own },
  ];
  tell(
    "memory-hypervisor",
    region.at(reached ? "physicalStart" : "virtualStart"),
    `${span(seen)} of ${label} has ${amount(common.size)} of the hypervisor's memory, ${span(own)}`,
    {
      fix: repaired(set, region),
      related: [place("")],
      ranges: shown,
    },
  );
}

export const hypervisorMemory = family(RULES, (set, tell) => {
  if (!checkShape(set, tell)) return;
  for (const part of set.parts)
    for (const region of regionsOf(part)) checkRegion(set, region, tell);
});
