// jailhouse config learn: the smallest configuration under which an image runs, found by running it.

import { type Addition, additionText, isRam } from "../config/explain/index.ts";
import { isConfigError } from "../config/index.ts";
import type { Image } from "../control/api.ts";
import { LearnError, type Learned, learnCell } from "../control/learn-cell.ts";
import { cpuNumbers, type LoadItem, loadArguments } from "./arguments.ts";
import { readImage } from "./cell-load.ts";
import { CommandFailure, perror, UsageError } from "./failure.ts";
import type { Io } from "./io.ts";
import { checkOutput, openConfig, writeConfig } from "./open-config.ts";

const REQUEST = "learning";
const ABOUT = "Learned by jailhouse config learn, which has run the cell under it.";
const NS_PER_SECOND = 1e9;
const IDLE =
  "It used nothing but its image: it halts at once, runs in a circle, or waits for what never comes.\n";
/** Back to the start of the line, which is emptied (ECMA-48 CR, EL). */
const CLEAR = "\r\x1b[K";

export interface LearnCommandOptions {
  readonly system: string;
  readonly cpus: string;
  readonly console: string;
  readonly seconds: string;
  readonly output: string;
}

/** Says what turns out to be needed: RAM is only counted, all else has a line of its own. */
class Report {
  readonly #io: Io;
  #pages = 0;

  constructor(io: Io) {
    this.#io = io;
  }

  add(addition: Addition): void {
    if (isRam(addition)) this.#pages++;
    else this.#io.drawErr(`${this.#clear}needs ${additionText(addition)}\n`);
    if (this.#clear) this.#io.drawErr(`${this.#clear}${this.#ram()}`);
  }

  /** Leaves the line that is written over and over. */
  break(): void {
    if (this.#clear && this.#pages > 0) this.#io.err("\n");
  }

  end(): void {
    this.#io.drawErr(`${this.#clear}${this.#ram()}\n`);
  }

  get #clear(): string {
    return this.#io.terminal ? CLEAR : "";
  }

  #ram(): string {
    return `needs ${this.#pages} ${this.#pages === 1 ? "page" : "pages"} of RAM besides its image`;
  }
}

function positive(text: string, option: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new UsageError(`${option} takes a number above 0`);
}

async function readImages(io: Io, items: readonly LoadItem[]): Promise<Image[]> {
  const images = await Promise.all(items.map((item) => readImage(io, item, REQUEST)));
  const empty = images.findIndex(({ data }) => data.length === 0);
  const item = items[empty];
  if (item?.kind === "file") throw new CommandFailure(`${REQUEST}: ${item.path} is empty`);
  return images;
}

/** Runs an image on an emulated machine of its own, and writes what it turned out to need. */
export async function learnConfig(
  io: Io,
  args: readonly string[],
  options: LearnCommandOptions,
): Promise<void> {
  const { cell, items } = loadArguments(args);
  const cpus = cpuNumbers(options.cpus);
  const time = positive(options.seconds, "--seconds") * NS_PER_SECOND;
  const console = positive(options.console, "--console");
  const { config: system } = await openConfig(io, options.system);
  if (system.kind !== "system") {
    throw new CommandFailure(`${options.system}: not a system configuration`);
  }
  await checkOutput(io, options.output);
  const images = await readImages(io, items);
  const report = new Report(io);
  const stop = new AbortController();
  void io.interrupted().then(() => stop.abort());
  const wishes = { name: `${cell}`, images, system, cpus, console, time, signal: stop.signal };
  const progress = (addition: Addition) => report.add(addition);
  let learned: Learned;
  try {
    learned = await learnCell({ ...wishes, progress });
  } catch (error) {
    report.break();
    if (error instanceof LearnError) throw new CommandFailure(`${REQUEST}: ${error.message}`);
    if (isConfigError(error)) throw new CommandFailure(`${REQUEST}: ${error.message}`, error.hint);
    throw perror(REQUEST, error);
  }
  report.end();
  if (!learned.isActive) io.err(IDLE);
  await writeConfig(io, options.output, learned.config, ABOUT);
  io.out(`Wrote ${options.output}: "${cell}" ran ${options.seconds} s under it undisturbed.\n`);
}
