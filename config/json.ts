// JSON whose mistakes have a place. JSON.parse's own messages differ from one version of Node to the next, and most do not
// say where.

import { ConfigError } from "./errors.ts";
import { note } from "./origin.ts";

const BLANKS = /[ \t\n\r]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them in strings
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
/** A deeper nesting has its mistake reported without a place. */
const DEPTH_MAX = 1000;

/** The value of a JSON text, whose objects have their lines noted. Throws ConfigError with line and column, both from 1. */
export function parseJsonText(text: string): unknown {
  const scanner = new Scanner(text);
  const span = scanner.value(0);
  try {
    const value: unknown = JSON.parse(text);
    if (span) noteLines(value, span, lineCounter(text));
    return value;
  } catch (cause) {
    const end = span ? scanner.blanks() : scanner.at;
    throw fault(text, end, cause);
  }
}

/** Where a value begins, and what is in it: by key, or by index as text. */
interface Span {
  readonly start: number;
  readonly inside: Map<string, Span>;
}

/** Notes the lines of all objects in a value. */
function noteLines(value: unknown, span: Span, line: (offset: number) => number): void {
  if (typeof value !== "object" || value === null) return;
  const keys = [...span.inside].map(([key, { start }]) => [key, line(start)]);
  note(value, { line: line(span.start), keys: Object.fromEntries(keys) });
  for (const [key, inside] of Object.entries(value)) {
    const found = span.inside.get(key);
    if (found) noteLines(inside, found, line);
  }
}

/** Turns offsets into line numbers, from 1. */
function lineCounter(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => starts.findLastIndex((start) => start <= offset) + 1;
}

function fault(text: string, offset: number, cause: unknown): ConfigError {
  const lines = text.slice(0, offset).split("\n");
  const [line, column] = [lines.length, lines.at(-1)!.length + 1];
  const [found] = text.slice(offset);
  const what = `unexpected ${found === undefined ? "end" : JSON.stringify(found)}`;
  const message = `line ${line}, column ${column}: ${what}: this is not JSON`;
  const error = new ConfigError("source", message, { cause });
  error.origin = { line, column };
  return error;
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

  /** Skips a value and says where what is; undefined when there is none, or not a whole one. */
  value(depth: number): Span | undefined {
    const span: Span = { start: this.blanks(), inside: new Map() };
    if (depth > DEPTH_MAX) return undefined;
    const element = () => this.#inside(span, `${span.inside.size}`, depth);
    const entry = () => {
      const start = this.blanks();
      if (!this.#skip(STRING)) return false;
      const key = String(JSON.parse(this.#text.slice(start, this.at)));
      return this.#sign(":") && this.#inside(span, key, depth);
    };
    let whole: boolean;
    if (this.#sign("{")) whole = this.#list("}", entry);
    else if (this.#sign("[")) whole = this.#list("]", element);
    else whole = this.#skip(STRING) || this.#skip(SCALAR);
    return whole ? span : undefined;
  }

  #inside(span: Span, key: string, depth: number): boolean {
    const inside = this.value(depth + 1);
    if (inside) span.inside.set(key, inside);
    return inside !== undefined;
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
