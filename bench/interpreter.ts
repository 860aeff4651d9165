// The interpreter's speed beside that of v86 without its JIT, and of QEMU's translator: the same bytes in flat 32-bit code, rounds of work
// per second of CPU time.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { V86 } from "v86";
import * as S from "../machine/cpu/interface.ts";
import { figure, table } from "./measure.ts";
import { hasTcg, measureTcg } from "./tcg.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url)).replace(/dist[\\/]$/, "");
const V86_WASM = join(dirname(createRequire(import.meta.url).resolve("v86")), "v86.wasm");
const MIB = 1 << 20;
const BIOS_SIZE = 0x10000;
const BIOS_ADDRESS = 0xf0000;
/** Where a kernel lies: after the BIOS image's set-up code. */
const KERNEL = 0x1000;
/** Where a kernel counts its rounds (physical). */
export const ROUNDS = 0x500;
const RAM = 16 * MIB;
const WARM_UP_MS = 1000;
const MEASURE_MS = 2500;
const TICKS = 1_000_000n;
const STACK = 0x80000n;

/**
 * Kernels: each loops for ever over `call kernel; inc dword [ROUNDS]`. `alu` is xorshift, multiplication and branches, 100,000
 * times; `sieve` clears and sieves 1 MiB; `calls` is Fibonacci's 20th number by recursion; `sse` iterates the logistic map
 * 100,000 times on doubles in XMM registers, `x87` 20,000 times on its stack.
 */
const KERNELS = {
  alu: "b9a0860100e808000000ff0500050000ebeeb878563412bbb979379e31f689c2c1e20d31d089c2c1ea1131d089c2c1e20531d001c669db0d66190081c35ff36e3ca901000000740201de83e90175cfc3",
  sieve:
    "b901000000e808000000ff0500050000ebee51bf00002000b90000040031c0f3abbe0200000089f00fafc63d00001000731c80be00002000007510c680000020000101f03d0000100072f046ebd8594975c0c3",
  calls:
    "b914000000e808000000ff0500050000ebee89c8e801000000c383f802721a535689c38d43ffe8efffffff89c68d43fee8e5ffffff01f05e5bc3",
  sse: "0f20e00d000600000f22e0c7050006000000000000c705040600000000e03fc7050806000066666666c7050c06000066660e40c7051006000000000000c705140600000000f03fe808000000ff0500050000ebf3f20f100500060000f20f100d08060000f20f101510060000b9a0860100660f28daf20f5cd8f20f59c1f20f59c34975edc3",
  x87: "dbe3c7050006000000000000c705040600000000e03fc7050806000066666666c7050c06000066660e40e808000000ff0500050000ebf3dd0500060000b9204e0000d9e8d8e1dec9dc0d080600004975f1ddd8c3",
} as const;

export type KernelName = keyof typeof KERNELS;

/** cli; lgdt; PE; far jump; flat data segments and stack; jump to KERNEL. The GDT is at 0x18. */
const SET_UP =
  "fa2e660f011630000f20c00c010f22c066ea36000f000800" +
  "0000000000000000ffff0000009bcf00ffff00000093cf00" +
  "170018000f0066b810008ed88ec08ed0bc00000800e9b60f0000";
/** jmp f000:0, at the processor's first address. */
const RESET = "ea000000f0";
const RESET_OFFSET = 0xfff0;

/** A BIOS image that ends up in code at KERNEL, given in hexadecimal, in flat 32-bit mode. */
export function biosWith(code: string): Uint8Array<ArrayBuffer> {
  const image = new Uint8Array(BIOS_SIZE);
  image.set(Buffer.from(SET_UP, "hex"), 0);
  image.set(Buffer.from(code, "hex"), KERNEL);
  image.set(Buffer.from(RESET, "hex"), RESET_OFFSET);
  return image;
}

/** CPU time of this process in ms: other processes do not count. */
function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Rounds per second of CPU time: from the first change of the counter after warming up to the last one. `step` lets it run for a while. */
async function measure(step: () => void | Promise<void>, rounds: () => number): Promise<number> {
  const end = cpuTime() + WARM_UP_MS;
  while (cpuTime() < end) await step();
  let last = rounds();
  let first: { time: number; rounds: number } | undefined;
  let latest = { time: 0, rounds: 0 };
  const start = cpuTime();
  while (cpuTime() - start < MEASURE_MS) {
    await step();
    const now = rounds();
    if (now === last) continue;
    last = now;
    latest = { time: cpuTime(), rounds: now };
    first ??= latest;
  }
  if (!first || latest.time === first.time) throw new Error("the kernel made no round");
  return ((latest.rounds - first.rounds) / (latest.time - first.time)) * 1000;
}

