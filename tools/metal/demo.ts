// npm run metal:demo: boots a real Linux in QEMU, plays the session of tools/metal/session.ts in it, and checks every answer,
// what the serial ports say, and that Linux stayed well.

import { parseArgs } from "node:util";
import { Difference } from "../demo/expect.ts";
import { Screen } from "../demo/screen.ts";
import { MissingPackages } from "./packages.ts";
import { playInGuest } from "./play.ts";
import { SESSION } from "./session.ts";

const USAGE = `Usage: npm run metal:demo [-- OPTIONS]
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
    return parseArgs({ options: { record: { type: "string" } } as const }).values;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}`);
    process.exit(1);
  }
}

async function demo(): Promise<number> {
  const { record } = readOptions();
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
  try {
    await playInGuest(SESSION, { screen, signal: interrupted.signal });
  } catch (error) {
    if (interrupted.signal.aborted) return INTERRUPTED;
    if (error instanceof MissingPackages) process.stderr.write(`${error.message}\n`);
    else {
      const text = error instanceof Difference ? error.message : (error as Error).stack;
      process.stderr.write(`\nThe session did not go as it should.\n${text}\n`);
    }
    return 1;
  }
  const seconds = Math.round((performance.now() - start) / 1000);
  const end = `All ${SESSION.length} commands did what they should, in ${seconds} s.\n`;
  screen.show(end, "remark");
  process.stdout.write(NEXT);
  return 0;
}

process.exitCode = await demo();
