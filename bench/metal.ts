// The metal platform in a guest with a real Linux: memory, exits, jitter, times of the driver's requests. With
// JAILHOUSE_ORIGINAL=DIR the original runs beside it, in turns, with the same inmates; docs/metal.md says what DIR holds.

import { writeFileSync } from "node:fs";
import { findBed, findMachine, imageOf } from "../tools/metal/beds/index.ts";
import { QEMU } from "../tools/metal/beds/qemu.ts";
import {
  AGENT_PACKAGES,
  BUILD_PACKAGES,
  GUEST_PACKAGES,
  requirePackages,
} from "../tools/metal/packages.ts";
import { drawSvg, drawText } from "./histogram.ts";
import { figure } from "./measure.ts";
import { EARLIER } from "./metal/earlier.ts";
import { contextTables, type Figures, pairedTables } from "./metal/figures.ts";
import { JITTER } from "./metal/groups.ts";
import { findOriginal, type Original } from "./metal/original.ts";
import {
  bootSide,
  type Extent,
  measureRound,
  type Place,
  type Side,
  timeCommand,
} from "./metal/side.ts";

const setting = (name: string, usual: number): number => Number(process.env[name] ?? usual);
const ROUNDS = 3;
/** On a slow bed, whose seconds are made of instructions: rounds differ little. */
const SLOW_ROUNDS = 1;
const EXTENT: Extent = { seconds: setting("JAILHOUSE_BENCH_SECONDS", 10), cycles: 3 };
const COMMANDS = 5;

const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/** Takes turns, so that both meet the same host; returns the rounds of each. */
async function takeTurns(
  sides: readonly Side[],
  count: number,
  withTheirs: boolean,
): Promise<Figures[][]> {
  const rounds: Figures[][] = sides.map(() => []);
  for (let round = 0; round < count; round++) {
    // Who begins alternates.
    const order = [...sides.keys()];
    if (round % 2 === 1) order.reverse();
    for (const index of order) {
      say(`Round ${round + 1} of ${count}: ${sides[index]!.label} …`);
      rounds[index]!.push(await measureRound(sides[index]!, EXTENT, withTheirs));
    }
  }
  return rounds;
}

/** How long the command takes, which the original writes in C. */
async function printCommands(side: Side, original: Original | undefined): Promise<void> {
  const list = await timeCommand(side, "bin/jailhouse cell list", COMMANDS);
  const rest = original?.tool
    ? `; the original's, on its driver: ${figure(await timeCommand(side, "/bench/tool cell list", COMMANDS))} ms`
    : "";
  console.log(`\njailhouse cell list, shell to shell: ${figure(list)} ms (Node)${rest}`);
}

const plural = (count: number) => (count === 1 ? "One round" : `Medians of ${count} rounds`);

function printTables(rounds: readonly Figures[][], { bed }: Place): void {
  const [ours, theirs] = rounds as [Figures[], Figures[] | undefined];
  const count = plural(ours.length);
  if (theirs) {
    console.log(`${pairedTables(ours, theirs)}\n`);
    console.log(`${count}, in turns; less is better, and so is a ratio below 1.`);
    return;
  }
  const earlier = bed === QEMU ? EARLIER : undefined;
  console.log(`${contextTables(ours, earlier)}\n`);
  console.log(
    `${count}; less is better. "In exits": multiples of one exit by CPUID in the same guest.`,
  );
  if (earlier)
    console.log(
      "The right column was measured on another day and another host: context, no comparison.",
    );
  console.log("JAILHOUSE_ORIGINAL=DIR compares.");
}

/** All ticks of all rounds, by load and side, for whoever looks for the worst one. */
function showTicks(sides: readonly Side[], rounds: readonly Figures[][], picture?: string): void {
  const loads = new Set(rounds.flat().flatMap(({ ticks }) => [...ticks.keys()]));
  const series = [...loads].flatMap((load) =>
    sides.map(({ label }, index) => ({
      label: sides.length > 1 ? `${label}: ${load}` : load,
      values: rounds[index]!.flatMap(({ ticks }) => ticks.get(load) ?? []),
    })),
  );
  console.log(`\n${JITTER}, ticks of all rounds\n\n${drawText(series)}`);
  if (picture) writeFileSync(picture, drawSvg(JITTER, series));
}

/**
 * Prints the metal platform's figures, on a bed and its processor as --bed and --cpu name them. Throws UnknownMachine, or
 * MissingPackages where the guest cannot be made.
 */
export async function benchMetal(
  options: { bed?: string; cpu?: string; picture?: string } = {},
): Promise<void> {
  const bed = findBed(options.bed);
  const place = { bed, machine: findMachine(bed, options.cpu) };
  const directory = process.env.JAILHOUSE_ORIGINAL;
  const original = directory ? findOriginal(directory, imageOf(bed, place.machine)) : undefined;
  requirePackages([...bed.packages, ...GUEST_PACKAGES, ...BUILD_PACKAGES, ...AGENT_PACKAGES]);
  const count = setting("JAILHOUSE_BENCH_ROUNDS", bed.isSlow ? SLOW_ROUNDS : ROUNDS);
  const sides: Side[] = [];
  try {
    sides.push(await bootSide(place, undefined, original?.apicDemo, say));
    if (original) sides.push(await bootSide(place, original, original.apicDemo, say));
    const rounds = await takeTurns(sides, count, original?.apicDemo !== undefined);
    printTables(rounds, place);
    showTicks(sides, rounds, options.picture);
    // The command is Node's, which a slow bed does not have.
    if (!bed.isSlow) await printCommands(sides.at(-1)!, original);
  } finally {
    for (const { guest } of sides) await guest.close();
  }
}
