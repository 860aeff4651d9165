// A program does the same however it is run: whole, cut at any tick, step by step, with translations missing, with events that
// wait, with faults, and with caches that are full of what was decoded before. More of them:
// npm run campaign -- boundaries --cases 1000000
import { expect, it } from "vitest";
import { CAMPAIGN_TIMEOUT, share } from "../../../campaign.ts";
import { runCampaign } from "./campaign.ts";
import { allKeys, table } from "./places.ts";

const { cases: CASES, seed: SEED, title } = share({ quick: 15_000, full: 60_000, seed: 1 });

it(
  `programs do the same in all ways: ${title}`,
  () => {
    const { cases, wrong, counts } = runCampaign(SEED, CASES);
    console.log(`${cases} cases; how often what happened where:\n${table(counts)}`);
    expect(wrong).toEqual([]);
    expect(allKeys().filter((key) => !counts.get(key))).toEqual([]);
  },
  CAMPAIGN_TIMEOUT,
);
