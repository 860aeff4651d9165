// A record is JSON lines: the header, with the machine's options; the inputs and check points, in the order of their virtual times; and
// the end, by which it is seen that nothing is missing and nothing was changed. Untrusted, as everything that is read from a file.
import { createHash, type Hash } from "node:crypto";
import { EINVAL } from "../../abi/errno.ts";
import { SystemError } from "../errors.ts";
import { Fields } from "../protocol.ts";

export const VERSION = 4;
const TIME_MAX = Number.MAX_SAFE_INTEGER;
/** Characters of an input's name, of an error's, and of its parameters: as much as a message of the protocol has. */
const NAME_MAX = 80;
const DIGEST = /^[0-9a-f]{64}$/;

/** First line. */
export interface Header {
  readonly record: number;
  /** Of the project, when it was made. */
  readonly version: string;
  /** Of what the machine is built of (control/build.ts). */
  readonly build: string;
  /** As control/record/options.ts has them. */
  readonly options: unknown;
}

/** Something that was done to the machine, and the name of the error with which it ended; "" for none. */
export interface InputEntry {
  readonly time: number;
  readonly input: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly result: string;
}

/** Digests of the machine at that time. */
export interface CheckEntry {
  readonly time: number;
  readonly check: {
    readonly console: string;
    readonly state: string;
    /** Of everything, memory included; at the end of a record. */
    readonly all?: string;
  };
}

export type Entry = InputEntry | CheckEntry;

/** What a record holds. */
export interface ParsedRecord {
  readonly header: Header;
  readonly entries: readonly Entry[];
}

interface End {
  /** Lines before this one. */
  readonly lines: number;
  /** Of them, in hex. */
  readonly sha256: string;
}

/** The last line of what has been written so far. */
export function endLine(lines: number, written: Hash): string {
  const end: End = { lines, sha256: written.copy().digest("hex") };
  return `${JSON.stringify({ end })}\n`;
}

export function refuse(what: string, cause?: unknown): never {
  throw new SystemError(EINVAL, { hint: `The record ${what}.`, cause });
}

function parseLine(line: string, number: number): Record<string, unknown> {
  try {
    const value = JSON.parse(line);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {}
  return refuse(`is damaged in line ${number}`);
}

/**
 * Reads a record and checks it by its end. `isUnfinished`: it has none, because its machine was not stopped; then what there is counts.
 * Throws EINVAL, with the reason.
 */
export function parseRecord(text: string, { isUnfinished = false } = {}): ParsedRecord {
  const end = text.lastIndexOf("\n", text.length - 2) + 1;
  const last = text.slice(end);
  const header = parseHeader(text.slice(0, text.indexOf("\n") + 1));
  const body = isUnfinished ? wholeLines(text) : checkEnd(text.slice(0, end), last);
  const entries = body
    .split("\n")
    .slice(1, -1)
    .map((line, at) => parseEntry(parseLine(line, at + 2), at + 2));
  const late = entries.findIndex(({ time }, at) => at > 0 && time < entries[at - 1]!.time);
  if (late >= 0) refuse(`goes back in time in line ${late + 2}`);
  return { header, entries };
}

function parseHeader(line: string): Header {
  let header: Partial<Header> | undefined;
  try {
    header = JSON.parse(line);
  } catch {}
  if (typeof header?.record !== "number")
    return refuse("is none: its first line is not that of one");
  if (header.record !== VERSION)
    refuse(
      `is of version ${header.record}, and can be played only by what made it; this is ${VERSION}`,
    );
  const fields = new Fields(header);
  return {
    record: VERSION,
    version: fields.text("version", NAME_MAX),
    build: fields.text("build", NAME_MAX),
    options: header.options,
  };
}

/** Without an end, or a line that was being written. */
function wholeLines(text: string): string {
  const lines = text.slice(0, text.lastIndexOf("\n") + 1);
  const last = lines.lastIndexOf("\n", lines.length - 2) + 1;
  return lines.startsWith('{"end":', last) ? lines.slice(0, last) : lines;
}

function checkEnd(body: string, last: string): string {
  if (!last.startsWith('{"end":') || !last.endsWith("\n"))
    refuse(
      "has no end: it was cut short, or its machine still runs (--unfinished plays what there is)",
    );
  const lines = body.split("\n").length - 1;
  const hash = createHash("sha256").update(body);
  if (last !== endLine(lines, hash)) refuse("was changed, or is damaged: its end does not fit it");
  return body;
}

function parseEntry(line: Record<string, unknown>, number: number): Entry {
  const fields = new Fields(line);
  const time = fields.integer("time", 0, TIME_MAX);
  if (line.check !== undefined) return { time, check: parseCheck(line.check, number) };
  new Fields(line.params);
  return {
    time,
    input: fields.text("input", NAME_MAX),
    params: (line.params ?? {}) as InputEntry["params"],
    result: fields.text("result", NAME_MAX),
  };
}

function parseCheck(check: unknown, number: number): CheckEntry["check"] {
  const { console, state, all } = new Object(check) as CheckEntry["check"];
  const isDigest = (value: unknown) => typeof value === "string" && DIGEST.test(value);
  if (!isDigest(console) || !isDigest(state) || (all !== undefined && !isDigest(all)))
    refuse(`has a check point without digests in line ${number}`);
  return { console, state, ...(all !== undefined && { all }) };
}
