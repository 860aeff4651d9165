// Runs a metal image on QEMU without Linux: a small multiboot kernel stands in for Linux and its driver.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { missingPackages, run } from "../../tools/inmates/toolchain.ts";
import { numbersHeader } from "../../tools/metal/image.ts";
import { ROOT } from "../../tools/root.ts";

const SOURCES = join(ROOT, "test/metal/loader");
const UNITS = ["boot.S", "main.c"];
const QEMU = "qemu-system-x86_64";
/** QEMU's isa-debug-exit ends with twice what is written, plus 1: the loader writes 1 for success. */
const STATUS_GOOD = 3;
/** The loader's last words where it does not end by itself. */
const WAITS = "loader: waits";
const WATCH_MS = 200;

const OPTIONS = [
  ...["--target=x86_64-unknown-none-elf", "-std=c11", "-O1", "-ffreestanding", "-fno-builtin"],
  ...["-nostdinc", "-mgeneral-regs-only", "-mno-red-zone", "-fno-pic", "-mcmodel=small"],
  ...["-fno-stack-protector", "-fno-asynchronous-unwind-tables", "-fno-strict-aliasing"],
  ...["-Wall", "-Wno-unused-function"],
];

const MISSING = [
  ...missingPackages([64]),
  ...(spawnSync(QEMU, ["--version"]).status === 0 ? [] : ["qemu-system-x86"]),
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
  /** QEMU's model of CPU; one with AMD-V and nested paging if not given. */
  readonly cpu?: string;
  /** Seconds until QEMU is ended; 120 if not given. */
  readonly seconds?: number;
  /** Commands for QEMU's monitor, once the loader waits; then QEMU is ended. */
  readonly monitor?: readonly string[];
}

/** What the serial ports said: the hypervisor's and the cells' COM1 and COM2, and the loader's own. */
export interface Said {
  readonly com1: string;
  readonly com2: string;
  readonly loader: string;
  /** What QEMU's monitor answered. */
  readonly monitor: string;
  /** Whether the loader came to its end. */
  readonly ended: boolean;
}

/** The loader's kernel image. */
export function buildLoader(directory: string): string {
  writeFileSync(join(directory, "numbers.h"), numbersHeader(ROOT).text);
  const resources = run("clang-14", ["-print-resource-dir"]).trim();
  const include = ["-I.", `-I${SOURCES}`, "-isystem", join(resources, "include")];
  const clang = [...OPTIONS, ...include];
  const objects = UNITS.map((name) => {
    run("clang-14", [...clang, "-c", join(SOURCES, name), "-o", `${name}.o`], directory);
    return `${name}.o`;
  });
  const script = join(SOURCES, "loader.ld");
  run("clang-14", [...clang, "-E", "-P", "-x", "c", script, "-o", "loader.ld"], directory);
  const lld = ["-m", "elf_x86_64", "-T", "loader.ld", "--oformat=binary", "--build-id=none"];
  run("ld.lld-14", [...lld, "-o", "loader", ...objects], directory);
  return join(directory, "loader");
}

/** How QEMU ended, and what its monitor said. */
interface End {
  readonly status: number | null;
  readonly monitor: string;
}

/** Runs QEMU; once `isWaiting`, gives its monitor the commands, and ends it. */
function qemu(
  args: readonly string[],
  seconds: number,
  isWaiting: () => boolean,
  commands: readonly string[],
): Promise<End> {
  return new Promise((resolve, reject) => {
    const child = spawn(QEMU, args, { stdio: ["pipe", "pipe", "ignore"] });
    let monitor = "";
    child.stdout.on("data", (chunk: Buffer) => {
      monitor += chunk.toString("latin1");
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), seconds * 1000);
    const watch = setInterval(() => {
      if (!isWaiting()) return;
      clearInterval(watch);
      child.stdin.write([...commands, "quit", ""].join("\n"));
    }, WATCH_MS);
    child.on("error", reject);
    child.on("close", (status) => {
      clearTimeout(timer);
      clearInterval(watch);
      resolve({ status, monitor });
    });
  });
}

/** Boots and waits for the end. */
export async function boot(request: Boot): Promise<Said> {
  const { image, modules, cpus, scenario, seconds = 120, monitor = [] } = request;
  const { cpu = "EPYC,+svm,+npt" } = request;
  const directory = mkdtempSync(join(tmpdir(), "loader-"));
  const file = (name: string) => join(directory, name);
  try {
    const loader = buildLoader(directory);
    const names = [image, ...modules].map((bytes, index) => {
      writeFileSync(file(`module${index}`), bytes);
      return file(`module${index}`);
    });
    const serial = ["com1", "com2", "loader"].flatMap((name) => [
      "-serial",
      `file:${file(`${name}.log`)}`,
    ]);
    const said = (name: string) =>
      existsSync(file(`${name}.log`)) ? readFileSync(file(`${name}.log`), "latin1") : "";
    const end = await qemu(
      [
        ...["-accel", "tcg", "-machine", "q35", "-m", "1G", "-smp", String(cpus)],
        ...["-cpu", cpu, "-display", "none", "-monitor", "stdio", "-no-reboot"],
        ...["-device", "isa-debug-exit,iobase=0xf4,iosize=4", ...serial],
        ...["-kernel", loader, "-append", `${cpus}${scenario}`, "-initrd", names.join(",")],
      ],
      seconds,
      () => said("loader").includes(WAITS),
      monitor,
    );
    return {
      com1: said("com1"),
      com2: said("com2"),
      loader: said("loader"),
      monitor: end.monitor,
      ended: end.status === STATUS_GOOD,
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
