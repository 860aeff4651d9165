// Nothing that other cells and the root cell do moves a tick: on the emulated PC what a cell says of its own is the same to the
// nanosecond, whether the others are quiet or are scrubbed, loaded, started, denied and started anew meanwhile.
import { expect, it } from "vitest";
import { encode } from "../../config/index.ts";
import apicDemo from "../../configs/x86/apic-demo.ts";
import rogueDemo from "../../configs/x86/rogue-demo.ts";
import tinyDemo from "../../configs/x86/tiny-demo.ts";
import type { LocalSession } from "../../control/session.ts";
import { commandLine, demo, enabled, launch } from "../inmates/cells.ts";

const MS = 1e6;
const END = 1.2e9;
const MIB = 1n << 20n;
const IMAGE = 0xf0000n;
/** A tick for each tenth of a second, but for the calibration at first. */
const TICKS_LEAST = 5;

/** Another cell, with memory and a CPU of its own. */
function other(config: typeof tinyDemo, cpu: number, megabytes: bigint): typeof tinyDemo {
  const [ram, ...rest] = config.memory;
  const physicalStart = ram!.physicalStart - megabytes * MIB;
  return { ...config, cpus: [cpu], memory: [{ ...ram!, physicalStart }, ...rest] };
}

/** What happens to the others: one ends well, the other breaks a rule. */
async function storm(session: LocalSession): Promise<void> {
  for (const name of ["tiny-demo", "rogue-demo"]) {
    await session.loadCell(name, [
      { data: demo(name), address: IMAGE },
      ...(name === "rogue-demo" ? [commandLine("violation=mmio")] : []),
    ]);
    await session.startCell(name);
  }
  await session.run(50 * MS);
  expect(await session.consoleText()).toContain('Parking CPU 1 (Cell: "rogue-demo")');
}

async function ticks(cpu: string, load: (session: LocalSession) => Promise<void>) {
  const session = await enabled({ cpu });
  try {
    // Before apic-demo is there, which locks the configuration.
    await session.createCell(encode(other(tinyDemo, 2, 3n)));
    await session.createCell(encode(other(rogueDemo, 1, 4n)));
    await launch(session, apicDemo, demo("apic-demo"));
    const end = (await session.time()) + END;
    while ((await session.time()) < end - 500 * MS) await load(session);
    await session.run(end - (await session.time()));
    const text = await session.serial(0).text();
    return [...text.matchAll(/^Timer fired.*$/gm)].map(([line]) => line);
  } finally {
    await session.close();
  }
}

it.each(["amd", "intel,x2apic=off"])("on %s", async (cpu) => {
  const quiet = await ticks(cpu, (session) => session.run(100 * MS));
  const loaded = await ticks(cpu, storm);
  expect(quiet.length).toBeGreaterThan(TICKS_LEAST);
  expect(loaded).toEqual(quiet);
});
