// What a machine can be made of, with defaults and limits.
import { DISK_SLOTS, PORT_MAP } from "./board.ts";
import type { SerialSink, SerialSpeed } from "./devices/uart/uart.ts";
import type { DiskImage } from "./devices/virtio/block.ts";
import { MachineError } from "./error.ts";
import { missingFeatures, type Switches, type Vendor } from "./model.ts";
import type { CpuSource } from "./processors.ts";
import { seededDate } from "./seed.ts";

/** What a machine is like. */
export interface PcOptions {
  /** cpu.wasm: bytes, compiled module, or a stand-in. */
  cpu: CpuSource;
  /** Number of CPUs, 1 to 64. Default 4. */
  cpus?: number;
  /** RAM in bytes, a multiple of 1 MiB up to 3 GiB. Default 1 GiB. */
  memory?: number;
  /** The processor's model: what CPUID says and which hypercall instruction works. Default "amd". */
  vendor?: Vendor;
  /** Features of the model to be switched on or off (model.ts). */
  features?: Switches;
  /** Bytes for guest control blocks and nested page tables. Default 128 MiB. */
  pool?: number;
  /** What the real-time clock says at tick 0, in Unix seconds, to the microsecond. Default: 2015-11-22 00:00 UTC, or as the seed has it. */
  date?: number;
  /** First of four ports whose write ends the machine (QEMU's isa-debug-exit). Default: none. */
  exitPort?: number | undefined;
  /** Whether QEMU's firmware configuration can be read at ports 0x510 and 0x511. Default false. */
  fwCfg?: boolean;
  /**
   * What RDRAND and RDSEED give, the date and the state of the power management timer at tick 0 are made from this: a non-negative integer
   * below 2^53. Default 0.
   */
  seed?: number;
  /** How fast the serial ports send; what they receive always comes at the line's speed. Default "line". */
  serialSpeed?: SerialSpeed;
  /** Disks, each a virtio-blk function; at most 8. What is written is kept beside the image. */
  disks?: readonly DiskImage[];
  /** Serial ports: COM1 and COM2, or four, of which COM3 shares its interrupt with COM1 and COM4 with COM2. Default 2. */
  serialPorts?: 2 | 4;
  /** Whether there is a virtio console. Default false. */
  console?: boolean;
  /** Take what COM1, COM2, the console, COM3 and COM4 send, each byte with the tick at which it has left. */
  serial?: readonly (SerialSink | undefined)[];
}

/** Ports of the exit port. */
export const EXIT_PORTS = 4;
const LAST_EXIT_PORT = 0x10000 - EXIT_PORTS;
const MIB = 0x100000;
const GIB = 0x40000000;
const MAX_MEMORY = 3 * GIB;
const MAX_CPUS = 64;
const DEFAULT_CPUS = 4;
const DEFAULT_POOL = 128 * MIB;

/** Options with nothing left open. */
export interface Settled extends Required<Omit<PcOptions, "serial" | "features" | "exitPort">> {
  exitPort: number | undefined;
  /** Features that the processors are without, by name. */
  missing: readonly string[];
}

function checkExitPort(port: number | undefined): void {
  if (port === undefined) return;
  if (!Number.isInteger(port) || port < 0 || port > LAST_EXIT_PORT)
    throw new MachineError("bad-option", `exitPort is ${port}`, "Give a port from 0 to 0xfffc.");
  const last = port + EXIT_PORTS - 1;
  const taken = Object.values(PORT_MAP).find(
    ({ first, size }) => first <= last && port < first + size,
  );
  if (taken)
    throw new MachineError(
      "bad-option",
      `the exit port's range 0x${port.toString(16)}-0x${last.toString(16)} has another device at 0x${taken.first.toString(16)}`,
      "0xf4 and 0x501 are free.",
    );
}

/** Fills in defaults and checks. Throws `bad-option`. */
export function settle(options: PcOptions): Settled {
  const { cpu, cpus = DEFAULT_CPUS, memory = GIB, vendor = "amd", seed = 0 } = options;
  if (!Number.isInteger(cpus) || cpus < 1 || cpus > MAX_CPUS)
    throw new MachineError("bad-option", `cpus is ${cpus}`, `Give a number from 1 to ${MAX_CPUS}.`);
  if (!Number.isInteger(memory / MIB) || memory < MIB || memory > MAX_MEMORY)
    throw new MachineError("bad-option", `memory is ${memory}`, "Give 1 MiB to 3 GiB, whole MiB.");
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new MachineError("bad-option", `seed is ${seed}`, "Give an integer from 0 to 2^53 - 1.");
  checkExitPort(options.exitPort);
  const { disks = [] } = options;
  if (disks.length > DISK_SLOTS.count)
    throw new MachineError(
      "bad-option",
      `${disks.length} disks`,
      `Give at most ${DISK_SLOTS.count}.`,
    );
  return {
    ...{ cpu, cpus, memory, vendor, seed, missing: missingFeatures(vendor, options.features) },
    disks,
    exitPort: options.exitPort,
    fwCfg: options.fwCfg ?? false,
    console: options.console ?? false,
    serialPorts: options.serialPorts ?? 2,
    serialSpeed: options.serialSpeed ?? "line",
    pool: options.pool ?? DEFAULT_POOL,
    date: options.date ?? seededDate(seed),
  };
}
