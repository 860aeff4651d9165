// By hand, for it takes a quarter of an hour and half a GiB of packages:
// cp test/metal/kernels.by-hand.ts test/metal/kernels.test.ts && npm test -- metal/kernels
// The driver is built without a warning against each kernel of Debian 12 and its backports, real-time ones too, and runs under it.
// Results, on QEMU 7.2 (AMD): docs/metal.md.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Guest } from "../../tools/metal/guest.ts";
import { guestComplaints, newComplaints } from "../../tools/metal/kernel-log.ts";
import { RELEASES } from "../../tools/metal/releases.ts";
import { ROOT } from "../../tools/root.ts";
import { findOtherKernel } from "./kernels.ts";

const TIMEOUT = 3_600_000;
const ROUNDS = 1;

describe.each(RELEASES)("Linux $name", (other) => {
  test("builds the driver without a warning", { timeout: TIMEOUT }, () => {
    const { headers } = findOtherKernel(other);
    const directory = mkdtempSync(join(tmpdir(), "driver-"));
    try {
      cpSync(join(ROOT, "driver"), directory, { recursive: true });
      const out = execFileSync("make", ["-C", directory, `KDIR=${headers}`], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      });
      expect(out).toContain("jailhouse.ko");
      expect(out).not.toMatch(/warning/i);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  test("is taken over and handed back, with cells in between", { timeout: TIMEOUT }, async () => {
    const kernel = findOtherKernel(other);
    const guest = await Guest.boot({ jailhouse: true, kernel });
    try {
      expect(await guest.check("uname -r")).toBe(`${kernel.version}\n`);
      const before = await guestComplaints(guest);
      await guest.check("insmod driver/jailhouse.ko && workload start");
      for (let round = 0; round < ROUNDS; round++) {
        await guest.check("jailhouse enable configs/qemu-x86.cell");
        await guest.check("jailhouse cell create configs/tiny-demo.cell");
        await guest.check(
          "jailhouse cell load tiny-demo inmates/demos/x86/tiny-demo.bin -a 0xf0000",
        );
        const start = guest.com2.text.length;
        await guest.check("jailhouse cell start tiny-demo");
        await guest.com2.waitFor(/Hello from this tiny cell!/, undefined, start);
        await guest.check("workload check");
        await guest.check("jailhouse cell destroy tiny-demo && jailhouse disable");
      }
      await guest.check("workload check && workload stop && rmmod jailhouse");
      expect(newComplaints(await guestComplaints(guest), before)).toEqual([]);
    } finally {
      await guest.close();
    }
  });
});
