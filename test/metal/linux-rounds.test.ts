// The same again and again, under a real Linux: nothing is lost.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PATIENCE } from "../../tools/metal/capture.ts";
import { Guest } from "../../tools/metal/guest.ts";
import { guestComplaints, newComplaints } from "../../tools/metal/kernel-log.ts";
import { describeLinux } from "./linux.ts";

const PROGRAM = new URL("programs/rounds.mjs", import.meta.url);
const LOAD = "load tiny-demo inmates/demos/x86/32-bit-demo.bin -a 0xf0000";

describeLinux("rounds under a real Linux", () => {
  let guest: Guest;
  beforeAll(async () => {
    const data = readFileSync(PROGRAM);
    guest = await Guest.boot({
      jailhouse: true,
      extra: new Map([["jailhouse/rounds.mjs", { data }]]),
    });
    await guest.check("insmod driver/jailhouse.ko && workload start");
  });
  afterAll(() => guest?.close());

  const rounds = async (what: string, count: number) =>
    JSON.parse(await guest.check(`node rounds.mjs ${what} ${count}`));

  test("20 times enabled and disabled, the pools are the same each time", async () => {
    const before = await guestComplaints(guest);
    const pools = await rounds("enable", 20);
    expect(pools).toHaveLength(20);
    expect(pools[0].memory.used).toBeGreaterThan(0);
    for (const each of pools) expect(each).toEqual(pools[0]);
    expect(newComplaints(await guestComplaints(guest), before)).toEqual([]);
    await guest.check("workload check");
  });

  test("50 times a cell is created, started and destroyed, the pools are the same each time", async () => {
    await guest.check("jailhouse enable configs/qemu-x86.cell");
    const before = await guestComplaints(guest);
    const pools = await rounds("cells", 50);
    expect(pools).toHaveLength(50);
    for (const each of pools) expect(each).toEqual(pools[0]);
    expect(newComplaints(await guestComplaints(guest), before)).toEqual([]);
    // It is destroyed soon after it is started, which cuts off what it says; once more, and it may say all.
    const start = guest.com2.text.length;
    for (const command of ["create configs/tiny-demo.cell", LOAD, "start tiny-demo"])
      await guest.check(`jailhouse cell ${command}`);
    await guest.com2.waitFor(/This runs in 32-bit mode/, PATIENCE, start);
    await guest.check("jailhouse cell destroy tiny-demo");
    expect(await guest.check("cat /sys/devices/system/cpu/online")).toBe("0-3\n");
    await guest.check("workload check && jailhouse disable");
  });

  test("the driver goes, and everything it had is Linux' again", async () => {
    await guest.check("rmmod jailhouse");
    expect(await guest.check("cat /proc/iomem")).not.toMatch(/jailhouse/i);
    await guest.check("workload stop");
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
    guest.run("echo c >/proc/sysrq-trigger").catch(() => {});
    await guest.com1.waitFor(/Parking CPU \d \(Cell: "QEMU-VM"\)/, PATIENCE, start);
    const later = guest.com2.text.length;
    const said = guest.com1.text.slice(start);
    expect(said).toMatch(
      /^WARNING: The root cell does not reset the machine: other cells are running\r?$/m,
    );
    // In the end Linux jumps into the firmware, which reaches for a device that the root cell does not have.
    expect(said.match(/^FATAL: .*$/gm)).toEqual([
      expect.stringMatching(/^FATAL: Invalid PIO (read|write), port: [0-9a-f]+ size: \d\r?$/),
    ]);
    await guest.com2.waitFor(/Timer fired/, PATIENCE, later);
    expect(guest.console).toContain("Kernel panic - not syncing: sysrq triggered crash");
  });
});
