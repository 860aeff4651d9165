// Files of a computer, as they were when they were gathered.

import { ENOENT } from "../../abi/errno.ts";
import type { Tree } from "../../config/create/tree.ts";
import { SystemError } from "../errors.ts";

/** What a terminal would obey instead of showing it: C0 but for tab and line feed, DEL, C1. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\0-\x08\x0b-\x1f\x7f-\x9f]/g;

/** A text from elsewhere without what could command a terminal. */
export const harmless = (text: string): string => text.replaceAll(CONTROL, "");

const literal = (text: string): string => text.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&");

/** Matches the paths that a pattern names: `*` stands for any part of one name. Names with a dot before them are hidden. */
export function patternToRegExp(pattern: string): RegExp {
  const segments = pattern.split("/").map((segment) => {
    const body = segment.split("*").map(literal).join("[^/\\0-\\x1f]*");
    return segment.startsWith("*") ? `(?!\\.)${body}` : body;
  });
  return new RegExp(`^${segments.join("/")}$`);
}

/** A file's content or the names in a directory, a line each; or a positive error number. */
export type Entry = Uint8Array | number;

/** By path; those of directories end with a slash. What has no entry does not exist. */
export class Files {
  readonly #entries: ReadonlyMap<string, Entry>;

  constructor(entries: ReadonlyMap<string, Entry>) {
    this.#entries = entries;
  }

  /** Throws a SystemError. */
  read(path: string): Uint8Array {
    const entry = this.#entries.get(path) ?? ENOENT;
    if (typeof entry === "number") throw new SystemError(entry);
    return entry;
  }

  /** A file's text, trimmed. Throws a SystemError. */
  text(path: string): string {
    return harmless(Buffer.from(this.read(path)).toString()).trim();
  }

  /** A file's text, trimmed; undefined when there is no such file, or nothing in it that may be read. */
  textIfAny(path: string): string | undefined {
    return typeof (this.#entries.get(path) ?? ENOENT) === "number" ? undefined : this.text(path);
  }

  /** Names in a directory, sorted. Throws ENOENT when nothing in it was gathered. */
  list(path: string): string[] {
    const names = this.#names(`${path}/`);
    if (names.length === 0 && !this.#entries.has(`${path}/`)) throw new SystemError(ENOENT);
    return names;
  }

  #names(directory: string): string[] {
    const listed = this.textIfAny(directory)?.split("\n") ?? [];
    const seen = [...this.#entries]
      .filter(([path, entry]) => path.startsWith(directory) && entry !== ENOENT)
      .map(([path]) => path.slice(directory.length).split("/")[0] as string);
    return [...new Set([...listed, ...seen])].filter((name) => name !== "").sort();
  }

  /** All files that could be read, with their paths. */
  get readable(): [string, Uint8Array][] {
    return [...this.#entries].filter(
      (pair): pair is [string, Uint8Array] => typeof pair[1] !== "number" && !pair[0].endsWith("/"),
    );
  }

  /** For those who read trees. */
  get tree(): Tree {
    return {
      read: (path) => {
        const entry = this.#entries.get(path);
        return typeof entry === "number" ? undefined : entry;
      },
      list: (path) => this.#names(path.endsWith("/") ? path : `${path}/`),
    };
  }
}
