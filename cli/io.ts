// What a command may use of its surroundings; tests put their own in place.

import type { ReadStream, WriteStream } from "node:tty";
import type { Columns } from "../config/columns.ts";
import type { Environment } from "../control/caller.ts";
import { type Host, THIS_HOST } from "../control/linux/host.ts";
import { NO_COLOUR, wantsColour } from "./colour.ts";

export interface Io {
  /** On a terminal what others say in it is made printable (screen.ts). */
  out(text: string | Uint8Array): void;
  err(text: string): void;
  /** As `out`, for pictures with control sequences of the command's own; what others say in them is printable already. */
  draw(text: string): void;
  /** The same for `err`. */
  drawErr(text: string): void;
  /** Which of the two outputs is a terminal. */
  readonly screens: { readonly out: boolean; readonly err: boolean };
  /** Which of them get colours (colour.ts). */
  readonly colours: { readonly out: boolean; readonly err: boolean };
  /** Columns of the terminal that output goes to; undefined for what is none: nothing depends on any there. */
  readonly columns: Columns;
  readonly env: Environment;
  /** Working directory, for relative paths. */
  readonly cwd: string;
  /** The terminal, when both input and output are one. */
  readonly terminal: Terminal | undefined;
  /** The computer, whose /dev/jailhouse is meant if it has one. */
  readonly host: Host;
  /** Standard input, for `machine start --serial 0=stdio` and for answers. */
  readonly input: NodeJS.ReadableStream;
  /** Resolves at Ctrl-C or SIGTERM; a command that asks for this ends by itself then. */
  interrupted(): Promise<void>;
}

export interface Terminal {
  readonly input: ReadStream;
  readonly output: WriteStream;
}

/** The bytes that a serial line has sent: its text has a character for each. */
export const serialBytes = (text: string): Uint8Array => Buffer.from(text, "latin1");

/** Which outputs get colours. An argument that only looks like the option costs the colours, no more. */
export function coloursOf(
  env: Environment,
  screens: Io["screens"],
  args: readonly string[],
): Io["colours"] {
  const refused = args.includes(NO_COLOUR);
  return {
    out: wantsColour(env, screens.out, refused),
    err: wantsColour(env, screens.err, refused),
  };
}

/** The process's own, for that command line. */
export function processIo(args: readonly string[]): Io {
  const { stdin, stdout, stderr } = process;
  // `jailhouse serial -f | head`: who reads no more has seen enough.
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    process.removeAllListeners("exit");
    if (error.code !== "EPIPE") stderr.write(`writing standard output: ${error.message}\n`);
    process.exit(error.code === "EPIPE" ? 0 : 1);
  });
  const screens = { out: stdout.isTTY === true, err: stderr.isTTY === true };
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    draw: (text) => void stdout.write(text),
    drawErr: (text) => void stderr.write(text),
    screens,
    colours: coloursOf(process.env, screens, args),
    // A terminal of unknown size says 0.
    columns: (screens.out && stdout.columns) || undefined,
    env: process.env,
    cwd: process.cwd(),
    terminal: stdin.isTTY && stdout.isTTY ? { input: stdin, output: stdout } : undefined,
    host: THIS_HOST,
    input: stdin,
    interrupted: () =>
      new Promise((resolve) => {
        for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
      }),
  };
}
