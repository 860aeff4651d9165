// Configurations from files. A `.cell` file goes to the hypervisor as it is, which alone judges it; TypeScript, JavaScript
// and JSON are evaluated here, in the command's own process.

import { createReadStream } from "node:fs";
import { extname, resolve } from "node:path";
import { E2BIG, ENOENT, SystemError } from "../control/errors.ts";
import { CommandFailure, perror } from "./failure.ts";
import type { Io } from "./io.ts";

const SOURCES = [".ts", ".mts", ".cts", ".js", ".mjs", ".cjs", ".json"];

const MIB = 2 ** 20;
/** More than any configuration has, in bytes; the hypervisor's own limit is far below. */
const CONFIG_MAX = 16 * MIB;

/** A file, and what it is for. */
export interface Input {
  readonly path: string;
  /** What errors about its size name, such as JAILHOUSE_CELL_LOAD. */
  readonly request: string;
  /** Size in bytes from which on it is refused. */
  readonly limit: number;
}

/**
 * Bytes of a file. Fails as `opening FILE: No such file or directory`, and with E2BIG before more than the limit has been
 * read: a path may name something without an end.
 */
export async function readInput(io: Io, { path, request, limit }: Input): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    if (path === "") throw new SystemError(ENOENT);
    for await (const chunk of createReadStream(resolve(io.cwd, path), { highWaterMark: MIB })) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > limit) break;
    }
  } catch (error) {
    throw perror(`opening ${path}`, error);
  }
  if (size <= limit) return Buffer.concat(chunks);
  const hint = `${path} has more than ${Math.floor(limit / MIB)} MiB.`;
  throw perror(request, new SystemError(E2BIG, { hint }));
}

/** The encoded configuration that a file of any of the accepted kinds holds. `request` names it in errors. */
export async function readConfig(io: Io, path: string, request: string): Promise<Uint8Array> {
  const content = await readInput(io, { path, request, limit: CONFIG_MAX });
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