async function measureV86(kernel: KernelName): Promise<number> {
  const emulator = new V86({
    wasm_path: V86_WASM,
    bios: { buffer: biosWith(KERNELS[kernel]).buffer },
    memory_size: RAM,
    vga_memory_size: MIB,
    disable_jit: true,
    disable_keyboard: true,
    disable_mouse: true,
    disable_speaker: true,
    autostart: true,
  });
  await new Promise<void>((resolve) => emulator.add_listener("emulator-ready", () => resolve()));
  const rounds = () => {
    const bytes = emulator.read_memory(ROUNDS, 4);
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  };
  try {
    return await measure(() => new Promise((resolve) => setTimeout(resolve, 1)), rounds);
  } finally {
    await emulator.destroy();
  }
}

type Exports = Record<string, (...values: (number | bigint)[]) => number>;

const PAGE = 4096;
/** 64 MiB: the module's data, one CPU, its pool and RAM. */
const WASM_PAGES = 1024;
const CR0_PROTECTED = 0x11n;
const DATA_FLAT = 0xc93;
const CODE_FLAT = 0xc9b;

/** Our CPU at the same point: flat 32-bit code at KERNEL. */
function startOurs(code: string): {
  exports: Exports;
  view: DataView;
  s: number;
  ram: number;
} {
  const module = new WebAssembly.Module(readFileSync(join(ROOT, "dist/cpu.wasm")));
  const memory = new WebAssembly.Memory({ initial: WASM_PAGES });
  const bus = { call: () => S.BUS_IGNORED };
  const exports = new WebAssembly.Instance(module, { env: { memory }, bus })
    .exports as unknown as Exports;
  const align = (address: number) => (address + PAGE - 1) & ~(PAGE - 1);
  const pool = align(align(exports.heapBase!()) + exports.stateSize!());
  const ram = pool + MIB;

  const view = new DataView(memory.buffer);
  exports.initialize!(1, pool, ram, ram, RAM, 0);
  const s = exports.state!(0);
  new Uint8Array(memory.buffer).set(biosWith(code), ram + BIOS_ADDRESS);
  view.setBigUint64(s + S.S_CR0, CR0_PROTECTED, true);
  for (let i = 0; i < 6; i++) {
    const at = s + S.S_SEGMENT + i * S.SEGMENT_SIZE;
    view.setUint32(at + S.SEG_ATTRIBUTES, i === S.CS ? CODE_FLAT : DATA_FLAT, true);
    view.setUint32(at + S.SEG_LIMIT, 0xffffffff, true);
    view.setBigUint64(at + S.SEG_BASE, 0n, true);
  }
  view.setBigUint64(s + S.S_GPR + 4 * 8, STACK, true);
  view.setBigUint64(s + S.S_RIP, BigInt(BIOS_ADDRESS + KERNEL), true);
  exports.sync!(0);
  return { exports, view, s, ram };
}

/** Rounds and millions of instructions per second of CPU time of such code on our CPU. */
export async function measureOurs(code: string): Promise<{ rounds: number; mips: number }> {
  const { exports, view, s, ram } = startOurs(code);
  const step = () => {
    view.setBigUint64(s + S.S_DEADLINE, view.getBigUint64(s + S.S_TIME, true) + TICKS, true);
    if (exports.run!(0) !== S.EXIT_DEADLINE) throw new Error("the kernel stopped");
  };
  const rounds = await measure(step, () => view.getUint32(ram + ROUNDS, true));
  const perRound =
    Number(view.getBigUint64(s + S.S_INSTRUCTIONS, true)) / view.getUint32(ram + ROUNDS, true);
  return { rounds, mips: (rounds * perRound) / 1e6 };
}

/** What one kernel gave. */
export interface Speed {
  kernel: KernelName;
  /** Our instructions per second, in millions. */
  mips: number;
  /** Those of v86, as far as it does the same work. */
  v86Mips: number;
  ratio: number;
  /** Those of QEMU's TCG, as far as it does the same work; undefined where there is none. */
  tcgMips: number | undefined;
}

/** Measures one kernel on both, one after the other. */
export async function measureKernel(kernel: KernelName): Promise<Speed> {
  const theirs = await measureV86(kernel);
  const { rounds, mips } = await measureOurs(KERNELS[kernel]);
  const ratio = rounds / theirs;
  const translated = hasTcg()
    ? await measureTcg(biosWith(KERNELS[kernel]), ROUNDS, MEASURE_MS / 1000)
    : undefined;
  const tcgMips = translated === undefined ? undefined : (mips * translated) / rounds;
  return { kernel, mips, v86Mips: mips / ratio, ratio, tcgMips };
}

/** Prints all kernels' speeds and returns them. */
export async function benchInterpreter(): Promise<Speed[]> {
  const speeds: Speed[] = [];
  for (const kernel of Object.keys(KERNELS) as KernelName[])
    speeds.push(await measureKernel(kernel));
  const rows = speeds.map((speed) => [
    speed.kernel,
    figure(speed.mips),
    figure(speed.v86Mips),
    figure(speed.ratio),
    speed.tcgMips === undefined ? "not here" : figure(speed.tcgMips),
    speed.tcgMips === undefined ? "" : figure(speed.mips / speed.tcgMips),
  ]);
  const head = ["interpreter", "MIPS", "v86 MIPS", "ratio", "TCG MIPS", "ratio"];
  console.log(table(head, rows));
  return speeds;
}
