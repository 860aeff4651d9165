// The boot images (images/) on our CPU and on QEMU 7.2.
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as S from "../../../machine/cpu/interface.ts";
import { missingWords } from "../../../machine/model.ts";
import { CODE_16, CODE_32, CODE_64 } from "./coverage/record.ts";

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
const LONGEST = 15;
const EFER_LMA = 0x400n;
const ATTR_L = 0x200;
const ATTR_D = 0x400;
/** QEMU's status after a 0 written to its exit device. */
const QEMU_DONE = 1;
/** Ends an emulator that hangs, and none that is slow, in milliseconds. */
const HANGS = 30 * 60_000;

/** The images, the processor of QEMU's that has what they use, and letters that they print at least. */
export const BOOT_IMAGES = [
  ["real", "qemu64", 500],
  ["protected", "qemu64", 200_000],
  ["long", "EPYC", 500_000],
  ["debug", "qemu64", 5_000],
  ["narrow", "EPYC", 90_000],
  ["wide", "EPYC", 2000],
] as const;

/** What is needed and not here. */
export function missingForImages(): string[] {
  return ["nasm", "qemu-system-x86_64"].filter(
    (tool) => spawnSync(tool, ["--version"]).status !== 0,
  );
}

/** Makes an image in a directory; its path. */
export function assemble(name: string, directory: string): string {
  const product = join(directory, `${name}.bin`);
  execFileSync("nasm", ["-f", "bin", "-i", IMAGES, "-o", product, join(IMAGES, `${name}.asm`)]);
  return product;
}

/** What an image prints on QEMU. */
export async function onQemu(image: string, cpu: string): Promise<string> {
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

/** Our CPU with an image in its memory. */
export class ImageCpu {
  readonly exports: Record<string, (...args: (number | bigint)[]) => number | bigint>;
  readonly view: DataView;
  /** Address of the state block. */
  readonly s: number;
  readonly ram: Uint8Array;
  readonly #text: number[] = [];
  #ended = false;

  /** `missing`: what the processor is without (machine/model.ts). */
  constructor(image: string, missing: readonly string[] = []) {
    const memory = new WebAssembly.Memory({ initial: (RAM_BASE + RAM_SIZE) / PAGE });
    this.view = new DataView(memory.buffer);
    const module = new WebAssembly.Module(new Uint8Array(readFileSync(MODULE)));
    const call = (_cpu: number, kind: number) => this.#call(kind);
    const instance = new WebAssembly.Instance(module, { env: { memory }, bus: { call } });
    this.exports = instance.exports as unknown as ImageCpu["exports"];
    this.exports.initialize!(1, POOL_BASE, RAM_BASE, RAM_BASE, RAM_SIZE, 0);
    for (const [word, bits] of missingWords(missing).entries())
      this.exports.setMissingFeatures!(word, bits);
    this.exports.reset!(0);
    this.s = Number(this.exports.state!(0));
    this.ram = new Uint8Array(memory.buffer, RAM_BASE, RAM_SIZE);
    const bytes = readFileSync(image);
    if (bytes.length !== IMAGE_SIZE)
      throw new Error(`${image} has ${bytes.length} bytes, not ${IMAGE_SIZE}`);
    this.ram.set(bytes, IMAGE_ADDRESS);
  }

  #call(kind: number): number {
    if (kind !== S.BUS_PORT_OUT) return S.BUS_IGNORED;
    const address = this.wide(S.S_BUS_ADDRESS);
    if (address === CONSOLE_PORT) this.#text.push(this.view.getUint8(this.s + S.S_BUS_VALUE));
    if (address === EXIT_PORT) {
      this.#ended = true;
      this.view.setUint32(this.s + S.S_PENDING, S.PENDING_STOP, true);
    }
    return S.BUS_HANDLED;
  }

  /** The u64 at an S_* offset. */
  wide(offset: number): bigint {
    return this.view.getBigUint64(this.s + offset, true);
  }

  /** The u32 at an S_* offset. */
  word(offset: number): number {
    return this.view.getUint32(this.s + offset, true);
  }

  /** The bytes at CS:RIP, in RAM, and the size of the code there (CODE_*). */
  get next(): { bytes: Uint8Array; code: number } {
    const cs = S.S_SEGMENT + S.CS * S.SEGMENT_SIZE;
    const attributes = this.word(cs + S.SEG_ATTRIBUTES);
    const isLong = (this.wide(S.S_EFER) & EFER_LMA) !== 0n && (attributes & ATTR_L) !== 0;
    const code = isLong ? CODE_64 : attributes & ATTR_D ? CODE_32 : CODE_16;
    const linear = this.wide(S.S_RIP) + (isLong ? 0n : this.wide(cs + S.SEG_BASE));
    const at = (address: bigint) => Number(this.exports.translateLinear!(0, address));
    const bytes = Array.from({ length: LONGEST }, (_, i) => this.ram[at(linear + BigInt(i))] ?? 0);
    return { bytes: Uint8Array.from(bytes), code };
  }

  /**
   * Runs to the end, `slice` instructions at a time, before each of which `look` is called. What the image prints; ends with a line
   * that says why it stopped unless it did so itself.
   */
  run(slice = SLICE, look = () => {}): string {
    let why = "";
    for (let time = 0n; !this.#ended && why === ""; time = this.wide(S.S_TIME)) {
      look();
      this.view.setBigUint64(this.s + S.S_DEADLINE, time + slice, true);
      const code = Number(this.exports.run!(0));
      const activity = this.word(S.S_ACTIVITY);
      const rip = this.wide(S.S_RIP).toString(16);
      if (code > S.EXIT_STOPPED || activity !== S.ACTIVITY_RUNNING || time > PATIENCE)
        why = `\nstopped at 0x${rip}: exit ${code}, activity ${activity}`;
    }
    return Buffer.from(this.#text).toString("latin1") + why;
  }
}
