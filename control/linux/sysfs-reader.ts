// Reads the tree that the driver keeps below /sys/devices/jailhouse (ABI section 7); control/sysfs.ts writes the same one
// for emulated machines.

import { readdirSync, readFileSync } from "node:fs";
import { EINVAL, ENODEV, ENOENT, ENXIO, EOPNOTSUPP } from "../../abi/errno.ts";
import type {
  CellInfo,
  CellRef,
  CellState,
  CellStatistics,
  Counters,
  MachineStatus,
} from "../api.ts";
import { SystemError, toSystemError } from "../errors.ts";
import { parseCpuList } from "../sysfs.ts";
import { type Host, inHost, readIfAny, readText, SYSFS } from "./host.ts";

const COUNTER = "vmexits_";
const CPU_DIRECTORY = /^cpu(\d+)$/;
/** What reading says of a cell that is destroyed meanwhile. */
const GONE: readonly number[] = [ENOENT, ENODEV, ENXIO];

function list(host: Host, path: string): string[] {
  try {
    return readdirSync(inHost(host, path));
  } catch (error) {
    throw toSystemError(error);
  }
}

/** The result, or undefined when what it reads has just gone. */
function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof SystemError && GONE.includes(error.errno)) return undefined;
    throw error;
  }
}

export const isEnabled = (host: Host): boolean => readIfAny(host, `${SYSFS}/enabled`) === "1";

/** A binary file of our driver. Throws EINVAL while not enabled, EOPNOTSUPP for a driver that does not have it. */
export function readTable(host: Host, path: string): Uint8Array {
  if (!isEnabled(host)) {
    throw new SystemError(EINVAL, { hint: "The hypervisor is not enabled." });
  }
  try {
    return readFileSync(inHost(host, path));
  } catch (cause) {
    const error = toSystemError(cause);
    if (error.errno !== ENOENT) throw error;
    throw new SystemError(EOPNOTSUPP, { hint: "The driver does not tell this.", cause });
  }
}

function readCell(host: Host, id: number): CellInfo {
  const read = (file: string) => readText(host, `${SYSFS}/cells/${id}/${file}`);
  return {
    id,
    name: read("name"),
    state: read("state") as CellState,
    cpusAssigned: parseCpuList(read("cpus_assigned_list")),
    cpusFailed: parseCpuList(read("cpus_failed_list")),
  };
}

/** All cells, by id; none while disabled. */
export function readCells(host: Host): CellInfo[] {
  const ids = unlessGone(() => list(host, `${SYSFS}/cells`)) ?? [];
  return ids
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .sort((a, b) => a - b)
    .flatMap((id) => unlessGone(() => readCell(host, id)) ?? []);
}

/** One cell. Throws ENOENT when there is none. */
export function findCell(host: Host, ref: CellRef): CellInfo {
  const found = readCells(host).find(({ id, name }) => id === ref || name === ref);
  if (found) return found;
  throw new SystemError(ENOENT, { hint: `There is no cell ${JSON.stringify(ref)}.` });
}

function readCounters(host: Host, path: string): Counters {
  const names = list(host, path).filter((entry) => entry.startsWith(COUNTER));
  return Object.fromEntries(
    names.map((name) => [name.slice(COUNTER.length), Number(readText(host, `${path}/${name}`))]),
  );
}

/** A cell's counters. Throws ENOENT when there is no such cell. */
export function readStatistics(host: Host, ref: CellRef): CellStatistics {
  const cell = findCell(host, ref);
  const path = `${SYSFS}/cells/${cell.id}/statistics`;
  const cpus = list(host, path).flatMap((entry) => {
    const cpu = CPU_DIRECTORY.exec(entry)?.[1];
    const counters =
      cpu && unlessGone(() => [Number(cpu), readCounters(host, `${path}/${entry}`)] as const);
    return counters ? [counters] : [];
  });
  return { cell, total: readCounters(host, path), cpus: new Map(cpus.sort(([a], [b]) => a - b)) };
}

/** The page pools; all zero while disabled. */
export function readPools(host: Host): MachineStatus["pools"] {
  const figure = (file: string) => Number(readIfAny(host, `${SYSFS}/${file}`) ?? 0);
  return {
    memory: { size: figure("mem_pool_size"), used: figure("mem_pool_used") },
    remap: { size: figure("remap_pool_size"), used: figure("remap_pool_used") },
  };
}
