// Each MSR, tried by a cell: what is granted, what costs an exit and what is refused is what the lists say. Effects would show
// nothing: emulators ignore MSRs that they do not know.
import { expect, test } from "vitest";
import type { Vendor } from "../../tools/reference/msrs.ts";
import { cellNamed, openMachine, play } from "../violations/stage.ts";
import { compareSweep, SWEEP } from "./msr-sweep.ts";

/** Virtual time in which the sweep ends. */
const STEP = 20e6;
const STEPS = 200;
/** The emulated PC's permission maps have two ranges. */
const isMapped = (msr: number) => msr < 0x2000 || (msr >= 0xc0000000 && msr < 0xc0002000);

test.each<[Vendor, number]>([
  ["amd", 64],
  ["intel", 70],
])(
  "the MSRs of a cell (%s) are those of the lists",
  async (vendor, least) => {
    const session = await openMachine({ vendor, x2apic: false });
    await play(session, SWEEP);
    let text = await session.serial(1).text();
    for (let step = 0; step < STEPS && !text.endsWith("."); step++) {
      await session.run(STEP);
      text = await session.serial(1).text();
    }
    const { faults, free } = compareSweep(text, { vendor, isMapped });
    expect(faults).toEqual([]);
    expect(free).toBeGreaterThanOrEqual(least);
    expect(await cellNamed(session, "rogue")).toMatchObject({ state: "running", cpusFailed: [] });
    await session.close();
  },
  120_000,
);
