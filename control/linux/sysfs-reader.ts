// Reads the tree that the driver keeps below /sys/devices/jailhouse (ABI section 7); control/sysfs.ts writes the same one
// for emulated machines.

import { EINVAL, ENODEV, ENOENT, ENXIO, EOPNOTSUPP } from "../../abi/errno.ts";
import type {
  CellInfo,
  CellRef,
  CellState,
  CellStatistics,
  Counters,
  MachineStatus,
} from "../api.ts";
import { SystemError } from "../errors.ts";
import { parseCpuList } from "../sysfs.ts";
import type { Files } from "./files.ts";
import { SYSFS } from "./host.ts";

const COUNTER = "vmexits_";
const CPU_DIRECTORY = /^cpu(\d+)$/;
const CELLS = `${SYSFS}/cells`;

/** What the functions here read: whether it is enabled, all cells, the pools. */
export const ENABLED_FILES: readonly string[] = [`${SYSFS}/enabled`];
export const CELL_FILES: readonly string[] = [
  ...["name", "state", "cpus_assigned_list", "cpus_failed_list"].map(
    (file) => `${CELLS}/*/${file}`,
  ),
];
export const POOL_FILES: readonly string[] = [
  ...["mem", "remap"].flatMap((pool) => [
    `${SYSFS}/${pool}_pool_size`,
    `${SYSFS}/${pool}_pool_used`,
  ]),
];
/** ... and the counters of the cell with this id. */
export const counterFiles = (id: number): string[] => [
  ...["", "cpu*/"].map((directory) => `${CELLS}/${id}/statistics/${directory}${COUNTER}*`),
];

/** What reading says of a cell that is destroyed meanwhile. */
const GONE: readonly number[] = [ENOENT, ENODEV, ENXIO];

/** The result, or undefined when what it reads has just gone. */
function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof SystemError && GONE.includes(error.errno)) return undefined;
    throw error;
  }
}

export const isEnabled = (files: Files): boolean => files.textIfAny(`${SYSFS}/enabled`) === "1";

/** A binary file of our driver. Throws EINVAL while not enabled, EOPNOTSUPP for a driver that does not have it. */
export function readTable(files: Files, path: string): Uint8Array {
  if (!isEnabled(files)) {
    throw new SystemError(EINVAL, { hint: "The hypervisor is not enabled." });
  }
  try {
    return files.read(path);
  } catch (cause) {
    if (!(cause instanceof SystemError) || cause.errno !== ENOENT) throw cause;
    throw new SystemError(EOPNOTSUPP, { hint: "The driver does not tell this.", cause });
  }
}

function readCell(files: Files, id: number): CellInfo {
  const read = (file: string) => files.text(`${CELLS}/${id}/${file}`);
  return {
    id,
    name: read("name"),
    state: read("state") as CellState,
    cpusAssigned: parseCpuList(read("cpus_assigned_list")),
    cpusFailed: parseCpuList(read("cpus_failed_list")),
  };
}

/** All cells, by id; none while disabled. */
export function readCells(files: Files): CellInfo[] {
  const ids = unlessGone(() => files.list(CELLS)) ?? [];
  return ids
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .sort((a, b) => a - b)
    .flatMap((id) => unlessGone(() => readCell(files, id)) ?? []);
}

/** One cell. Throws ENOENT when there is none. */
export function findCell(files: Files, ref: CellRef): CellInfo {
  const found = readCells(files).find(({ id, name }) => id === ref || name === ref);
  if (found) return found;
  throw new SystemError(ENOENT, { hint: `There is no cell ${JSON.stringify(ref)}.` });
}

function readCounters(files: Files, path: string): Counters {
  const names = files.list(path).filter((entry) => entry.startsWith(COUNTER));
  return Object.fromEntries(
    names.map((name) => [name.slice(COUNTER.length), Number(files.text(`${path}/${name}`))]),
  );
}

/** A cell's counters, of files that were gathered with {@link counterFiles}. Throws ENOENT when the cell has gone. */
export function readStatistics(files: Files, cell: CellInfo): CellStatistics {
  const path = `${CELLS}/${cell.id}/statistics`;
  const cpus = files.list(path).flatMap((entry) => {
    const cpu = CPU_DIRECTORY.exec(entry)?.[1];
    const counters =
      cpu && unlessGone(() => [Number(cpu), readCounters(files, `${path}/${entry}`)] as const);
    return counters ? [counters] : [];
  });
  return { cell, total: readCounters(files, path), cpus: new Map(cpus.sort(([a], [b]) => a - b)) };
}

/** The page pools; all zero while disabled. */
export function readPools(files: Files): MachineStatus["pools"] {
  const figure = (file: string) => Number(files.textIfAny(`${SYSFS}/${file}`) ?? 0);
  return {
    memory: { size: figure("mem_pool_size"), used: figure("mem_pool_used") },
    remap: { size: figure("remap_pool_size"), used: figure("remap_pool_used") },
  };
}
