// The same boot images on our CPU and on QEMU 7.2: what they print must be identical. What QEMU does against the manuals is left
// out of the images, and listed at their heads. Needs nasm and qemu-system-x86_64; without them the tests are skipped, except in CI.
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import * as S from "../../../machine/cpu/interface.ts";

const IMAGES = fileURLToPath(new URL("images/", import.meta.url));
const MODULE = fileURLToPath(new URL("../../../dist/cpu.wasm", import.meta.url));
const IMAGE_SIZE = 0x10000;
/** Where the image is on our machine: below 1 MiB, with the reset vector at F000:FFF0. */
const IMAGE_ADDRESS = 0xf0000;
const CONSOLE_PORT = 0xe9n;
const EXIT_PORT = 0xf4n;
const PAGE = 0x10000;
const MIB = 0x100000;
const RAM_SIZE = 16 * MIB;
const POOL_BASE = 32 * MIB;
const RAM_BASE = 64 * MIB;
const SLICE = 1_000_000n;
/** Instructions after which an image must have ended. */
const PATIENCE = 100_000_000n;
/** QEMU's status after a 0 written to its exit device. */
const QEMU_DONE = 1;

const missing = ["nasm", "qemu-system-x86_64"].filter(
  (tool) => spawnSync(tool, ["--version"]).status !== 0,
);
if (missing.length > 0) console.warn(`comparison with QEMU skipped: no ${missing.join(", no ")}`);
const skipped = missing.length > 0 && !process.env.CI;

const directory = mkdtempSync(join(tmpdir(), "cpu-images-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function assemble(name: string): string {
  const product = join(directory, `${name}.bin`);
  execFileSync("nasm", ["-f", "bin", "-i", IMAGES, "-o", product, join(IMAGES, `${name}.asm`)]);
  return product;
}

/** Ends an emulator that hangs, and none that is slow, in milliseconds. */
const HANGS = 30 * 60_000;

/** What an image prints on QEMU. */
async function onQemu(image: string, cpu: string): Promise<string> {
  const output = `${image}.out`;
  const quiet = ["-display", "none", "-serial", "none", "-monitor", "none", "-nodefaults"];
  const machine = ["-machine", "pc", "-accel", "tcg", "-m", "16", "-cpu", cpu, "-no-reboot"];
  const exit = ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"];
  const args = [...machine, ...quiet, ...exit, "-bios", image, "-debugcon", `file:${output}`];
  const port = ["-global", "isa-debugcon.iobase=0xe9"];
  const run = promisify(execFile)("qemu-system-x86_64", [...args, ...port], { timeout: HANGS });
  await run.catch((error: { code?: number }) => {
    if (error.code !== QEMU_DONE) throw error;
  });
  return readFileSync(output, "latin1");
}

/** What an image prints on our CPU; ends with a line that says why it stopped unless it did so itself. */
function onOurs(image: string): string {
  const memory = new WebAssembly.Memory({ initial: (RAM_BASE + RAM_SIZE) / PAGE });
  const view = new DataView(memory.buffer);
  const text: number[] = [];
  let ended = false;
  let s = 0;
  const call = (_cpu: number, kind: number): number => {
    const address = view.getBigUint64(s + S.S_BUS_ADDRESS, true);
    if (kind !== S.BUS_PORT_OUT) return S.BUS_IGNORED;
    if (address === CONSOLE_PORT) text.push(view.getUint8(s + S.S_BUS_VALUE));
    if (address === EXIT_PORT) {
      ended = true;
      view.setUint32(s + S.S_PENDING, S.PENDING_STOP, true);
    }
    return S.BUS_HANDLED;
  };
  const module = new WebAssembly.Module(new Uint8Array(readFileSync(MODULE)));
  const x = new WebAssembly.Instance(module, { env: { memory }, bus: { call } })
    .exports as unknown as Record<string, (...args: number[]) => number>;
  x.initialize!(1, POOL_BASE, RAM_BASE, RAM_BASE, RAM_SIZE, 0);
  x.reset!(0);
  s = x.state!(0);
  const bytes = readFileSync(image);
  expect(bytes).toHaveLength(IMAGE_SIZE);
  new Uint8Array(memory.buffer, RAM_BASE + IMAGE_ADDRESS, IMAGE_SIZE).set(bytes);
  let why = "";
  for (let time = 0n; !ended && why === ""; time = view.getBigUint64(s + S.S_TIME, true)) {
    view.setBigUint64(s + S.S_DEADLINE, time + SLICE, true);
    const code = x.run!(0);
    const activity = view.getUint32(s + S.S_ACTIVITY, true);
    const rip = view.getBigUint64(s + S.S_RIP, true).toString(16);
    if (code > S.EXIT_STOPPED || activity !== S.ACTIVITY_RUNNING || time > PATIENCE)
      why = `\nstopped at 0x${rip}: exit ${code}, activity ${activity}`;
  }
  return Buffer.from(text).toString("latin1") + why;
}

/** One try of an image a line, so that a difference is easy to see. */
function lines(text: string): string[] {
  return text.replaceAll(/(?<=[ =])(?=[a-z][#=@I0-9])/g, "\n  ").split("\n");
}

describe.skipIf(skipped)("boot images", () => {
  test.each([
    ["real", "qemu64", 500],
    ["protected", "qemu64", 200_000],
    ["long", "EPYC", 500_000],
  ])("%s prints the same as on QEMU", async (name, cpu, least) => {
    const image = assemble(name);
    const expected = await onQemu(image, cpu);
    // An image that dies early prints less.
    expect(expected.length).toBeGreaterThan(least);
    expect(lines(onOurs(image))).toEqual(lines(expected));
  });
});
