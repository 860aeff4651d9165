import { afterEach, describe, expect, test } from "vitest";
import { type Linux, type LinuxOptions, startLinux } from "../../control/guest/linux.ts";
import { complaints } from "./complaints.ts";
import { kernels } from "./kernel.ts";

/** Milliseconds; a boot takes seconds on an idle computer. */
const PATIENCE = 600_000;

let linux: Linux | undefined;
afterEach(() => linux?.close());

async function boot(options: LinuxOptions = {}): Promise<Linux> {
  linux = await startLinux({ kernel: kernels!.vmlinux, ...options });
  return linux;
}

describe.skipIf(!kernels)("Debian's Linux", () => {
  test("boots from a bzImage on an AMD processor, without complaint", {
    timeout: PATIENCE,
  }, async () => {
    const linux = await boot({ kernel: kernels!.bzImage });
    expect(await linux.run("uname -sm; nproc")).toEqual({ status: 0, out: "Linux x86_64\n1\n" });
    expect(await complaints(linux)).toEqual([]);
    await linux.powerOff();
    expect(linux.session.ended).toBe(0);
  });

  test("boots on four Intel processors, without complaint", { timeout: PATIENCE }, async () => {
    const linux = await boot({ cpus: 4, cpu: "intel" });
    expect((await linux.run("nproc; grep -c GenuineIntel /proc/cpuinfo")).out).toBe("4\n4\n");
    expect(await complaints(linux)).toEqual([]);
    const each =
      "for cpu in 0 1 2 3; do taskset $((1 << cpu)) sha256sum /bin/busybox; done | sort -u | wc -l";
    expect((await linux.run(each)).out).toBe("1\n");
  });

  test("runs commands, each in a shell of its own", { timeout: PATIENCE }, async () => {
    const linux = await boot();
    expect(await linux.run("echo 'Grüße' >&2; exit 7")).toEqual({ status: 7, out: "Grüße\n" });
    expect(await linux.run("cd /tmp; a=1")).toEqual({ status: 0, out: "" });
    expect((await linux.run("pwd; echo $a")).out).toBe("/\n\n");
    expect((await linux.run('cat; echo "$(seq 3)"')).out).toBe("1\n2\n3\n");
    expect((await linux.run("seq 20000 | md5sum")).out).toMatch(/^[0-9a-f]{32} /);
    expect((await linux.run("seq 20000")).out.length).toBe(108_894);
    await expect(linux.run("sleep 100", { timeout: 1e9 })).rejects.toThrow(/timed out/);
  });

  test("has a shell on its console, whose end powers off", { timeout: PATIENCE }, async () => {
    const linux = await boot({
      files: new Map([["etc/motd", { data: Buffer.from("good day\n") }]]),
    });
    await linux.type("echo $((6 * 7)); cat /etc/motd\n");
    await linux.waitFor(/\n42\r\ngood day\r\n/);
    await linux.type("exit\n");
    expect(await linux.session.waitForEnd(10e9)).toBe(0);
  });

  test("reboots, and its disk keeps what was written to it", { timeout: PATIENCE }, async () => {
    const disks = [{ name: "own", data: new Uint8Array(4 << 20) }];
    const options = { disks, virtioConsole: true, moduleDirectory: kernels!.modules };
    const linux = await boot({ ...options, fresh: true });
    expect(linux.channel).toBe(2);
    const digest = "sha256sum /mnt/copy | cut -d' ' -f1";
    const write = "mke2fs /dev/vda && mount -t ext4 /dev/vda /mnt && cp /bin/busybox /mnt/copy";
    const before = await linux.run(`(${write}) >/dev/null && ${digest} && umount /mnt`);
    const random = "cat /proc/sys/kernel/random/uuid";
    const { out: first } = await linux.run(random);
    await linux.reboot();
    const after = await linux.run(`mount -t ext4 /dev/vda /mnt && ${digest}`);
    expect(before).toEqual({ status: 0, out: expect.stringMatching(/^[0-9a-f]{64}\n$/) });
    expect(after.out).toBe(before.out);
    await linux.type("echo $((6 * 7))\n");
    await linux.waitFor(/\n42\r\n/);
    expect((await linux.run(random)).out).not.toBe(first);
    expect(await complaints(linux)).toEqual([]);
    expect(await linux.session.status()).toMatchObject({
      resets: 1,
      lastReset: { cause: "0xcf9" },
    });
    await expect(linux.run("reboot -f; sleep 9")).rejects.toMatchObject({
      code: "EIO",
      hint: expect.stringMatching(
        /^"reboot -f; sleep 9": the guest was reset \(0xcf9\)\. The console/,
      ),
    });
  });

  test("is the same again: booted anew, and from the snapshot", { timeout: PATIENCE }, async () => {
    const boots: string[][] = [];
    for (const fresh of [true, false, false]) {
      const linux = await boot({ fresh });
      const { out } = await linux.run("dmesg; date +%s.%N; cat /proc/sys/kernel/random/uuid");
      boots.push([out, await linux.console(), await linux.session.fingerprint()]);
      await linux.close();
    }
    expect(boots[0]![0]).toMatch(/\n[0-9a-f-]{36}\n$/);
    expect(boots[1]).toEqual(boots[0]);
    expect(boots[2]).toEqual(boots[0]);
  });

  test("that panics is an error with its last lines", { timeout: PATIENCE }, async () => {
    const booted = boot({ append: "rdinit=/nowhere root=/dev/nothing" });
    await expect(booted).rejects.toMatchObject({
      hint: expect.stringMatching(/^init: Kernel panic - not syncing: VFS/),
    });
  });
});

test("without a kernel there is a reason", async () => {
  await expect(boot({ kernel: "/nowhere/vmlinuz" })).rejects.toMatchObject({
    hint: expect.stringMatching("The kernel /nowhere/vmlinuz cannot be read"),
  });
});
