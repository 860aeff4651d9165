// The files of a check: read whole, and what keeps one from being a configuration kept as a finding.
import { readFile, stat } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { isConfigError } from "../errors.ts";
import { loadConfig, loadContent } from "../load.ts";
import type { Input } from "./finding.ts";

const SOURCES = [".ts", ".mts", ".cts", ".js", ".mjs", ".cjs", ".json"];

/** Whether a file of this name is written by people, in lines. */
export const isSource = (path: string): boolean => SOURCES.includes(extname(path).toLowerCase());

async function readSource(path: string, directory: string): Promise<string | undefined> {
  const absolute = resolve(directory, path);
  // A pipe was read already, and has no second time.
  const isFile = isSource(path) && (await stat(absolute).catch(() => undefined))?.isFile();
  return isFile ? readFile(absolute, "utf8").catch(() => undefined) : undefined;
}

/** Loads one file, or what is in no file; a fault is in the result. `path` may be relative to `directory`. */
export async function loadInput(
  path: string,
  directory: string,
  content?: Uint8Array,
): Promise<Input> {
  try {
    const loaded = await (content ? loadContent(path, content) : loadConfig(path, directory));
    const { config, trailing } = loaded;
    return { path, config, trailing, source: await readSource(path, directory) };
  } catch (error) {
    if (!isConfigError(error)) throw error;
    const { code, message, hint, offset, origin } = error;
    const { file, line, column } = origin ?? {};
    const told = withoutPath(message, file ?? path);
    const failure = { code, message: told, hint, offset, file, line, column };
    return { path, source: await readSource(path, directory), failure };
  }
}

/** A message of loadConfig begins with the file, and perhaps a place in it. */
function withoutPath(message: string, path: string): string {
  if (!message.startsWith(path)) return message;
  return message
    .slice(path.length)
    .replace(/^(:\d+|, byte 0x[0-9a-f]+)?: (line \d+, column \d+: )?/, "");
}
