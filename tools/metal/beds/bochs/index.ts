// Bochs 2.7, as Debian 12 has it: an AMD processor by other authors. It can load nothing by itself, so that everything comes from
// a disk with our boot sector.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Capture } from "../../capture.ts";
import {
  BOCHS_BIOS,
  BOCHS_PACKAGES,
  BOCHS_PROGRAM,
  BOCHS_VGA_BIOS,
  findProgram,
  requirePackages,
} from "../../packages.ts";
import { type Bed, isLinux, type Load, type Machine } from "../bed.ts";
import { Emulator } from "../emulator.ts";
import { type Boot, bootDisk } from "./boot-disk.ts";
import { linux } from "./linux.ts";
import { multiboot } from "./multiboot.ts";

const CPU = "ryzen";
const CPUS = 4;
const MEMORY = 1024;
/** The ACPI timer of i440fx, where Bochs' BIOS puts it. */
const PM_TIMER = 0xb008;
/**
 * Instructions that are a second of the machine's, in thousands: TSC and APIC timer count them. Each second costs as much as these
 * on every CPU, also one in which nothing happens; below 16,000 the APIC timer is too slow for Linux.
 */
const KHZ = 25_000;
const SERIAL_PORTS = 4;

/** As QEMU's. */
const KERNEL_OPTIONS = ["memmap=82M$0x3a000000", "nokaslr"];
/**
 * Without MWAITX, which the model announces, and MWAIT: Linux hangs in the first and crawls in the second, of which idle=halt
 * keeps it off, too. The rest saves instructions. The first disk is the one that it boots from.
 */
const NEEDED_OPTIONS = [
  ...["panic=-1", "console=ttyS2,115200", "quiet"],
  ...["clearcpuid=221,124", "idle=halt"],
  ...["mitigations=off", "cryptomgr.notests", "nowatchdog", "rodata=off"],
];

/** Bochs' configuration (bochsrc(5)). Its screen goes to a VNC server that nobody looks at; `panic` ends it. */
function configuration(
  directory: string,
  { cpu = CPU, cpus = CPUS, memory = MEMORY }: Machine,
  serial: readonly Capture[],
  disk: string | undefined,
): string {
  const lines = [
    "config_interface: textconfig",
    'display_library: rfb, options="timeout=0, no_gui_console"',
    `cpu: model=${cpu}, count=${cpus}:1:1, ips=${KHZ * 1000}, quantum=32, reset_on_triple_fault=1, ignore_bad_msrs=1`,
    `memory: guest=${memory}, host=${memory}`,
    `romimage: file=${BOCHS_BIOS}`,
    `vgaromimage: file=${BOCHS_VGA_BIOS}`,
    "pci: enabled=1, chipset=i440fx",
    // There is no sound, and the speaker would look for it.
    "plugin_ctrl: speaker=0",
    "clock: sync=none, time0=utc",
    `ata0-master: type=disk, mode=flat, path=${join(directory, "disk")}, cylinders=0`,
    // What is written to it is forgotten.
    ...(disk ? [`ata0-slave: type=disk, mode=volatile, path=${disk}, cylinders=0`] : []),
    "boot: disk",
    `log: ${join(directory, "log")}`,
    ...[
      "panic: action=fatal",
      "error: action=report",
      "info: action=ignore",
      "debug: action=ignore",
    ],
    ...serial.map(
      ({ address }, index) => `com${index + 1}: enabled=1, mode=socket-client, dev=${address}`,
    ),
  ];
  return `${lines.join("\n")}\n`;
}

function bootOf(load: Load, machine: Machine, say: (text: string) => void): Boot {
  const read = (path: string) => readFileSync(path);
  if (!isLinux(load)) {
    const { loader, modules, commandLine } = load;
    return multiboot(read(loader), modules.map(read), `${BOCHS_PROGRAM} ${commandLine}`);
  }
  const options = [...(machine.kernelOptions ?? KERNEL_OPTIONS), ...NEEDED_OPTIONS, ...load.append];
  return linux(read(load.image.kernel), read(load.image.initramfs), options, say);
}

export const BOCHS: Bed = {
  ...{ name: "bochs", title: "Bochs", packages: BOCHS_PACKAGES, pmTimer: PM_TIMER, khz: KHZ },
  isSlow: true,
  system: { file: "configs/bochs-x86.cell", name: "RootCell" },
  hasMonitor: false,
  wrong: new Map([
    [
      "a triple fault exits",
      "Bochs 2.7 has no intercept of SHUTDOWN (APM 2, 15.14.3): a guest's triple fault resets the machine",
    ],
  ]),
  ignored: new Map([
    [
      "writing an MSR what it does not take is told and raises nothing",
      "Bochs 2.7 takes any value and ignores MSRs that it has not, as Linux' boot there needs (ignore_bad_msrs)",
    ],
  ]),
  modules: ["ata_piix", "sd_mod"],
  async start(load, machine = {}, say = () => {}) {
    requirePackages(BOCHS_PACKAGES);
    if (machine.devices?.length) throw new Error("Bochs has no other devices than its own");
    const directory = mkdtempSync(join(tmpdir(), "jailhouse-bochs-"));
    const serial = await Promise.all(Array.from({ length: SERIAL_PORTS }, () => Capture.listen()));
    const file = (name: string) => join(directory, name);
    writeFileSync(file("disk"), bootDisk(bootOf(load, machine, say)));
    writeFileSync(
      file("rc"),
      configuration(directory, machine, serial, isLinux(load) ? load.image.disk : undefined),
    );
    // Debian's has the debugger, which wants to be told to go on.
    writeFileSync(file("go"), "c\n");
    const command = [
      findProgram(BOCHS_PROGRAM) ?? BOCHS_PROGRAM,
      "-q",
      "-unlock",
      "-f",
      file("rc"),
      "-rc",
      file("go"),
    ];
    const remove = () => rmSync(directory, { recursive: true, force: true });
    return new Emulator("Bochs", command, { serial }, [remove]);
  },
};
