// From a place in the model to the line, or the byte, where a person finds it.
import { originOf } from "../origin.ts";
import type { Input, Place } from "./finding.ts";
import { segments } from "./fix.ts";
import { definitionKeys } from "./notation.ts";

/** Where a place is in its file. */
export interface Location {
  readonly file: string;
  /** From 1, in a source. */
  readonly line?: number | undefined;
  /** First column and number of columns of what is meant in that line, from 1. */
  readonly column?: number | undefined;
  readonly length?: number | undefined;
  /** In a built file. */
  readonly offset?: number | undefined;
}

/** The value of `key` in a line such as `{ physical: 0x1000, size: MiB(1) }`, or the whole of what is written there. */
function columnsOf(text: string, key: string): { column: number; length: number } {
  const whole = { column: text.length - text.trimStart().length + 1, length: text.trim().length };
  const found = new RegExp(`(?:"${key}"|\\b${key})\\s*:`).exec(text);
  if (!found) return whole;
  const rest = text.slice(found.index);
  let depth = 0;
  let end = 0;
  for (; end < rest.length; end++) {
    const letter = rest[end] as string;
    if ("([{".includes(letter)) depth++;
    if (")]}".includes(letter) && --depth < 0) break;
    if (letter === "," && depth === 0) break;
  }
  return { column: found.index + 1, length: rest.slice(0, end).trimEnd().length };
}

/** The place's line and columns in a source, or its offset in a built file, as far as they are known. */
export function locate(inputs: readonly Input[], { file, path }: Place): Location {
  const { path: name, config, source, failure } = inputs[file]!;
  if (!config) {
    const { file: module = name, line, column, offset } = failure ?? {};
    return { file: module, line, column, offset };
  }
  const origin = originOf(config, path);
  // A configuration may be put together from several modules: only the lines of the file itself can be shown.
  const isHere = origin?.file === undefined || origin.file === name;
  const line = origin?.line;
  if (line === undefined || !isHere)
    return { file: origin?.file ?? name, line, offset: origin?.offset };
  const text = source?.split("\n")[line - 1];
  if (text === undefined) return { file: name, line };
  const last = [...segments(path)].reverse().find((segment) => typeof segment === "string");
  const key = definitionKeys(String(last ?? ""))
    .split(".")
    .at(-1) as string;
  return { file: name, line, ...columnsOf(text, key) };
}
