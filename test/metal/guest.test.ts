// The guest itself, before any hypervisor: the tests of the metal platform stand on it.
import { afterAll, beforeAll, expect, test } from "vitest";
import { Guest, GuestError } from "../../tools/metal/guest.ts";
import { describeLinux } from "./linux.ts";

describeLinux("a guest with a real Linux", () => {
  let guest: Guest;
  beforeAll(async () => {
    guest = await Guest.boot();
  });
  afterAll(() => guest?.close());

  test("tells a command's status, output and errors apart", async () => {
    expect(await guest.run("echo out; echo err >&2; exit 3")).toEqual({
      status: 3,
      out: "out\n",
      err: "err\n",
    });
    const long = await guest.run("seq 20000");
    expect(long.out.split("\n")).toHaveLength(20001);
  });

  test("is heard although the kernel prints in between", async () => {
    const noise =
      "while :; do echo '<1>noise' >/dev/kmsg; usleep 5000; done >/dev/null 2>&1 & echo $!";
    const pid = (await guest.check(noise)).trim();
    for (let round = 0; round < 5; round++) {
      expect((await guest.check("seq 2000")).split("\n")).toHaveLength(2001);
    }
    await guest.check(`kill ${pid}`);
    expect(guest.console).toContain("noise");
  });

  test("hears all of a request although orphans end meanwhile", async () => {
    const orphans =
      "while :; do (usleep 3000 &); (usleep 5000 &); usleep 4000; done >/dev/null 2>&1 & echo $!";
    const pid = (await guest.check(orphans)).trim();
    for (let round = 0; round < 30; round++) {
      expect(await guest.check(`echo ${"x".repeat(300)}`)).toBe(`${"x".repeat(300)}\n`);
    }
    await guest.check(`kill ${pid}`);
  });

  test("is the machine that the configuration describes", async () => {
    expect(await guest.check("cat /sys/devices/system/cpu/online")).toBe("0-3\n");
    expect(await guest.check("grep -wc svm /proc/cpuinfo")).toBe("4\n");
    expect(await guest.check("cat /proc/iomem")).toContain("3a000000-3f1fffff : Reserved");
    const devices = await guest.check("ls /sys/bus/pci/devices");
    const expected = ["00.0", "01.0", "02.0", "1b.0", "1f.0", "1f.2", "1f.3"];
    expect(devices.trim().split("\n")).toEqual(expected.map((device) => `0000:00:${device}`));
  });

  test("runs the command and its Node", async () => {
    expect(await guest.check("node --version")).toBe(`${process.version}\n`);
    expect(await guest.check("jailhouse --version")).toMatch(/^Jailhouse management tool /);
    const refused = await guest.run("jailhouse disable");
    expect(refused.status).toBe(1);
    expect(refused.err).toContain("opening /dev/jailhouse: No such file or directory");
  });

  test("writes to its disk", async () => {
    await guest.check("dd if=/dev/urandom of=/disk/file bs=64k count=64 && sync");
    await guest.check("echo 3 >/proc/sys/vm/drop_caches");
    expect(await guest.check("stat -c %s /disk/file")).toBe(`${64 << 16}\n`);
  });

  test("has serial ports for cells", async () => {
    await guest.check("echo one >/dev/ttyS0; echo two >/dev/ttyS1");
    expect((await guest.com1.waitFor(/one/))[0]).toBe("one");
    expect((await guest.com2.waitFor(/two/))[0]).toBe("two");
  });

  test("tells that it died, and how it ended", async () => {
    const late = guest.run("sleep 3", { timeout: 500 });
    await expect(late).rejects.toThrow(/"sleep 3": not within 0.5 s[\s\S]*CPU#3\nRIP=/);
    const dead = guest.run("echo c >/proc/sysrq-trigger");
    await expect(dead).rejects.toThrow(GuestError);
    await expect(dead).rejects.toThrow(/QEMU has ended[\s\S]*sysrq/);
  });

  test("that hangs by its own clock is asked for nothing more", async () => {
    const other = await Guest.boot();
    try {
      const stall = "<1>rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:";
      const stuck = other.run(`for i in 1 2 3; do echo '${stall}' >/dev/kmsg; done; sleep 10000`);
      const next = other.run("true");
      await expect(stuck).rejects.toThrow(
        /sleep 10000": Linux hangs[\s\S]*stalls[\s\S]*CPU#0\nRIP=/,
      );
      await expect(next).rejects.toThrow(/Linux hangs/);
    } finally {
      await other.close();
    }
  });
});
