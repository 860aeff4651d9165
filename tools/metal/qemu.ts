// QEMU's command line: the machine that configs/x86/qemu-x86.ts describes. The two must agree, because the hypervisor
// enforces the configuration: PCI devices and their slots, memory, serial ports.

import type { GuestImage } from "./guest-image.ts";

/** Where QEMU connects to: Unix sockets on which this process listens. */
export interface Sockets {
  readonly com1: string;
  readonly com2: string;
  readonly monitor: string;
}

/** How a guest's machine differs from the one that the configuration describes. */
export interface Machine {
  /** QEMU's name of the processor, with its features. */
  readonly cpu?: string;
  readonly cpus?: number;
  /** In MiB. */
  readonly memory?: number;
  /** More of QEMU's arguments, such as devices. */
  readonly devices?: readonly string[];
  /** Kernel options in the place of those that fit the shipped configurations. */
  readonly kernelOptions?: readonly string[];
}

const CPUS = 4;
const MEMORY = 1024;
const CPU = "EPYC,+svm,+npt";
export const QEMU = "qemu-system-x86_64";

/** memmap keeps Linux off the hypervisor's and the cells' memory; nokaslr so that addresses in reports are the same. */
const KERNEL_OPTIONS = ["memmap=82M$0x3a000000", "nokaslr"];
const CONSOLE = ["panic=-1", "console=ttyS2,115200"];

const socket = (id: string, path: string) => ["-chardev", `socket,id=${id},path=${path}`];

/** The arguments; the guest's console, COM3, is QEMU's standard input and output. */
export function qemuArguments(
  { kernel, initramfs, disk }: GuestImage,
  sockets: Sockets,
  append: readonly string[] = [],
  machine: Machine = {},
): string[] {
  const { cpu = CPU, cpus = CPUS, memory = MEMORY } = machine;
  const { devices = [], kernelOptions = KERNEL_OPTIONS } = machine;
  return [
    ...["-accel", "tcg", "-machine", "q35", "-cpu", cpu],
    ...["-m", `${memory}M`, "-smp", `${cpus}`],
    ...["-display", "none", "-no-reboot", "-nodefaults", "-vga", "std"],
    ...["-audiodev", "none,id=sound"],
    ...["-device", "intel-hda,addr=1b.0", "-device", "hda-duplex,audiodev=sound"],
    ...["-nic", "user,model=e1000e"],
    ...["-drive", `file=${disk},format=raw,if=ide,snapshot=on`],
    ...socket("com1", sockets.com1),
    ...socket("com2", sockets.com2),
    ...["-chardev", "stdio,id=com3,signal=off"],
    ...["-serial", "chardev:com1", "-serial", "chardev:com2", "-serial", "chardev:com3"],
    ...socket("monitor", sockets.monitor),
    ...["-mon", "chardev=monitor,mode=readline"],
    ...devices,
    ...["-kernel", kernel, "-initrd", initramfs],
    ...["-append", [...kernelOptions, ...CONSOLE, ...append].join(" ")],
  ];
}
