// jailhouse machine start [NAME] [--cpus N] [--memory SIZE] [--serial LINE=TARGET] …

import { resolve } from "node:path";
import type { MachineOptions } from "../control/api.ts";
import { connect } from "../control/client.ts";
import { halt, launch } from "../control/launch.ts";
import type { MachinePaths } from "../control/registry.ts";
import { size } from "./arguments.ts";
import { type CommonOptions, isComputer, machineName, refuseComputer } from "./context.ts";
import { CommandFailure, perror, UsageError } from "./failure.ts";
import { type Io, serialBytes } from "./io.ts";

export interface StartOptions extends CommonOptions {
  readonly cpus?: string;
  readonly memory?: string;
  readonly vendor?: string;
  /** commander's `--no-x2apic`. */
  readonly x2apic?: boolean;
  readonly seed?: string;
  readonly pace?: string;
  readonly serial?: readonly string[];
}

const CPUS_MAX = 64;
const MIB = 2 ** 20;
const FILE = "file:";

interface SerialTargets {
  /** A file for each line's output. */
  readonly files: (string | undefined)[];
  /** The line that is shown by the command itself, which then stays. */
  readonly stdio: 0 | 1 | undefined;
}

/** Starts a machine. With a serial line on stdio it stays in the foreground, and ends the machine when it ends. */
export async function startMachine(
  io: Io,
  name: string | undefined,
  options: StartOptions,
): Promise<void> {
  if (name === undefined && isComputer(io, options)) {
    refuseComputer("machine start", "This computer is the machine, and it runs.");
  }
  const machine = machineOptions(name ?? machineName(io, options), options);
  const { files, stdio } = serialTargets(io, options.serial ?? []);
  let paths: MachinePaths;
  try {
    paths = await launch({ machine, serialFiles: files }, io.env);
  } catch (error) {
    throw perror(`starting machine ${machine.name}`, error);
  }
  if (stdio === undefined) io.out(`Machine "${machine.name}" runs.\n`);
  else await stayOn(io, paths, stdio);
}

function choice<T extends string>(name: string, value: string, choices: readonly T[]): T {
  const found = choices.find((each) => each === value);
  if (!found) throw new UsageError(`--${name} must be ${choices.join(" or ")}`);
  return found;
}

function machineOptions(name: string, options: StartOptions): MachineOptions {
  const { cpus = "4", memory = "1G", vendor = "amd", pace = "paced", x2apic = true } = options;
  const seed = /^[0-9]+$/.test(options.seed ?? "0") ? Number(options.seed ?? 0) : Number.NaN;
  if (!Number.isSafeInteger(seed)) throw new UsageError("--seed must be 0 to 2^53 - 1");
  const count = /^[0-9]+$/.test(cpus) ? Number(cpus) : 0;
  if (count < 1 || count > CPUS_MAX) throw new UsageError(`--cpus must be 1 to ${CPUS_MAX}`);
  const bytes = size(memory);
  if (bytes < MIB || bytes % MIB !== 0) throw new UsageError("--memory must be whole MiB");
  return {
    name,
    cpus: count,
    memory: bytes,
    vendor: choice("vendor", vendor, ["amd", "intel"]),
    pace: choice("pace", pace, ["paced", "free"]),
    x2apic,
    seed,
  };
}

function serialTargets(io: Io, texts: readonly string[]): SerialTargets {
  const files: (string | undefined)[] = [undefined, undefined];
  let stdio: 0 | 1 | undefined;
  for (const text of texts) {
    const [, digit, target] = /^([01])=(.+)$/s.exec(text) ?? [];
    const line = digit === "1" ? 1 : 0;
    if (target === undefined) throw new UsageError(`--serial ${text}: 0=TARGET or 1=TARGET`);
    if (target.startsWith(FILE)) files[line] = resolve(io.cwd, target.slice(FILE.length));
    else if (target === "stdio") stdio = line;
    else if (target !== "null") {
      throw new UsageError(`--serial ${text}: the target is stdio, file:PATH or null`);
    }
  }
  return { files, stdio };
}

/** Shows a serial line and sends it what is typed. Ctrl-C ends the machine. */
async function stayOn(io: Io, paths: MachinePaths, line: 0 | 1): Promise<void> {
  const session = await connect(paths);
  const { text } = await session.attachSerial(line, (piece) => io.out(serialBytes(piece)));
  io.out(serialBytes(text));
  const typed = (data: Buffer) =>
    void session
      .serial(line)
      .write(data.toString())
      .catch(() => {});
  io.input.on("data", typed);
  const lost = await Promise.race([io.interrupted(), session.closed]);
  io.input.off("data", typed);
  io.input.pause();
  await session.close();
  // Somebody else may have stopped it.
  await halt(paths).catch(() => {});
  if (lost !== undefined) throw new CommandFailure(lost as string);
}
