// Nothing that other cells and the root cell do moves a tick: on the emulated PC what a cell says of its own is the same to the
// nanosecond, whether the others are quiet or are created, scrubbed, loaded, started, denied and destroyed meanwhile.
import { expect, it } from "vitest";
import { neighboursAreQuiet, neighboursComeAndGo, ticksBeside } from "../../bench/jitter.ts";

const LENGTH = 1.2e9;
/** A tick for each tenth of a second, but for the calibration at first. */
const TICKS_LEAST = 5;

it.each(["amd", "intel,x2apic=off"])("on %s", async (cpu) => {
  const ticks = async (load: typeof neighboursAreQuiet) =>
    (await ticksBeside(cpu, load, LENGTH)).match(/^Timer fired.*$/gm) ?? [];
  const quiet = await ticks(neighboursAreQuiet);
  expect(quiet.length).toBeGreaterThan(TICKS_LEAST);
  expect(await ticks(neighboursComeAndGo)).toEqual(quiet);
});
