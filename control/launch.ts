// Starts a daemon as a process of its own, which outlives the command, and ends it.

import { fork } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { EEXIST, EIO } from "../abi/errno.ts";
import type { Environment } from "./caller.ts";
import { connect } from "./client.ts";
import type { DaemonOptions } from "./daemon.ts";
import { SystemError } from "./errors.ts";
import {
  cleanLeftovers,
  DEFAULT_MACHINE,
  daemonPid,
  type MachinePaths,
  machinePaths,
  prepare,
} from "./registry.ts";

/** What the daemon's process is told at its start. */
export interface LaunchMessage {
  readonly options: DaemonOptions;
  readonly paths: MachinePaths;
  /** The directory that it shall make the machine's. */
  readonly fresh: string;
}

/** What it answers, once. */
export type LaunchAnswer = "ready" | { readonly errno: number; readonly hint?: string | undefined };

/** How long a daemon may take to end by itself, in milliseconds, before it is killed. */
const STOP_PATIENCE = 5000;
const STOP_POLL = 10;
const LOG_TAIL = 2000;

/** The program that is started; JAILHOUSE_DAEMON names another than the emulated PC's. */
function program(env: Environment): string {
  return env.JAILHOUSE_DAEMON ?? fileURLToPath(new URL("./daemon-main.js", import.meta.url));
}

/** Starts a machine's daemon; when this returns it serves. Throws SystemError, EEXIST when the name is taken. */
export async function launch(
  options: DaemonOptions,
  env: Environment = process.env,
): Promise<MachinePaths> {
  const paths = machinePaths(options.machine.name ?? DEFAULT_MACHINE, env);
  cleanLeftovers(paths);
  if (daemonPid(paths) !== undefined) {
    throw new SystemError(EEXIST, { hint: `Machine "${paths.name}" runs already.` });
  }
  const fresh = prepare(paths);
  const logPath = join(fresh, "log");
  const log = openSync(logPath, "a", 0o600);
  try {
    const child = fork(program(env), [paths.name], {
      cwd: "/",
      detached: true,
      env: { ...env },
      execArgv: [],
      serialization: "advanced",
      stdio: ["ignore", log, log, "ipc"],
    });
    const answer = await new Promise<LaunchAnswer>((resolve) => {
      child.once("message", (message) => resolve(message as LaunchAnswer));
      child.once("error", ({ message }) => resolve({ errno: EIO, hint: message }));
      child.once("exit", () => resolve({ errno: EIO, hint: diedEarly(paths, logPath) }));
      child.send({ options, paths, fresh } satisfies LaunchMessage, () => {});
    });
    if (child.connected) child.disconnect();
    child.unref();
    if (answer !== "ready") throw new SystemError(answer.errno, { hint: answer.hint });
    return paths;
  } finally {
    closeSync(log);
    rmSync(fresh, { recursive: true, force: true });
  }
}

function diedEarly(paths: MachinePaths, logPath: string): string {
  const log = [paths.log, logPath].find((path) => existsSync(path));
  const tail = log ? readFileSync(log, "utf8").slice(-LOG_TAIL).trim() : "";
  return `The machine's daemon ended while it started.${tail ? `\n${tail}` : ""}`;
}

/** Ends a machine and its daemon, by force if it does not answer; nothing of it is left. Throws ENOENT if none runs. */
export async function halt(paths: MachinePaths): Promise<void> {
  const pid = daemonPid(paths);
  if (pid === undefined) cleanLeftovers(paths);
  const session = await connect(paths).catch((error) => {
    if (pid === undefined) throw error;
  });
  session?.stop().catch(() => {});
  await ended(paths, STOP_PATIENCE);
  if (pid !== undefined && daemonPid(paths) === pid) process.kill(pid, "SIGKILL");
  await ended(paths, STOP_PATIENCE);
  await session?.close();
  cleanLeftovers(paths);
}

async function ended(paths: MachinePaths, patience: number): Promise<void> {
  const limit = performance.now() + patience;
  while (daemonPid(paths) !== undefined && performance.now() < limit) await sleep(STOP_POLL);
}
