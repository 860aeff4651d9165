import { describe, expect, it } from "vitest";
import * as S from "../../../../machine/cpu/interface.ts";
import { CAMPAIGN_TIMEOUT, share } from "../../../campaign.ts";
import { COMPARED, MODES, prepare, visible } from "./fuzz.ts";
import { Guest, RAM_SIZE } from "./guest.ts";
import { Random } from "./snippets.ts";

/** Programs for each mode. More of them: npm run campaign -- random-code --cases 10000 */
const { cases: PROGRAMS, seed: SEED, title } = share({ quick: 30, full: 60, seed: 1 });
/** Seeds of programs in other shards. */
const SEEDS_APART = 1_000_003;
const TICKS = 60;
const GUARD = 0xa5;
/** Exits after which nothing goes on. */
const MOST_RUNS = 4;

/** Marks the memory behind RAM; the result tells whether the marks are still there. */
function guard(guest: Guest): () => boolean {
  const behind = guest.bytes.subarray(guest.ram + RAM_SIZE);
  behind.fill(GUARD);
  const state = Number(guest.exports.state!(1));
  const other = guest.bytes.subarray(state, state + S.S_PRIVATE);
  const before = other.slice();
  const pattern = Buffer.alloc(behind.length, GUARD);
  return () => Buffer.compare(behind, pattern) === 0 && Buffer.compare(other, before) === 0;
}

/** Runs until `end`, at most `most` ticks at a time, over at most a few exits; what `run` returned. */
function runTo(guest: Guest, end: bigint, most: bigint): string {
  const exits: string[] = [];
  while (guest.get(S.S_TIME) < end && exits.length < MOST_RUNS) {
    const start = guest.get(S.S_TIME);
    const deadline = start + most < end ? start + most : end;
    guest.set(S.S_DEADLINE, deadline);
    const exit = Number(guest.exports.run!(0));
    const time = guest.get(S.S_TIME);
    // The delivery of a single step's trap belongs to the instruction.
    expect(time, "stopped beyond the deadline").toBeLessThanOrEqual(deadline + 1n);
    if (exit === S.EXIT_DEADLINE) expect(time, "stopped early").toBeGreaterThanOrEqual(deadline);
    else exits.push(`${exit} at ${time}`);
    if (exit === S.EXIT_UNIMPLEMENTED || exit === S.EXIT_SHUTDOWN) break;
  }
  return exits.join(", ");
}

describe.each(MODES)("random bytes as code in mode %s", (mode) => {
  it(`end at the deadline, touch nothing else, and do the same step by step: ${title}`, {
    timeout: CAMPAIGN_TIMEOUT,
  }, () => {
    const whole = new Guest(2);
    const stepped = new Guest(2);
    const intact = [guard(whole), guard(stepped)];
    let executed = 0n;
    for (let i = 0; i < PROGRAMS; i++) {
      const seed = SEED * SEEDS_APART + i;
      prepare(whole, mode, new Random(seed));
      prepare(stepped, mode, new Random(seed));
      const exits = runTo(whole, BigInt(TICKS), BigInt(TICKS));
      const others = runTo(stepped, BigInt(TICKS), 1n);
      const name = `${mode}, seed ${seed}`;
      expect(others, name).toBe(exits);
      expect(visible(stepped), name).toBe(visible(whole));
      const same = Buffer.compare(stepped.read(0, COMPARED), whole.read(0, COMPARED)) === 0;
      expect(same, `${name}: memory`).toBe(true);
      executed += whole.get(S.S_INSTRUCTIONS);
    }
    expect(intact.map((check) => check())).toEqual([true, true]);
    // Most programs must get somewhere.
    expect(executed).toBeGreaterThan(BigInt(PROGRAMS) * 3n);
  });
});
