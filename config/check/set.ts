// The configurations that are checked together, as rules want them: a root cell, and cells that shall run side by side.
import { oneLine } from "../printable.ts";
import type { Cell, Config, MemoryRegion, SystemConfig } from "../types.ts";
import type { Place } from "./finding.ts";
import type { Machine, MachineFacts } from "./machine.ts";

/** One cell of the set. */
export interface Part {
  readonly file: number;
  readonly isRoot: boolean;
  readonly cell: Cell;
  /** How messages call it. */
  readonly label: string;
  /** The place of a path in the cell. */
  at(path: string): Place;
}

export interface ConfigSet {
  readonly system: SystemConfig;
  readonly root: Part;
  /** The other cells, in the order in which they are created. */
  readonly cells: readonly Part[];
  /** All of them, the root cell first. */
  readonly parts: readonly Part[];
  readonly machine: MachineFacts;
}

function part(file: number, cell: Cell, isRoot: boolean): Part {
  return {
    file,
    isRoot,
    cell,
    label: `${isRoot ? "the root cell" : "cell"} "${oneLine(cell.name)}"`,
    at: (path) => ({ file, path: isRoot ? `rootCell${path && "."}${path}` : path }),
  };
}

/** A set of a system and its cells; `configs` has a hole where a file is no configuration. The system's index is 0. */
export function makeSet(
  configs: readonly (Config | undefined)[],
  machine: MachineFacts = {},
): ConfigSet | undefined {
  const [system] = configs;
  if (system?.kind !== "system") return undefined;
  const root = part(0, system.rootCell, true);
  const cells = configs.flatMap((config, file) =>
    config?.kind === "cell" ? [part(file, config, false)] : [],
  );
  return { system, root, cells, parts: [root, ...cells], machine };
}

/** A memory region with where it stands. */
export interface Region extends MemoryRegion {
  readonly part: Part;
  readonly index: number;
  /** Its place, or that of one of its fields. */
  at(field?: keyof MemoryRegion): Place;
}

/** The regions of a cell that are no placeholders. */
export function regionsOf(part: Part): Region[] {
  return part.cell.memory.flatMap((region, index) => {
    if (region.size === 0n) return [];
    const at = (field?: keyof MemoryRegion) =>
      part.at(`memory[${index}]${field === undefined ? "" : `.${field}`}`);
    return [{ ...region, part, index, at }];
  });
}

/** Every unordered pair of a list. */
export function pairs<Type>(list: readonly Type[]): [Type, Type][] {
  return list.flatMap((a, index) => list.slice(index + 1).map((b): [Type, Type] => [a, b]));
}

/** The machine that was looked at, if the system can be for it: nothing else of another architecture's is worth comparing. */
export function machineOf({ machine, system }: ConfigSet): Machine | undefined {
  const { found } = machine;
  return found && found.isArm === (system.architecture !== "x86") ? found : undefined;
}
