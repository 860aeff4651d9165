// A process that is a daemon: takes its orders from who launched it (control/launch.ts), ends on signals, leaves nothing.

import { Daemon, type DaemonParts } from "./daemon.ts";
import { toSystemError } from "./errors.ts";
import type { LaunchAnswer, LaunchMessage } from "./launch.ts";
import { claim, release } from "./registry.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Runs a daemon in this process. Returns at once; the process ends when the machine stops. */
export function runDaemonProcess(parts: Omit<DaemonParts, "stopped" | "log">): void {
  const orphaned = () => process.exit(1);
  process.once("disconnect", orphaned);
  process.once("message", (message) => {
    process.off("disconnect", orphaned);
    void serve(parts, message as LaunchMessage);
  });
}

function log(message: string): void {
  process.stderr.write(`${new Date().toISOString()} ${message}\n`);
}

function answer(message: LaunchAnswer): Promise<void> {
  return new Promise((resolve) => {
    // The launching command may be gone: the machine runs all the same.
    if (process.connected) process.send?.(message, undefined, undefined, () => resolve());
    else resolve();
  });
}

async function serve(
  parts: Omit<DaemonParts, "stopped" | "log">,
  { options, paths, fresh }: LaunchMessage,
): Promise<void> {
  const end = (status: number) => {
    release(paths);
    process.exit(status);
  };
  process.on("uncaughtException", (error) => {
    log(`fatal: ${error.stack}`);
    end(1);
  });
  try {
    claim(paths, fresh);
    const daemon = await Daemon.start({ ...parts, log, stopped: () => end(0) }, options, paths);
    for (const signal of SIGNALS) process.on(signal, () => void daemon.stop());
    log(`machine "${paths.name}" runs`);
    await answer("ready");
    if (process.connected) process.disconnect();
  } catch (error) {
    const { errno, hint, stack } = toSystemError(error);
    log(`${stack}`);
    // Who gets the answer shall find nothing left.
    release(paths);
    await answer({ errno, hint });
    process.exit(1);
  }
}
