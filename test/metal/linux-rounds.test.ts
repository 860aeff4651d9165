// The same again and again, under a real Linux: nothing is lost.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Guest } from "../../tools/metal/guest.ts";
import { guestComplaints, newComplaints } from "../../tools/metal/kernel-log.ts";
import { describeLinux } from "./linux.ts";

const TIMEOUT = 300_000;
const PROGRAM = new URL("programs/rounds.mjs", import.meta.url);

describeLinux("rounds under a real Linux", () => {
  let guest: Guest;
  beforeAll(async () => {
    const data = readFileSync(PROGRAM);
    guest = await Guest.boot({
      jailhouse: true,
      extra: new Map([["jailhouse/rounds.mjs", { data }]]),
    });
    await guest.check("insmod driver/jailhouse.ko && workload start");
  }, TIMEOUT);
  afterAll(() => guest?.close());

  const rounds = async (what: string, count: number) =>
    JSON.parse(await guest.check(`node rounds.mjs ${what} ${count}`, { timeout: TIMEOUT }));

  test("20 times enabled and disabled, the pools are the same each time", async () => {
    const before = await guestComplaints(guest);
    const pools = await rounds("enable", 20);
    expect(pools).toHaveLength(20);
    expect(pools[0].memory.used).toBeGreaterThan(0);
    for (const each of pools) expect(each).toEqual(pools[0]);
    expect(newComplaints(await guestComplaints(guest), before)).toEqual([]);
    await guest.check("workload check", { timeout: TIMEOUT });
  });

  test("50 times a cell is created, started and destroyed, the pools are the same each time", async () => {
    await guest.check("jailhouse enable configs/qemu-x86.cell");
    const before = await guestComplaints(guest);
    const start = guest.com2.text.length;
    const pools = await rounds("cells", 50);
    expect(pools).toHaveLength(50);
    for (const each of pools) expect(each).toEqual(pools[0]);
    expect(newComplaints(await guestComplaints(guest), before)).toEqual([]);
    // It is destroyed soon after it is started; what it says then is whole or cut off.
    const said = guest.com2.text.slice(start);
    expect(said).toMatch(/This runs in 32-bit mode/);
    expect(await guest.check("cat /sys/devices/system/cpu/online")).toBe("0-3\n");
    await guest.check("workload check && jailhouse disable", { timeout: TIMEOUT });
  });

  test("the driver goes, and everything it had is Linux' again", async () => {
    await guest.check("rmmod jailhouse");
    expect(await guest.check("cat /proc/iomem")).not.toMatch(/jailhouse/i);
    await guest.check("workload stop", { timeout: TIMEOUT });
  });

  // The last one: Linux is gone.
  test("a Linux that panics cannot reset the machine, and a cell goes on", async () => {
    for (const command of [
      "insmod driver/jailhouse.ko",
      "jailhouse enable configs/qemu-x86.cell",
      "jailhouse cell create configs/tiny-demo.cell",
      "jailhouse cell load tiny-demo inmates/demos/x86/apic-demo.bin -a 0xf0000",
      "jailhouse cell start tiny-demo",
    ])
      await guest.check(command);
    const start = guest.com1.text.length;
    // With panic=-1 it wants a reset at once.
    guest.run("echo c >/proc/sysrq-trigger", { timeout: TIMEOUT }).catch(() => {});
    await guest.com1.waitFor(/Parking CPU \d \(Cell: "QEMU-VM"\)/, 60_000, start);
    const later = guest.com2.text.length;
    const said = guest.com1.text.slice(start);
    expect(said).toMatch(
      /^WARNING: The root cell does not reset the machine: other cells are running\r?$/m,
    );
    // In the end Linux jumps into the firmware, which reaches for a device that the root cell does not have.
    expect(said.match(/^FATAL: .*$/gm)).toEqual([
      expect.stringMatching(/^FATAL: Invalid PIO (read|write), port: [0-9a-f]+ size: \d\r?$/),
    ]);
    await guest.com2.waitFor(/Timer fired/, 30_000, later);
    expect(guest.console).toContain("Kernel panic - not syncing: sysrq triggered crash");
  });
});
