// Configurations from files. A `.cell` file goes to the hypervisor as it is, which alone judges it; TypeScript, JavaScript
// and JSON are evaluated here, in the command's own process.

import { readFile } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { CommandFailure, perror } from "./failure.ts";
import type { Io } from "./io.ts";

const SOURCES = [".ts", ".mts", ".cts", ".js", ".mjs", ".cjs", ".json"];

/** Bytes of a file. Fails as `opening FILE: No such file or directory`. */
export async function readInput(io: Io, path: string): Promise<Uint8Array> {
  try {
    return await readFile(resolve(io.cwd, path));
  } catch (error) {
    throw perror(`opening ${path}`, error);
  }
}

/** The encoded configuration that a file of any of the accepted kinds holds. `request` names it in errors. */
export async function readConfig(io: Io, path: string, request: string): Promise<Uint8Array> {
  const content = await readInput(io, path);
  if (!SOURCES.includes(extname(path).toLowerCase())) return content;
  const { loadConfig } = await import("../config/load.ts");
  try {
    return (await loadConfig(resolve(io.cwd, path))).bytes;
  } catch (error) {
    const { message, hint } = error as { message: string; hint?: string };
    throw new CommandFailure(
      `${request}: Invalid argument`,
      hint === undefined ? message : `${message}: ${hint}`,
    );
  }
}
