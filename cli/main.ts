// jailhouse: the command. Start reading at program.ts.

import { type Command, CommanderError } from "commander";
import { formatOrigin } from "../config/origin.ts";
import { oneLine, printable } from "../config/printable.ts";
import { placeOfThrown, thrownText } from "../config/thrown.ts";
import { paint } from "./colour.ts";
import { type CommandFailure, ExitStatus, perror, UsageError } from "./failure.ts";
import { type Io, processIo } from "./io.ts";
import { program } from "./program.ts";
import { onScreen } from "./screen.ts";

const SUCCESS = 0;
const FAILURE = 1;
/** Verbs of which 1 is a result, "there is something", and what they return when they cannot tell. */
const ANSWERING = ["check", "diff"];
const NO_ANSWER = 2;
/** Node's exit status when nothing is left to do and the command still waits. */
const NEVER_SETTLED = 13;
/** commander's ends that are no errors. */
const SHOWN = ["commander.helpDisplayed", "commander.version"];

/** Runs one command line (without the program's name). Returns the exit status. */
export async function main(args: readonly string[], given: Io): Promise<number> {
  const io = onScreen(given);
  const root = program(io);
  let last: Command = root;
  for (const command of everyCommand(root)) {
    command.exitOverride((error) => {
      last = command;
      throw error;
    });
    command.configureOutput({ writeOut: (text) => io.out(text), writeErr: () => {} });
    command.hook("preAction", (_, action) => {
      last = action;
    });
  }
  try {
    await root.parseAsync(args, { from: "user" });
    return SUCCESS;
  } catch (error) {
    if (error instanceof CommanderError && SHOWN.includes(error.code)) return SUCCESS;
    if (error instanceof CommanderError) return misuse(io, last, error.message);
    if (error instanceof UsageError) return misuse(io, last, `error: ${error.message}`);
    if (error instanceof ExitStatus) return error.status;
    return fail(io, last, perror("jailhouse", error));
  }
}

function* everyCommand(command: Command): Generator<Command> {
  yield command;
  for (const child of command.commands) yield* everyCommand(child);
}

/** One line says what is wrong and where help is; without a verb there is nothing wrong yet, and the help is all there is to say. */
function misuse(io: Io, command: Command, message: string): number {
  if (message.startsWith("(")) io.out(command.helpInformation());
  else {
    // What was perhaps meant stands in a line of its own.
    const what = message.replace(/\s*\n\s*/g, " ").replace(/\.?$/, "");
    sayError(io, what, ` (see: ${pathOf(command)} --help)`);
  }
  return failureOf(command);
}

/** The words that lead to a command. */
const pathOf = (command: Command): string =>
  command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();

/** What failed, in the colour of errors where there are colours, and more in none. */
function sayError(io: Io, what: string, more = ""): void {
  if (io.colours.err) io.drawErr(`${paint("error", printable(what))}${printable(more)}\n`);
  else io.err(`${what}${more}\n`);
}

function fail(io: Io, command: Command, { message, hint }: CommandFailure): number {
  sayError(io, message);
  // The hypervisor's own words may begin with an empty line.
  if (hint?.trim()) io.err(`${hint.trim()}\n`);
  return failureOf(command);
}

const failureOf = (command: Command): number =>
  ANSWERING.includes(command.name()) ? NO_ANSWER : FAILURE;

/** Ends the process for an error that nothing waits for: a promise of a configuration's, or a timer. Node would show a stack trace. */
function stray(error: unknown): never {
  const place = placeOfThrown(error);
  const where = place ? formatOrigin(place) : "jailhouse";
  process.stderr.write(`${printable(oneLine(`${where}: ${thrownText(error)}`))}\n`);
  process.exit(FAILURE);
}

/** The process's command line; sets its exit status. */
export async function run(): Promise<void> {
  const onExit = (status: number) => {
    // A configuration is code: it may end the process, or wait for what never comes (then Node gives up by itself).
    if (status !== SUCCESS && status !== NEVER_SETTLED) return;
    process.stderr.write(
      "jailhouse: The configuration ended the command, or never came to an end.\n",
    );
    process.exitCode = FAILURE;
  };
  process.on("exit", onExit);
  process.on("uncaughtException", stray);
  const args = process.argv.slice(2);
  process.exitCode = await main(args, processIo(args));
  process.off("exit", onExit);
}
