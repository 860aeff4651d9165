// Bochs 2.7, as Debian 12 has it: AMD's and Intel's processors by other authors. It can load nothing by itself, so that everything comes from
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
import { type Bed, isLinux, type Load, type Machine, type Processor } from "../bed.ts";
import { Emulator } from "../emulator.ts";
import { type Boot, bootDisk } from "./boot-disk.ts";
import { linux } from "./linux.ts";
import { multiboot } from "./multiboot.ts";

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
/** With MWAIT Linux crawls: idle=halt keeps it off. The rest saves instructions. The first disk is the one that it boots from. */
const NEEDED_OPTIONS = [
  ...["panic=-1", "console=ttyS2,115200", "quiet"],
  "idle=halt",
  ...["mitigations=off", "cryptomgr.notests", "nowatchdog", "rodata=off"],
];

/** Numbers of features for Linux' option clearcpuid (its asm/cpufeatures.h). */
const FEATURE = {
  performanceCounters: 107,
  effectiveFrequency: 124,
  tscDeadline: 152,
  mwaitx: 221,
  compactedState: 321,
  supervisorState: 323,
  hwp: 455,
  protectionKeys: 515,
  fastShortMoves: 580,
};

const without = (...features: readonly number[]) => [`clearcpuid=${features.join(",")}`];

/**
 * AMD's: Linux hangs in MWAITX, which they announce; without the effective frequency it says less. XRSTORS of Bochs 2.7 takes MXCSR
 * from a compacted image that has none (Bochs' issue 344), and once in many boots Linux says "Bad FPU state": it is not to use that.
 */
const amd = (model: string): Processor => ({
  vendor: "amd",
  model,
  kernelOptions: without(
    FEATURE.mwaitx,
    FEATURE.effectiveFrequency,
    FEATURE.compactedState,
    FEATURE.supervisorState,
  ),
  wrong: new Map([
    [
      "a triple fault exits",
      "Bochs 2.7 has no intercept of SHUTDOWN (APM 2, 15.14.3): a guest's triple fault resets the machine",
    ],
  ]),
});

/**
 * Intel's: Linux hangs in fast short moves (FSRM, of the newer ones). About the others it complains: counters that do not count, the
 * timer's deadline, for which it knows an erratum of Haswell's, compacted extended state and protection keys, whose sizes CPUID
 * does not have or has wrong, and P-states of the hardware's that are none.
 */
const intel = (model: string): Processor => ({
  vendor: "intel",
  model,
  system: { file: "configs/bochs-intel-x86.cell", name: "RootCell" },
  kernelOptions: without(
    FEATURE.performanceCounters,
    FEATURE.effectiveFrequency,
    FEATURE.tscDeadline,
    FEATURE.compactedState,
    FEATURE.supervisorState,
    FEATURE.hwp,
    FEATURE.protectionKeys,
    FEATURE.fastShortMoves,
  ),
});

/** Models that Linux was booted on; more have virtualisation (bochs -help cpu). */
const PROCESSORS: ReadonlyMap<string, Processor> = new Map([
  ["amd", amd("ryzen")],
  ["intel", intel("corei7_haswell_4770")],
  ...["ryzen"].map((model) => [model, amd(model)] as const),
  ...["corei7_haswell_4770", "corei7_icelake_u", "tigerlake"].map(
    (model) => [model, intel(model)] as const,
  ),
]);
const CPU = PROCESSORS.get("amd")!.model;

/** What Linux needs for a model; nothing for one that is not listed. */
function optionsFor(model: string): readonly string[] {
  return [...PROCESSORS.values()].find((each) => each.model === model)?.kernelOptions ?? [];
}

/** A line of Bochs' log about an instruction that faulted; of MSRs that it has not Linux tries many. */
const NOTE = /^\d+e\[CPU.*$/gm;
const UNKNOWN_MSR = /(RD|WR)MSR: Unknown register/;
const MOST_NOTES = 20;

/** The latest of what Bochs' log has about instructions that faulted. */
function notesOf(log: string): string {
  const notes = [...log.matchAll(NOTE)].map(([line]) => line);
  return notes
    .filter((line) => !UNKNOWN_MSR.test(line))
    .slice(-MOST_NOTES)
    .join("\n");
}

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
  const options = [
    ...(machine.kernelOptions ?? KERNEL_OPTIONS),
    ...NEEDED_OPTIONS,
    ...optionsFor(machine.cpu ?? CPU),
    ...load.append,
  ];
  return linux(read(load.image.kernel), read(load.image.initramfs), options, say);
}

export const BOCHS: Bed = {
  ...{ name: "bochs", title: "Bochs", packages: BOCHS_PACKAGES, pmTimer: PM_TIMER, khz: KHZ },
  isSlow: true,
  processors: PROCESSORS,
  lacks: new Map(),
  system: { file: "configs/bochs-x86.cell", name: "RootCell" },
  hasMonitor: false,
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
    const notes = () => notesOf(readFileSync(file("log"), "utf8"));
    return new Emulator("Bochs", command, { serial, notes }, [remove]);
  },
};
