// The figures of the README's first table that do not depend on the computer: measured here, and compared with the page by a test.
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { loadConfig } from "../config/index.ts";
import { startSession } from "../control/session.ts";
import { ROOT } from "../tools/root.ts";
import { table } from "./measure.ts";

const SECOND = 1e9;
const SETTLES = 2 * SECOND;
const MEASURED = 10 * SECOND;
const TICK = /Timer fired, jitter: +(\d+) ns/g;

/** Bytes of the original's jailhouse-amd.bin, version 0.12. */
export const ORIGINAL_IMAGE = 88_072;
/**
 * How long `create`, `load` and `start` of a cell took, as the README says it: multiples of an exit by CPUID in the same guest, ours as
 * `npm run bench -- metal` printed them on 2026-12-01, the original's of another day, in a guest where an exit took 15.3 µs. Time
 * cannot be asserted of them.
 */
export const REQUESTS = ["2,270, 470, 71", "6,100, 820, 1,460, another day"];

/** The columns of the README's row that begins with a title, ours first. Throws where there is none. */
export function readmeRow(title: string): readonly [string, string] {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const row = readme.split("\n").find((line) => line.startsWith(`| ${title}`));
  const [, , ours, original] = row?.split("|").map((cell) => cell.trim()) ?? [];
  if (ours === undefined || original === undefined) throw new Error(`no row "${title}"`);
  return [ours, original];
}

/** What apic-demo does in a cell of the emulated PC. */
export interface Ticks {
  readonly exitsPerTick: number;
  /** Between the shortest and the longest of its delays, in virtual nanoseconds. */
  readonly jitter: number;
}

/** Measures ticks of apic-demo on an AMD machine with or without x2APIC, ten a second for ten virtual seconds. */
export async function measureTicks(x2apic: boolean): Promise<Ticks> {
  const read = (path: string) => join(ROOT, path);
  const session = await startSession({ cpu: x2apic ? "amd" : "amd,x2apic=off" });
  try {
    await session.enable((await loadConfig(read("configs/qemu-x86.cell"))).bytes);
    await session.createCell((await loadConfig(read("configs/apic-demo.cell"))).bytes);
    const data = readFileSync(read("inmates/demos/x86/apic-demo.bin"));
    await session.loadCell("apic-demo", [{ data, address: 0xf0000n }]);
    await session.startCell("apic-demo");
    await session.run(SETTLES);
    const so = async () => ({
      exits: (await session.statistics("apic-demo")).total.total ?? Number.NaN,
      delays: [...(await session.serial(0).text()).matchAll(TICK)].map(([, delay]) =>
        Number(delay),
      ),
    });
    const before = await so();
    await session.run(MEASURED);
    const after = await so();
    const delays = after.delays.slice(before.delays.length);
    return {
      exitsPerTick: (after.exits - before.exits) / delays.length,
      jitter: Math.max(...delays) - Math.min(...delays),
    };
  } finally {
    await session.close();
  }
}

/** Lines of a source, without empty ones and comments. */
export function linesOf(path: string): number {
  const text = readFileSync(join(ROOT, path), "utf8");
  return text.split("\n").filter((line) => line.trim() !== "" && !/^\s*\/\//.test(line)).length;
}

export async function benchFigures(): Promise<void> {
  const [x2apic, xapic] = [await measureTicks(true), await measureTicks(false)];
  const image = join(ROOT, "dist/jailhouse-amd.bin");
  const size = statSync(image, { throwIfNoEntry: false })?.size;
  const rows = [
    ["exits per tick of apic-demo, x2APIC", `${x2apic.exitsPerTick}`],
    ["exits per tick of apic-demo, xAPIC", `${xapic.exitsPerTick}`],
    ["jitter of apic-demo, virtual ns", `${x2apic.jitter}`],
    ["lines of apic-demo's configuration", `${linesOf("configs/x86/apic-demo.ts")}`],
    ["bytes of the metal image", size === undefined ? "npm run metal:image" : `${size}`],
  ];
  console.log(table(["figure", "value"], rows));
}
