// A configuration beside the machine that it is for: what is RAM there, and what the kernel keeps free.
import * as abi from "../../../abi/config.ts";
import { forGrub, memmapOption } from "../../create/kernel-options.ts";
import { type Edit, family, type Report } from "../finding.ts";
import { add, remove, setTo } from "../fix.ts";
import type { Machine } from "../machine.ts";
import { findRam } from "../place-ram.ts";
import {
  alignDown,
  alignUp,
  amount,
  endOf,
  has,
  isComm,
  isMoved,
  isRam,
  overlap,
  PAGE,
  physical,
  type Range,
  span,
  uncovered,
} from "../ranges.ts";
import { type ConfigSet, machineOf, type Region, regionsOf } from "../set.ts";

const RULES = {
  "machine-hypervisor-ram": ["error", "The hypervisor's memory is no RAM of the machine"],
  "machine-memmap": ["error", "Linux uses the hypervisor's memory"],
  "machine-cell-ram": ["error", "A cell's memory is no RAM of the machine"],
  "machine-cell-memmap": ["error", "Linux uses a cell's memory"],
  "machine-ram-missing": ["error", "RAM that Linux uses is in no region of the root cell"],
  "machine-ram-beyond": ["warning", "RAM of the root cell is no RAM of the machine"],
} as const;
type Tell = Report<keyof typeof RULES>;

const HYPERVISOR = { file: 0, path: "hypervisorMemory" };
const RAM_FLAGS = abi.MEM_READ | abi.MEM_WRITE | abi.MEM_EXECUTE | abi.MEM_DMA;

const listed = (ranges: readonly Range[]): string => ranges.map(span).join(", ");
const within = (range: Range, outer: Range): boolean => overlap(range, outer)?.size === range.size;
const total = (ranges: readonly Range[]): bigint =>
  ranges.reduce((sum, { size }) => sum + size, 0n);
/** What of a range none of the others has, by whole pages of these. */
const missingIn = (range: Range, others: readonly Range[]): Range[] =>
  uncovered(
    range,
    others.map((one) => {
      const start = alignDown(one.start, PAGE);
      return { start, size: alignUp(endOf(one), PAGE) - start };
    }),
  );
const usedByLinux = ({ systemRam }: Machine, range: Range): Range[] =>
  systemRam.map((ram) => overlap(ram, range)).filter((part) => part !== undefined);

/** What memmap= has to keep free: the hypervisor's memory, and the region for inmates behind it. */
function wantedWindow({ system, root }: ConfigSet, { ram }: Machine): Range {
  const own = physical(system.hypervisorMemory);
  const next = regionsOf(root).find(
    (region) => isRam(region) && region.physicalStart === endOf(own),
  );
  // Where all the rest follows in one region it is not for inmates alone.
  return next && next.size * 2n < total(ram) ? { ...own, size: own.size + next.size } : own;
}

const bootWith = (window: Range): string => {
  const option = memmapOption(window);
  return `Boot Linux with ${option}; in /etc/default/grub: ${forGrub(option)}`;
};

/** Arm's: what is kept free may be in no list, so that only what Linux uses is known to be wrong. */
function checkArm(set: ConfigSet, machine: Machine, tell: Tell) {
  const advice =
    "Keep it free: a node of the device tree's reserved-memory, or mem= on the kernel's command line.";
  const own = physical(set.system.hypervisorMemory);
  const used = total(usedByLinux(machine, own));
  if (used > 0n) tell("machine-memmap", HYPERVISOR, `Linux uses ${amount(used)} of it`, { advice });
  for (const cell of set.cells)
    for (const region of regionsOf(cell).filter(wants)) {
      const taken = total(usedByLinux(machine, physical(region)));
      if (taken > 0n)
        tell(
          "machine-cell-memmap",
          region.at("physicalStart"),
          `Linux uses ${amount(taken)} of ${span(physical(region))}`,
          { advice },
        );
    }
}

/** Whether the hypervisor's memory is RAM that nobody else has. */
function checkHypervisor(set: ConfigSet, machine: Machine, tell: Tell): boolean {
  const own = physical(set.system.hypervisorMemory);
  const missing = missingIn(own, machine.ram);
  if (missing.length > 0) {
    tell("machine-hypervisor-ram", HYPERVISOR, `${listed(missing)} is no RAM of the machine`, {
      advice: "Give it RAM that memmap= keeps free; jailhouse config create finds a place.",
    });
    return false;
  }
  const unkept = uncovered(own, machine.reserved);
  if (unkept.length === 0) return true;
  const kept =
    machine.reserved.length === 0
      ? "its command line has no memmap="
      : `memmap= keeps ${listed(machine.reserved)}`;
  const used = total(usedByLinux(machine, own));
  tell(
    "machine-memmap",
    HYPERVISOR,
    `${used > 0n ? `Linux uses ${amount(used)} of it` : "nothing keeps it free"}: ${kept}`,
    { advice: bootWith(wantedWindow(set, machine)) },
  );
  return false;
}

