// An emulated PC with a platform for the core on it and the stand-in for Linux on its CPUs: what control/ drives.
import { bootKernel, type Kernel } from "../../machine/boot/kernel.ts";
import { ACTIVITY_SHUTDOWN } from "../../machine/cpu/interface.ts";
import type { SerialSpeed } from "../../machine/devices/uart/uart.ts";
import type { DiskImage } from "../../machine/devices/virtio/block.ts";
import { MachineError } from "../../machine/error.ts";
import type { Switches, Vendor } from "../../machine/model.ts";
import { type EndReason, Pc, type Reset } from "../../machine/pc.ts";
import type { Hash, Snapshot } from "../../machine/snapshot.ts";
import { EmulatedPlatform, type PlatformSnapshot } from "./platform.ts";
import { RootCpus } from "./root-cpus.ts";

export type { Kernel } from "../../machine/boot/kernel.ts";
export type { SerialSpeed } from "../../machine/devices/uart/uart.ts";
export type { DiskImage } from "../../machine/devices/virtio/block.ts";
export { MachineError } from "../../machine/error.ts";
export { FEATURES, FIXED, MODELS, missingFeatures } from "../../machine/model.ts";
export { SLICE } from "../../machine/pc.ts";
export type { Hash } from "../../machine/snapshot.ts";

/** The compiled modules that a machine consists of. */
export interface Modules {
  readonly cpu: WebAssembly.Module;
  readonly hypervisor: WebAssembly.Module;
}

export interface EmulatedMachineOptions {
  /** 1 to 64. */
  readonly cpus: number;
  /** RAM in bytes, a multiple of 1 MiB. */
  readonly memory: number;
  readonly vendor: Vendor;
  /** Features of the processors to be switched on or off. */
  readonly features: Switches;
  /** First port of the exit port (machine/options.ts). */
  readonly exitPort?: number | undefined;
  /** Whether there is QEMU's firmware configuration. */
  readonly fwCfg?: boolean;
  /** What RDRAND and RDSEED give is made from this; default 0. */
  readonly seed?: number;
  /** How fast the serial ports send; default "line". */
  readonly serialSpeed?: SerialSpeed;
  /** Disks; default none. */
  readonly disks?: readonly DiskImage[];
  /** Whether there is a virtio console. */
  readonly virtioConsole?: boolean;
  /** What runs on the CPUs, in place of the resident stub. */
  readonly kernel?: Kernel | undefined;
  /** Whether a reset boots the kernel anew; default: it ends the machine. */
  readonly reboots?: boolean;
  /** Take what COM1, COM2 and the console send. */
  readonly serial: readonly ((byte: number) => void)[];
}

/** A machine with its hypervisor at one moment. */
export interface MachineSnapshot {
  readonly pc: Snapshot;
  readonly platform: PlatformSnapshot | undefined;
  readonly offline: readonly number[];
  /** Whether a kernel runs on it. */
  readonly hasKernel: boolean;
}

/** A machine that is switched on, its CPUs in the resident stub, no hypervisor yet; or a kernel runs on it. */
export class EmulatedMachine {
  readonly pc: Pc;
  readonly platform: EmulatedPlatform;
  readonly roots: RootCpus;
  readonly #hasKernel: boolean;

  /** Throws MachineError for options that no machine has, for a kernel that does not boot, or when the host lacks memory. */
  constructor(modules: Modules, options: EmulatedMachineOptions) {
    const { virtioConsole: console = false } = options;
    this.pc = new Pc({ ...options, console, cpu: modules.cpu });
    this.platform = new EmulatedPlatform(this.pc, modules.hypervisor);
    this.roots = new RootCpus(this.pc);
    this.#hasKernel = options.kernel !== undefined;
    const { kernel, reboots = false } = options;
    if (kernel) bootKernel(this.pc, kernel);
    else this.roots.boot();
    if (kernel && reboots) this.pc.onReset(() => bootKernel(this.pc, kernel));
  }

  /** How often its kernel was booted anew. */
  get resets(): number {
    return this.pc.devices.power.resets;
  }

  /** The last reset. */
  get lastReset(): Reset | undefined {
    return this.pc.devices.power.lastReset;
  }

  /** What was written to the exit port, once the machine is over. */
  get ended(): number | undefined {
    return this.pc.ended;
  }

  /** What has ended the machine. */
  get endReason(): EndReason | undefined {
    return this.pc.endReason;
  }

  /** CPUs that are in shutdown, after a triple fault. */
  get shutDown(): number[] {
    const { processors } = this.pc;
    return processors
      .filter(({ activity }) => activity === ACTIVITY_SHUTDOWN)
      .map(({ index }) => index);
  }

  /** Virtual time in nanoseconds. */
  get time(): number {
    return this.pc.time;
  }

  /** Lets time advance to the first slice boundary at or after `until`, or to an earlier one at which `isLate` says so. */
  run(until: number, isLate?: () => boolean): void {
    this.pc.run(until, isLate);
  }

  /** Sends bytes to COM1 (0), COM2 (1), or the console (2). */
  send(line: 0 | 1 | 2, bytes: Uint8Array): void {
    if (line === 2) this.pc.devices.console?.(bytes);
    else this.pc.serial(line).input(bytes);
  }

  /** Everything, to go back to with `restore`. */
  save(): MachineSnapshot {
    const { pc, platform, roots } = this;
    return {
      ...{ pc: pc.save(), platform: platform.save(), offline: [...roots.offline] },
      hasKernel: this.#hasKernel,
    };
  }

  /** Goes back to a snapshot of a machine with the same options. Throws MachineError, before anything changes. */
  restore(snapshot: MachineSnapshot): void {
    if (snapshot.hasKernel !== this.#hasKernel)
      throw new MachineError("bad-snapshot", "a kernel runs on one of the machines only");
    this.pc.restore(snapshot.pc);
    this.platform.restore(snapshot.platform);
    this.roots.restore(snapshot.offline);
  }

  /** SHA-256, hex, of all that software can see of the machine; `hash` may be a faster one than its own. */
  fingerprint(hash?: Hash): string {
    return this.pc.fingerprint(hash);
  }

  /** SHA-256, hex, of the CPUs' and the devices' state, without memory. */
  stateDigest(hash?: Hash): string {
    return this.pc.stateDigest(hash);
  }

  /** SHA-256, hex, of what a serial line has sent. */
  serialDigest(line: 0 | 1 | 2): string {
    return this.pc.serialLogs[line]!.digest;
  }
}
