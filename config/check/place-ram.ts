// Where a cell's memory could go: RAM of the root cell that nobody of the set has.

import {
  alignDown,
  alignUp,
  endOf,
  isComm,
  isRam,
  PAGE,
  physical,
  type Range,
  uncovered,
} from "./ranges.ts";
import type { ConfigSet } from "./set.ts";
import { regionsOf } from "./set.ts";

/** Addresses below this are the root cell's own system's. */
const FIRST_MIB = 1n << 20n;

/** The root cell's RAM for inmates: what follows the hypervisor's memory, else its last range. */
function inmateRam({ system, root }: ConfigSet): Range[] {
  const own = physical(system.hypervisorMemory);
  const ram = regionsOf(root).filter(isRam).map(physical);
  const next = ram.filter(({ start }) => start === endOf(own));
  const later = ram.filter(({ start }) => start >= FIRST_MIB && start !== endOf(own));
  return [...next, ...later.sort((a, b) => (a.start > b.start ? -1 : 1))];
}

/**
 * A start for `size` bytes that are whole pages, in the highest free place of the RAM for inmates; undefined when there is
 * none. `except` is memory of the set that does not count.
 */
export function findRam(set: ConfigSet, size: bigint, except?: Range): bigint | undefined {
  const taken = set.cells
    .flatMap(regionsOf)
    .filter((region) => !isComm(region))
    .map(physical)
    .filter((range) => !except || range.start !== except.start || range.size !== except.size);
  taken.push(physical(set.system.hypervisorMemory));
  const unit = size >= FIRST_MIB ? FIRST_MIB : PAGE;
  const rounded = alignUp(size, PAGE);
  for (const ram of inmateRam(set))
    for (const free of uncovered(ram, taken).sort((a, b) => (a.start > b.start ? -1 : 1))) {
      if (free.size < rounded) continue;
      const start = alignDown(endOf(free) - rounded, unit);
      if (start >= free.start) return start;
    }
  return undefined;
}
