// npm run demo [-- --paced] [--record FILE]: plays the session of tools/demo/session.ts with the real command and checks
// every answer.

import { parseArgs } from "node:util";
import { coreDigest } from "./core.ts";
import { Difference } from "./demo/expect.ts";
import { play } from "./demo/player.ts";
import { Screen } from "./demo/screen.ts";
import { SESSION } from "./demo/session.ts";
import { ROOT } from "./root.ts";

/** Milliseconds from one typed character to the next, and between commands. */
const PACED = { typing: 35, pause: 800 };
const QUICK = { typing: 4, pause: 0 };
const UNSEEN = { typing: 0, pause: 0 };
/** Exit status of what Ctrl-C ended, as shells have it. */
const INTERRUPTED = 130;

const USAGE = `Usage: npm run demo [-- OPTIONS]
  --paced        in real time
  --record FILE  write what is shown as JSON lines of [seconds, text]
`;

/** Where to go from here; no part of the recording. */
const next = (digest: string) => `
Next: under a real Linux  npm run metal:demo: the same hypervisor.wasm, sha256
                          ${digest}
      by hand             see "By hand" in README.md
      in real time        npm run demo -- --paced
      a cell of your own  docs/first-cell.md
      your own inmate     docs/inmates.md
`;

function readOptions() {
  try {
    const options = { paced: { type: "boolean" }, record: { type: "string" } } as const;
    return parseArgs({ options }).values;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}`);
    process.exit(1);
  }
}

async function demo(): Promise<number> {
  const { paced, record } = readOptions();
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => interrupted.abort());
  const isTerminal = process.stdout.isTTY === true;
  const { typing, pause } = paced ? PACED : isTerminal ? QUICK : UNSEEN;
  const screen = new Screen({
    typing,
    colours: record !== undefined || (isTerminal && !process.env.NO_COLOR),
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
  process.stdout.write(next(coreDigest()));
  return 0;
}

process.exitCode = await demo();
