// What a check is. index.ts runs them all and lists all failures.
import { spawnSync } from "node:child_process";
import { ROOT } from "../root.ts";

/** What a check found. No failure means that it passed, unless it was skipped. */
export interface Findings {
  /** One line each, or more; what is wrong and where. */
  readonly failures: readonly string[];
  /** Worth knowing, but no failure. */
  readonly warnings?: readonly string[];
  /** A figure to print beside the name. */
  readonly note?: string;
  /** Why it could not be run here. In CI that is a failure. */
  readonly skipped?: string;
}

export interface Check {
  readonly name: string;
  run(): Findings | Promise<Findings>;
}

/** The outcome of a command. */
export interface Outcome {
  /** Exit code; 127 when the command does not exist, 1 when a signal ended it. */
  readonly status: number;
  readonly stdout: string;
  /** What it said on both channels, without blank ends. */
  readonly output: string;
}

const NOT_FOUND = 127;
const MAX_OUTPUT = 64 * 1024 * 1024;

/** Runs a command in the clone's root (or `directory`) and waits for it. */
export function execute(command: string, args: readonly string[], directory = ROOT): Outcome {
  const result = spawnSync(command, args, {
    cwd: directory,
    encoding: "utf8",
    maxBuffer: MAX_OUTPUT,
  });
  const missing = (result.error as NodeJS.ErrnoException | undefined)?.code === "ENOENT";
  const output = `${result.stdout ?? ""}${result.stderr ?? ""}${result.error?.message ?? ""}`;
  return {
    status: missing ? NOT_FOUND : (result.status ?? 1),
    stdout: result.stdout ?? "",
    output: output.trim(),
  };
}

/** Runs a tool of node_modules with this Node. */
export function executeTool(path: string, args: readonly string[]): Outcome {
  return execute(process.execPath, [`node_modules/${path}`, ...args]);
}

/** Those of the commands that do not exist here. */
export function missingCommands(commands: readonly string[]): string[] {
  return commands.filter((command) => execute(command, ["--version"]).status === NOT_FOUND);
}
