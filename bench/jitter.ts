// The jitter of a cell's tick on the emulated PC, in virtual time, where it is exact: with quiet neighbours, and while they are
// created, loaded, scrubbed, started, denied and destroyed.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CellConfig, encode } from "../config/index.ts";
import apicDemo from "../configs/x86/apic-demo.ts";
import qemuX86 from "../configs/x86/qemu-x86.ts";
import rogueDemo from "../configs/x86/rogue-demo.ts";
import tinyDemo from "../configs/x86/tiny-demo.ts";
import type { Image } from "../control/api.ts";
import { type LocalSession, startSession } from "../control/session.ts";
import { ROOT } from "../tools/root.ts";
import { drawSvg, drawText, type Series } from "./histogram.ts";
import { jitter } from "./metal/figures.ts";

const MS = 1e6;
const MIB = 1n << 20n;
const IMAGE = 0xf0000n;
const COMMAND_LINE = 0x1000n;
/** Virtual nanoseconds of one series: its ticks come each 100 ms. */
const LENGTH = 3000 * MS;
/** Before a series' end, at which nothing new happens. */
const REST = 500 * MS;
const CPUS = ["amd", "intel,x2apic=off"];

/** A neighbour: a CPU and memory of its own, of which the hypervisor scrubs all. */
function neighbour(config: CellConfig, cpu: number, megabytes: bigint): CellConfig {
  const [ram, ...rest] = config.memory;
  const physicalStart = ram!.physicalStart - megabytes * MIB;
  return { ...config, cpus: [cpu], memory: [{ ...ram!, physicalStart }, ...rest] };
}

const NEIGHBOURS = [neighbour(tinyDemo, 2, 3n), neighbour(rogueDemo, 1, 4n)];

function images(name: string, parameters?: string): Image[] {
  const data = readFileSync(join(ROOT, `inmates/demos/x86/${name}.bin`));
  const line = new TextEncoder().encode(`${parameters}\0`);
  const program = { data, address: IMAGE };
  return parameters === undefined ? [program] : [program, { data: line, address: COMMAND_LINE }];
}

async function launch(session: LocalSession, config: CellConfig, parameters?: string) {
  await session.createCell(encode(config));
  await session.loadCell(config.name, images(config.name, parameters));
  await session.startCell(config.name);
}

/** Two neighbours' lives: one ends well, the other breaks a rule, which is reported on the console. */
export async function neighboursComeAndGo(session: LocalSession): Promise<void> {
  for (const config of NEIGHBOURS)
    await launch(session, config, config.name === "rogue-demo" ? "violation=mmio" : undefined);
  await session.run(50 * MS);
  const report = 'Parking CPU 1 (Cell: "rogue-demo")';
  if (!(await session.consoleText()).includes(report))
    throw new Error(`The neighbour broke no rule: the console lacks ${report}`);
  for (const { name } of NEIGHBOURS) await session.destroyCell(name);
}

export const neighboursAreQuiet = (session: LocalSession): Promise<unknown> =>
  session.run(100 * MS);

/** What apic-demo says of its ticks in `length` virtual nanoseconds, while `load` goes on, again and again. */
export async function ticksBeside(
  cpu: string,
  load: (session: LocalSession) => Promise<unknown>,
  length: number,
): Promise<string> {
  const session = await startSession({ cpu });
  try {
    await session.enable(encode(qemuX86));
    await launch(session, apicDemo, "unlocked=true");
    const end = (await session.time()) + length;
    while ((await session.time()) < end - REST) await load(session);
    await session.run(end - (await session.time()));
    return await session.serial(0).text();
  } finally {
    await session.close();
  }
}

/** Prints the histogram of both processors, and draws it where a file is named. */
export async function benchJitter({ picture }: { picture?: string } = {}): Promise<void> {
  const series: Series[] = [];
  for (const cpu of CPUS)
    for (const [label, load] of [
      ["quiet", neighboursAreQuiet],
      ["neighbours come and go", neighboursComeAndGo],
    ] as const)
      series.push({
        label: `${cpu}: ${label}`,
        values: jitter(await ticksBeside(cpu, load, LENGTH)),
      });
  console.log(`jitter of apic-demo's tick, in virtual time\n\n${drawText(series)}`);
  if (picture) writeFileSync(picture, drawSvg("jitter of apic-demo on the emulated PC", series));
}
