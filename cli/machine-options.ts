// The options of `jailhouse machine start`, as a machine takes them.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { BootFile, Kernel, MachineOptions } from "../control/api.ts";
import { SystemError } from "../control/errors.ts";
import { size } from "./arguments.ts";
import type { CommonOptions } from "./context.ts";
import { perror, UsageError } from "./failure.ts";
import type { Io } from "./io.ts";

export interface StartOptions extends CommonOptions {
  readonly cpus?: string;
  readonly memory?: string;
  readonly cpu?: string;
  readonly kernel?: string;
  readonly initrd?: readonly string[];
  readonly append?: string;
  readonly disk?: readonly string[];
  readonly virtioConsole?: boolean;
  readonly onReset?: string;
  readonly exitPort?: string;
  readonly fwCfg?: boolean;
  readonly seed?: string;
  readonly serialSpeed?: string;
  readonly pace?: string;
  readonly serial?: readonly string[];
  readonly record?: string;
}

const CPUS_MAX = 64;
const PORT_MAX = 0xffff;
const MIB = 2 ** 20;

function choice<T extends string>(name: string, value: string, choices: readonly T[]): T {
  const found = choices.find((each) => each === value);
  if (!found) throw new UsageError(`--${name} must be ${choices.join(" or ")}`);
  return found;
}

/** A number of a port, decimal or hexadecimal (0x). */
function port(text: string): number {
  const value = /^(0x[0-9a-f]+|[0-9]+)$/i.test(text) ? Number(text) : Number.NaN;
  if (!(value <= PORT_MAX)) throw new UsageError(`--exit-port ${text}: no port (example: 0xf4)`);
  return value;
}

function readFile(io: Io, name: string): BootFile {
  const path = resolve(io.cwd, name);
  try {
    return { name, data: readFileSync(path), path };
  } catch (error) {
    throw perror(`opening ${name}`, error);
  }
}

function kernelOf(
  io: Io,
  { kernel, initrd = [], append, onReset }: StartOptions,
): Kernel | undefined {
  if (kernel === undefined) {
    const given = { "--append": append, "--initrd": initrd[0], "--on-reset": onReset };
    const other = Object.entries(given).find(([, value]) => value !== undefined)?.[0];
    if (other) throw new UsageError(`${other} is for a kernel: --kernel is missing`);
    return undefined;
  }
  const modules = initrd.map((name) => readFile(io, name));
  return {
    image: readFile(io, kernel),
    modules,
    ...(append !== undefined && { commandLine: append }),
  };
}

/** Absolute paths of the disks' images, looked at before a machine is started for them. */
async function diskPaths(io: Io, names: readonly string[]): Promise<string[]> {
  if (names.length === 0) return [];
  const { openDisk } = await import("../control/disks.ts");
  return names.map((name) => {
    const path = resolve(io.cwd, name);
    try {
      openDisk(path).close();
    } catch (error) {
      throw perror(`opening ${name}`, error);
    }
    return path;
  });
}

/** Reads the options, and the files that they name. Throws UsageError for values that no machine has. */
export async function machineOptions(
  io: Io,
  name: string,
  options: StartOptions,
): Promise<MachineOptions> {
  const {
    cpus = "4",
    memory = "1G",
    pace = "paced",
    cpu = "amd",
    fwCfg = false,
    serialSpeed,
  } = options;
  const count = /^[0-9]+$/.test(cpus) ? Number(cpus) : 0;
  if (count < 1 || count > CPUS_MAX) throw new UsageError(`--cpus must be 1 to ${CPUS_MAX}`);
  const seed = /^[0-9]+$/.test(options.seed ?? "0") ? Number(options.seed ?? 0) : Number.NaN;
  if (!Number.isSafeInteger(seed)) throw new UsageError("--seed must be 0 to 2^53 - 1");
  const bytes = size(memory);
  if (bytes < MIB || bytes % MIB !== 0) throw new UsageError("--memory must be whole MiB");
  if (options.cpu !== undefined) await checkCpu(cpu);
  const kernel = kernelOf(io, options);
  const disks = await diskPaths(io, options.disk ?? []);
  return {
    ...{ name, cpus: count, memory: bytes, cpu, fwCfg, seed },
    pace: choice("pace", pace, ["paced", "free"]),
    ...(kernel && { kernel }),
    ...(disks.length > 0 && { disks }),
    ...(options.virtioConsole && { virtioConsole: true }),
    ...(serialSpeed !== undefined && {
      serialSpeed: choice("serial-speed", serialSpeed, ["line", "instant"]),
    }),
    ...(options.onReset !== undefined && {
      onReset: choice("on-reset", options.onReset, ["boot", "end"]),
    }),
    ...(options.exitPort !== undefined && { exitPort: port(options.exitPort) }),
  };
}

async function checkCpu(text: string): Promise<void> {
  const { parseCpu } = await import("../control/cpu-option.ts");
  try {
    parseCpu(text);
  } catch (error) {
    if (error instanceof SystemError) throw new UsageError(`--cpu: ${error.hint}`);
    throw error;
  }
}
