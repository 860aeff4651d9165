// QEMU's machine, which is the one that configs/x86/qemu-x86.ts describes. The two must agree, because the hypervisor
// enforces the configuration: PCI devices and their slots, memory, serial ports.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Capture } from "../capture.ts";
import {
  findProgram,
  type Package,
  QEMU_PACKAGES,
  QEMU_PROGRAM,
  requirePackages,
} from "../packages.ts";
import { type Bed, type GuestSystem, isLinux, type Load, type Machine } from "./bed.ts";
import { Emulator } from "./emulator.ts";
import { findQemu10 } from "./qemu10.ts";

const CPUS = 4;
const MEMORY = 1024;
/** The ACPI timer of q35, where SeaBIOS puts it. */
const PM_TIMER = 0x608;
/** TCG's virtual nanoseconds. */
const KHZ = 1_000_000;

export const SYSTEM: GuestSystem = { file: "configs/qemu-x86.cell", name: "QEMU-VM" };
/** memmap keeps Linux off the hypervisor's and the cells' memory; nokaslr so that addresses in reports are the same. */
const KERNEL_OPTIONS = ["memmap=82M$0x3a000000", "nokaslr"];
const CONSOLE = ["panic=-1", "console=ttyS2,115200"];

/**
 * A thread for each processor loses interrupts of those that leave a guest (QEMU before 10.2: do_vmexit changes what is pending without
 * a lock), and Linux waits for an IPI, or the hypervisor for an NMI, that never comes. On two processors of the host it is no faster.
 */
const LINUX_ACCELERATOR = "tcg,thread=single";
/** The loader's programs run a short time, and on processors that really run at once. */
const LOADER_ACCELERATOR = "tcg,thread=multi";

/** Without it QEMU tries every driver of sound, and QEMU 10 dies of those that an installed QEMU of another version has. */
const SOUND = ["-audiodev", "none,id=sound"];

const socket = (id: string, { address }: Capture) => [
  "-chardev",
  `socket,id=${id},path=${address}`,
];

function loadArguments(load: Load, options: readonly string[]): string[] {
  if (!isLinux(load)) {
    const { loader, modules, commandLine } = load;
    return ["-kernel", loader, "-initrd", modules.join(","), "-append", commandLine];
  }
  const { kernel, initramfs, disk } = load.image;
  return [
    ...["-nodefaults", "-vga", "std"],
    ...["-device", "intel-hda,addr=1b.0", "-device", "hda-duplex,audiodev=sound"],
    ...["-nic", "user,model=e1000e"],
    ...["-drive", `file=${disk},format=raw,if=ide,snapshot=on`],
    ...["-kernel", kernel, "-initrd", initramfs],
    ...["-append", [...options, ...CONSOLE, ...load.append].join(" ")],
  ];
}

function machineArguments(load: Load, machine: Machine, cpu: string): string[] {
  const { cpus = CPUS, memory = MEMORY, devices = [] } = machine;
  return [
    ...["-accel", isLinux(load) ? LINUX_ACCELERATOR : LOADER_ACCELERATOR],
    ...["-machine", "q35", "-cpu", machine.cpu ?? cpu, ...SOUND],
    ...["-m", `${memory}M`, "-smp", `${cpus}`, "-display", "none", "-no-reboot"],
    ...loadArguments(load, machine.kernelOptions ?? KERNEL_OPTIONS),
    ...devices,
  ];
}

/** What a version of QEMU is started with. */
interface Version {
  readonly name: string;
  readonly title: string;
  readonly cpu: string;
  readonly packages: readonly Package[];
  /** The program and the arguments without which it does not find its files. */
  find(say?: (text: string) => void): readonly string[];
}

const NO_VT_X =
  "there is no Intel processor with VT-x, which QEMU's own emulation (TCG) does not have: --bed bochs --cpu intel has one";

function qemu({ name, title, cpu, packages, find }: Version): Bed {
  return {
    processors: new Map([["amd", { vendor: "amd", model: cpu, kernelOptions: [] }]]),
    lacks: new Map([["intel", NO_VT_X]]),
    ...{ name, title, packages, pmTimer: PM_TIMER, khz: KHZ, ignored: new Map() },
    modules: ["ahci", "sd_mod", "e1000e"],
    isSlow: false,
    system: SYSTEM,
    hasMonitor: true,
    async start(load, machine = {}, say) {
      requirePackages(packages);
      const program = find(say);
      const directory = mkdtempSync(join(tmpdir(), "jailhouse-qemu-"));
      const names = ["com1", "com2", "com3", "monitor"];
      const captures = await Promise.all(
        names.map((each) => Capture.listen(join(directory, each))),
      );
      const args = names.flatMap((each, index) => socket(each, captures[index]!));
      for (const each of names.slice(0, -1)) args.push("-serial", `chardev:${each}`);
      args.push("-mon", "chardev=monitor,mode=readline");
      const command = [...program, ...machineArguments(load, machine, cpu), ...args];
      const lines = { serial: captures.slice(0, -1), monitor: captures.at(-1)! };
      const remove = () => rmSync(directory, { recursive: true, force: true });
      return new Emulator("QEMU", command, lines, [remove]);
    },
  };
}

/** Debian 12's. */
export const QEMU = qemu({
  name: "qemu",
  title: "QEMU",
  cpu: "EPYC,+svm,+npt",
  packages: QEMU_PACKAGES,
  find: () => [findProgram(QEMU_PROGRAM) ?? QEMU_PROGRAM],
});

/** Of Debian's backports: its TCG has x2APIC. */
export const QEMU10 = qemu({
  name: "qemu10",
  title: "QEMU 10",
  cpu: "EPYC,+svm,+npt,+x2apic",
  packages: QEMU_PACKAGES,
  find: findQemu10,
});
