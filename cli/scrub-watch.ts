// The thread that shows how far scrubbing is, while the command waits in the driver. It writes past the command's own output,
// which cannot run meanwhile, and only over its own line.
import { readFileSync, writeSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";

/** What the thread is given. */
export interface ScrubWatch {
  /** The driver's file: KiB that are left. */
  readonly file: string;
  /** The terminal. */
  readonly fd: number;
  /** Columns of it. */
  readonly columns: number | undefined;
}

/** Milliseconds between two looks; what takes less than the first shows nothing. */
const INTERVAL = 300;
const KIB_PER_MIB = 1024;
const CLEAR = "\r\x1b[K";

/** KiB that are left; 0 where nobody says. */
function left(file: string): number {
  try {
    return Number(readFileSync(file, "latin1")) || 0;
  } catch {
    return 0;
  }
}

/** The line, for KiB that are left. */
export function scrubLine(kib: number, columns: number | undefined): string {
  const mib = Math.ceil(kib / KIB_PER_MIB).toLocaleString("en-US");
  // A line that is folded would not be written over.
  return `scrubbing memory: ${mib} MiB left`.slice(0, columns);
}

function watch({ file, fd, columns }: ScrubWatch): void {
  let shown = false;
  setInterval(() => {
    const kib = left(file);
    if (kib > 0) writeSync(fd, `${CLEAR}${scrubLine(kib, columns)}`);
    else if (shown) writeSync(fd, CLEAR);
    shown = kib > 0;
  }, INTERVAL);
  parentPort?.once("message", () => {
    if (shown) writeSync(fd, CLEAR);
    process.exit(0);
  });
}

if (parentPort) watch(workerData as ScrubWatch);
