// A bed: an emulator of a PC on which the metal image runs, with Linux or with the loader of test/metal. All are
// used through this interface, by tests, the metal commands and the bench.

import type { GuestImage } from "../guest-image.ts";
import type { Package } from "../packages.ts";
import type { Emulator } from "./emulator.ts";

/** A processor that a bed can have. */
export interface Processor {
  /** Whose virtualisation it has: the driver asks for jailhouse-VENDOR.bin. */
  readonly vendor: "amd" | "intel";
  /** The emulator's name of it, with its features. */
  readonly model: string;
  /** Kernel options without which Linux does not get on with it there. */
  readonly kernelOptions: readonly string[];
  /** The configuration that ships for it, where it is another than the bed's. */
  readonly system?: GuestSystem;
  /** Where the emulator's is not what the manuals say: titles of conformance cases that cannot pass, and why. */
  readonly wrong?: ReadonlyMap<string, string>;
}

/** How a machine differs from the usual one of its bed: 4 CPUs, 1 GiB, the first of the bed's processors. */
export interface Machine {
  /** The emulator's name of the processor, with its features. */
  readonly cpu?: string;
  readonly cpus?: number;
  /** In MiB. */
  readonly memory?: number;
  /** More of QEMU's arguments, such as devices; other beds refuse them. */
  readonly devices?: readonly string[];
  /** Kernel options in the place of those that fit the shipped configurations. */
  readonly kernelOptions?: readonly string[];
}

/** The loader: a multiboot kernel and its modules; absolute paths. */
export interface Multiboot {
  readonly loader: string;
  readonly modules: readonly string[];
  /** What follows the kernel's path on its command line. */
  readonly commandLine: string;
}

/** Linux: more kernel options are behind those of the machine. */
export interface Linux {
  readonly image: GuestImage;
  readonly append: readonly string[];
}

/** What the machine starts. */
export type Load = Multiboot | Linux;

/** A system configuration of a guest's. */
export interface GuestSystem {
  /** Its path for the command. */
  readonly file: string;
  /** The root cell's name. */
  readonly name: string;
}

export interface Bed {
  /** As --bed names it. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  readonly packages: readonly Package[];
  /** Processors by what --cpu calls them; the first is the usual one. */
  readonly processors: ReadonlyMap<string, Processor>;
  /** What --cpu may be elsewhere and not here, and why. */
  readonly lacks: ReadonlyMap<string, string>;
  /** The port of the ACPI timer, and the rate of TSC and APIC timer in kHz, which the loader tells the hypervisor. */
  readonly pmTimer: number;
  readonly khz: number;
  /** Node is too slow in it: the command runs outside and asks an agent in the guest. */
  readonly isSlow: boolean;
  /** Linux' modules for its disk and its network. */
  readonly modules: readonly string[];
  /** The configuration that ships for it. */
  readonly system: GuestSystem;
  /** Whether it has QEMU's monitor. */
  readonly hasMonitor: boolean;
  /** Titles of conformance cases whose answer says nothing there, and why. */
  readonly ignored: ReadonlyMap<string, string>;
  /**
   * Starts a machine; who starts one must close it. `say` is told what takes long. Throws MissingPackages, or Error where the
   * bed has no such machine.
   */
  start(load: Load, machine?: Machine, say?: (text: string) => void): Promise<Emulator>;
}

export const isLinux = (load: Load): load is Linux => "image" in load;
