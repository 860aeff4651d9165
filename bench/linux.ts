// How much CPU time Debian's Linux takes to boot on the emulated PC, beside QEMU's TCG: the same kernel, initramfs and command line, one
// CPU, from the start to init's first word; user and system time of both, with all that belongs to a start (QEMU's firmware, our modules).
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { EXIT_PORT, initramfs, READY } from "../control/guest/initramfs.ts";
import { APPEND, startLinux } from "../control/guest/linux.ts";
import { findKernel, unpackedKernel } from "../tools/metal/kernel.ts";
import { GUEST_PACKAGES, QEMU_PACKAGES, requirePackages } from "../tools/metal/packages.ts";
import { figure, table } from "./measure.ts";
import { cpuTime, QEMU } from "./tcg.ts";

const MIB = 1 << 20;
const MEMORY = 256 * MIB;
const MICROSECONDS = 1e6;

/** Seconds of CPU time until init is ready, on the PC in this process. */
async function measureOurs(kernel: string): Promise<number> {
  const before = process.cpuUsage();
  const linux = await startLinux({ kernel, memory: MEMORY, fresh: true });
  const { user, system } = process.cpuUsage(before);
  await linux.close();
  return (user + system) / MICROSECONDS;
}

/** The same in QEMU. Throws where it ends before. */
async function measureTcg(kernel: string, initrd: string): Promise<number> {
  const machine = ["-machine", "q35", "-accel", "tcg", "-cpu", "max", "-smp", "1"];
  const boot = ["-kernel", kernel, "-initrd", initrd, "-append", APPEND];
  const end = ["-device", `isa-debug-exit,iobase=${EXIT_PORT}`, "-no-reboot"];
  const quiet = ["-nodefaults", "-display", "none", "-serial", "null", "-serial", "stdio"];
  const all = [...machine, "-m", `${MEMORY / MIB}`, ...boot, ...end, ...quiet];
  const qemu = spawn(QEMU, all, { stdio: ["ignore", "pipe", "inherit"] });
  try {
    let said = "";
    for await (const chunk of qemu.stdout) {
      said += chunk.toString("latin1");
      if (said.includes(READY)) return cpuTime(qemu.pid!);
    }
    throw new Error(`QEMU ended before init was ready: ${said}`);
  } finally {
    qemu.kill("SIGKILL");
  }
}

/** Prints the table. Throws MissingPackages. */
export async function benchLinux(): Promise<void> {
  requirePackages([...GUEST_PACKAGES, ...QEMU_PACKAGES]);
  const directory = mkdtempSync(join(tmpdir(), "bench-linux-"));
  const initrd = join(directory, "initramfs");
  writeFileSync(initrd, initramfs());
  try {
    const rows: string[][] = [];
    for (const kernel of new Set([unpackedKernel(), findKernel().image])) {
      const [ours, theirs] = [await measureOurs(kernel), await measureTcg(kernel, initrd)];
      const size = readFileSync(kernel).length / MIB;
      const name = `${basename(kernel)} (${figure(size)} MiB)`;
      rows.push([name, ...[ours, theirs, ours / theirs].map(figure)]);
    }
    console.log(table(["kernel", "the PC, CPU s", "QEMU's TCG, CPU s", "ratio"], rows));
  } finally {
    rmSync(directory, { recursive: true });
  }
}
