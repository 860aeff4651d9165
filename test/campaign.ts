// Campaigns: tests over as many random cases as one has time for. How many, which, and which part of them comes from the
// environment, where `npm run campaign` puts it (tools/campaign.mjs).

const { CAMPAIGN_SIZE, CAMPAIGN_CASES, CAMPAIGN_SEED, CAMPAIGN_SHARD } = process.env;

/** No limit of its own: a campaign takes as long as it is asked to, in milliseconds. */
export const CAMPAIGN_TIMEOUT = 24 * 60 * 60_000;

/** How many cases a campaign has unless it is told. */
export interface Sizes {
  /** What a person waits for at every change. */
  readonly quick: number;
  /** What continuous integration plays. */
  readonly full: number;
  /** Of the cases that are played unless another one is asked for. */
  readonly seed: number;
}

/** One process' part of a campaign. */
export interface Share {
  readonly cases: number;
  /** Of this part's cases; the other parts' are those beside it. */
  readonly seed: number;
  /** From 0. */
  readonly shard: number;
  readonly shards: number;
  /** For the test's name, so that reports say which part they are of. */
  readonly title: string;
}

/** A positive integer of the environment. Throws where it is none. */
function count(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`${name}=${text} is no count`);
  return value;
}

/** What is asked of a campaign of these sizes. Throws where the environment makes no sense. */
export function share({ quick, full, seed: usual }: Sizes): Share {
  const [, part = "", parts = ""] = /^(\d+)\/(\d+)$/.exec(CAMPAIGN_SHARD ?? "1/1") ?? [];
  const shards = count("CAMPAIGN_SHARD", parts);
  const shard = count("CAMPAIGN_SHARD", part) - 1;
  if (shard >= shards) throw new Error(`CAMPAIGN_SHARD=${CAMPAIGN_SHARD} is beyond the last`);
  const sized = CAMPAIGN_SIZE === "full" ? full : quick;
  const all = CAMPAIGN_CASES ? count("CAMPAIGN_CASES", CAMPAIGN_CASES) : sized;
  const asked = CAMPAIGN_SEED ? count("CAMPAIGN_SEED", CAMPAIGN_SEED) : usual;
  const cases = Math.ceil(all / shards);
  const title = `${cases} cases, seed ${asked}${shards > 1 ? `, shard ${shard + 1}/${shards}` : ""}`;
  return { cases, seed: asked * shards + shard, shard, shards, title };
}
