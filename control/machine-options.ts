// What a machine may be, checked before anything is built.
import { EINVAL } from "../abi/errno.ts";
import type { Kernel, MachineOptions } from "./api.ts";
import { type CpuOption, parseCpu } from "./cpu-option.ts";
import { SystemError } from "./errors.ts";

const MIB = 1 << 20;
const GIB = 1 << 30;
/** Least RAM in bytes: the resident stub and a hypervisor must find room. */
const LEAST_MEMORY = 16 * MIB;
const MOST_MEMORY = 3 * GIB;
const MOST_CPUS = 64;
const MOST_DISKS = 8;

/** All options, with the defaults filled in. */
export interface CompleteOptions extends Required<Omit<MachineOptions, "kernel" | "exitPort">> {
  readonly processor: CpuOption;
  readonly kernel: Kernel | undefined;
  readonly exitPort: number | undefined;
}

function refuse(hint: string): never {
  throw new SystemError(EINVAL, { hint });
}

/** Fills in defaults; throws EINVAL with the reason for a value that no machine has. */
export function checkOptions(options: MachineOptions): CompleteOptions {
  const { cpu = "amd" } = options;
  const complete: CompleteOptions = {
    name: options.name ?? "default",
    cpus: options.cpus ?? 4,
    memory: options.memory ?? GIB,
    cpu,
    processor: parseCpu(cpu),
    kernel: options.kernel,
    disks: options.disks ?? [],
    onReset: options.onReset ?? (options.exitPort === undefined ? "boot" : "end"),
    virtioConsole: options.virtioConsole ?? false,
    exitPort: options.exitPort,
    fwCfg: options.fwCfg ?? false,
    seed: options.seed ?? 0,
    serialSpeed: options.serialSpeed ?? (options.kernel ? "instant" : "line"),
    pace: options.pace ?? "free",
  };
  const { cpus, memory, seed, pace, serialSpeed } = complete;
  if (!Number.isInteger(cpus) || cpus < 1 || cpus > MOST_CPUS) {
    refuse(`A machine has 1 to ${MOST_CPUS} CPUs, not ${cpus}.`);
  }
  if (!Number.isInteger(memory) || memory < LEAST_MEMORY || memory > MOST_MEMORY || memory % MIB) {
    refuse(`RAM must be a multiple of 1 MiB from 16 MiB to 3 GiB, not ${memory} bytes.`);
  }
  const { length } = complete.disks;
  if (length > MOST_DISKS) refuse(`A machine has at most ${MOST_DISKS} disks, not ${length}.`);
  if (!Number.isSafeInteger(seed) || seed < 0) {
    refuse(`The seed is an integer from 0 to 2^53 - 1, not ${seed}.`);
  }
  const { onReset } = complete;
  if (onReset !== "boot" && onReset !== "end") refuse(`A reset boots or ends, not ${onReset}.`);
  if (serialSpeed !== "line" && serialSpeed !== "instant") {
    refuse(`The serial speed is line or instant, not ${serialSpeed}.`);
  }
  if (pace !== "paced" && pace !== "free") refuse(`The pace is paced or free, not ${pace}.`);
  return complete;
}
