// The machine is taken over and handed back while an NMI comes to some CPU at some tick: Linux goes on, nothing is lost, whatever the place.
// On the project's PC, from one snapshot. More of them: npm run campaign -- interrupted --cases 1000
import { afterAll, beforeAll, expect, test } from "vitest";
import { CAMPAIGN_TIMEOUT, share } from "../campaign.ts";
import { Random } from "../machine/cpu/interpreter/snippets.ts";
import { describeLinux } from "./linux.ts";
import { ENABLE, PcRounds } from "./pc-rounds.ts";

const { cases: CASES, seed: SEED, title } = share({ quick: 4, full: 12, seed: 1 });
const CPUS = 4;
/** Of the NMIs that nobody has asked for. */
const EXPECTED = [/NMI received for unknown reason/, /Dazed and confused/, /Do you have a strange/];

describeLinux("an NMI at any tick of enable and disable", () => {
  let rounds: PcRounds;
  /** Ticks that a round takes when nothing disturbs it. */
  let length: number;

  beforeAll(async () => {
    rounds = await PcRounds.boot();
    rounds.guest.check(ENABLE);
    length = rounds.guest.pc.time - rounds.start.machine.executor.boundary;
  }, CAMPAIGN_TIMEOUT);
  afterAll(() => rounds?.close());

  /** Plays a round with an NMI; what was wrong. */
  function play(cpu: number, tick: number): string[] {
    rounds.restart();
    const forget = rounds.guest.nmi(cpu, rounds.start.machine.executor.boundary + tick);
    try {
      const { status, out, err } = rounds.guest.run(ENABLE);
      if (status !== 0) return [`ended with ${status}: ${out}${err}`];
      return rounds.hasAllCpus() ? rounds.complaints(EXPECTED) : ["CPUs are lost"];
    } catch (error) {
      return [(error as Error).message];
    } finally {
      forget();
    }
  }

  test(
    `is survived: ${title}`,
    () => {
      const random = new Random(SEED);
      const wrong: string[] = [];
      for (let round = 0; round < CASES; round++) {
        const cpu = random.below(CPUS);
        const tick = random.below(length);
        for (const why of play(cpu, tick)) wrong.push(`NMI to CPU ${cpu} at tick ${tick}: ${why}`);
      }
      console.log(`${CASES} NMIs within ${length} ticks, ${wrong.length} lost`);
      expect(wrong).toEqual([]);
    },
    CAMPAIGN_TIMEOUT,
  );
});
