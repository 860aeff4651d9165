// What a machine can be made of, with defaults and limits.
import type { SerialSink } from "./devices/uart/uart.ts";
import { MachineError } from "./error.ts";
import type { CpuSource } from "./processors.ts";

/** What a machine is like. */
export interface PcOptions {
  /** cpu.wasm: bytes, compiled module, or a stand-in. */
  cpu: CpuSource;
  /** Number of CPUs, 1 to 64. Default 4. */
  cpus?: number;
  /** RAM in bytes, a multiple of 1 MiB up to 3 GiB. Default 1 GiB. */
  memory?: number;
  /** What CPUID says and which hypercall instruction works. Default "amd". */
  vendor?: "amd" | "intel";
  /** Whether local APICs have x2APIC mode. Default true. */
  x2apic?: boolean;
  /** Bytes for guest control blocks and nested page tables. Default 128 MiB. */
  pool?: number;
  /** What the real-time clock says at tick 0, in Unix seconds. Default 2015-11-22 00:00 UTC. */
  date?: number;
  /** Whether the local APICs' timers have TSC-deadline mode. Default: Intel only. */
  tscDeadline?: boolean;
  /** What RDRAND and RDSEED give is made from this: a non-negative integer below 2^53. Default 0. */
  seed?: number;
  /** Take what COM1 and COM2 send, each byte with the tick at which it has left. */
  serial?: readonly (SerialSink | undefined)[];
}

const MIB = 0x100000;
const GIB = 0x40000000;
const MAX_MEMORY = 3 * GIB;
const MAX_CPUS = 64;
const DEFAULT_CPUS = 4;
const DEFAULT_POOL = 128 * MIB;
const DEFAULT_DATE = Date.UTC(2015, 10, 22) / 1000;

/** Options with nothing left open. */
export type Settled = Required<Omit<PcOptions, "serial">>;

/** Fills in defaults and checks. Throws `bad-option`. */
export function settle(options: PcOptions): Settled {
  const { cpu, cpus = DEFAULT_CPUS, memory = GIB, vendor = "amd", seed = 0 } = options;
  if (!Number.isInteger(cpus) || cpus < 1 || cpus > MAX_CPUS)
    throw new MachineError("bad-option", `cpus is ${cpus}`, `Give a number from 1 to ${MAX_CPUS}.`);
  if (!Number.isInteger(memory / MIB) || memory < MIB || memory > MAX_MEMORY)
    throw new MachineError("bad-option", `memory is ${memory}`, "Give 1 MiB to 3 GiB, whole MiB.");
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new MachineError("bad-option", `seed is ${seed}`, "Give an integer from 0 to 2^53 - 1.");
  return {
    ...{ cpu, cpus, memory, vendor, seed, x2apic: options.x2apic ?? true },
    tscDeadline: options.tscDeadline ?? vendor === "intel",
    pool: options.pool ?? DEFAULT_POOL,
    date: options.date ?? DEFAULT_DATE,
  };
}
