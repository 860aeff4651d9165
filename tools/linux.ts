// npm run linux [-- --run COMMAND] [--kernel FILE | --release NAME] [--disk FILE]… [--cpus N] [--cpu MODEL] [--memory SIZE]
// [--append TEXT] [--seed N] [--record FILE] [--fresh]: Linux on the emulated PC.
// A command's output and status become those of this program; without one there is a shell on this terminal.

import { basename, dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { size } from "../cli/arguments.ts";
import { UsageError } from "../cli/failure.ts";
import { SystemError } from "../control/errors.ts";
import { type Linux, type LinuxOptions, startLinux } from "../control/guest/linux.ts";
import { unpackedImage } from "./metal/kernel.ts";
import { MissingPackages } from "./metal/packages.ts";
import { findRelease, STABLE } from "./metal/releases.ts";

/** Ctrl-], which leaves the shell and its machine. */
const LEAVE = 0x1d;
const NANOSECONDS = 1e6;
/** Milliseconds between two looks at the wall clock, and between two changes of the line that shows progress. */
const PAUSE = 2;
const REFRESH = 100;
/** Most virtual time that passes at once while a shell is open, in nanoseconds: keys are looked at in between. */
const STEP = 10e6;
const DEFAULT_WIDTH = 80;
const { stderr, stdin, stdout } = process;

/** Debian's kernel, unpacked, which the machine would take ten seconds for. */
function debianKernel(release: string): Pick<LinuxOptions, "kernel" | "moduleDirectory"> {
  const image = findRelease(release, (text) => void stderr.write(`${text}\n`));
  const version = basename(image).replace("vmlinuz-", "");
  const moduleDirectory = join(dirname(image), "../lib/modules", version);
  return { kernel: unpackedImage(image, version), moduleDirectory };
}

/** The kernel that was asked for; what startLinux does with a file's modules, it does by its name. */
function kernelOptions({ kernel, release }: { kernel?: string; release?: string }) {
  if (kernel === undefined) return debianKernel(release ?? STABLE);
  if (release === undefined) return { kernel };
  throw new UsageError("--kernel and --release: give one of them");
}

/** A line on stderr that is written over until the boot is done; on a terminal only. */
class Progress {
  #shown = 0;

  readonly show = (time: number, line: string): void => {
    if (performance.now() - this.#shown < REFRESH) return;
    this.#shown = performance.now();
    const text = `booting, ${(time / 1e9).toFixed(2)} virtual s  ${printable(line)}`;
    stderr.write(`\r\x1b[K${text.slice(0, (stderr.columns ?? DEFAULT_WIDTH) - 1)}`);
  };

  clear(): void {
    if (this.#shown > 0) stderr.write("\r\x1b[K");
  }
}

/** A line of the guest's without control characters. */
const printable = (line: string) => line.replace(/[^\x20-\x7e]/g, "");

async function runCommand(linux: Linux, command: string): Promise<number> {
  const { status, out } = await linux.run(command, { timeout: Number.POSITIVE_INFINITY });
  stdout.write(out);
  await linux.powerOff();
  return status;
}

/** Virtual time follows the wall clock, as far as the processor goes, until the machine ends or is left. */
async function shell(linux: Linux): Promise<number> {
  const { session } = linux;
  let hasLeft = false;
  const typed = (data: Buffer) => {
    hasLeft ||= data.includes(LEAVE);
    if (!hasLeft) void linux.type(data.toString());
  };
  if (stdin.isTTY) stdin.setRawMode(true);
  stdin.on("data", typed);
  stderr.write("The shell's end powers off; Ctrl-] leaves.\r\n");
  await session.serial(0).follow((text) => void stdout.write(text, "latin1"));
  await linux.type("\n");
  const ahead = session.machine.time - performance.now() * NANOSECONDS;
  try {
    while (!hasLeft && session.ended === undefined) {
      const behind = ahead + performance.now() * NANOSECONDS - session.machine.time;
      if (behind > 0) await session.run(Math.min(behind, STEP));
      else await sleep(PAUSE);
    }
  } finally {
    stdin.off("data", typed);
    if (stdin.isTTY) stdin.setRawMode(false);
    stdin.pause();
  }
  return 0;
}

function linuxOptions(): { options: LinuxOptions; command: string | undefined } {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    options: {
      ...{ run: text, kernel: text, release: text, disk: { type: "string", multiple: true } },
      ...{ cpus: text, cpu: text, memory: text, append: text, seed: text },
      ...{ record: text, fresh: { type: "boolean", default: false } as const },
    },
  });
  const { run, cpus, cpu, memory, append, disk, seed, record, fresh } = values;
  const progress = new Progress();
  return {
    command: run,
    options: {
      ...kernelOptions(values),
      fresh,
      ...(disk !== undefined && { disks: disk.map((path) => resolve(path)) }),
      ...(cpus !== undefined && { cpus: Number(cpus) }),
      ...(cpu !== undefined && { cpu }),
      ...(memory !== undefined && { memory: size(memory) }),
      ...(append !== undefined && { append }),
      ...(seed !== undefined && { seed: Number(seed) }),
      ...(record !== undefined && { record }),
      ...(stderr.isTTY && { onProgress: progress.show, onReady: () => progress.clear() }),
    },
  };
}

async function main(): Promise<number> {
  const { options, command } = linuxOptions();
  const linux = await startLinux(options);
  try {
    return command === undefined ? await shell(linux) : await runCommand(linux, command);
  } finally {
    await linux.close();
  }
}

/** What went wrong in words for the user; undefined for what is our own mistake. */
function explain(error: unknown): string | undefined {
  if (error instanceof SystemError) return error.hint ?? error.message;
  const isUsage = (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS") ?? false;
  const isPlain = isUsage || error instanceof UsageError || error instanceof MissingPackages;
  return isPlain ? (error as Error).message : undefined;
}

try {
  process.exitCode = await main();
} catch (error) {
  const text = explain(error) ?? (error as Error).stack;
  stderr.write(`${stderr.isTTY ? "\r\x1b[K" : ""}${text}\n`);
  process.exitCode = 1;
}
