// The tree that the original's driver shows below /sys/devices/jailhouse (ABI section 7), as files: a script for the
// original runs with that one path changed.
//
// Each update builds a new tree beside the old one and swaps a link: who opens the tree through a directory of it keeps a
// consistent view.

import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { CellStatistics, Counters, MachineStatus, Session } from "./api.ts";

/** Everything that the tree shows, taken at one virtual time. */
export interface SysfsSnapshot {
  readonly status: MachineStatus;
  /** One for each cell. */
  readonly cells: readonly CellStatistics[];
  /** The hypervisor's console; undefined when the configuration forbids to read it. */
  readonly console: string | undefined;
}

/** Contents by path below the tree's root. */
export type SysfsFiles = ReadonlyMap<string, string | Uint8Array>;

const READ_ONLY = 0o444;
const READ_BY_OWNER = 0o400;
const NO_ACCESS = 0o000;
/** What says more than states and numbers: who may read it might read what cells print, or the hypervisor's code. */
const PRIVATE = ["console", "core"];
const BITS_PER_GROUP = 32;
const BITS_PER_DIGIT = 4;
const TREE = ".sysfs-";
/** How long a replaced tree stays for those who still read it, in milliseconds. */
const OLD_TREE_AGE = 5000;

/** Reads all that the tree shows. To be called in a turn of its own. */
export async function takeSnapshot(session: Session): Promise<SysfsSnapshot> {
  const status = await session.status();
  const cells: CellStatistics[] = [];
  for (const { id } of status.cells) cells.push(await session.statistics(id));
  return { status, cells, console: await session.consoleText().catch(() => undefined) };
}

/** A CPU set as the kernel prints bitmaps (`%*pb`): 32-bit groups in hex, as wide as the number of CPUs needs. */
export function cpuBitmap(cpus: readonly number[], count: number): string {
  const groups: string[] = [];
  for (let first = 0; first < count; first += BITS_PER_GROUP) {
    let bits = 0n;
    for (const cpu of cpus) {
      if (cpu >= first && cpu < first + BITS_PER_GROUP) bits |= 1n << BigInt(cpu - first);
    }
    const width = Math.ceil(Math.min(count - first, BITS_PER_GROUP) / BITS_PER_DIGIT);
    groups.unshift(bits.toString(16).padStart(width, "0"));
  }
  return groups.join(",");
}

/** A CPU set as the kernel lists it (`%*pbl`): "0-2,5", empty for none. */
export function cpuList(cpus: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const cpu of cpus) {
    const last = ranges.at(-1);
    if (last && last[1] + 1 === cpu) last[1] = cpu;
    else ranges.push([cpu, cpu]);
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join();
}

/** More CPUs than any Linux has (CONFIG_NR_CPUS). */
const CPU_MAX = 8192;

/** The CPUs that the kernel lists as "0-2,5". What no kernel lists ends there. */
export function parseCpuList(text: string): number[] {
  const cpus = new Set<number>();
  for (const range of text.trim().split(",")) {
    if (range === "") continue;
    const [first, last = first] = range.split("-").map(Number);
    for (let cpu = first!; cpu <= Math.min(last!, CPU_MAX - 1); cpu++) cpus.add(cpu);
  }
  return [...cpus];
}

function addCounters(files: Map<string, string | Uint8Array>, path: string, counters: Counters) {
  for (const [name, value] of Object.entries(counters)) {
    files.set(`${path}/vmexits_${name}`, `${value}\n`);
  }
}

function addCell(
  files: Map<string, string | Uint8Array>,
  { cell, total, cpus }: CellStatistics,
  cpuCount: number,
) {
  const path = `cells/${cell.id}`;
  files.set(`${path}/name`, `${cell.name}\n`);
  files.set(`${path}/state`, `${cell.state}\n`);
  files.set(`${path}/cpus_assigned`, `${cpuBitmap(cell.cpusAssigned, cpuCount)}\n`);
  files.set(`${path}/cpus_assigned_list`, `${cpuList(cell.cpusAssigned)}\n`);
  files.set(`${path}/cpus_failed`, `${cpuBitmap(cell.cpusFailed, cpuCount)}\n`);
  files.set(`${path}/cpus_failed_list`, `${cpuList(cell.cpusFailed)}\n`);
  addCounters(files, `${path}/statistics`, total);
  for (const [cpu, counters] of cpus) addCounters(files, `${path}/statistics/cpu${cpu}`, counters);
}

/** The tree's files. `core` is the hypervisor's image, once an enable was tried. */
export function sysfsFiles({ status, cells, console }: SysfsSnapshot, core?: Uint8Array) {
  const { memory, remap } = status.pools;
  const files = new Map<string, string | Uint8Array>([
    ["console", console ?? ""],
    ["enabled", status.enabled ? "1\n" : "0\n"],
    ["mem_pool_size", `${memory.size}\n`],
    ["mem_pool_used", `${memory.used}\n`],
    ["remap_pool_size", `${remap.size}\n`],
    ["remap_pool_used", `${remap.used}\n`],
  ]);
  if (core) files.set("core", core);
  for (const cell of cells) addCell(files, cell, status.cpus);
  return files;
}

/** The tree on disk: `link` is a symbolic link to the newest version beside it. */
export class SysfsTree {
  readonly #link: string;
  readonly #directory: string;
  /** Contents of the newest version, to leave it when nothing changed. */
  #shown = "";
  #version = 0;
  #old: { path: string; since: number }[] = [];

  constructor(link: string) {
    this.#link = link;
    this.#directory = dirname(link);
  }

  /** Shows a snapshot. Throws Node's errors, for example on a full disk; then the old version stays. */
  update(snapshot: SysfsSnapshot, core?: Uint8Array): void {
    const files = sysfsFiles(snapshot, core);
    const forbidden = snapshot.console === undefined;
    const text = JSON.stringify([
      forbidden,
      core?.length,
      [...files].filter(([, v]) => v !== core),
    ]);
    this.#removeOld(OLD_TREE_AGE);
    if (text === this.#shown) return;
    const path = join(this.#directory, `${TREE}${++this.#version}`);
    try {
      this.#write(path, files, forbidden);
      symlinkSync(`${TREE}${this.#version}`, `${path}.link`);
      renameSync(`${path}.link`, this.#link);
    } catch (error) {
      rmSync(path, { recursive: true, force: true });
      throw error;
    }
    this.#old.push({
      path: join(this.#directory, `${TREE}${this.#version - 1}`),
      since: performance.now(),
    });
    this.#shown = text;
  }

  #write(path: string, files: SysfsFiles, consoleForbidden: boolean): void {
    mkdirSync(join(path, "cells"), { recursive: true });
    const made = new Set<string>();
    for (const [name, content] of files) {
      const file = join(path, name);
      const parent = dirname(file);
      if (!made.has(parent)) mkdirSync(parent, { recursive: true });
      made.add(parent);
      const forbidden = name === "console" && consoleForbidden;
      const mode = forbidden ? NO_ACCESS : PRIVATE.includes(name) ? READ_BY_OWNER : READ_ONLY;
      writeFileSync(file, content, { mode });
    }
  }

  #removeOld(age: number): void {
    const limit = performance.now() - age;
    for (const { path, since } of this.#old) {
      if (since <= limit) rmSync(path, { recursive: true, force: true });
    }
    this.#old = this.#old.filter(({ since }) => since > limit);
  }

  /** Removes all versions. */
  close(): void {
    rmSync(this.#link, { force: true });
    for (const entry of readdirSync(this.#directory)) {
      if (entry.startsWith(TREE)) rmSync(join(this.#directory, entry), { recursive: true });
    }
  }
}
