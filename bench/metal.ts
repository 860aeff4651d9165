// The metal platform in a QEMU guest with a real Linux: memory, exits, jitter, times of the driver's requests. With
// JAILHOUSE_ORIGINAL=DIR the original runs beside it, in turns, with the same inmates; docs/metal.md says what DIR holds.

import {
  BUILD_PACKAGES,
  GUEST_PACKAGES,
  QEMU_PACKAGES,
  requirePackages,
} from "../tools/metal/packages.ts";
import { figure } from "./measure.ts";
import { EARLIER } from "./metal/earlier.ts";
import { contextTables, type Figures, pairedTables } from "./metal/figures.ts";
import { findOriginal, type Original } from "./metal/original.ts";
import { bootSide, type Extent, measureRound, type Side, timeCommand } from "./metal/side.ts";

const setting = (name: string, usual: number): number => Number(process.env[name] ?? usual);
const ROUNDS = setting("JAILHOUSE_BENCH_ROUNDS", 3);
const EXTENT: Extent = { seconds: setting("JAILHOUSE_BENCH_SECONDS", 10), cycles: 3 };
const COMMANDS = 5;

const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/** Takes turns, so that both meet the same host; returns the rounds of each. */
async function takeTurns(sides: readonly Side[], withTheirs: boolean): Promise<Figures[][]> {
  const rounds: Figures[][] = sides.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    // Who begins alternates.
    const order = [...sides.keys()];
    if (round % 2 === 1) order.reverse();
    for (const index of order) {
      say(`Round ${round + 1} of ${ROUNDS}: ${sides[index]!.label} …`);
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

function printTables(rounds: readonly Figures[][]): void {
  const [ours, theirs] = rounds as [Figures[], Figures[] | undefined];
  if (theirs) {
    console.log(`${pairedTables(ours, theirs)}\n`);
    console.log(`Medians of ${ROUNDS} rounds that took turns; less is better, and so is a ratio`);
    console.log("below 1.");
    return;
  }
  console.log(`${contextTables(ours, EARLIER)}\n`);
  console.log(
    `Medians of ${ROUNDS} rounds; less is better. The right column was measured on another`,
  );
  console.log("day and another host: context, no comparison. JAILHOUSE_ORIGINAL=DIR compares.");
}

/** Prints the metal platform's figures. Throws MissingPackages where the guest cannot be made. */
export async function benchMetal(): Promise<void> {
  const directory = process.env.JAILHOUSE_ORIGINAL;
  const original = directory ? findOriginal(directory) : undefined;
  requirePackages([...QEMU_PACKAGES, ...GUEST_PACKAGES, ...BUILD_PACKAGES]);
  const sides: Side[] = [];
  try {
    sides.push(await bootSide(undefined, original?.apicDemo, say));
    if (original) sides.push(await bootSide(original, original.apicDemo, say));
    printTables(await takeTurns(sides, original?.apicDemo !== undefined));
    await printCommands(sides.at(-1)!, original);
  } finally {
    for (const { guest } of sides) await guest.close();
  }
}
