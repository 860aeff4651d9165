// The same multiboot kernels on the PC and in QEMU: what they print, and how they end, must be identical. Needs gcc that makes 32-bit
// code, and qemu-system-x86_64; without them the tests are skipped, except in CI.
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { startSession } from "../../control/session.ts";
import { EXIT_PORT } from "./images.ts";

const IMAGES = fileURLToPath(new URL("images/", import.meta.url)).replace("/dist/", "/");
const MIB = 0x100000;
const SECOND = 1e9;
/** Ends an emulator that hangs, and none that is slow, in milliseconds. */
const HANGS = 30 * 60_000;
const GCC = [
  ...["-m32", "-march=i686", "-O2", "-std=gnu11", "-Wall", "-Wextra", "-Werror"],
  ...["-ffreestanding", "-fno-pic", "-no-pie", "-fno-stack-protector", "-fcf-protection=none"],
  ...["-nostdlib", "-static", "-Wl,--build-id=none", "-Wl,--no-warn-rwx-segments"],
  ...["-Wl,-z,noexecstack", "-DTRAMPOLINE=0x8000"],
];

const missing = ["gcc", "qemu-system-x86_64"].filter(
  (tool) => spawnSync(tool, ["--version"]).status !== 0,
);
if (missing.length > 0) console.warn(`comparison with QEMU skipped: no ${missing.join(", no ")}`);
const skipped = missing.length > 0 && !process.env.CI;

const directory = mkdtempSync(join(tmpdir(), "kernels-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function compile(status: number): string {
  const product = join(directory, `kernel-${status}`);
  const sources = ["start.S", "kernel.c"].map((name) => join(IMAGES, name));
  const script = `-Wl,-T,${join(IMAGES, "kernel.ld")}`;
  execFileSync("gcc", [...GCC, `-DSTATUS=${status}`, script, "-o", product, ...sources]);
  return product;
}

interface Outcome {
  readonly output: string;
  readonly status: number;
}

interface Case {
  readonly cpus: number;
  readonly status: number;
  readonly append?: string;
  readonly modules: readonly string[];
}

function onQemu(kernel: string, { cpus, append, modules }: Case): Promise<Outcome> {
  const args = [
    ...["-kernel", kernel, "-smp", `${cpus}`, "-m", "64", "-accel", "tcg", "-no-reboot"],
    ...["-device", `isa-debug-exit,iobase=${EXIT_PORT}`, "-display", "none", "-serial", "stdio"],
    ...(append === undefined ? [] : ["-append", append]),
    ...(modules.length === 0 ? [] : ["-initrd", modules.join(",")]),
  ];
  return new Promise((resolve) => {
    const run = execFile(
      "qemu-system-x86_64",
      args,
      { encoding: "latin1", timeout: HANGS },
      // Without more words than the kernel's name it leaves a space behind that.
      (error, output) =>
        resolve({ output: output.replaceAll(" \r\n", "\r\n"), status: Number(error?.code ?? 0) }),
    );
    run.stdin?.end();
  });
}

async function onOurs(kernel: string, { cpus, append, modules }: Case): Promise<Outcome> {
  const file = (name: string) => ({ name, data: readFileSync(name) });
  const image = { image: file(kernel), modules: modules.map(file) };
  const session = await startSession({
    ...{ cpus, memory: 64 * MIB, exitPort: EXIT_PORT, fwCfg: true },
    kernel: { ...image, ...(append !== undefined && { commandLine: append }) },
  });
  const value = await session.waitForEnd(10 * SECOND);
  const output = await session.serial(0).text();
  await session.close();
  return { output, status: ((value << 1) | 1) & 0xff };
}

describe.skipIf(skipped)("kernels as in QEMU", () => {
  const modules = ["first", "second"].map((name) => join(directory, name));
  for (const [index, path] of modules.entries())
    writeFileSync(
      path,
      Uint8Array.from({ length: 5000 * index + 3 }, (_, at) => at * 7),
    );

  test.each<Case>([
    { cpus: 1, status: 0, modules: [] },
    { cpus: 2, status: 3, append: "one two", modules: [] },
    { cpus: 4, status: 200, append: "console=ttyS0", modules },
  ])("$cpus CPUs, status $status", { timeout: HANGS }, async (one) => {
    const kernel = compile(one.status);
    const [theirs, ours] = [await onQemu(kernel, one), await onOurs(kernel, one)];
    expect(ours).toEqual(theirs);
    expect(ours.status).toBe(((one.status << 1) | 1) & 0xff);
    expect(ours.output).toMatch(/^magic\r\n[\s\S]*end\r\n$/);
  });
});
