// The machine is taken over and handed back while an NMI comes to some CPU at some tick: Linux goes on, nothing is lost, whatever the place.
// On the project's PC, from one snapshot. More of them: npm run campaign -- interrupted --cases 1000
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Entry } from "../../control/guest/cpio.ts";
import { PC } from "../../tools/metal/beds/pc/index.ts";
import { makeGuestImage } from "../../tools/metal/guest-image.ts";
import { buildGuestProgram } from "../../tools/metal/guest-program.ts";
import { complaints, newComplaints } from "../../tools/metal/kernel-log.ts";
import { ROOT } from "../../tools/root.ts";
import { CAMPAIGN_TIMEOUT, share } from "../campaign.ts";
import { Random } from "../machine/cpu/interpreter/snippets.ts";
import { describeLinux } from "./linux.ts";
import { PcGuest, type Place } from "./pc-guest.ts";

const { cases: CASES, seed: SEED, title } = share({ quick: 4, full: 12, seed: 1 });
const CPUS = 4;
/** Of the NMIs that nobody has asked for. */
const EXPECTED = [/NMI received for unknown reason/, /Dazed and confused/, /Do you have a strange/];
const ROUND = "rounds 1 system.cell";

describeLinux("an NMI at any tick of enable and disable", () => {
  let guest: PcGuest;
  let start: Place;
  /** Ticks that a round takes when nothing disturbs it. */
  let length: number;
  let before: Set<string>;
  let remove = () => {};

  beforeAll(async () => {
    const extra = new Map<string, Entry>([
      ["bin/rounds", { data: buildGuestProgram("test/metal/programs/rounds.c"), mode: 0o755 }],
      ["jailhouse/system.cell", { data: readFileSync(join(ROOT, PC.system.file)) }],
    ]);
    const made = await makeGuestImage(PC, { jailhouse: true, extra });
    remove = made.remove;
    guest = new PcGuest(made.image, "amd");
    guest.check("insmod driver/jailhouse.ko");
    before = complaints(guest.check("dmesg -r"));
    start = guest.save();
    guest.check(ROUND);
    length = guest.pc.time - start.machine.executor.boundary;
  }, CAMPAIGN_TIMEOUT);
  afterAll(() => {
    guest?.close();
    remove();
  });

  /** Plays a round with an NMI; what was wrong. */
  function play(cpu: number, tick: number): string[] {
    guest.restore(start);
    const forget = guest.nmi(cpu, start.machine.executor.boundary + tick);
    try {
      const { status, out, err } = guest.run(ROUND);
      if (status !== 0) return [`ended with ${status}: ${out}${err}`];
      if (guest.check("cat /sys/devices/system/cpu/online") !== "0-3\n") return ["CPUs are lost"];
      const now = newComplaints(complaints(guest.check("dmesg -r")), before);
      return now.filter((line) => !EXPECTED.some((pattern) => pattern.test(line)));
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
