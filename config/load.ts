// From a path to a configuration, whatever it was written in.
import { createReadStream } from "node:fs";
import { extname, resolve } from "node:path";
import { decode } from "./decode.ts";
import { parseCell } from "./define-cell.ts";
import { parseSystem } from "./define-system.ts";
import { encode } from "./encode.ts";
import { ConfigError, type ConfigErrorDetails, isConfigError } from "./errors.ts";
import { evaluate } from "./evaluate.ts";
import { parseJsonText } from "./json.ts";
import { derive, formatOrigin, nameFile, type Origin } from "./origin.ts";
import type { Config } from "./types.ts";

/** A configuration and what the hypervisor gets of it. */
export interface LoadedConfig {
  /** Absolute path of the file. */
  readonly path: string;
  /** The encoded configuration. */
  readonly bytes: Uint8Array;
  readonly config: Config;
}

const TYPESCRIPT = [".ts", ".mts", ".cts"];
/** Second line of the loader's message about a syntax error: file, line from 1, column from 0. */
const SYNTAX_ERROR = /:(\d+):(\d+)$/;
/** Larger than any configuration, in bytes. */
const SIZE_MAX = 2 ** 24;
const JAVASCRIPT = [".js", ".mjs", ".cjs"];

/** What the operating system's errors are called, as perror prints them. */
const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: "No such file or directory",
  EACCES: "Permission denied",
  EPERM: "Operation not permitted",
  EISDIR: "Is a directory",
  ENOTDIR: "Not a directory",
  ELOOP: "Too many levels of symbolic links",
  ENAMETOOLONG: "File name too long",
};

/**
 * Loads a configuration: TypeScript and JavaScript modules (the default export of defineCell or defineSystem; they are
 * code and are run), JSON (a definition with `"kind": "cell"` or `"system"`), and anything else as the bytes of a `.cell`
 * file. Throws ConfigError, whose message names the file. A relative path starts at `directory`.
 */
export async function loadConfig(path: string, directory = process.cwd()): Promise<LoadedConfig> {
  const absolute = resolve(directory, path);
  const content = await readConfigFile(path, absolute);
  const extension = extname(absolute).toLowerCase();
  try {
    const config = await parseContent(path, absolute, extension, content);
    const bytes = encode(config);
    nameFile(config, path);
    return { path: absolute, bytes, config };
  } catch (error) {
    throw inFile(path, error);
  }
}

/** Reads a file, but not one without an end. */
async function readConfigFile(path: string, absolute: string): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of createReadStream(absolute, { end: SIZE_MAX })) {
      chunks.push(chunk);
      size += chunk.length;
    }
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "";
    throw new ConfigError("file", `opening ${path}: ${SYSTEM_ERRORS[code] ?? code}`, { cause });
  }
  if (size <= SIZE_MAX) return Buffer.concat(chunks);
  throw new ConfigError("file", `opening ${path}: File too large`, {
    hint: `no configuration has more than ${SIZE_MAX >> 20} MiB`,
  });
}

async function parseContent(
  path: string,
  absolute: string,
  extension: string,
  content: Uint8Array,
): Promise<Config> {
  if (TYPESCRIPT.includes(extension) || JAVASCRIPT.includes(extension))
    return asConfig(await evaluate(absolute, path));
  if (extension === ".json") return parseJson(content);
  try {
    return decode(content);
  } catch (error) {
    // An offset of 0 says nothing that the message does not.
    if (isConfigError(error) && error.offset) error.origin ??= { offset: error.offset };
    throw error;
  }
}

function asConfig(value: unknown): Config {
  if (typeof value === "object" && value !== null && "kind" in value) return value as Config;
  throw new ConfigError("source", "its default export is not a configuration", {
    hint: "write `export default defineCell({ … })`",
  });
}

function parseJson(content: Uint8Array): Config {
  const value = parseJsonText(new TextDecoder().decode(content));
  const { kind, ...definition } = Object(value) as Record<string, unknown>;
  // An editor's pointer to a schema is no part of the definition.
  delete definition.$schema;
  derive(value, definition);
  if (kind === "cell") return parseCell(definition, "");
  if (kind === "system") return parseSystem(definition, "");
  throw new ConfigError("key", 'it needs "kind": "cell" or "kind": "system"');
}

/** The error, naming the file in one line. */
function inFile(path: string, error: unknown): ConfigError {
  const [message, origin, details] = isConfigError(error)
    ? told(path, error)
    : evaluationFault(path, error);
  const code = isConfigError(error) ? error.code : "source";
  const found = new ConfigError(code, message, { ...details, cause: error });
  found.origin = origin;
  return found;
}

type Told = readonly [message: string, origin: Origin | undefined, details?: ConfigErrorDetails];

function told(path: string, { message, origin, hint, offset }: ConfigError): Told {
  // What has a column says its place itself.
  const place = origin?.column === undefined ? origin : {};
  return [
    `${formatOrigin({ file: path, ...place })}: ${message}`,
    origin,
    { ...(hint === undefined ? {} : { hint }), ...(offset === undefined ? {} : { offset }) },
  ];
}

function evaluationFault(path: string, error: unknown): Told {
  const text = error instanceof Error ? error.message : String(error);
  const [what = "", where = ""] = text.split("\n");
  const [, line, before] = SYNTAX_ERROR.exec(where) ?? [];
  if (line === undefined) return [`${path}: ${what.trim()}`, undefined];
  const origin = { line: Number(line), column: Number(before) + 1 };
  const place = `line ${origin.line}, column ${origin.column}`;
  return [`${path}: ${place}: ${what.trim()}`, origin];
}
