// The record of a session: every input with the virtual time at which it arrived. Replayed on a fresh machine it gives the
// same machine, bit for bit.
//
// A record is JSON lines: first the machine's options, then one entry for each input, in the protocol's encoding. Where a step
// of time was cut short because it took long, an entry of its own says at which virtual time.

import { EINVAL } from "../abi/errno.ts";
import type {
  CellRef,
  MachineOptions,
  SerialLine,
  Session,
  StartMachine,
  SteppedSession,
} from "./api.ts";
import { SystemError, toSystemError } from "./errors.ts";
import { encodeBytes, encodeImages, Fields } from "./protocol.ts";
import { decodeOptions, encodeOptions } from "./recorded-options.ts";
import { type SysfsSnapshot, takeSnapshot } from "./sysfs.ts";

const VERSION = 3;
const TIME_MAX = Number.MAX_SAFE_INTEGER;

/** The calls that are inputs. The reading ones are among them: they are hypercalls on a root CPU. */
type Input =
  | "enable"
  | "disable"
  | "createCell"
  | "loadCell"
  | "startCell"
  | "shutdownCell"
  | "destroyCell"
  | "cells"
  | "status"
  | "statistics"
  | "snapshot"
  | "serialWrite"
  | "cut";

interface Entry {
  readonly time: number;
  readonly input: Input;
  readonly params: Record<string, unknown>;
  /** Name of the error with which it ended; "" for none. */
  readonly result: string;
}

/** First line of a record. */
export function recordHeader(options: MachineOptions): string {
  return `${JSON.stringify({ record: VERSION, options: encodeOptions(options) })}\n`;
}

/** A session that records; its snapshot of everything is one input. */
export interface RecordedSession extends SteppedSession {
  snapshot(): Promise<SysfsSnapshot>;
}

/** The same session, whose inputs are written (one line each) as they are carried out. */
export function recordSession(
  session: SteppedSession,
  write: (line: string) => void,
): RecordedSession {
  const enter = (entry: Entry) => write(`${JSON.stringify(entry)}\n`);
  /** When the last step was cut since the last input; one entry for all cuts is enough. */
  let cut: number | undefined;
  const enterCut = () => {
    if (cut !== undefined) enter({ time: cut, input: "cut", params: {}, result: "" });
    cut = undefined;
  };
  async function record<T>(
    input: Input,
    params: Record<string, unknown>,
    call: () => Promise<T>,
  ): Promise<T> {
    enterCut();
    const time = await session.time();
    let result = "";
    try {
      return await call();
    } catch (error) {
      result = toSystemError(error).code;
      throw error;
    } finally {
      enter({ time, input, params, result });
    }
  }
  const config = (bytes: Uint8Array) => ({ config: encodeBytes(bytes) });
  return {
    status: () => record("status", {}, () => session.status()),
    time: () => session.time(),
    enable: (bytes) => record("enable", config(bytes), () => session.enable(bytes)),
    disable: () => record("disable", {}, () => session.disable()),
    createCell: (bytes) => record("createCell", config(bytes), () => session.createCell(bytes)),
    loadCell: (cell, images) =>
      record("loadCell", { cell, images: encodeImages(images) }, () =>
        session.loadCell(cell, images),
      ),
    startCell: (cell) => record("startCell", { cell }, () => session.startCell(cell)),
    shutdownCell: (cell) => record("shutdownCell", { cell }, () => session.shutdownCell(cell)),
    destroyCell: (cell, options) =>
      record("destroyCell", { cell, force: options?.force ?? false }, () =>
        session.destroyCell(cell, options),
      ),
    cells: () => record("cells", {}, () => session.cells()),
    statistics: (cell) => record("statistics", { cell }, () => session.statistics(cell)),
    snapshot: () => record("snapshot", {}, () => takeSnapshot(session)),
    denials: () => session.denials(),
    configuration: (cell) => session.configuration(cell),
    devices: () => session.devices(),
    consoleText: () => session.consoleText(),
    followConsole: (listener) => session.followConsole(listener),
    serial: (line) =>
      recordLine(session.serial(line), (text) =>
        record("serialWrite", { line, text }, () => session.serial(line).write(text)),
      ),
    run: (nanoseconds) => session.run(nanoseconds),
    advance: async (nanoseconds, isLate) => {
      const isCut = await session.advance(nanoseconds, isLate);
      if (isCut) cut = await session.time();
      return isCut;
    },
    get ended() {
      return session.ended;
    },
    waitForEnd: (timeout) => session.waitForEnd(timeout),
    fingerprint: () => session.fingerprint(),
    close: () => {
      enterCut();
      return session.close();
    },
  };
}

