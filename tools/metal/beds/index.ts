// All beds.

import type { Bed } from "./bed.ts";
import { BOCHS } from "./bochs/index.ts";
import { QEMU, QEMU10 } from "./qemu.ts";

export const BEDS: readonly Bed[] = [QEMU, QEMU10, BOCHS];

/** For people: what --bed may be. */
export const bedNames = () => BEDS.map(({ name }) => name).join(", ");

/** The bed with that name; the first without one. Throws UnknownBed. */
export function findBed(name = QEMU.name): Bed {
  const bed = BEDS.find((each) => each.name === name);
  if (bed) return bed;
  throw new UnknownBed(`There is no bed "${name}"; the beds are ${bedNames()}.`);
}

/** The message is all that there is to say. */
export class UnknownBed extends Error {
  override readonly name = "UnknownBed";
}
