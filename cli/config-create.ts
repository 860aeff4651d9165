// jailhouse config collect FILE.tar, and jailhouse config create [FILE]

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { extname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { forGrub } from "../config/create/kernel-options.ts";
import { sourceOf } from "../config/create/source.ts";
import { definitionOf, type Plan, planSystem } from "../config/create/system.ts";
import { defineSystem } from "../config/define-system.ts";
import { encode } from "../config/encode.ts";
import { withOutput } from "../control/caller.ts";
import { size } from "./arguments.ts";
import { attempt, CommandFailure, perror, UsageError } from "./failure.ts";
import type { Io } from "./io.ts";
import { readTree } from "./machine-tree.ts";
import { writeOutput } from "./open-config.ts";

/** Beside the sources, and seen from dist/. */
const SCRIPT = ["../tools/config-collect.sh", "../../tools/config-collect.sh"]
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find((path) => existsSync(path));

/** The script's output: the descriptor that it is given, since under sudo a name may lead elsewhere. */
const OUTPUT = "/dev/fd/3";

/** Runs the script that boards without Node run themselves. */
export async function collectMachine(io: Io, file: string): Promise<void> {
  if (!SCRIPT) throw new CommandFailure("tools/config-collect.sh is missing");
  const { status, stdout, stderr, error } = await attempt(
    `writing ${file}`,
    withOutput(resolve(io.cwd, file), io.env, (output) =>
      spawnSync("sh", [SCRIPT, OUTPUT], {
        encoding: "utf8",
        env: { ...process.env, ...io.env },
        stdio: ["ignore", "pipe", "pipe", output],
      }),
    ),
  );
  if (error) throw perror("sh", error);
  if (status !== 0) throw new CommandFailure(stderr.trim() || `collecting ended with ${status}`);
  io.out(stdout.replace(OUTPUT, resolve(io.cwd, file)));
  io.err(stderr);
}

export interface CreateSystemOptions {
  readonly root: string;
  readonly memInmates?: string;
  readonly memHv?: string;
  readonly console?: string;
}

function plan(io: Io, options: CreateSystemOptions): Plan {
  const bytes = (text: string | undefined) => (text === undefined ? undefined : BigInt(size(text)));
  const sizes = { hypervisor: bytes(options.memHv), inmates: bytes(options.memInmates) };
  return readTree(io, options.root, (tree) =>
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
  const planned = plan(io, options);
  const output = isBuilt ? encode(defineSystem(definitionOf(planned))) : sourceOf(planned);
  if (file === undefined) io.out(output);
  else await writeOutput(io, file, output);
  const { missing } = planned.kernelOptions;
  if (missing) io.err(`Boot Linux with ${missing}; in /etc/default/grub:\n  ${forGrub(missing)}\n`);
  for (const warning of planned.warnings) io.err(`To decide: ${warning}\n`);
}
