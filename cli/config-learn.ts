// jailhouse config learn: the smallest configuration under which an image runs, found by running it.

import { type Addition, additionText, isRam } from "../config/explain/index.ts";
import { LearnError, learnCell } from "../control/learn-cell.ts";
import { cpuNumbers, loadArguments } from "./arguments.ts";
import { readImage } from "./cell-load.ts";
import { CommandFailure, UsageError } from "./failure.ts";
import type { Io } from "./io.ts";
import { openConfig, writeConfig } from "./open-config.ts";

const REQUEST = "learning";
const ABOUT = "Learned by jailhouse config learn, which has run the cell under it.";
const NS_PER_SECOND = 1e9;
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
    else this.#io.err(`${this.#clear}needs ${additionText(addition)}\n`);
    if (this.#clear) this.#io.err(`${this.#clear}${this.#ram()}`);
  }

  end(): void {
    this.#io.err(`${this.#clear}${this.#ram()}\n`);
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
  const images = await Promise.all(items.map((item) => readImage(io, item, REQUEST)));
  const report = new Report(io);
  const progress = (addition: Addition) => report.add(addition);
  try {
    const name = `${cell}`;
    const learned = await learnCell({ name, images, system, cpus, console, time, progress });
    report.end();
    await writeConfig(io, options.output, learned.config, ABOUT);
  } catch (error) {
    if (error instanceof LearnError) throw new CommandFailure(`${REQUEST}: ${error.message}`);
    throw error;
  }
  io.out(`Wrote ${options.output}: "${cell}" ran ${options.seconds} s under it undisturbed.\n`);
}
