// Where a machine's serial output goes besides the daemon's own buffer: a file, written as the output comes.

import { closeSync, openSync, writeSync } from "node:fs";
import { SystemError, toSystemError } from "./errors.ts";

/** What was pushed is in the file so many milliseconds later, whether or not somebody flushes: a machine may stand still. */
const FLUSH_WITHIN = 100;

export interface Sink {
  push(text: string): void;
  /** Writes what has come. Never throws: a full disk must not stop a machine. */
  flush(): void;
  close(): void;
  /** What went wrong, once it has. */
  readonly problem: string | undefined;
}

/** A file that is emptied first, as QEMU does with `-serial file:`. Throws when it cannot be created. */
export function fileSink(path: string): Sink {
  let file: number | undefined;
  try {
    file = openSync(path, "w", 0o644);
  } catch (error) {
    const { errno, message } = toSystemError(error);
    throw new SystemError(errno, { hint: `opening ${path}: ${message}`, cause: error });
  }
  let pending = "";
  let problem: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (pending === "" || file === undefined) return;
    try {
      writeAll(file, Buffer.from(pending, "latin1"));
      problem = undefined;
    } catch (error) {
      problem ??= `writing ${path}: ${toSystemError(error).message}; output is missing there.`;
    }
    pending = "";
  };
  return {
    push: (text) => {
      pending += text;
      timer ??= setTimeout(flush, FLUSH_WITHIN).unref();
    },
    flush,
    close: () => {
      flush();
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
    get problem() {
      return problem;
    },
  };
}

function writeAll(file: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}
