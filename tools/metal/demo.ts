// npm run metal:demo: boots a real Linux on a bed, plays the session of tools/metal/session.ts in it, and checks every answer,
// what the serial ports say, and that Linux stayed well.

import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { isConfigError } from "../../config/errors.ts";
import { loadConfig } from "../../config/load.ts";
import { Difference } from "../demo/expect.ts";
import { Screen } from "../demo/screen.ts";
import { ArtifactsError, findArtifacts, makeArtifacts } from "./artifacts.ts";
import type { Bed, Machine } from "./beds/bed.ts";
import {
  bedNames,
  findBed,
  findMachine,
  processorNames,
  systemOf,
  UnknownMachine,
} from "./beds/index.ts";
import { MissingPackages } from "./packages.ts";
import { playInGuest } from "./play.ts";
import { onBed, SESSION } from "./session.ts";

const USAGE = `Usage: npm run metal:demo [-- OPTIONS]
  --bed NAME     the machine's emulator: ${bedNames()}; default: the first
  --cpu NAME     its processor: ${processorNames()}; default: the first of the bed's
  --config FILE  play it on this system configuration of the guest, which config create may have made; default: the shipped one
  --make-artifacts DIR
                 make what the guest is started with, and end; --artifacts takes it on a computer without Debian's packages
  --artifacts DIR
                 start the guest with that: Node is all that is needed on bed pc
  --record FILE  write what is shown as JSON lines of [seconds, text]
`;
/** Exit status of what Ctrl-C ended, as shells have it. */
const INTERRUPTED = 130;
/** Milliseconds from one typed character to the next. */
const TYPING = 4;
const NEXT = `
Next: the same by hand    npm run metal:shell
      on a real machine   docs/metal.md
`;

function readOptions() {
  try {
    return parseArgs({
      options: {
        bed: { type: "string" },
        cpu: { type: "string" },
        config: { type: "string" },
        artifacts: { type: "string" },
        "make-artifacts": { type: "string" },
        record: { type: "string" },
      } as const,
    }).values;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}`);
    process.exit(1);
  }
}

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

async function demo(): Promise<number> {
  const values = readOptions();
  const { record } = values;
  const interrupted = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => interrupted.abort());
  const isTerminal = process.stdout.isTTY === true;
  const screen = new Screen({
    typing: isTerminal ? TYPING : 0,
    colours: record !== undefined || (isTerminal && !process.env.NO_COLOR),
    recording: record,
    write: (text) => void process.stdout.write(text),
    signal: interrupted.signal,
  });
  const start = performance.now();
  let count: number;
  try {
    const bed = findBed(values.bed);
    const machine = findMachine(bed, values.cpu);
    const { "make-artifacts": target } = values;
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
  process.stdout.write(NEXT);
  return 0;
}

process.exitCode = await demo();
