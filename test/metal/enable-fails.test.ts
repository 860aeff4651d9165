// A CPU that does not come when the machine is taken over: nobody enters, the reason is told, Linux goes on with all CPUs, and the next time
// it works. On the project's PC, each case from one snapshot.
import { afterAll, beforeAll, expect, test } from "vitest";
import { watchImage } from "../../tools/metal/coverage/record.ts";
import { CAMPAIGN_TIMEOUT } from "../campaign.ts";
import { describeLinux } from "./linux.ts";
import { ENABLE, PcRounds } from "./pc-rounds.ts";

const MS = 1e6;
/** How long a CPU stays away, in ticks: longer than the driver waits, and shorter than Linux. */
const AWAY = 3_000 * MS;
/** When it leaves before the others would enter, in ticks. */
const BEFORE = 1 * MS;
/** How often one looks whether the image is executed. */
const STEP = MS / 10;
/** What the driver says of it itself. */
const OWN = /jailhouse: /;

describeLinux("enable without a CPU", () => {
  let rounds: PcRounds;
  /** When the image is entered, in ticks, where all come. */
  let entered = 0;

  beforeAll(async () => {
    rounds = await PcRounds.boot();
    const { guest } = rounds;
    const bits = watchImage(guest.pc);
    const end = rounds.every(guest.pc.time + STEP, Number.POSITIVE_INFINITY, STEP, () => {
      if (entered === 0 && bits.some((byte) => byte !== 0)) entered = guest.pc.time;
    });
    guest.check(ENABLE);
    end();
  }, CAMPAIGN_TIMEOUT);
  afterAll(() => rounds?.close());

  test.each([3])(
    "CPU %i: all or nothing",
    (cpu) => {
      expect(entered).toBeGreaterThan(0);
      rounds.restart();
      const { guest } = rounds;
      const forget = [
        guest.at(0, entered - BEFORE, () => guest.pc.stop(cpu)),
        guest.at(2, entered + AWAY, () => guest.pc.resume(cpu)),
      ];
      const { status, err } = guest.run(ENABLE);
      for (const one of forget) one();
      guest.pc.resume(cpu);
      expect({ status, err }).toMatchObject({ status: 1, err: expect.stringMatching(/timed out/) });
      expect(guest.check("dmesg -r")).toContain("jailhouse: Not all CPUs came in time");
      expect(rounds.complaints([OWN])).toEqual([]);
      expect([rounds.isEnabled(), rounds.hasAllCpus()]).toEqual([false, true]);
      guest.check(ENABLE);
    },
    CAMPAIGN_TIMEOUT,
  );
});
