// The project's own PC, in a process of its own: AMD's processor with whatever features are wanted, by the authors of the hypervisor.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../../../root.ts";
import { Capture } from "../../capture.ts";
import { PC_PACKAGES } from "../../packages.ts";
import { type Bed, isLinux, type Linux, type Load, type Machine, type Processor } from "../bed.ts";
import { unpackKernel } from "../bochs/vmlinux.ts";
import { Emulator } from "../emulator.ts";
import type { Task } from "./machine.ts";
import type { PcDescription } from "./pc.ts";

const CPUS = 4;
const MEMORY = 1024;
/** The ACPI timer, as on q35. */
const PM_TIMER = 0x608;
const KHZ = 1_000_000;
const SERIAL_PORTS = 4;
/** What an ELF file begins with, big-endian. */
const ELF_MAGIC = 0x7f454c46;
/** What runs there. */
const PROGRAM = join(ROOT, "dist/tools/metal/beds/pc/machine.js");
/** As QEMU's. */
const KERNEL_OPTIONS = ["memmap=82M$0x3a000000", "nokaslr"];
const CONSOLE = ["panic=-1", "console=ttyS2,115200"];

const amd = (...switches: string[]): Processor => ({
  vendor: "amd",
  model: ["amd", ...switches].join(","),
  kernelOptions: [],
});

/** What AMD's processors of the last years have, and our model has not unless it is switched on. */
const NEWER = [
  ...[
    "flushbyasid",
    "decodeassists",
    "autoibrs",
    "extapic",
    "smca",
    "invlpgb",
    "tce",
    "int_wbinvd",
  ],
];

/** A processor with all, and others that lack, or have, what processors of the last ten years differ in. */
const PROCESSORS: ReadonlyMap<string, Processor> = new Map([
  ["amd", amd()],
  ["amd-xapic", amd("x2apic=off")],
  ["amd-older", amd("x2apic=off", "nrip_save=off")],
  ["amd-newer", amd(...NEWER.map((name) => `${name}=on`))],
]);

/** Linux as a load of the machine; its kernel is unpacked into a directory. */
function describeLinux(
  load: Linux,
  machine: Machine,
  directory: string,
): Pick<PcDescription, "kernel" | "modules" | "disks" | "commandLine"> {
  const options = [...(machine.kernelOptions ?? KERNEL_OPTIONS), ...CONSOLE, ...load.append];
  const bytes = readFileSync(load.image.kernel);
  const isUnpacked = bytes.readUInt32BE(0) === ELF_MAGIC;
  const kernel = join(directory, "vmlinux");
  writeFileSync(kernel, isUnpacked ? bytes : unpackKernel(bytes));
  const { initramfs, disk } = load.image;
  return { kernel, modules: [initramfs], disks: [disk], commandLine: options.join(" ") };
}

/** The machine with what it starts, for which a directory may be filled. */
export function describePc(load: Load, machine: Machine, directory: string): PcDescription {
  return {
    cpu: machine.cpu ?? PROCESSORS.get("amd")!.model,
    cpus: machine.cpus ?? CPUS,
    memory: machine.memory ?? MEMORY,
    ...(isLinux(load)
      ? describeLinux(load, machine, directory)
      : { ...load, kernel: load.loader, disks: [] }),
  };
}

export const PC: Bed = {
  ...{ name: "pc", title: "the project's PC", packages: PC_PACKAGES, pmTimer: PM_TIMER, khz: KHZ },
  isSlow: true,
  processors: PROCESSORS,
  lacks: new Map([["intel", "there is no VT-x: --bed bochs --cpu intel has one"]]),
  system: { file: "configs/pc-x86.cell", name: "RootCell" },
  hasMonitor: false,
  ignored: new Map(),
  modules: ["virtio_pci", "virtio_blk"],
  async start(load, machine = {}) {
    if (machine.devices?.length) throw new Error("the project's PC has no other devices");
    const directory = mkdtempSync(join(tmpdir(), "jailhouse-pc-"));
    const file = (name: string) => join(directory, name);
    const serial = await Promise.all(
      Array.from({ length: SERIAL_PORTS }, (_, index) => Capture.listen(file(`com${index + 1}`))),
    );
    const task: Task = {
      ...describePc(load, machine, directory),
      serial: serial.map(({ address }) => address),
    };
    writeFileSync(file("machine.json"), JSON.stringify(task));
    const command = [process.execPath, PROGRAM, file("machine.json")];
    const remove = () => rmSync(directory, { recursive: true, force: true });
    return new Emulator("the PC", command, { serial }, [remove]);
  },
};
