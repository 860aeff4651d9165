// Requests for which memory is filled with zeros first: on a terminal they show how far that is.
import { Worker } from "node:worker_threads";
import { inHost, SYSFS } from "../control/linux/host.ts";
import { type CommonOptions, givenTarget, isComputer } from "./context.ts";
import type { Io } from "./io.ts";
import type { ScrubWatch } from "./scrub-watch.ts";

const STDERR = 2;
const FILE = `${SYSFS}/scrub_left`;

/** Ends the line. */
type End = () => Promise<void>;

/**
 * Shows on `fd` what the driver of this computer says is left, even while the process waits in it: this thread cannot, because
 * ioctl(2) comes back when all is done.
 */
export async function showScrubbing(io: Io, fd: number): Promise<End> {
  const workerData: ScrubWatch = { file: inHost(io.host, FILE), fd, columns: io.columns };
  const worker = new Worker(new URL("./scrub-watch.js", import.meta.url), { workerData });
  // It is for looks only: a computer that can start no thread does without.
  worker.on("error", () => {});
  const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  await Promise.race([new Promise<void>((resolve) => worker.once("online", resolve)), ended]);
  return () => {
    worker.postMessage("end");
    return ended;
  };
}

/** Does what may have to wait for scrubbing. Another computer's line is busy with the request itself: there nothing is shown. */
export async function whileScrubbing<T>(
  io: Io,
  options: CommonOptions,
  action: () => Promise<T>,
): Promise<T> {
  const isHere = isComputer(io, options) && givenTarget(io, options) === undefined;
  if (!isHere || !io.screens.err) return action();
  const end = await showScrubbing(io, STDERR);
  try {
    return await action();
  } finally {
    await end();
  }
}
