// QEMU's Arm64 board `virt`, with EL2, for what there is of the Arm64 port: a Linux with one serial line. It is none of the beds yet,
// which are for the driver and the command.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Capture } from "../capture.ts";
import { ARM64_PACKAGES, ARM64_QEMU_PROGRAM, requirePackages } from "../packages.ts";
import { Emulator } from "./emulator.ts";

/** What the board boots; absolute paths. */
export interface VirtLoad {
  readonly kernel: string;
  readonly initramfs: string;
  /** Kernel options, besides the console. */
  readonly append: readonly string[];
}

export interface VirtMachine {
  readonly cpus: number;
  /** QEMU's name of the processor; one whose Linux runs at EL1 if not given. */
  readonly cpu?: string;
}

const CPU = "cortex-a57";
const MEMORY = "1G";
const BOARD = "virt,gic-version=3,virtualization=on,its=off";
/** With several threads TCG is slower on a busy computer. */
const ACCELERATOR = "tcg,thread=single";
const CONSOLE = ["console=ttyAMA0", "panic=-1"];

/** Starts the board; who starts one must close it. Its only serial line is the console. Throws MissingPackages. */
export async function startVirt(load: VirtLoad, machine: VirtMachine): Promise<Emulator> {
  requirePackages(ARM64_PACKAGES);
  const { kernel, initramfs, append } = load;
  const directory = mkdtempSync(join(tmpdir(), "jailhouse-virt-"));
  const console = await Capture.listen(join(directory, "console"));
  const command = [
    ...[ARM64_QEMU_PROGRAM, "-accel", ACCELERATOR, "-machine", BOARD, "-m", MEMORY],
    ...["-cpu", machine.cpu ?? CPU, "-smp", `${machine.cpus}`],
    ...["-display", "none", "-nodefaults", "-no-reboot"],
    ...["-chardev", `socket,id=console,path=${console.address}`, "-serial", "chardev:console"],
    ...["-kernel", kernel, "-initrd", initramfs, "-append", [...CONSOLE, ...append].join(" ")],
  ];
  const remove = () => rmSync(directory, { recursive: true, force: true });
  return new Emulator("QEMU", command, { serial: [console] }, [remove]);
}
