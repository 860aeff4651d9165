// All beds.

import type { Bed, GuestSystem, Machine } from "./bed.ts";
import { BOCHS } from "./bochs/index.ts";
import { QEMU, QEMU10 } from "./qemu.ts";

export const BEDS: readonly Bed[] = [QEMU, QEMU10, BOCHS];

/** For people: what --bed may be. */
export const bedNames = () => BEDS.map(({ name }) => name).join(", ");

/** The bed with that name; the first without one. Throws UnknownMachine. */
export function findBed(name = QEMU.name): Bed {
  const bed = BEDS.find((each) => each.name === name);
  if (bed) return bed;
  throw new UnknownMachine(`There is no bed "${name}"; the beds are ${bedNames()}.`);
}

/** The machine of a bed with the processor that --cpu names; the usual one without. Throws UnknownMachine. */
export function findMachine(bed: Bed, cpu: string | undefined): Machine {
  if (cpu === undefined) return {};
  const processor = bed.processors.get(cpu);
  if (processor) return { cpu: processor.model };
  const names = [...bed.processors.keys()].join(", ");
  const why = bed.lacks.get(cpu) ?? `there is no processor "${cpu}"`;
  throw new UnknownMachine(`On bed ${bed.name} ${why}; its processors are ${names}.`);
}

/** The configuration that ships for a machine of a bed. */
export function systemOf(bed: Bed, { cpu }: Machine = {}): GuestSystem {
  const processor = [...bed.processors.values()].find(({ model }) => model === cpu);
  return processor?.system ?? bed.system;
}

/** For people: what --cpu may be on each bed. */
export const processorNames = () =>
  BEDS.map(({ name, processors }) => `${[...processors.keys()].join(", ")} (${name})`).join("; ");

/** The message is all that there is to say. */
export class UnknownMachine extends Error {
  override readonly name = "UnknownMachine";
}
