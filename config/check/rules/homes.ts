// Where a cell's memory comes from: the root cell's RAM and devices.
import * as abi from "../../../abi/config.ts";
import { family, type Place, type Report } from "../finding.ts";
import { remove, setTo } from "../fix.ts";
import { findRam } from "../place-ram.ts";
import {
  amount,
  contains,
  endOf,
  has,
  isComm,
  isMoved,
  isRam,
  overlap,
  physical,
  type Range,
  span,
  uncovered,
} from "../ranges.ts";
import { type ConfigSet, type Region, regionsOf } from "../set.ts";

const RULES = {
  "memory-unloadable": ["error", "The root cell cannot load a region"],
  "memory-nowhere": ["warning", "A region is outside all RAM and devices of the system"],
  "memory-root-readonly": ["error", "The root cell may not write what it shall load"],
  "memory-system-ram": ["warning", "A cell takes memory that the root cell's system uses"],
  "memory-kind": ["warning", "Memory to run in is where devices are"],
  "memory-shared-loadable": ["warning", "The root cell can change a cell's program while it runs"],
  "memory-shared-alone": ["warning", "Shared memory has no other side"],
} as const;
type Tell = Report<keyof typeof RULES>;

const FIRST_MIB = 1n << 20n;
const wants = (region: Region): boolean => has(region.flags, abi.MEM_EXECUTE | abi.MEM_LOADABLE);

function moved(set: ConfigSet, region: Region) {
  const start = findRam(set, region.size, physical(region));
  return start === undefined ? [] : [setTo(region.at("physicalStart"), start)];
}

/** The places of the root cell's regions that end before a hole, or begin after it. */
const beside = (set: ConfigSet, hole: Range): Place[] =>
  regionsOf(set.root)
    .filter((one) => endOf(physical(one)) === hole.start || one.physicalStart === endOf(hole))
    .map((one) => one.at());

function checkCovered(set: ConfigSet, region: Region, tell: Tell): boolean {
  const range = physical(region);
  // What is the hypervisor's is a fault of its own.
  const known = regionsOf(set.root)
    .filter((one) => !isComm(one))
    .map(physical);
  const missing = uncovered(range, [...known, physical(set.system.hypervisorMemory)]);
  if (missing.length === 0) return true;
  const parts = missing.map(span).join(", ");
  const first = missing[0]!;
  // What is missing at the end only can be cut off; a region that is nowhere can be put where RAM is.
  const kept = first.start - range.start;
  const fix =
    missing.length === 1 && kept > 0n && !wants(region)
      ? [setTo(region.at("size"), kept)]
      : wants(region)
        ? moved(set, region)
        : [remove(region.at())];
  const extra = {
    fix,
    related: [set.root.at("memory"), ...missing.flatMap((hole) => beside(set, hole))],
    ranges: [{ label: `memory[${region.index}]`, ...range }],
  };
  if (has(region.flags, abi.MEM_LOADABLE))
    tell(
      "memory-unloadable",
      region.at("physicalStart"),
      `${parts} is not the root cell's: it would be stopped when it loads the cell`,
      extra,
    );
  else
    tell(
      "memory-nowhere",
      region.at("physicalStart"),
      `${parts} is in no region of the root cell: the system knows no RAM and no device there`,
      extra,
    );
  return false;
}

function checkKinds(set: ConfigSet, region: Region, tell: Tell) {
  const homes = regionsOf(set.root).filter(
    (one) => !isComm(one) && overlap(physical(one), physical(region)),
  );
  const place = region.at("physicalStart");
  if (wants(region) && homes.some((home) => !isRam(home) && isMoved(home)))
    tell(
      "memory-kind",
      place,
      `${span(physical(region))} is where the system has a device, but it shall hold a program`,
      { fix: moved(set, region) },
    );
  const readonly = homes.find((home) => !has(home.flags, abi.MEM_WRITE));
  if (readonly && has(region.flags, abi.MEM_LOADABLE))
    tell(
      "memory-root-readonly",
      place,
      `${span(physical(region))} is in memory[${readonly.index}] of the root cell, which may not write there`,
      {
        fix: [setTo(readonly.at("flags"), readonly.flags | BigInt(abi.MEM_WRITE))],
        related: [readonly.at()],
      },
    );
  const system = homes.find((home) => isRam(home) && contains(physical(home), FIRST_MIB));
  const others = regionsOf(set.root).filter(isRam).length > 1;
  if (system && others)
    tell(
      "memory-system-ram",
      place,
      `${amount(region.size)} from ${span(physical(region))} is in memory[${system.index}] of the root cell, where its own system lives`,
      {
        fix: moved(set, region),
        related: [system.at()],
        ranges: [
          { label: `memory[${region.index}]`, ...physical(region) },
          { label: "the root cell's system", ...physical(system) },
        ],
      },
    );
}

function checkShared(set: ConfigSet, region: Region, tell: Tell) {
  const { flags, part } = region;
  if (isMoved(region)) return;
  const place = region.at("flags");
  if (has(flags, abi.MEM_LOADABLE)) {
    tell(
      "memory-shared-loadable",
      place,
      "it is both loadable and root-shared: the root cell keeps it while the cell runs",
      {
        fix: [setTo(place, flags & ~BigInt(abi.MEM_ROOTSHARED))],
      },
    );
    return;
  }
  const partners = set.parts.filter((other) => other !== part).flatMap(regionsOf);
  const hasPartner = partners.some(
    (other) => !isComm(other) && overlap(physical(other), physical(region)),
  );
  if (!hasPartner)
    tell(
      "memory-shared-alone",
      place,
      `${span(physical(region))} is shared, but no other cell has any of it`,
      {
        advice:
          "Add the other side: a region with the same physical address in the root cell or in another cell.",
      },
    );
}

export const homes = family(RULES, (set, tell) => {
  for (const part of set.cells)
    for (const region of regionsOf(part)) {
      if (isComm(region)) continue;
      if (checkCovered(set, region, tell)) checkKinds(set, region, tell);
      checkShared(set, region, tell);
    }
});
