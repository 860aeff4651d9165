// A CPU that does not come when the machine is taken over: nobody enters, the reason is told, Linux goes on with all CPUs, and the next time
// it works. On the project's PC, each case from one snapshot.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Entry } from "../../control/guest/cpio.ts";
import { PC } from "../../tools/metal/beds/pc/index.ts";
import { watchImage } from "../../tools/metal/coverage/record.ts";
import { makeGuestImage } from "../../tools/metal/guest-image.ts";
import { buildGuestProgram } from "../../tools/metal/guest-program.ts";
import { complaints, newComplaints } from "../../tools/metal/kernel-log.ts";
import { ROOT } from "../../tools/root.ts";
import { CAMPAIGN_TIMEOUT } from "../campaign.ts";
import { describeLinux } from "./linux.ts";
import { PcGuest, type Place } from "./pc-guest.ts";

const MS = 1e6;
/** How long a CPU stays away, in ticks: longer than the driver waits, and shorter than Linux. */
const AWAY = 3_000 * MS;
/** When it leaves before the others would enter, in ticks. */
const BEFORE = 1 * MS;
/** How often one looks whether the image is executed. */
const STEP = MS / 10;
const ENABLE = "rounds 1 system.cell";
/** What the driver says of it itself. */
const OWN = /jailhouse: /;

/** Calls `look` at a CPU's every `STEP` ticks; what ends it. */
function watch(guest: PcGuest, cpu: number, look: () => void) {
  let forget = () => {};
  const arm = (tick: number) => {
    forget = guest.at(cpu, tick, () => {
      look();
      forget();
      arm(tick + STEP);
    });
  };
  arm(guest.pc.time + STEP);
  return () => forget();
}

describeLinux("enable without a CPU", () => {
  let guest: PcGuest;
  let start: Place;
  let before: Set<string>;
  /** When the image is entered, in ticks, where all come. */
  let entered = 0;
  let remove = () => {};

  beforeAll(async () => {
    const extra = new Map<string, Entry>([
      ["bin/rounds", { data: buildGuestProgram("test/metal/programs/rounds.c"), mode: 0o755 }],
      ["jailhouse/system.cell", { data: readFileSync(join(ROOT, PC.system.file)) }],
    ]);
    const made = await makeGuestImage(PC, { jailhouse: true, extra });
    remove = made.remove;
    guest = new PcGuest(made.image, "amd");
    const bits = watchImage(guest.pc);
    guest.check("insmod driver/jailhouse.ko");
    before = complaints(guest.check("dmesg -r"));
    start = guest.save();
    const end = watch(guest, 0, () => {
      if (entered === 0 && bits.some((byte) => byte !== 0)) entered = guest.pc.time;
    });
    guest.check(ENABLE);
    end();
  }, CAMPAIGN_TIMEOUT);
  afterAll(() => {
    guest?.close();
    remove();
  });

  test.each([3])(
    "CPU %i: all or nothing",
    (cpu) => {
      expect(entered).toBeGreaterThan(0);
      guest.restore(start);
      const forget = [
        guest.at(0, entered - BEFORE, () => guest.pc.stop(cpu)),
        guest.at(2, entered + AWAY, () => guest.pc.resume(cpu)),
      ];
      const { status, err } = guest.run(ENABLE);
      for (const one of forget) one();
      guest.pc.resume(cpu);
      expect({ status, err }).toMatchObject({ status: 1, err: expect.stringMatching(/timed out/) });
      const said = guest.check("dmesg -r");
      expect(said).toContain("jailhouse: Not all CPUs came in time");
      expect(newComplaints(complaints(said), before).filter((line) => !OWN.test(line))).toEqual([]);
      expect(guest.check("cat /sys/devices/jailhouse/enabled")).toBe("0\n");
      expect(guest.check("cat /sys/devices/system/cpu/online")).toBe("0-3\n");
      guest.check(ENABLE);
    },
    CAMPAIGN_TIMEOUT,
  );
});
