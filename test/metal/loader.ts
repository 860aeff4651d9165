// Runs a metal image on a bed without Linux: a small multiboot kernel stands in for Linux and its driver.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  missingPackages,
  resourceDirectory,
  runClang,
  runLld,
} from "../../tools/inmates/toolchain.ts";
import type { Bed } from "../../tools/metal/beds/bed.ts";
import type { Emulator } from "../../tools/metal/beds/emulator.ts";
import { BEDS } from "../../tools/metal/beds/index.ts";
import { QEMU } from "../../tools/metal/beds/qemu.ts";
import type { Capture } from "../../tools/metal/capture.ts";
import { numbersHeader } from "../../tools/metal/image.ts";
import { missingPackages as missingOf } from "../../tools/metal/packages.ts";
import { ROOT } from "../../tools/root.ts";

const SOURCES = join(ROOT, "test/metal/loader");
const UNITS = ["boot.S", "main.c"];
/** Milliseconds. */
const SILENCE = 500;
/** The loader's last words. */
const WAITS = "loader: waits";
const END = "loader: end\n";
const LAST = /^loader: (waits|end|exception .*)\n/m;
/** What it waits for: something on COM1. */
const AWAITS = /^loader: awaits (a tick|the stop) of CPU (\d+)\n/gm;

const OPTIONS = [
  ...["--target=x86_64-unknown-none-elf", "-std=c11", "-O1", "-ffreestanding", "-fno-builtin"],
  ...["-nostdinc", "-mgeneral-regs-only", "-mno-red-zone", "-fno-pic", "-mcmodel=small"],
  ...["-fno-stack-protector", "-fno-asynchronous-unwind-tables", "-fno-strict-aliasing"],
  ...["-Wall", "-Wno-unused-function"],
];

const MISSING = [
  ...missingPackages([64]),
  ...BEDS.flatMap(({ packages }) => missingOf(packages)).map(({ name }) => name),
];
/** In CI all has to be there, so there the tests fail without it. */
export const CAN_BOOT = process.env.CI === "true" || MISSING.length === 0;
if (!CAN_BOOT) console.warn(`Skipped: booting images needs the packages ${MISSING.join(" ")}.`);

/** What to boot. */
export interface Boot {
  /** The image, as it would lie in /lib/firmware. */
  readonly image: Uint8Array;
  /** The system configuration, then what the scenario takes. */
  readonly modules: readonly Uint8Array[];
  readonly cpus: number;
  readonly scenario: "demo" | "conformance" | "faults" | "storm" | "refusal" | "absent CPU";
  /** What the scenario takes: for "conformance" the number of a case to leave out, for "refusal" anything, and another hypervisor has VT-x. */
  readonly argument?: number;
  /** QEMU if not given. */
  readonly bed?: Bed;
  /** The bed's model of CPU; one with AMD-V and nested paging if not given. */
  readonly cpu?: string;
  /** Commands for the bed's monitor, once the loader waits. */
  readonly monitor?: readonly string[];
}

/** What the serial ports said: the hypervisor's and the cells' COM1 and COM2, and the loader's own. */
export interface Said {
  readonly com1: string;
  readonly com2: string;
  readonly loader: string;
  /** What the bed's monitor answered. */
  readonly monitor: string;
  /** Whether the loader came to its end. */
  readonly ended: boolean;
}

/** The loader's kernel image, for a bed's PC. */
function buildLoader(directory: string, { pmTimer, khz }: Bed): string {
  writeFileSync(join(directory, "numbers.h"), numbersHeader(ROOT).text);
  const resources = resourceDirectory();
  const include = ["-I.", `-I${SOURCES}`, "-isystem", join(resources, "include")];
  const clang = [...OPTIONS, `-DPM_TIMER=${pmTimer}`, `-DKHZ=${khz}`, ...include];
  const objects = UNITS.map((name) => {
    runClang([...clang, "-c", join(SOURCES, name), "-o", `${name}.o`], directory);
    return `${name}.o`;
  });
  const script = join(SOURCES, "loader.ld");
  runClang([...clang, "-E", "-P", "-x", "c", script, "-o", "loader.ld"], directory);
  const lld = ["-m", "elf_x86_64", "-T", "loader.ld", "--oformat=binary", "--build-id=none"];
  runLld([...lld, "-o", "loader", ...objects], directory);
  return join(directory, "loader");
}

/** Boots and waits for the end. */
export async function boot(request: Boot): Promise<Said> {
  const { image, modules, cpus, scenario, monitor = [] } = request;
  const { cpu, bed = QEMU, argument } = request;
  const directory = mkdtempSync(join(tmpdir(), "loader-"));
  try {
    const loader = buildLoader(directory, bed);
    const files = [image, ...modules].map((bytes, index) => {
      const path = join(directory, `module${index}`);
      writeFileSync(path, bytes);
      return path;
    });
    const commandLine = `${cpus}${scenario}${argument === undefined ? "" : `=${argument}`}`;
    const machine = { cpus, ...(cpu === undefined ? {} : { cpu }) };
    const emulator = await bed.start({ loader, modules: files, commandLine }, machine);
    return await watch(emulator, monitor);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Tells the loader each time that what it waits for has come: a tick from then on, or the report of a stop. */
function accompany(loader: Capture, com1: Capture): void {
  let told = 0;
  let from: number | undefined;
  const look = () => {
    const [, what, cpu] = [...loader.text.matchAll(AWAITS)][told] ?? [];
    if (!what) return;
    from ??= com1.text.length;
    const hasCome =
      what === "a tick"
        ? com1.text.includes("Timer fired", from)
        : com1.text.includes(`Stopping CPU ${cpu}\r\n`);
    if (!hasCome) return;
    told++;
    from = undefined;
    loader.send("\n");
  };
  loader.follow(look);
  com1.follow(look);
}

/** Resolves once a line has been silent for a moment. */
async function settled(line: Capture): Promise<void> {
  for (let seen = -1; seen !== line.text.length; ) {
    seen = line.text.length;
    await new Promise((resolve) => setTimeout(resolve, SILENCE));
  }
}

/** Waits for the loader's last line or the emulator's end, asks the monitor, and ends the emulator. */
async function watch(emulator: Emulator, commands: readonly string[]): Promise<Said> {
  const [com1, com2, loader] = emulator.serial as [Capture, Capture, Capture];
  const last = loader.waitFor(LAST).then(
    ([line]) => line,
    () => undefined,
  );
  let answers = "";
  accompany(loader, com1);
  try {
    const line = await Promise.race([last, emulator.ended]);
    const { exit, errors } = emulator;
    if (exit) throw new Error(`${exit}: ${errors}\n${loader.text}`);
    // What the hypervisor said last is on its way still, and would be lost with the emulator.
    if (line?.startsWith(END.trimEnd())) await settled(com1);
    if (line?.startsWith(WAITS))
      for (const command of commands) answers += await emulator.monitor(command);
  } finally {
    await emulator.close();
  }
  const text = loader.text.replaceAll(AWAITS, "");
  const ended = text.endsWith(END);
  return { com1: com1.text, com2: com2.text, loader: text, monitor: answers, ended };
}
