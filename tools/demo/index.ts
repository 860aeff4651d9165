// `jailhouse demo`, and `npm run demo` in a clone: plays the session of session.ts with the real command and checks every
// answer.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { wantsColour } from "../../cli/colour.ts";
import { coreDigest } from "../core.ts";
import { ROOT } from "../root.ts";
import { Difference } from "./expect.ts";
import { play } from "./player.ts";
import { Screen } from "./screen.ts";
import { SESSION } from "./session.ts";

/** Milliseconds from one typed character to the next, and between commands. */
const PACED = { typing: 35, pause: 800 };
const QUICK = { typing: 4, pause: 0 };
const UNSEEN = { typing: 0, pause: 0 };
/** Exit status of what Ctrl-C ended, as shells have it. */
const INTERRUPTED = 130;

export interface DemoOptions {
  /** False: `--no-color`. */
  readonly color?: boolean;
  /** In real time. */
  readonly paced?: boolean;
  /** A file for what is shown, as JSON lines of [seconds, text]. */
  readonly record?: string;
}

/** Where to go from here; no part of the recording. What needs compilers and a Linux to boot is in clones only. */
function next(): string {
  const isClone = existsSync(join(ROOT, "tools", "run.mjs"));
  const documents = isClone ? "" : `${ROOT}/`;
  const linux = `under a real Linux  npm run metal:demo: the same hypervisor.wasm, sha256
                          ${coreDigest()}
      `;
  return `
Next: ${isClone ? linux : ""}by hand             see "By hand" in ${documents}README.md
      in real time        ${isClone ? "npm run demo -- --paced" : "npx jailhouse demo --paced"}
      a cell of your own  ${documents}docs/first-cell.md
      your own inmate     ${documents}docs/inmates.md
`;
}

/** Plays it on this process's terminal. Returns the exit status. */
export async function demo({ paced, record, color }: DemoOptions): Promise<number> {
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => interrupted.abort());
  const isTerminal = process.stdout.isTTY === true;
  const { typing, pause } = paced ? PACED : isTerminal ? QUICK : UNSEEN;
  const screen = new Screen({
    typing,
    colours: record !== undefined || wantsColour(process.env, isTerminal, color === false),
    recording: record,
    write: (text) => void process.stdout.write(text),
    signal: interrupted.signal,
  });
  const start = performance.now();
  try {
    const { signal } = interrupted;
    await play(SESSION, { screen, pace: paced ? "paced" : "free", root: ROOT, pause, signal });
  } catch (error) {
    if (interrupted.signal.aborted) return INTERRUPTED;
    const text = error instanceof Difference ? error.message : (error as Error).stack;
    process.stderr.write(`\nThe session did not go as it should.\n${text}\n`);
    return 1;
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  screen.show(
    `\nAll ${SESSION.length} commands did what they should, in ${seconds} s.\n`,
    "remark",
  );
  process.stdout.write(next());
  return 0;
}
