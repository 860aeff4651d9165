// The board with Debian's Linux and the probe (module/): what is built for it, and how it is started.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encode } from "../../config/index.ts";
import { type Entry, writeCpio } from "../../control/guest/cpio.ts";
import type { Emulator } from "../../tools/metal/beds/emulator.ts";
import { startVirt } from "../../tools/metal/beds/virt.ts";
import { moduleFor } from "../../tools/metal/driver.ts";
import { ARM64, buildImage, numbersHeader } from "../../tools/metal/image.ts";
import { findArm64Parts } from "../../tools/metal/kernel-arm64.ts";
import { ROOT } from "../../tools/root.ts";
import system, { CPUS, LINUX_MEMORY } from "./system.ts";

/** How the board differs from the usual one. */
export interface BoardOptions {
  /** QEMU's name of the processor. */
  readonly cpu?: string;
  /** More kernel options. */
  readonly append?: readonly string[];
}

export interface Board {
  readonly emulator: Emulator;
  /** All that came on the console, in lines without their ends. */
  readonly lines: () => string[];
  /** The probe has ended, one way or the other. Resolves to what was said; throws after `timeout` milliseconds, or if the
   *  emulator ends without it. */
  readonly ended: (timeout: number) => Promise<string[]>;
  /** Ends the emulator and removes its files. */
  readonly close: () => Promise<void>;
}

const EXECUTABLE = 0o755;
const MIB = 1 << 20;
/** The probe's last words, the kernel's, and the hypervisor's about itself. */
const END = /(?:probe: done|probe: ended with \d+)\r?\n|Kernel panic|Stopping CPU/;

function image(): Uint8Array {
  const module = (name: string) => join(ROOT, "dist", `${name}.wasm`);
  const modules = { core: module("hypervisor-arm64"), platform: module("metal-arm64") };
  return buildImage({ root: ROOT, target: ARM64, ...modules }).bytes;
}

function initramfs(): { readonly kernel: string; readonly data: Buffer } {
  const { kernel, busybox } = findArm64Parts();
  const made = new Map([["numbers.h", numbersHeader(ROOT, ARM64.numbers).text]]);
  const sources = join(import.meta.dirname, "module");
  const probe = moduleFor(kernel, { sources, file: "probe.ko", made });
  const program = (path: string): Entry => ({ data: readFileSync(path), mode: EXECUTABLE });
  const tree = new Map<string, Entry>([
    ["init", program(join(import.meta.dirname, "init"))],
    ["bin/busybox", program(busybox)],
    ["proc", { directory: true }],
    ["dev", { directory: true }],
    ["probe.ko", { data: readFileSync(probe) }],
    ["image", { data: image() }],
    ["system", { data: encode(system) }],
    ["refused", { data: encode({ ...system, arm: { ...system.arm!, gicVersion: 1 } }) }],
  ]);
  return { kernel: kernel.image, data: writeCpio(tree) };
}

/** Builds what is missing and starts the board; who starts one must close it. Throws MissingPackages. */
export async function startBoard({ cpu, append = [] }: BoardOptions = {}): Promise<Board> {
  const { kernel, data } = initramfs();
  const directory = mkdtempSync(join(tmpdir(), "jailhouse-arm64-"));
  const path = join(directory, "initramfs.cpio");
  writeFileSync(path, data);
  const options = [`mem=${LINUX_MEMORY / MIB}M`, "quiet", ...append];
  const load = { kernel, initramfs: path, append: options };
  const emulator = await startVirt(load, {
    cpus: CPUS.length,
    ...(cpu === undefined ? {} : { cpu }),
  });
  const [console] = emulator.serial;
  const lines = () => console!.text.split(/\r*\n/);
  return {
    emulator,
    lines,
    ended: async (timeout) => {
      const died = emulator.ended.then(() => {
        throw new Error(`${emulator.exit} ${emulator.errors}\n${console!.text}`);
      });
      await Promise.race([console!.waitFor(END, timeout), died]);
      return lines();
    },
    close: async () => {
      await emulator.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
