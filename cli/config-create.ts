// jailhouse config collect FILE.tar, and jailhouse config create [FILE]

import { readFile } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { COLLECTED } from "../config/create/collected.ts";
import { forGrub } from "../config/create/kernel-options.ts";
import { sourceOf } from "../config/create/source.ts";
import { definitionOf, type Plan, planSystem } from "../config/create/system.ts";
import { writeTar } from "../config/create/tar.ts";
import { defineSystem } from "../config/define-system.ts";
import { encode } from "../config/encode.ts";
import { shipped } from "../config/shipped.ts";
import { size } from "./arguments.ts";
import { CommandFailure } from "./failure.ts";
import type { Io } from "./io.ts";
import { gatherFrom, readMachine } from "./machine-tree.ts";
import { STANDARD, writeOutput } from "./open-config.ts";

/** The script for machines without Node, where it ships. */
const COLLECTOR = "tools/config-collect.sh";
/** A table that every PC has, and that only root may read. */
const MADT = "/sys/firmware/acpi/tables/APIC";

/** Saves what describes a machine, this one or the target, for `config create` and `config check`. */
export async function collectMachine(
  io: Io,
  file: string,
  options: { readonly target?: string },
): Promise<void> {
  const files = await gatherFrom(io, options, COLLECTED);
  const { readable } = files;
  if (readable.length === 0) throw new CommandFailure("there is nothing to collect");
  if (files.textIfAny(MADT) === undefined)
    io.err("The ACPI tables cannot be read: that takes root.\n");
  await writeOutput(io, file, writeTar(readable));
  io.out(`${readable.length} files in ${file}\n`);
}

export interface CreateSystemOptions {
  readonly root: string;
  readonly target?: string;
  readonly memInmates?: string;
  readonly memHv?: string;
  readonly console?: string;
  /** Write the script that collects, instead of a configuration. */
  readonly generateCollector?: boolean;
  /** The original's: of no use here. */
  readonly templateDir?: string;
  /** Overwrite what somebody has edited. */
  readonly force?: boolean;
}

function plan(io: Io, options: CreateSystemOptions): Promise<Plan> {
  const bytes = (text: string | undefined) => (text === undefined ? undefined : BigInt(size(text)));
  const sizes = { hypervisor: bytes(options.memHv), inmates: bytes(options.memInmates) };
  return readMachine(io, options, (tree) =>
    planSystem(tree, { ...sizes, console: options.console }),
  );
}

/** What the file's name asks for: a built file, JSON, TypeScript (without a name, too), or C as the original writes it. */
async function written(planned: Plan, file: string | undefined): Promise<string | Uint8Array> {
  const kind = file === undefined ? ".ts" : extname(file).toLowerCase();
  if (kind === ".ts") return sourceOf(planned);
  const config = defineSystem(definitionOf(planned));
  if (kind === ".cell") return encode(config);
  if (kind === ".json")
    return (await import("../config/decompile/source.ts")).decompileToJson(config);
  return (await import("../config/decompile/c.ts")).decompileToC(config, aboutOf(planned));
}

/** What the machine's source says of itself, before anything else. */
function aboutOf(planned: Plan): string {
  const lines = sourceOf(planned).split("\n");
  const end = lines.findIndex((line) => !line.startsWith("//"));
  return lines
    .slice(0, end)
    .map((line) => line.replace(/^\/\/ ?/, ""))
    .join("\n");
}

/** Fails when the file holds something else: somebody has edited it. */
async function keepEdited(io: Io, file: string, output: string | Uint8Array): Promise<void> {
  const content = await readFile(resolve(io.cwd, file)).catch(() => undefined);
  if (!content || content.length === 0 || content.equals(Buffer.from(output as string))) return;
  throw new CommandFailure(
    `writing ${file}: File exists`,
    "It holds something else than would be written: --force overwrites it, with all that was changed there.",
  );
}

/** Writes the script that collects on a machine without Node what `config create` reads. */
async function writeCollector(io: Io, file: string | undefined, force: boolean): Promise<void> {
  const script = await readFile(shipped(COLLECTOR), "utf8");
  if (file === undefined) return io.out(script);
  if (!force) await keepEdited(io, file, script);
  await writeOutput(io, file, script);
}

/** Writes a system configuration: of the kind that the name says; to standard output without one. */
export async function createSystem(
  io: Io,
  file: string | undefined,
  options: CreateSystemOptions,
): Promise<void> {
  const { force = false } = options;
  if (options.generateCollector) return writeCollector(io, file, force);
  if (options.templateDir !== undefined)
    io.err("--template-dir has no effect: there are no templates, the command knows the format.\n");
  const planned = await plan(io, options);
  const output = await written(planned, file);
  if (file === undefined) io.out(output);
  else {
    if (!force && file !== STANDARD) await keepEdited(io, file, output);
    await writeOutput(io, file, output);
  }
  io.err(`Platform: ${planned.platform}.\n`);
  const { missing } = planned.kernelOptions;
  if (missing) io.err(`Boot Linux with ${missing}; in /etc/default/grub:\n  ${forGrub(missing)}\n`);
  for (const warning of planned.warnings) io.err(`To decide: ${warning}\n`);
}