/** Another place for a cell's memory that is RAM, and that memmap= keeps or shall keep. */
function moved(set: ConfigSet, region: Region, free: readonly Range[]): Edit[] {
  const start = findRam(set, region.size, physical(region));
  if (start === undefined) return [];
  return free.some((range) => within({ start, size: region.size }, range))
    ? [setTo(region.at("physicalStart"), start)]
    : [];
}

function checkCellRegion(set: ConfigSet, machine: Machine, region: Region, tell: Tell) {
  const range = physical(region);
  const window = wantedWindow(set, machine);
  const free = [...machine.reserved, window];
  const missing = missingIn(range, machine.ram);
  if (missing.length > 0) {
    tell(
      "machine-cell-ram",
      region.at("physicalStart"),
      `${listed(missing)} is no RAM of the machine`,
      { fix: moved(set, region, free), advice: "Give it RAM that memmap= keeps free." },
    );
    return;
  }
  const used = total(usedByLinux(machine, range));
  // What the hypervisor's window is to keep is told there.
  if (used === 0n || within(range, window)) return;
  tell(
    "machine-cell-memmap",
    region.at("physicalStart"),
    `Linux uses ${amount(used)} of ${span(range)}: memmap= does not keep it free`,
    { fix: moved(set, region, free), advice: bootWith(range) },
  );
}

/** The parts of Linux' RAM that the root cell does not have. */
function checkMissing({ system, root }: ConfigSet, machine: Machine, tell: Tell) {
  const regions = regionsOf(root).filter((region) => !isComm(region));
  const own = physical(system.hypervisorMemory);
  const inmates = endOf(own);
  const known = [...regions.map(physical), own];
  for (const ram of machine.systemRam) {
    const start = alignUp(ram.start, PAGE);
    const size = alignDown(endOf(ram), PAGE) - start;
    if (size <= 0n) continue;
    for (const hole of uncovered({ start, size }, known)) {
      // What follows the hypervisor's memory is for inmates, not for Linux.
      const before = regions.find(
        (region) =>
          isRam(region) &&
          endOf(physical(region)) === hole.start &&
          region.physicalStart !== inmates,
      );
      const region = { physicalStart: hole.start, virtualStart: hole.start, size: hole.size };
      tell(
        "machine-ram-missing",
        root.at("memory"),
        `${span(hole)}, ${amount(hole.size)} of RAM, is in no region of the root cell: Linux is stopped when it gets there`,
        {
          fix: before
            ? [setTo(before.at("size"), before.size + hole.size)]
            : [add(root.at("memory"), { ...region, flags: BigInt(RAM_FLAGS) })],
        },
      );
    }
  }
}

/** Cuts off what is not there, at either end. */
function cut(region: Region, [missing, ...others]: readonly Range[]): Edit[] {
  const range = physical(region);
  if (!missing || others.length > 0) return [];
  if (missing.size === range.size) return [remove(region.at())];
  const size = setTo(region.at("size"), range.size - missing.size);
  if (endOf(missing) === endOf(range)) return [size];
  if (missing.start !== range.start) return [];
  return [
    setTo(region.at("physicalStart"), endOf(missing)),
    setTo(region.at("virtualStart"), region.virtualStart + missing.size),
    size,
  ];
}

function checkBeyond({ root }: ConfigSet, machine: Machine, tell: Tell) {
  for (const region of regionsOf(root).filter(isRam)) {
    const missing = missingIn(physical(region), machine.ram);
    if (missing.length === 0) continue;
    tell("machine-ram-beyond", region.at(), `${listed(missing)} is no RAM of the machine`, {
      fix: cut(region, missing),
      advice: "Divide the region: leave that part out.",
    });
  }
}

const wants = (region: Region): boolean =>
  !isComm(region) &&
  isMoved(region) &&
  (isRam(region) || has(region.flags, abi.MEM_LOADABLE)) &&
  region.size % PAGE === 0n;

export const machineMemory = family(RULES, (set, tell) => {
  const machine = machineOf(set);
  if (!machine) return;
  checkMissing(set, machine, tell);
  if (machine.isArm) {
    checkArm(set, machine, tell);
    return;
  }
  checkHypervisor(set, machine, tell);
  for (const cell of set.cells)
    for (const region of regionsOf(cell).filter(wants)) checkCellRegion(set, machine, region, tell);
  checkBeyond(set, machine, tell);
});
