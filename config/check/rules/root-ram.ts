// The root cell's RAM: its system runs in it already, and must find all of it.
import { family, type Report } from "../finding.ts";
import { setTo } from "../fix.ts";
import {
  amount,
  contains,
  endOf,
  hex,
  isComm,
  isRam,
  physical,
  span,
  uncovered,
} from "../ranges.ts";
import { type ConfigSet, regionsOf } from "../set.ts";

const RULES = {
  "root-ram-low": ["warning", "The root cell has no RAM at the bottom"],
  "root-ram-missing": ["warning", "RAM of the machine is in no region of the root cell"],
  "root-ram-beyond": ["warning", "RAM of the root cell is more than the machine has"],
} as const;

/** Systems start their CPUs from somewhere below 640 KiB. */
const LOW = 0x1000n;
const FIRST_MIB = 1n << 20n;
const GIB = 1n << 30n;
/** A PC with more RAM has a hole below 4 GiB, whose place differs. */
const WITHOUT_HOLE = 2n * GIB;
/** Firmware keeps this much of the end of RAM for itself, and may or may not list it. */
const FIRMWARE = 16n << 20n;

function checkMachine(
  { system, root }: ConfigSet,
  ramEnd: bigint,
  tell: Report<keyof typeof RULES>,
) {
  const regions = regionsOf(root).filter((region) => !isComm(region));
  const known = [...regions.map(physical), physical(system.hypervisorMemory)];
  const ram = { start: FIRST_MIB, size: ramEnd - FIRST_MIB };
  for (const hole of uncovered(ram, known)) {
    if (hole.start >= ramEnd - FIRMWARE) continue;
    const before = regions.find(
      (region) => isRam(region) && endOf(physical(region)) === hole.start,
    );
    const after = regions.find(({ physicalStart }) => physicalStart === endOf(hole));
    const size = before && before.size + hole.size;
    tell(
      "root-ram-missing",
      root.at("memory"),
      `${span(hole)}, ${amount(hole.size)} of RAM, is in no region of the root cell: its system is stopped when it gets there`,
      {
        related: [before, after].flatMap((one) => (one ? [one.at()] : [])),
        fix: before && size !== undefined ? [setTo(before.at("size"), size)] : [],
        advice: `Add a region for it${after ? ` before memory[${after.index}]` : ""} with the flags read, write, execute and dma.`,
      },
    );
  }
  for (const region of regions.filter(isRam)) {
    const range = physical(region);
    if (endOf(range) <= ramEnd || range.start >= 4n * GIB) continue;
    tell(
      "root-ram-beyond",
      region.at("size"),
      `it is ${span(range)}, but the machine's RAM ends at ${hex(ramEnd)}`,
      range.start < ramEnd ? { fix: [setTo(region.at("size"), ramEnd - range.start)] } : {},
    );
  }
}

export const rootRam = family(RULES, (set, tell) => {
  if (set.system.architecture !== "x86") return;
  const { root, machine } = set;
  const ram = regionsOf(root).filter(isRam);
  if (ram.length > 0 && !ram.some((region) => contains(physical(region), LOW)))
    tell(
      "root-ram-low",
      root.at("memory"),
      `no region of the root cell has the RAM at ${hex(LOW)}: it cannot start its CPUs again when a cell gives them back`,
      { advice: "Add the machine's lowest RAM with the flags read, write, execute and dma." },
    );
  const { ramEnd } = machine;
  if (ramEnd !== undefined && ramEnd <= WITHOUT_HOLE) checkMachine(set, ramEnd, tell);
});