/** A serial line whose input is recorded. */
function recordLine(line: SerialLine, write: SerialLine["write"]): SerialLine {
  return {
    text: () => line.text(),
    follow: (listener) => line.follow(listener),
    waitFor: (pattern, timeout) => line.waitFor(pattern, timeout),
    write,
  };
}

function carryOut(session: Session, input: string, fields: Fields): Promise<unknown> {
  const cell = (): CellRef => fields.cell();
  const calls: Record<Input, () => Promise<unknown>> = {
    enable: () => session.enable(fields.bytes("config")),
    disable: () => session.disable(),
    createCell: () => session.createCell(fields.bytes("config")),
    loadCell: () => session.loadCell(cell(), fields.images()),
    startCell: () => session.startCell(cell()),
    shutdownCell: () => session.shutdownCell(cell()),
    destroyCell: () => session.destroyCell(cell(), { force: fields.flag("force") }),
    cells: () => session.cells(),
    status: () => session.status(),
    statistics: () => session.statistics(cell()),
    snapshot: () => takeSnapshot(session),
    // Time has gone there already.
    cut: async () => undefined,
    serialWrite: () =>
      session.serial(fields.integer("line", 0, 1) as 0 | 1).write(fields.text("text")),
  };
  if (!Object.hasOwn(calls, input)) throw refusal(`has an unknown input "${input}"`);
  return calls[input as Input]();
}

function refusal(what: string): SystemError {
  return new SystemError(EINVAL, { hint: `The record ${what}.` });
}

function parse(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line);
  } catch {
    throw refusal("has a line that is not JSON");
  }
}

/**
 * Plays a record on a fresh machine, up to virtual time `until` (default: its last input). Throws EINVAL for what is no
 * record, and when the machine does not answer as it did when recorded.
 */
export async function replay(
  record: string,
  startMachine: StartMachine,
  until?: number,
): Promise<Session> {
  const [header, ...lines] = record.split("\n").filter((line) => line !== "");
  const { record: version, options } = parse(header ?? "{}");
  if (version !== VERSION) throw refusal(`is not of version ${VERSION}`);
  const session = await startMachine(decodeOptions(options));
  for (const line of lines) {
    const entry = new Fields(parse(line));
    const time = entry.integer("time", 0, TIME_MAX);
    if (until !== undefined && time > until) break;
    await runUntil(session, time);
    await replayOne(session, parse(line) as unknown as Entry);
  }
  if (until !== undefined) await runUntil(session, until);
  return session;
}

async function runUntil(session: Session, time: number): Promise<void> {
  const now = await session.time();
  if (time > now) await session.run(time - now);
  const reached = await session.time();
  if (reached !== time) throw refusal(`has an input at ${time} ns, but time went to ${reached} ns`);
}

async function replayOne(session: Session, { time, input, params, result }: Entry): Promise<void> {
  let code = "";
  try {
    await carryOut(session, input, new Fields(params));
  } catch (error) {
    code = toSystemError(error).code;
  }
  if (code === result) return;
  const was = (name: string) => name || "success";
  throw refusal(`shows ${was(result)} for ${input} at ${time} ns; here it ended with ${was(code)}`);
}
