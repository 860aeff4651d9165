// Records a session: every input with the virtual time at which it arrived, and what the machine was like now and then. Replayed on a
// fresh machine it gives the same machine, bit for bit (replay.ts). What is done to LocalSession's `machine` itself is not seen here.

import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { EOPNOTSUPP } from "../../abi/errno.ts";
import { projectVersion } from "../../config/version.ts";
import type { LineNumber, MachineOptions, SerialLine, Session, SteppedSession } from "../api.ts";
import { buildIdentity } from "../build.ts";
import { SystemError, toSystemError } from "../errors.ts";
import { encodeBytes, encodeImages, type Fields } from "../protocol.ts";
import { type SysfsSnapshot, takeSnapshot } from "../sysfs.ts";
import { type Entry, endLine, type Header, type InputEntry, VERSION } from "./format.ts";
import { encodeOptions } from "./options.ts";

/** Virtual nanoseconds between two check points, at least; later as much as this part of the time so far: a day has few. */
const CHECK_LEAST = 10e6;
const CHECK_PART = 64;
/** It has what was typed. */
const OWN_FILE = 0o600;

/** The calls that are inputs. The reading ones are among them: they are hypercalls on a root CPU. */
export type Input =
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
  | "sysfs"
  | "serialWrite";

/** How an input of a record is carried out. */
export const CALLS: Readonly<
  Record<Input, (session: Session, fields: Fields) => Promise<unknown>>
> = {
  enable: (session, fields) => session.enable(fields.bytes("config")),
  disable: (session) => session.disable(),
  createCell: (session, fields) => session.createCell(fields.bytes("config")),
  loadCell: (session, fields) => session.loadCell(fields.cell(), fields.images()),
  startCell: (session, fields) => session.startCell(fields.cell()),
  shutdownCell: (session, fields) => session.shutdownCell(fields.cell()),
  destroyCell: (session, fields) =>
    session.destroyCell(fields.cell(), { force: fields.flag("force") }),
  cells: (session) => session.cells(),
  status: (session) => session.status(),
  statistics: (session, fields) => session.statistics(fields.cell()),
  sysfs: (session) => takeSnapshot(session),
  serialWrite: (session, fields) =>
    session.serial(fields.integer("line", 0, 2) as LineNumber).write(fields.text("text")),
};

/** A session whose inputs are recorded; what the exported tree shows of it is one input. */
export type RecordedSession<S extends SteppedSession = SteppedSession> = S & {
  sysfs(): Promise<SysfsSnapshot>;
};

/** An end of a record at one moment. */
export interface Seal {
  /** Bytes before it. */
  readonly size: number;
  /** The line that ends it. */
  readonly end: string;
}

/** An empty file for a record. Throws where there can be none. */
export function createRecord(path: string): void {
  try {
    writeFileSync(path, "", { mode: OWN_FILE });
  } catch (error) {
    const { errno, message } = toSystemError(error);
    throw new SystemError(errno, { hint: `opening ${path}: ${message}`, cause: error });
  }
}

/** A record that is being written. */
export class Journal {
  readonly #write: (text: string) => void;
  readonly #hash = createHash("sha256");
  #lines = 0;
  #size = 0;
  #nextCheck = 0;

  /** `write` gets the record line by line. */
  constructor(options: MachineOptions, write: (line: string) => void) {
    this.#write = write;
    const own = { record: VERSION, version: projectVersion(), build: buildIdentity() };
    this.#enter({ ...own, options: encodeOptions(options) });
  }

  #enter(content: Header | Entry): void {
    const line = `${JSON.stringify(content)}\n`;
    this.#hash.update(line);
    this.#lines++;
    this.#size += Buffer.byteLength(line);
    this.#write(line);
  }

  /** The same session, whose inputs are recorded as they are carried out. */
  record<S extends SteppedSession>(session: S): RecordedSession<S> {
    session.onTime = (time) => {
      if (time < this.#nextCheck) return;
      this.#nextCheck = time + Math.max(CHECK_LEAST, time / CHECK_PART);
      this.#enter({ time, check: session.checkPoint() });
    };
    const recorded: Readonly<Record<string, unknown>> = this.#inputs(session);
    return new Proxy(session, {
      get: (target, name) => {
        if (typeof name === "string" && Object.hasOwn(recorded, name)) return recorded[name];
        const value = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
      set: (target, name, value) => Reflect.set(target, name, value, target),
    }) as RecordedSession<S>;
  }

  /** The calls of a session that are inputs, and enter themselves. */
  #inputs(session: SteppedSession) {
    const enter = async <T>(input: Input, params: InputEntry["params"], call: () => Promise<T>) => {
      const time = await session.time();
      let result = "";
      try {
        return await call();
      } catch (error) {
        result = toSystemError(error).code;
        throw error;
      } finally {
        this.#enter({ time, input, params, result });
      }
    };
    const config = (bytes: Uint8Array) => ({ config: encodeBytes(bytes) });
    const calls: Partial<SteppedSession> = {
      status: () => enter("status", {}, () => session.status()),
      enable: (bytes) => enter("enable", config(bytes), () => session.enable(bytes)),
      disable: () => enter("disable", {}, () => session.disable()),
      createCell: (bytes) => enter("createCell", config(bytes), () => session.createCell(bytes)),
      loadCell: (cell, images) =>
        enter("loadCell", { cell, images: encodeImages(images) }, () =>
          session.loadCell(cell, images),
        ),
      startCell: (cell) => enter("startCell", { cell }, () => session.startCell(cell)),
      shutdownCell: (cell) => enter("shutdownCell", { cell }, () => session.shutdownCell(cell)),
      destroyCell: (cell, options) =>
        enter("destroyCell", { cell, force: options?.force ?? false }, () =>
          session.destroyCell(cell, options),
        ),
      cells: () => enter("cells", {}, () => session.cells()),
      statistics: (cell) => enter("statistics", { cell }, () => session.statistics(cell)),
      serial: (line) =>
        recordLine(session.serial(line), (text) =>
          enter("serialWrite", { line, text }, () => session.serial(line).write(text)),
        ),
    };
    return {
      ...calls,
      sysfs: () => enter("sysfs", {}, () => takeSnapshot(session)),
      restore: async () => {
        const hint = "What is recorded does not go back: a record has one beginning.";
        throw new SystemError(EOPNOTSUPP, { hint });
      },
    };
  }

  /**
   * Enters a check point of everything, and returns the record's end at this moment: more may be recorded afterwards, of which that end
   * knows nothing.
   */
  async seal(session: SteppedSession): Promise<Seal> {
    const all = await session.fingerprint();
    this.#enter({ time: await session.time(), check: { ...session.checkPoint(), all } });
    return { size: this.#size, end: endLine(this.#lines, this.#hash) };
  }
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
