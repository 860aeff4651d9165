// By hand, for it takes a quarter of an hour: cp test/metal/bochs-rounds.by-hand.ts test/metal/bochs-rounds.test.ts && npm test -- bochs-rounds
// JAILHOUSE_CPU=intel: with VT-x.
// As linux-rounds.test.ts, on Bochs: the machine is taken over and handed back 20 times, a cell lives 50 times, and nothing is lost.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Entry } from "../../control/guest/cpio.ts";
import { BOCHS } from "../../tools/metal/beds/bochs/index.ts";
import { findMachine, systemOf } from "../../tools/metal/beds/index.ts";
import { Guest } from "../../tools/metal/guest.ts";
import { buildGuestProgram } from "../../tools/metal/guest-program.ts";
import { guestComplaints, newComplaints } from "../../tools/metal/kernel-log.ts";
import { ROOT } from "../../tools/root.ts";
import { describeLinux } from "./linux.ts";

const PROGRAM = "test/metal/programs/rounds.c";
const TIMEOUT = 3_600_000;
const machine = findMachine(BOCHS, process.env.JAILHOUSE_CPU);
const read = (path: string) => ({ data: readFileSync(join(ROOT, path)) });

describeLinux("rounds on Bochs", () => {
  let guest: Guest;
  beforeAll(async () => {
    const extra = new Map<string, Entry>([
      ["bin/rounds", { data: buildGuestProgram(PROGRAM), mode: 0o755 }],
      ["jailhouse/system.cell", read(systemOf(BOCHS, machine).file)],
      ["jailhouse/tiny-demo.cell", read("configs/tiny-demo.cell")],
      ["jailhouse/demo.bin", read("inmates/demos/x86/32-bit-demo.bin")],
    ]);
    guest = await Guest.boot({ bed: BOCHS, machine, jailhouse: true, extra });
    await guest.check("insmod driver/jailhouse.ko && workload start");
  }, TIMEOUT);
  afterAll(() => guest?.close());

  /** What the pools had used in each round: the same. */
  async function rounds(count: number, what: string): Promise<void> {
    const before = await guestComplaints(guest);
    const lines = (await guest.check(`rounds ${what}`, { timeout: TIMEOUT })).trim().split("\n");
    expect(lines).toHaveLength(count);
    const used = lines.map((line, index) => {
      expect(line).toMatch(new RegExp(`^${index + 1} mem [1-9]\\d* remap [1-9]\\d*$`));
      return line.replace(/^\d+ /, "");
    });
    expect(new Set(used).size).toBe(1);
    expect(newComplaints(await guestComplaints(guest), before)).toEqual([]);
    await guest.check("workload check", { timeout: TIMEOUT });
    expect(await guest.check("cat /sys/devices/system/cpu/online")).toBe("0-3\n");
  }

  test("20 times enabled and disabled", () => rounds(20, "20 system.cell"), TIMEOUT);

  test(
    "50 times a cell is created, started and destroyed",
    async () => {
      await rounds(50, "50 system.cell tiny-demo.cell demo.bin");
      expect(guest.com2.text).toMatch(/This runs in 32-bit mode/);
    },
    TIMEOUT,
  );
});
