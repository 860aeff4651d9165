// Questions that want a yes.

import { createInterface } from "node:readline";
import { CommandFailure } from "./failure.ts";
import type { Io } from "./io.ts";

const YES = /^y(es)?$/i;

/**
 * Names a risk and returns when the user takes it: by `yes`, the option of that name, or by an answer at the terminal.
 * Everything else ends the command.
 */
export async function wantYes(io: Io, risk: string, yes = false): Promise<void> {
  io.err(`${risk}\n`);
  if (yes) return;
  if (!io.terminal) {
    throw new CommandFailure("Nobody is there to say yes: --yes says it in scripts.");
  }
  if (!YES.test(await answer(io))) throw new CommandFailure("Nothing was done.");
}

function answer(io: Io): Promise<string> {
  io.err("Go on? [y/N] ");
  const lines = createInterface({ input: io.input });
  return new Promise((resolve) => {
    lines.once("line", (line) => {
      resolve(line.trim());
      lines.close();
    });
    // The end of the input is no yes.
    lines.once("close", () => resolve(""));
  });
}
