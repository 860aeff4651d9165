// JSON whose mistakes have a place. JSON.parse's own messages differ from one version of Node to the next, and most do not
// say where.

import { ConfigError } from "./errors.ts";

const BLANKS = /[ \t\n\r]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them in strings
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
/** A deeper nesting has its mistake reported without a place. */
const DEPTH_MAX = 1000;

/** The value of a JSON text. Throws ConfigError with line and column, both from 1. */
export function parseJsonText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const scanner = new Scanner(text);
    const end = scanner.value(0) ? scanner.blanks() : scanner.at;
    throw new ConfigError("source", `${describe(text, end)}: this is not JSON`, { cause });
  }
}

function describe(text: string, offset: number): string {
  const lines = text.slice(0, offset).split("\n");
  const place = `line ${lines.length}, column ${lines.at(-1)!.length + 1}`;
  const [found] = text.slice(offset);
  return `${place}: unexpected ${found === undefined ? "end" : JSON.stringify(found)}`;
}

/** Goes through a text as far as it is JSON; `at` is where it stopped. */
class Scanner {
  at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  blanks(): number {
    this.#skip(BLANKS);
    return this.at;
  }

  /** Skips a value; false when there is none, or not a whole one. */
  value(depth: number): boolean {
    this.blanks();
    if (depth > DEPTH_MAX) return false;
    if (this.#sign("{")) return this.#list("}", () => this.#entry(depth));
    if (this.#sign("[")) return this.#list("]", () => this.value(depth + 1));
    return this.#skip(STRING) || this.#skip(SCALAR);
  }

  #entry(depth: number): boolean {
    this.blanks();
    return this.#skip(STRING) && this.#sign(":") && this.value(depth + 1);
  }

  #list(end: string, element: () => boolean): boolean {
    if (this.#sign(end)) return true;
    while (element()) {
      if (this.#sign(end)) return true;
      if (!this.#sign(",")) return false;
    }
    return false;
  }

  #sign(sign: string): boolean {
    this.blanks();
    if (this.#text[this.at] !== sign) return false;
    this.at++;
    return true;
  }

  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    if (!pattern.test(this.#text)) return false;
    this.at = pattern.lastIndex;
    return true;
  }
}
