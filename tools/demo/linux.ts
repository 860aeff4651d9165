// Boots a real Linux on a bed, plays the session of tools/metal/session.ts in it, and checks every answer, what the serial ports
// say, and that Linux stayed well.

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { isConfigError } from "../../config/errors.ts";
import { loadConfig } from "../../config/load.ts";
import { ArtifactsError, findArtifacts, makeArtifacts } from "../metal/artifacts.ts";
import type { Bed, Machine } from "../metal/beds/bed.ts";
import { findBed, findMachine, systemOf, UnknownMachine } from "../metal/beds/index.ts";
import { MissingPackages } from "../metal/packages.ts";
import { playInGuest } from "../metal/play.ts";
import { onBed, SESSION } from "../metal/session.ts";
import { ROOT } from "../root.ts";
import { Difference } from "./expect.ts";
import { Screen } from "./screen.ts";

/** Exit status of what Ctrl-C ended, as shells have it. */
const INTERRUPTED = 130;
/** Milliseconds from one typed character to the next. */
const TYPING = 4;
const NEXT = `
Next: the same by hand    npm run metal:shell
      on a real machine   docs/metal.md
`;

/** What may be chosen. */
export interface LinuxDemoOptions {
  /** The machine's emulator, by its name; the first if not given. */
  readonly bed?: string | undefined;
  /** Its processor, by its name. */
  readonly cpu?: string | undefined;
  /** A system configuration in the place of the shipped one. */
  readonly config?: string | undefined;
  /** A directory with what the guest is started with. */
  readonly artifacts?: string | undefined;
  /** A directory to make that in, instead of playing. */
  readonly makeArtifacts?: string | undefined;
  /** A file for what is shown. */
  readonly record?: string | undefined;
  readonly color?: boolean | undefined;
}

/** Whether there is a clone around this, whose scripts can be named. */
const isClone = () => existsSync(join(ROOT, "tools/run.mjs"));

/** What whoever called must change; the message says it all. */
class Misuse extends Error {}

/** The session on a bed, and the files that it needs besides the usual ones. */
async function readSession(bed: Bed, machine: Machine, config: string | undefined) {
  if (config === undefined) return { steps: onBed(SESSION, bed, systemOf(bed, machine)) };
  const { bytes, config: system } = await loadConfig(config);
  if (system.kind !== "system") throw new Misuse(`${config}: not a system configuration`);
  const { name } = system.rootCell;
  // Where the command runs outside, so does it read its files.
  if (bed.isSlow) return { steps: onBed(SESSION, bed, { file: resolve(config), name }) };
  const file = "configs/system.cell";
  const steps = onBed(SESSION, bed, { file, name });
  return { steps, extra: new Map([[`jailhouse/${file}`, { data: bytes }]]) };
}

function explain(error: Error): string {
  const isPlain =
    error instanceof MissingPackages ||
    error instanceof Misuse ||
    error instanceof UnknownMachine ||
    error instanceof ArtifactsError;
  if (isPlain || isConfigError(error)) return error.message;
  const text = error instanceof Difference ? error.message : error.stack;
  return `\nThe session did not go as it should.\n${text}`;
}

/** Plays it, and prints; the exit status. */
export async function linuxDemo(values: LinuxDemoOptions): Promise<number> {
  const { record } = values;
  const interrupted = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => interrupted.abort());
  const isTerminal = process.stdout.isTTY === true;
  const screen = new Screen({
    typing: isTerminal ? TYPING : 0,
    colours:
      record !== undefined || (values.color !== false && isTerminal && !process.env.NO_COLOR),
    recording: record,
    write: (text) => void process.stdout.write(text),
    signal: interrupted.signal,
  });
  const start = performance.now();
  let count: number;
  try {
    const bed = findBed(values.bed);
    const machine = findMachine(bed, values.cpu);
    const { makeArtifacts: target } = values;
    if (target !== undefined) {
      await makeArtifacts(bed, target, (text) => screen.show(`${text}\n`, "remark"));
      screen.show(`Made: npm run demo:linux -- --artifacts ${target}\n`, "remark");
      return 0;
    }
    const image = values.artifacts === undefined ? undefined : findArtifacts(values.artifacts);
    const { steps, extra } = await readSession(bed, machine, values.config);
    count = steps.length;
    const { signal } = interrupted;
    const options = {
      ...{ screen, signal, bed, machine },
      ...(extra ? { extra } : {}),
      ...(image ? { image } : {}),
    };
    await playInGuest(steps, options);
  } catch (error) {
    if (interrupted.signal.aborted) return INTERRUPTED;
    process.stderr.write(`${explain(error as Error)}\n`);
    return 1;
  }
  const seconds = Math.round((performance.now() - start) / 1000);
  const end = `All ${count} commands did what they should, in ${seconds} s.\n`;
  screen.show(end, "remark");
  if (isClone()) process.stdout.write(NEXT);
  return 0;
}
