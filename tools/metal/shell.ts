// npm run metal:shell [-- --bed NAME --cpu NAME]: an interactive guest on this terminal. What its serial ports for cells say is shown between the
// lines, with the port's name.

import { parseArgs } from "node:util";
import { findBed, findMachine, UnknownMachine } from "./beds/index.ts";
import { Guest } from "./guest.ts";
import { MissingPackages } from "./packages.ts";

/** Kernel option that tools/metal/guest/init looks for. */
const INTERACTIVE = "metal.shell";
const HELP = 'Linux boots; the shell comes soon. Its "exit" ends the machine.\n';

/** Whole lines of a port, with its name. */
function named(name: string, write: (text: string) => void): (text: string) => void {
  let partial = "";
  return (text) => {
    const lines = (partial + text).split("\n");
    partial = lines.pop()!;
    for (const line of lines) write(`\r${name} | ${line.replaceAll("\r", "")}\r\n`);
  };
}

async function shell(): Promise<void> {
  const { stdin, stdout } = process;
  const write = (text: string) => void stdout.write(text);
  const say = (text: string) => write(`${text}\n`);
  const { values } = parseArgs({ options: { bed: { type: "string" }, cpu: { type: "string" } } });
  const bed = findBed(values.bed);
  const guest = await Guest.start({
    bed,
    machine: findMachine(bed, values.cpu),
    say,
    jailhouse: true,
    append: [INTERACTIVE, "quiet"],
    onConsole: (text) => void stdout.write(text, "latin1"),
  });
  write(HELP);
  if (guest.isSlow) {
    const { address } = await guest.agent();
    write(`The command runs elsewhere: tools/jailhouse --target serial:${address} ...\n`);
  }
  const end = () => void guest.close();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, end);
  guest.com1.follow(named("COM1", write));
  guest.com2.follow(named("COM2", write));
  if (stdin.isTTY) stdin.setRawMode(true);
  stdin.on("data", (data) => guest.type(data));
  try {
    await guest.ended;
  } finally {
    if (stdin.isTTY) stdin.setRawMode(false);
    stdin.pause();
    await guest.close();
  }
}

try {
  await shell();
} catch (error) {
  const isPlain = error instanceof MissingPackages || error instanceof UnknownMachine;
  const text = isPlain ? error.message : (error as Error).stack;
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
}
