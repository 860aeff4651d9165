// Configurations as the verbs of `config` take them: a file of any of the accepted kinds, understood here, unlike for
// `enable` and `cell create`, which leave a built file to the hypervisor.

import { writeFileSync } from "node:fs";
import { access, constants } from "node:fs/promises";
import { dirname, extname, resolve } from "node:path";
import type { LoadedConfig } from "../config/load.ts";
import type { Config } from "../config/types.ts";
import { withOutput } from "../control/caller.ts";
import { ENOENT, SystemError } from "../control/errors.ts";
import { attempt, CommandFailure, perror, UsageError } from "./failure.ts";
import type { Io } from "./io.ts";

/** In place of a file's name: standard input, or output. */
export const STANDARD = "-";

/** All of standard input: a built configuration, or JSON. */
export async function standardInput(io: Io): Promise<Uint8Array> {
  const { readAll } = await import("../config/load.ts");
  return readAll(STANDARD, io.input as AsyncIterable<Buffer>);
}

/**
 * Loads a configuration; `-` is standard input. Warns of what follows one, as the hypervisor takes it all the same. Fails with
 * the file, the place in it, the reason, and as a second line what to do.
 */
export async function openConfig(io: Io, file: string): Promise<LoadedConfig> {
  const { loadConfig, loadContent, trailingText } = await import("../config/load.ts");
  const { isConfigError } = await import("../config/errors.ts");
  try {
    const loaded =
      file === STANDARD
        ? await loadContent(file, await standardInput(io))
        : await loadConfig(file, io.cwd);
    if (loaded.trailing > 0) io.err(`${file}: warning: ${trailingText(loaded.trailing)}\n`);
    return loaded;
  } catch (error) {
    if (isConfigError(error)) throw new CommandFailure(error.message, error.hint);
    throw error;
  }
}

/** Writes a file, under sudo as the caller would; `-` is standard output. Fails as `writing FILE: Permission denied`. */
export async function writeOutput(
  io: Io,
  file: string,
  content: string | Uint8Array,
): Promise<void> {
  if (file === STANDARD) return io.out(content);
  try {
    if (file === "") throw new SystemError(ENOENT);
    await withOutput(resolve(io.cwd, file), io.env, (output) => writeFileSync(output, content));
  } catch (error) {
    throw perror(`writing ${file}`, error);
  }
}

const KINDS = [".cell", ".ts", ".json"];

function needKind(file: string): string {
  const kind = extname(file).toLowerCase();
  if (KINDS.includes(kind)) return kind;
  throw new UsageError(`${file}: a configuration is a .cell, .ts or .json file`);
}

/** Fails as writeConfig would, before the work is done whose result it is to write. */
export async function checkOutput(io: Io, file: string): Promise<void> {
  needKind(file);
  const path = resolve(io.cwd, file);
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  await attempt(`writing ${file}`, access(isThere ? path : dirname(path), constants.W_OK));
}

/** Writes a configuration as what the file's name says: built, TypeScript or JSON. `about` is what the source says it is. */
export async function writeConfig(
  io: Io,
  file: string,
  config: Config,
  about: string,
): Promise<void> {
  const { encode } = await import("../config/index.ts");
  const { decompileToJson, decompileToSource } = await import("../config/decompile/source.ts");
  const kind = needKind(file);
  if (kind === ".cell") await writeOutput(io, file, encode(config));
  else if (kind === ".ts") await writeOutput(io, file, decompileToSource(config, about));
  else await writeOutput(io, file, decompileToJson(config));
}
