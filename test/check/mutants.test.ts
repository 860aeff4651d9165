// Every slip of operators.ts in every pair that ships: the check finds it and names it, or the pair runs unharmed; and what the
// check advises repairs it. A sample of them; every one: npm run campaign -- mutants --cases 1000000
import { expect, it } from "vitest";
import { withSoundFixes } from "../../config/check/advice.ts";
import { valueAt } from "../../config/check/fix.ts";
import { applyFix, checkConfigs, type Finding } from "../../config/check/index.ts";
import { type CellConfig, encode, type SystemConfig } from "../../config/index.ts";
import { CAMPAIGN_TIMEOUT, share } from "../campaign.ts";
import { Random } from "../isolation/random.ts";
import { isAbout, rangesOf } from "./about.ts";
import { cellMutants, type Mutant, systemMutants } from "./operators.ts";
import { type Harm, harm, PAIRS, type Pair, standInOf } from "./pairs.ts";

const MACHINE = { cpus: [0, 1, 2, 3], ramEnd: 1n << 30n, x2apic: true };
const SIZES = { quick: 2_200, full: 2_200, seed: 5 };
/** Mutants that are checked. */
const { cases: CHECKS, seed: SEED, title, shard, shards } = share(SIZES);
const STEPS = 8;
/** Mutants that lack what no check can miss (see `isLoss`), in all pairs together. */
const MOST_LOSSES = 20;

/** A mutant and the pair that it comes from. */
type Case = Mutant & { readonly origin: Pair };

const inputsOf = ({ system, cell }: Pair) => [
  { path: "system", config: system },
  { path: "cell", config: cell },
];

/** Findings but notes, and but the warning that holds for every cell which shares the debug console's line. */
const isFault = ({ severity, rule }: Finding): boolean =>
  severity !== "note" && rule !== "debug-console-shared";
const faults = ({ system, cell }: Pair): Finding[] =>
  checkConfigs([system, cell], MACHINE).filter(isFault);

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.from(a).equals(b);

function isDifferent({ system, cell, origin }: Case): boolean {
  return !same(encode(cell), encode(origin.cell)) || !same(encode(system), encode(origin.system));
}

/** `count` of a list, the same ones every time. */
function sample<Type>(list: readonly Type[], count: number): Type[] {
  const random = new Random(SEED);
  const rest = [...list];
  const chosen: Type[] = [];
  while (rest.length > 0 && chosen.length < count) {
    const index = random.below(rest.length);
    chosen.push(rest[index]!);
    rest[index] = rest.at(-1)!;
    rest.pop();
  }
  return chosen;
}

const everything: Case[] = PAIRS.flatMap((origin) =>
  [...cellMutants(origin.system, origin.cell), ...systemMutants(origin.system, origin.cell)].map(
    (mutant) => ({ ...mutant, origin }),
  ),
).filter((_, index) => index % shards === shard);
const IS_ALL = CHECKS >= everything.length;
/** Mutants that are run because they were not found, and repairs of each operator. */
const RUNS = IS_ALL ? Infinity : Math.ceil(CHECKS / 70);
const REPAIRS = IS_ALL ? 20 : 2;
const operators = [...new Set(everything.map(({ operator }) => operator))];
const mutants = sample(everything, CHECKS).filter(isDifferent);
const found = new Map(mutants.map((mutant) => [mutant, faults(mutant)]));

/** Where a mutant is from, for messages. */
const nameOf = ({ operator, name, origin }: Case): string =>
  `${origin.cell.name}: ${operator}: ${name}`;

/**
 * Whether a mutant only lacks what no check can miss: it is a sound configuration for a program that needs less, and says so by
 * running one that uses all it gives; and the program that needs more is stopped right there, where `explain` names it.
 */
async function isLoss(mutant: Case, { denials }: Harm): Promise<boolean> {
  const { origin, cell, was, place, operator } = mutant;
  const isTaken = place.file === 1 && ["drop", "shrink", "shift"].includes(operator);
  const entry = valueAt(origin.cell, was) as Readonly<Record<string, unknown>>;
  const isNamed = denials.some(({ address }) =>
    rangesOf(entry).some(([first, last]) => first <= address && address <= last),
  );
  if (!isTaken || !isNamed) return false;
  return (await harm(mutant, origin.cell, standInOf(cell, cell))) === undefined;
}

