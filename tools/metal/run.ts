// npm run metal:run -- [-v] [-t SECONDS] [--bed NAME] [--cpu NAME] COMMAND...: boots a guest, runs shell
// commands in it one after the other ("jailhouse ..." outside where the bed is slow), and ends it. What the serial ports said is printed at the end. The exit status is that of the first command that fails.

import { parseArgs } from "node:util";
import { findBed, findMachine, UnknownMachine } from "./beds/index.ts";
import { Guest } from "./guest.ts";
import { MissingPackages } from "./packages.ts";
import { outside } from "./stage.ts";

async function run(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: {
      verbose: { type: "boolean", short: "v" },
      bed: { type: "string" },
      cpu: { type: "string" },
      timeout: { type: "string", short: "t", default: "120" },
    },
    allowPositionals: true,
  });
  const say = (text: string) => void process.stderr.write(`${text}\n`);
  const onConsole = (text: string) => void (values.verbose && process.stderr.write(text));
  const timeout = Number(values.timeout) * 1000;
  const start = performance.now();
  const bed = findBed(values.bed);
  const machine = findMachine(bed, values.cpu);
  const guest = await Guest.boot({ bed, machine, say, onConsole, jailhouse: true });
  say(`Linux is up after ${((performance.now() - start) / 1000).toFixed(1)} s.`);
  try {
    for (const command of positionals) {
      process.stdout.write(`$ ${command}\n`);
      const isOutside = guest.isSlow && command.startsWith("jailhouse ");
      const { status, out, err } = isOutside
        ? await outside(guest, command)
        : await guest.run(command, { timeout });
      process.stdout.write(out);
      process.stderr.write(err);
      if (status !== 0) return status ?? 1;
    }
    return 0;
  } finally {
    for (const [name, { text }] of [
      ["COM1", guest.com1],
      ["COM2", guest.com2],
    ] as const) {
      if (text) process.stdout.write(`--- ${name}\n${text}`);
    }
    await guest.close();
  }
}

try {
  process.exitCode = await run();
} catch (error) {
  const isPlain = error instanceof MissingPackages || error instanceof UnknownMachine;
  process.stderr.write(`${isPlain ? error.message : (error as Error).stack}\n`);
  process.exitCode = 1;
}
