// Processors of other makers than AMD, as far as QEMU has them: Hygon's, whose virtualisation is AMD's, and one of Intel's, which has
// none there.
import { afterAll, beforeAll, expect, test } from "vitest";
import { Guest } from "../../tools/metal/guest.ts";
import { describeLinux } from "./linux.ts";

const SYSTEM = "configs/qemu-x86.cell";

const EFER = 0xc0000080;
/** SVM is on in the CPU's EFER, as KVM leaves it while it has a guest, or off again. */
const setSvme = (cpu: number, isOn: boolean) => `node -e '
const fs = require("fs");
const file = fs.openSync("/dev/cpu/${cpu}/msr", "r+");
const value = Buffer.alloc(8);
fs.readSync(file, value, 0, 8, ${EFER});
value[1] = ${isOn ? "value[1] | 0x10" : "value[1] & ~0x10"};
fs.writeSync(file, value, 0, 8, ${EFER});'`;

describeLinux("a processor of Hygon's", () => {
  let guest: Guest;
  beforeAll(async () => {
    guest = await Guest.boot({ jailhouse: true, machine: { cpu: "Dhyana,+svm,+npt" } });
  });
  afterAll(() => guest?.close());

  test("is taken over with AMD's image, runs a cell, and is handed back", async () => {
    expect(await guest.check("grep -m1 vendor_id /proc/cpuinfo")).toContain("HygonGenuine");
    await guest.check(`insmod driver/jailhouse.ko && jailhouse enable ${SYSTEM}`);
    await guest.check("jailhouse cell create configs/tiny-demo.cell");
    await guest.check("jailhouse cell load tiny-demo inmates/demos/x86/tiny-demo.bin -a 0xf0000");
    const start = guest.com2.text.length;
    await guest.check("jailhouse cell start tiny-demo");
    await guest.com2.waitFor(/Hello from this tiny cell!/, undefined, start);
    await guest.check("jailhouse cell destroy tiny-demo && jailhouse disable");
    await guest.check("rmmod jailhouse");
  });

  test("is not taken over while another hypervisor is at work on one CPU", async () => {
    await guest.check("insmod driver/jailhouse.ko");
    await guest.check(setSvme(2, true));
    const { status, err } = await guest.run(`jailhouse enable ${SYSTEM}`);
    expect(status).toBe(1);
    expect(err).toMatch(/^JAILHOUSE_ENABLE: Device or resource busy\n/);
    expect(err).toContain("Virtualisation is in use; unload KVM first");
    await guest.check(setSvme(2, false));
    await guest.check(`jailhouse enable ${SYSTEM} && jailhouse disable && rmmod jailhouse`);
  });
});

describeLinux("a processor of Intel's without VT-x", () => {
  let guest: Guest;
  beforeAll(async () => {
    guest = await Guest.boot({ jailhouse: true, machine: { cpu: "Haswell" } });
  });
  afterAll(() => guest?.close());

  test("is told what it lacks", async () => {
    const { status, out } = await guest.run("jailhouse hardware check");
    expect(status).toBe(2);
    expect(out).toMatch(/^Intel processor with VT-x +MISSING: .*the hypervisor below may hide it/m);
  });

  test("is not taken over, and goes on", async () => {
    await guest.check("insmod driver/jailhouse.ko");
    const { status, err } = await guest.run(`jailhouse enable ${SYSTEM}`);
    expect(status).toBe(1);
    expect(err).toMatch(/^JAILHOUSE_ENABLE: No such device\n/);
    expect(err).toContain(
      "This processor has no virtualisation (Intel VT-x), or a hypervisor below",
    );
    expect(await guest.check("cat /sys/devices/jailhouse/enabled")).toBe("0\n");
  });
});
