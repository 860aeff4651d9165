// What `jailhouse explain` explains: what a running hypervisor has recorded, or what it said on its console before it fell
// silent.

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { PciFunctions } from "../config/create/pci.ts";
import type { Tree } from "../config/create/tree.ts";
import type { KnownCell, Situation } from "../config/explain/index.ts";
import { decode } from "../config/index.ts";
import type { Cell, CellConfig, Config, SystemConfig } from "../config/types.ts";
import type { Denial, DenialLog, OpenSession } from "../control/api.ts";
import { armReports, type ConsoleEvent, readEvents } from "../control/console-events.ts";
import { type ConsoleReport, readReports } from "../control/console-reports.ts";
import { CommandFailure, perror, UsageError } from "./failure.ts";
import type { Io } from "./io.ts";
import { openConfig } from "./open-config.ts";

export const ROOT_ID = 0;
const UNNAMED = "(the log does not say)";

export interface Facts {
  readonly log: DenialLog;
  /** What a log says besides. */
  readonly events?: readonly ConsoleEvent[];
  readonly situation: Situation;
  /** Everybody who can be asked for by id or name. */
  readonly cells: readonly { readonly id: number; readonly name: string }[];
}

/** Where to read instead of asking a machine. */
export interface LogOptions {
  /** A log of the hypervisor's console. */
  readonly console?: string;
  readonly system?: string;
  readonly cell?: readonly string[];
}

/** Facts of a running machine. `devices` is a collected tree instead of its own. */
export async function factsOfMachine(session: OpenSession, devices?: Tree): Promise<Facts> {
  const log = await session.denials();
  const cells = await session.cells();
  const configs: Config[] = [];
  for (const { id } of cells) configs.push(decode(await session.configuration(id)));
  const system = configs[0] as SystemConfig;
  const known = cells.map(({ id }, index) => {
    const config = configs[index]!;
    return { id, config: config.kind === "system" ? config.rootCell : config };
  });
  const functions = new PciFunctions(devices ?? (await session.devices()));
  return { log, cells, situation: { system, cells: known, functions } };
}

async function readLog(io: Io, file: string): Promise<string> {
  try {
    return await readFile(resolve(io.cwd, file), "latin1");
  } catch (error) {
    throw perror(`opening ${file}`, error);
  }
}

async function openKind<Kind extends Config["kind"]>(
  io: Io,
  file: string,
  kind: Kind,
): Promise<Extract<Config, { kind: Kind }>> {
  const { config } = await openConfig(io, file);
  if (config.kind === kind) return config as Extract<Config, { kind: Kind }>;
  throw new CommandFailure(`${file}: not a ${kind} configuration`);
}

const isSame = (a: Denial, b: Denial): boolean =>
  a.cell === b.cell &&
  a.kind === b.kind &&
  a.address === b.address &&
  a.size === b.size &&
  a.write === b.write &&
  a.fetch === b.fetch &&
  a.string === b.string;

/** Every access once, with how often it was seen; a record counts by itself. */
function counted(denials: readonly Denial[]): Denial[] {
  const once: Denial[] = [];
  for (const denial of denials) {
    const index = once.findIndex((one) => isSame(one, denial));
    if (index < 0) {
      once.push(denial);
      continue;
    }
    const before = once[index]!;
    const times = Math.max(before.times + 1, denial.times);
    once[index] = { ...before, times };
  }
  return once;
}

/** Cells by what the console calls them: those given, and strangers, numbered on. */
function numbered(
  system: SystemConfig,
  cells: readonly CellConfig[],
  reports: readonly ConsoleReport[],
) {
  const known: KnownCell[] = [system.rootCell, ...cells].map((config: Cell, id) => ({
    id,
    config,
  }));
  const ids = new Map(known.map(({ id, config }) => [config.name, id]));
  const strangers = new Map<number, string>();
  // Where the log does not say whose report it is, it is the only cell's, if there is only one.
  const unnamed = cells.length === 0 ? system.rootCell.name : UNNAMED;
  const denials = reports.map(({ cell = unnamed, denial }) => {
    const id = ids.get(cell) ?? ids.size;
    if (!ids.has(cell)) strangers.set(id, cell);
    ids.set(cell, id);
    return { ...denial, cell: id };
  });
  return { known, strangers, denials, names: [...ids].map(([name, id]) => ({ id, name })) };
}

/** Facts from a log and the configurations that the hypervisor had; `devices` is what was collected of the machine. */
export async function factsOfLog(io: Io, options: LogOptions, devices?: Tree): Promise<Facts> {
  const { console: file, system: systemFile, cell: cellFiles = [] } = options;
  if (file === undefined || systemFile === undefined)
    throw new UsageError("--console takes a log, and needs --system SYSCONFIG");
  const log = await readLog(io, file);
  const system = await openKind(io, systemFile, "system");
  const cells: CellConfig[] = [];
  for (const each of cellFiles) cells.push(await openKind(io, each, "cell"));
  const { reports, unread } = readReports(log);
  const events = readEvents(log);
  const arm = armReports(log);
  if (arm.length > 0)
    io.err(`${file} is of an Arm machine, whose reports are not read yet:\n${arm.join("\n")}\n`);
  else if (reports.length + unread.length + events.length === 0)
    io.err(`${file} has no report of a stopped CPU.\n`);
  for (const line of arm.length > 0 ? [] : unread) io.err(`Not an access, or damaged: ${line}\n`);
  const { known, strangers, denials, names } = numbered(system, cells, reports);
  const functions = devices && new PciFunctions(devices);
  return {
    log: { learning: false, missed: 0, denials: counted(denials) },
    events,
    situation: { system, cells: known, strangers, functions },
    cells: names,
  };
}
