// From a path to a configuration, whatever it was written in.
import { createReadStream } from "node:fs";
import { extname, resolve } from "node:path";
import { decodeFile } from "./decode.ts";
import { parseCell } from "./define-cell.ts";
import { parseSystem } from "./define-system.ts";
import { encode } from "./encode.ts";
import { ConfigError, type ConfigErrorDetails, isConfigError } from "./errors.ts";
import { evaluate } from "./evaluate.ts";
import { parseJsonText } from "./json.ts";
import { derive, formatOrigin, nameFile, type Origin } from "./origin.ts";
import { placeOfThrown, thrownText } from "./thrown.ts";
import type { Config } from "./types.ts";

/** A configuration and what the hypervisor gets of it. */
export interface LoadedConfig {
  /** Absolute path of the file. */
  readonly path: string;
  /** The encoded configuration. */
  readonly bytes: Uint8Array;
  readonly config: Config;
  /** Bytes that follow the configuration in a built file: nobody looks at them. */
  readonly trailing: number;
}

/** What is said of bytes that follow a configuration. */
export const trailingText = (count: number): string =>
  `${count} ${count === 1 ? "byte follows" : "bytes follow"} the end of the configuration: nobody looks at ${count === 1 ? "it" : "them"}`;

/** What a file was found to hold. */
type Content = Pick<LoadedConfig, "config" | "trailing">;

const TYPESCRIPT = [".ts", ".mts", ".cts"];
/** Second line of the loader's message about a syntax error: file, line from 1, column from 0. */
const SYNTAX_ERROR = /:(\d+):(\d+)$/;
/** Larger than any configuration, in bytes. */
const SIZE_MAX = 2 ** 24;
/** Where JSON shows, in bytes. */
const BEGINNING = 64;
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
  // Resolved, it would be the directory itself.
  if (path === "") throw new ConfigError("file", `opening : ${SYSTEM_ERRORS.ENOENT}`);
  const content = await readAll(path, createReadStream(absolute));
  return made(path, absolute, () => parseContent(path, absolute, content));
}

async function made(
  name: string,
  path: string,
  make: () => Content | Promise<Content>,
): Promise<LoadedConfig> {
  try {
    const content = await make();
    const bytes = encode(content.config);
    nameFile(content.config, name);
    return { path, bytes, ...content };
  } catch (error) {
    throw inFile(name, error);
  }
}

/**
 * Loads a configuration whose bytes are known and have no file: a built one, or JSON, which begins with a brace. Throws as
 * loadConfig does; messages call it `name`.
 */
export async function loadContent(name: string, content: Uint8Array): Promise<LoadedConfig> {
  const isJson = /^\s*\{/.test(new TextDecoder("latin1").decode(content.subarray(0, BEGINNING)));
  return made(name, name, () => (isJson ? parseJson(content) : decodeContent(content)));
}

/** Reads a stream, but not one without an end. */
export async function readAll(
  path: string,
  stream: AsyncIterable<Uint8Array>,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of stream) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > SIZE_MAX) break;
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

async function parseContent(path: string, absolute: string, content: Uint8Array): Promise<Content> {
  const extension = extname(absolute).toLowerCase();
  if (TYPESCRIPT.includes(extension) || JAVASCRIPT.includes(extension))
    return asConfig(await evaluate(absolute, path, new TextDecoder().decode(content)));
  return extension === ".json" ? parseJson(content) : decodeContent(content);
}

/** A configuration that was written, not built. */
const written = (config: Config): Content => ({ config, trailing: 0 });

function decodeContent(content: Uint8Array): Content {
  try {
    const { config, size } = decodeFile(content);
    return { config, trailing: content.length - size };
  } catch (error) {
    // An offset of 0 says nothing that the message does not.
    if (isConfigError(error) && error.offset) error.origin ??= { offset: error.offset };
    throw error;
  }
}

function asConfig(value: unknown): Content {
  if (typeof value === "object" && value !== null && "kind" in value)
    return written(value as Config);
  throw new ConfigError("source", "its default export is not a configuration", {
    hint: "write `export default defineCell({ … })`",
  });
}

function parseJson(content: Uint8Array): Content {
  const value = parseJsonText(new TextDecoder().decode(content));
  const { kind, ...definition } = Object(value) as Record<string, unknown>;
  // An editor's pointer to a schema is no part of the definition.
  delete definition.$schema;
  derive(value, definition);
  if (kind === "cell") return written(parseCell(definition, ""));
  if (kind === "system") return written(parseSystem(definition, ""));
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

function told(path: string, error: ConfigError): Told {
  const { message, hint, offset } = error;
  const { origin = placeOfThrown(error) } = error;
  // What has a column says its place itself.
  const place = origin?.column === undefined ? origin : {};
  return [
    `${formatOrigin({ file: path, ...place })}: ${message}`,
    origin,
    { ...(hint === undefined ? {} : { hint }), ...(offset === undefined ? {} : { offset }) },
  ];
}

function evaluationFault(path: string, error: unknown): Told {
  const what = thrownText(error);
  const thrown = placeOfThrown(error);
  if (thrown) return [`${formatOrigin(thrown)}: ${what}`, thrown];
  const [, where = ""] = error instanceof Error ? error.message.split("\n") : [];
  const [, line, before] = SYNTAX_ERROR.exec(where) ?? [];
  if (line === undefined) return [`${path}: ${what}`, undefined];
  const origin = { line: Number(line), column: Number(before) + 1 };
  const place = `line ${origin.line}, column ${origin.column}`;
  return [`${path}: ${place}: ${what}`, origin];
}