/** Follows the advice of one finding after the other until none is left or none has any. */
function repair(mutant: Pair): Pair {
  let pair = mutant;
  for (let step = 0; step < STEPS; step++) {
    const all = checkConfigs([pair.system, pair.cell], MACHINE);
    const advice = withSoundFixes(inputsOf(pair), all, MACHINE).find(
      (one) => one.fix.length > 0 && isFault(one),
    );
    if (!advice) break;
    const [repaired, cell] = applyFix([pair.system, pair.cell], advice.fix);
    pair = { system: repaired as SystemConfig, cell: cell as CellConfig };
  }
  return pair;
}

it("pairs that ship are clean and run", async () => {
  expect(PAIRS.length).toBe(9);
  for (const pair of PAIRS) {
    expect(faults(pair), pair.cell.name).toEqual([]);
    expect(await harm(pair, pair.cell), pair.cell.name).toBeUndefined();
  }
});

it(`a mutant that is found is named: ${title}`, () => {
  const elsewhere = [...found]
    .filter(([, findings]) => findings.length > 0)
    .filter(([mutant, findings]) => {
      const { system, cell } = mutant.origin;
      return !findings.some((finding) => isAbout(finding, mutant, [system, cell]));
    })
    .map(([mutant, findings]) => `${nameOf(mutant)}: ${findings.map(({ rule }) => rule)}`);
  expect(elsewhere).toEqual([]);
});

it(`a mutant that is not found runs unharmed: ${title}`, {
  timeout: CAMPAIGN_TIMEOUT,
}, async () => {
  const quiet = mutants.filter((mutant) => found.get(mutant)!.length === 0);
  expect(quiet.length).toBeLessThan(mutants.length / 4);
  const harmed: string[] = [];
  const losses: string[] = [];
  for (const mutant of sample(quiet, RUNS)) {
    const why = await harm(mutant, mutant.origin.cell);
    if (why === undefined) continue;
    const list = (await isLoss(mutant, why)) ? losses : harmed;
    list.push(`${nameOf(mutant)}: ${why.why}`);
  }
  if (IS_ALL)
    console.log(
      `${mutants.length} mutants: ${mutants.length - quiet.length} found, ${quiet.length - losses.length} harmless, ${losses.length} losses:\n${losses.join("\n")}`,
    );
  expect(harmed).toEqual([]);
  expect(losses.length).toBeLessThanOrEqual(MOST_LOSSES);
});

/** Mutants of an operator that the advice makes clean again, of different pairs first, with what it makes of them. */
function repairable(operator: string, turn: number): (readonly [Case, Pair])[] {
  const rank = ({ origin }: Case) => (PAIRS.indexOf(origin) + PAIRS.length - turn) % PAIRS.length;
  const candidates = mutants
    .filter((one) => one.operator === operator && found.get(one)!.length > 0)
    .sort((a, b) => rank(a) - rank(b));
  const chosen: (readonly [Case, Pair])[] = [];
  for (const mutant of candidates) {
    if (chosen.length >= REPAIRS) break;
    if (!IS_ALL && chosen.some(([other]) => other.origin === mutant.origin)) continue;
    const repaired = repair(mutant);
    if (faults(repaired).length === 0) chosen.push([mutant, repaired]);
  }
  return chosen;
}

it(`following the advice repairs mutants of every operator: ${title}`, {
  timeout: CAMPAIGN_TIMEOUT,
}, async () => {
  const chosen = operators.flatMap((operator, index) => repairable(operator, 2 * index));
  expect([...new Set(chosen.map(([{ operator }]) => operator))]).toEqual(operators);
  expect(new Set(chosen.map(([{ origin }]) => origin)).size).toBe(PAIRS.length);
  expect(chosen.length).toBeGreaterThanOrEqual(30);
  const broken: string[] = [];
  let equal = 0;
  for (const [mutant, repaired] of chosen) {
    const { origin } = mutant;
    if (!isDifferent({ ...mutant, ...repaired })) equal++;
    const why = await harm(repaired, origin.cell);
    if (why !== undefined) broken.push(`${nameOf(mutant)}: ${why.why}`);
  }
  if (IS_ALL) console.log(`${chosen.length} repaired, ${equal} of them to the bytes that ship`);
  expect(broken).toEqual([]);
});
