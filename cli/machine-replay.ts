// jailhouse machine replay FILE [--kernel FILE] [--initrd FILE]… [--disk FILE]… [--unfinished] [--console]

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { becomeCaller } from "../control/caller.ts";
import type { Divergence, Replayed } from "../control/record/replay.ts";
import { attempt, ExitStatus, perror } from "./failure.ts";
import { type Io, serialBytes } from "./io.ts";

export interface ReplayVerbOptions {
  readonly kernel?: string;
  readonly initrd?: readonly string[];
  readonly disk?: readonly string[];
  readonly unfinished?: boolean;
  readonly console?: boolean;
}

/** Exit status of a replay that is not what was recorded; 1 is of one that there is not. */
const DIVERGES = 2;
const NS_PER_SECOND = 1e9;
/** Milliseconds between two changes of the line that shows progress. */
const REFRESH = 100;

const seconds = (time: number) => `${(time / NS_PER_SECOND).toFixed(9)} s`;
const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`;

/** Plays a record in this process. Ends with status 2 where the machine does otherwise than it did. */
export async function replayRecord(
  io: Io,
  file: string,
  options: ReplayVerbOptions,
): Promise<void> {
  becomeCaller(io.env);
  const [{ parseRecord }, { replay }, { startSession }] = await Promise.all([
    import("../control/record/format.ts"),
    import("../control/record/replay.ts"),
    import("../control/session.ts"),
  ]);
  const progress = new Progress(io);
  const { header, entries } = await attempt(
    `replaying ${file}`,
    (async () =>
      parseRecord(readRecord(io, file), { isUnfinished: options.unfinished ?? false }))(),
  );
  const place = (path: string) => resolve(io.cwd, path);
  const replayed = await attempt(
    `replaying ${file}`,
    replay({ header, entries }, startSession, {
      places: {
        kernel: options.kernel && place(options.kernel),
        ...(options.initrd && { modules: options.initrd.map(place) }),
        ...(options.disk && { disks: options.disk.map(place) }),
      },
      ...(options.console
        ? { onConsole: (text: string) => io.out(serialBytes(text)) }
        : { onTime: progress.show }),
    }).finally(() => progress.clear()),
  );
  const { divergence } = replayed;
  const { buildIdentity } = await import("../control/build.ts");
  const isOther = header.build !== buildIdentity();
  await report(io, file, replayed, isOther ? header.version : undefined);
  if (divergence) throw new ExitStatus(DIVERGES);
}

function readRecord(io: Io, file: string): string {
  try {
    return readFileSync(resolve(io.cwd, file), "utf8");
  } catch (error) {
    throw perror(`opening ${file}`, error);
  }
}

async function report(io: Io, file: string, replayed: Replayed, other?: string): Promise<void> {
  const { session, inputs, checks, divergence } = replayed;
  const time = await session.time();
  await session.close();
  const played = `${counted(inputs, "input")} and ${counted(checks, "check point")}`;
  if (!divergence) {
    io.out(`${file}: the same up to ${seconds(time)}, ${played}\n`);
    return;
  }
  io.err(`${explain(file, divergence)}; before, ${played} were the same.\n`);
  if (other !== undefined)
    io.err(`It was recorded by another build (jailhouse-ts ${other}), whose machine may differ.\n`);
}

function explain(file: string, { time, since, what }: Divergence): string {
  const range =
    since < time ? `between ${seconds(since)} and ${seconds(time)}` : `at ${seconds(time)}`;
  return `${file}: diverges ${range}: ${what}`;
}

/** A line on stderr that is written over; on a terminal only. */
class Progress {
  readonly #io: Io;
  #shown = 0;

  constructor(io: Io) {
    this.#io = io;
  }

  readonly show = (time: number): void => {
    if (!this.#io.screens.err || performance.now() - this.#shown < REFRESH) return;
    this.#shown = performance.now();
    this.#io.drawErr(`\r\x1b[Kreplaying, ${(time / NS_PER_SECOND).toFixed(2)} virtual s`);
  };

  clear(): void {
    if (this.#shown > 0) this.#io.drawErr("\r\x1b[K");
  }
}
