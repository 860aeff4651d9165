// All beds.

import type { Bed, GuestSystem, Machine, Processor } from "./bed.ts";
import { BOCHS } from "./bochs/index.ts";
import { PC } from "./pc/index.ts";
import { QEMU, QEMU10 } from "./qemu.ts";

export const BEDS: readonly Bed[] = [QEMU, QEMU10, BOCHS, PC];

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

/** The processor of a machine of a bed; undefined for one that is not listed. */
function processorOf({ processors }: Bed, { cpu }: Machine): Processor | undefined {
  const all = [...processors.values()];
  return cpu === undefined ? all[0] : all.find(({ model }) => model === cpu);
}

/** The configuration that ships for a machine of a bed. */
export function systemOf(bed: Bed, machine: Machine = {}): GuestSystem {
  return processorOf(bed, machine)?.system ?? bed.system;
}

/** The name of the image that the driver asks for on a machine of a bed. */
export function imageOf(bed: Bed, machine: Machine = {}): string {
  return `jailhouse-${processorOf(bed, machine)?.vendor ?? "amd"}.bin`;
}

/** For people: what --cpu may be on each bed. */
export const processorNames = () =>
  BEDS.map(({ name, processors }) => `${[...processors.keys()].join(", ")} (${name})`).join("; ");

/** The message is all that there is to say. */
export class UnknownMachine extends Error {
  override readonly name = "UnknownMachine";
}
