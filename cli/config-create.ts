// jailhouse config collect FILE.tar, and jailhouse config create [FILE]

import { extname } from "node:path";
import { COLLECTED } from "../config/create/collected.ts";
import { forGrub } from "../config/create/kernel-options.ts";
import { sourceOf } from "../config/create/source.ts";
import { definitionOf, type Plan, planSystem } from "../config/create/system.ts";
import { writeTar } from "../config/create/tar.ts";
import { defineSystem } from "../config/define-system.ts";
import { encode } from "../config/encode.ts";
import { size } from "./arguments.ts";
import { CommandFailure, UsageError } from "./failure.ts";
import type { Io } from "./io.ts";
import { gatherFrom, readMachine } from "./machine-tree.ts";
import { writeOutput } from "./open-config.ts";

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
}

function plan(io: Io, options: CreateSystemOptions): Promise<Plan> {
  const bytes = (text: string | undefined) => (text === undefined ? undefined : BigInt(size(text)));
  const sizes = { hypervisor: bytes(options.memHv), inmates: bytes(options.memInmates) };
  return readMachine(io, options, (tree) =>
    planSystem(tree, { ...sizes, console: options.console }),
  );
}

/** Writes a system configuration: TypeScript, or the built file if the name says so; to standard output without one. */
export async function createSystem(
  io: Io,
  file: string | undefined,
  options: CreateSystemOptions,
): Promise<void> {
  const isBuilt = file !== undefined && extname(file) === ".cell";
  if (file !== undefined && !isBuilt && extname(file) !== ".ts")
    throw new UsageError("FILE ends in .ts or .cell");
  const planned = await plan(io, options);
  const output = isBuilt ? encode(defineSystem(definitionOf(planned))) : sourceOf(planned);
  if (file === undefined) io.out(output);
  else await writeOutput(io, file, output);
  io.err(`Platform: ${planned.platform}.\n`);
  const { missing } = planned.kernelOptions;
  if (missing) io.err(`Boot Linux with ${missing}; in /etc/default/grub:\n  ${forGrub(missing)}\n`);
  for (const warning of planned.warnings) io.err(`To decide: ${warning}\n`);
}
