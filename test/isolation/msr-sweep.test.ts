// Each MSR, tried by a cell: what is granted, what costs an exit and what is refused is what the lists say. Effects would show
// nothing: emulators ignore MSRs that they do not know.
import { expect, test } from "vitest";
import type { Vendor } from "../../tools/reference/msrs.ts";
import { cellNamed, openMachine, play, ROGUE_RAM } from "../violations/stage.ts";
import { compareSweep, SWEEP, SWEEP_END, SWEEP_READS, SWEEP_WRITES, SWEPT } from "./msr-sweep.ts";

/** Virtual time in which the sweep gets on, and in which it ends. */
const STEP = 5e6;
const STEPS = 100;
/** The emulated PC's permission maps have two ranges. */
const isMapped = (msr: number) => msr < 0x2000 || (msr >= 0xc0000000 && msr < 0xc0002000);

test.each<[Vendor, number]>([
  ["amd", 80],
  ["intel", 90],
])("the MSRs of a cell (%s) are those of the lists", async (vendor, free) => {
  const session = await openMachine({ cpu: `${vendor},x2apic=off` });
  await play(session, SWEEP);
  for (
    let step = 0;
    step < STEPS && !(await session.serial(1).text()).startsWith(SWEEP_END);
    step++
  )
    await session.run(STEP);
  expect(await session.serial(1).text()).toMatch(/^\./);
  const outcomes = (at: number) => session.machine.pc.readRam(ROGUE_RAM + at, SWEPT.length);
  const result = compareSweep(
    { read: outcomes(SWEEP_READS), write: outcomes(SWEEP_WRITES) },
    { vendor, isMapped },
  );
  expect(result).toEqual({ faults: [], free });
  expect(await cellNamed(session, "rogue")).toMatchObject({ state: "running", cpusFailed: [] });
  await session.close();
});
