// Where the code of a configuration threw: the line in the file that its author wrote, whoever ran it, and never a stack trace.
import type { Origin } from "./origin.ts";

/** Name of the global that translated modules call with what they throw. */
export const THROWN = Symbol.for("jailhouse.config.thrown");

/** Modules that were run: how their frames end in a stack, and what messages call them. */
const modules = new Map<string, string>();
/** Where objects were thrown by a `throw` in a configuration: those that are no Errors have no stack. */
const objects = new WeakMap<object, Origin>();
/** What was thrown last that is no object. */
let last: { readonly value: unknown; readonly origin: Origin } | undefined;

const isObject = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function";

/** Takes the calls of translated modules. */
export function listenThrown(): void {
  Reflect.set(globalThis, THROWN, (value: unknown, file: string, line: number) => {
    if (isObject(value)) objects.set(value, { file, line });
    else last = { value, origin: { file, line } };
    return value;
  });
}

/** Notes a module that is about to run, line for line as it was written. Stacks call it `key`, messages `name`. */
export function noteModule(key: string, name: string): void {
  modules.set(key, name);
}

/** A property of something that a configuration has thrown, as text: it may be anything, or a getter that throws. */
function textOf(value: unknown, property: "message" | "stack"): string | undefined {
  try {
    const text: unknown = Reflect.get(Object(value), property);
    return typeof text === "string" ? text : undefined;
  } catch {
    return undefined;
  }
}

/** The first line of what was thrown, in words. */
export function thrownText(value: unknown): string {
  const [first = ""] = (textOf(value, "message") ?? asText(value)).trim().split("\n");
  return first.trim() || "it threw an error without a message";
}

function asText(value: unknown): string {
  try {
    return String(value);
  } catch {
    return "";
  }
}

/** The frame's place, if it is in a module of a configuration. */
function placeOfFrame(frame: string): Origin | undefined {
  const [, head = "", line] = /^\s+at (.*):(\d+):\d+\)?$/.exec(` ${frame}`) ?? [];
  if (line === undefined) return undefined;
  for (const [key, file] of modules) {
    if (!head.endsWith(key)) continue;
    const before = head.slice(0, -key.length);
    if (/(^|[\s(#]|file:\/\/)$/.test(before)) return { file, line: Number(line) };
  }
  return undefined;
}

/** Where in a configuration something was thrown: the innermost of its lines. Undefined when none of them had a part in it. */
export function placeOfThrown(value: unknown): Origin | undefined {
  for (const frame of textOf(value, "stack")?.split("\n") ?? []) {
    const place = placeOfFrame(frame);
    if (place) return place;
  }
  if (isObject(value)) return objects.get(value);
  return last && Object.is(last.value, value) ? last.origin : undefined;
}
