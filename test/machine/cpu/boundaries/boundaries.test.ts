// A program does the same however it is run: whole, cut at any tick, step by step, with translations missing, with events that
// wait, with faults, and with caches that are full of what was decoded before. By hand, a million cases:
// BOUNDARIES_CASES=1000000 npx vitest run test/machine/cpu/boundaries; with BOUNDARIES_SEED other ones.
import { expect, it } from "vitest";
import { runCampaign } from "./campaign.ts";
import { allKeys, table } from "./places.ts";

const { BOUNDARIES_CASES, BOUNDARIES_SEED } = process.env;
const CASES = Number(BOUNDARIES_CASES ?? 60_000);
const SEED = Number(BOUNDARIES_SEED ?? 1);
const TIMEOUT = 12 * 60 * 60_000;

it(
  `programs do the same in all ways: ${CASES} cases`,
  () => {
    const { cases, wrong, counts } = runCampaign(SEED, CASES);
    console.log(`${cases} cases; how often what happened where:\n${table(counts)}`);
    expect(wrong).toEqual([]);
    expect(allKeys().filter((key) => !counts.get(key))).toEqual([]);
  },
  TIMEOUT,
);
