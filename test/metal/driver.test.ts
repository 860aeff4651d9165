// The driver under a real Linux: what it refuses, with which error and words, and that nothing gets lost over many rounds.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { MEM_IO, MEM_ROOTSHARED } from "../../abi/config.ts";
import type { Entry } from "../../control/guest/cpio.ts";
import { Guest } from "../../tools/metal/guest.ts";
import { CARD, inLinuxRam, withCard } from "./driver/device.ts";
import { holdingImage } from "./driver/holding.ts";
import { type Wrong, wrongImages, wrongSystems } from "./driver/wrong.ts";
import { describeLinux } from "./linux.ts";

const SYSFS = "/sys/devices/jailhouse";
const SYSTEM = "configs/qemu-x86.cell";
const IMAGE = "/lib/firmware/jailhouse-amd.bin";
const LOAD = "load 1 inmates/demos/x86/apic-demo.bin 0xf0000";
/** Added to the flags of RAM: nothing, registers, shared with Linux. */
const RAM_FLAGS = [0, MEM_IO, MEM_ROOTSHARED];
const ENABLE_ROUNDS = 20;
const CELL_ROUNDS = 50;

const pathOf = (kind: string, name: string) => `wrong/${kind}/${name.replaceAll(" ", "-")}`;

function requestProgram(): Buffer {
  const directory = mkdtempSync(join(tmpdir(), "jailhouse-request-"));
  try {
    const program = join(directory, "request");
    const source = join(import.meta.dirname, "driver/request.c");
    execFileSync("clang", ["-O1", "-Wall", "-Wextra", "-Werror", "-static", "-o", program, source]);
    return readFileSync(program);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function files(): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  entries.set("bin/request", { data: requestProgram(), mode: 0o755 });
  for (const directory of ["wrong", "wrong/system", "wrong/image"])
    entries.set(directory, { directory: true });
  for (const [name, { data }] of wrongSystems()) entries.set(pathOf("system", name), { data });
  entries.set("wrong/holding.bin", { data: holdingImage() });
  for (const [name, { data }] of wrongImages()) entries.set(pathOf("image", name), { data });
  for (const trusted of [false, true])
    entries.set(`wrong/card-${trusted}.cell`, { data: withCard(trusted) });
  for (const flags of RAM_FLAGS)
    entries.set(`wrong/ram-${flags}.cell`, { data: inLinuxRam(flags) });
  return entries;
}

describeLinux("the driver", () => {
  let guest: Guest;
  /** Results of a request, separated by spaces. */
  const request = async (text: string) =>
    (await guest.check(`request ${text}`)).trim().replaceAll("\n", " ");
  /** What a request adds to the kernel's log. */
  const log = () => guest.check("dmesg -c");

  beforeAll(async () => {
    guest = await Guest.boot({ jailhouse: true, extra: files() });
    await guest.check("insmod driver/jailhouse.ko && dmesg -c >/dev/null");
  });
  afterAll(() => guest?.close());

  async function refused(command: string, { error, says }: Wrong): Promise<void> {
    expect(await request(command)).toBe(error);
    expect(await log()).toMatch(says);
    expect(await guest.check(`cat ${SYSFS}/enabled`)).toBe("0\n");
  }

  test.each([...wrongSystems()])("refuses a system configuration: %s", (name, wrong) =>
    refused(`enable /${pathOf("system", name)}`, wrong),
  );

  test("refuses images, and gives back the memory", async () => {
    await guest.check(`mv ${IMAGE} /tmp/image`);
    const data = new Uint8Array();
    await refused(`enable ${SYSTEM}`, { data, error: "ENOENT", says: /Missing hypervisor image/ });
    for (const [name, wrong] of wrongImages()) {
      await guest.check(`cp /${pathOf("image", name)} ${IMAGE}`);
      await refused(`enable ${SYSTEM}`, wrong);
    }
    await guest.check(`mv /tmp/image ${IMAGE}`);
    expect(await guest.check("cat /proc/iomem")).not.toContain("Jailhouse");
  });

  test("refuses all but enabling while disabled", async () => {
    const cell = "configs/apic-demo.cell";
    for (const wrong of ["disable", `create ${cell}`, LOAD, "start 1", "destroy 1", "force 1"])
      expect([wrong, await request(wrong)]).toEqual([wrong, "EINVAL"]);
    expect(await request("raw 0x12345678 0")).toBe("EINVAL");
    expect(await request("pointer enable")).toBe("EFAULT");
    expect(await request("pointer create")).toBe("EFAULT EINVAL EINVAL EINVAL");
    expect(await guest.check(`cat ${SYSFS}/console ${SYSFS}/*pool*`)).toBe("0\n0\n0\n0\n");
  });

  test("refuses wrong requests while enabled", async () => {
    expect(await request(`enable ${SYSTEM}`)).toBe("0");
    expect(await request(`enable ${SYSTEM}`)).toBe("EBUSY");
    expect((await guest.run("rmmod jailhouse")).status).not.toBe(0);
    expect(await guest.check(`cat ${SYSFS}/console`)).toContain("Activating hypervisor\n");
    expect(await request("read")).toMatch(/Activating hypervisor 0$/);
    expect(await guest.check("cat /proc/iomem")).toContain("3a000000-3a5fffff : Jailhouse");
    expect(await request("create configs/apic-demo.cell")).toBe("0");
    expect(await request("create configs/apic-demo.cell")).toBe("EEXIST");
    expect(await request("create configs/tiny-demo.cell 140")).toBe("EINVAL");
    expect(await request(`create ${SYSTEM}`)).toBe("EINVAL");
    expect(await request("pointer create")).toBe("EFAULT EFAULT E2BIG EINVAL");
    expect(await request("pointer load")).toBe("EFAULT E2BIG EFAULT EINVAL");
    for (const address of ["0xf8000", "0x100000", "0xffffffffffff0000"])
      expect(await request(`load 1 inmates/demos/x86/apic-demo.bin ${address}`)).toBe("EINVAL");
    for (const verb of ["start", "destroy", "force", "load"]) {
      expect([verb, await request(`${verb} 0`)]).toEqual([verb, "EINVAL"]);
      expect([verb, await request(`${verb} nobody`)]).toEqual([verb, "ENOENT"]);
    }
    await log();
  });

  test("keeps CPUs, sleep and the way out as they must be while a cell exists", async () => {
    const cpu = (number: number, value: number) =>
      guest.run(`echo ${value} >/sys/devices/system/cpu/cpu${number}/online`);
    expect((await cpu(3, 1)).status).not.toBe(0);
    expect(await log()).toContain("CPU 3 is not Linux'");
    expect((await guest.run("echo mem >/sys/power/state")).status).not.toBe(0);
    expect(await log()).toContain("No suspending while the hypervisor is enabled");
    expect((await cpu(1, 0)).status).toBe(0);
    expect(await request("disable")).toBe("EBUSY");
    expect(await log()).toContain("CPUs 1 of the root cell are offline");
    expect(await guest.check(`cat ${SYSFS}/cells/1/name`)).toBe("apic-demo\n");
    expect((await cpu(1, 1)).status).toBe(0);
    expect(await request("disable")).toBe("0");
    expect(await guest.check("cat /sys/devices/system/cpu/online")).toBe("0-3\n");
    expect(await guest.check(`ls ${SYSFS}/cells`)).toBe("");
  });

  test("leaves a hypervisor that lets no CPU go before all have come", async () => {
    await guest.check(`mv ${IMAGE} /tmp/image; cp /wrong/holding.bin ${IMAGE}`);
    for (let round = 0; round < 3; round++) {
      expect(await request(`enable ${SYSTEM}`)).toBe("0");
      expect(await request("disable")).toBe("0");
    }
    await guest.check(`mv /tmp/image ${IMAGE}`);
    await log();
  });

  test("takes a device from its driver for a cell, and gives it back", async () => {
    const driver = () => guest.check(`basename $(readlink /sys/bus/pci/devices/${CARD}/driver)`);
    expect(await request(`enable ${SYSTEM}`)).toBe("0");
    expect(await driver()).toBe("e1000e\n");
    expect(await request("create /wrong/card-false.cell")).toBe("EPERM");
    expect(await log()).toContain("no IOMMU guards memory from it");
    expect(await driver()).toBe("e1000e\n");
    expect(await request("create /wrong/card-true.cell")).toBe("0");
    expect(await driver()).toBe("jailhouse-pci-stub\n");
    expect(await request("force 1")).toBe("0");
    expect(await driver()).toBe("e1000e\n");
    expect(await request("disable")).toBe("0");
  });

  test("refuses memory that Linux works with, whatever its flags call it", async () => {
    expect(await request(`enable ${SYSTEM}`)).toBe("0");
    for (const flags of RAM_FLAGS) {
      expect([flags, await request(`create /wrong/ram-${flags}.cell`)]).toEqual([flags, "EBUSY"]);
      expect(await log()).toMatch(/Memory of cell "apic-demo", .* is in use by Linux/);
    }
    expect(await request("disable")).toBe("0");
  });

  const pools = () => guest.check(`cat ${SYSFS}/mem_pool_used ${SYSFS}/remap_pool_used`);

  test(`loses nothing in ${CELL_ROUNDS} rounds of a cell`, async () => {
    expect(await request(`enable ${SYSTEM}`)).toBe("0");
    const before = await pools();
    const round = `request create configs/apic-demo.cell; request ${LOAD}; request start 1; request force 1`;
    for (let done = 0; done < CELL_ROUNDS; done++)
      expect([done, await guest.check(round)]).toEqual([done, "0\n0\n0\n0\n"]);
    expect(await pools()).toBe(before);
    expect(await guest.check(`cat ${SYSFS}/cells/0/cpus_assigned_list`)).toBe("0-3\n");
    expect(await request("disable")).toBe("0");
  });

  test(`loses nothing in ${ENABLE_ROUNDS} rounds of enabling`, async () => {
    let first: string | undefined;
    for (let done = 0; done < ENABLE_ROUNDS; done++) {
      expect([done, await request(`enable ${SYSTEM}`)]).toEqual([done, "0"]);
      first ??= await pools();
      expect([done, await pools()]).toEqual([done, first]);
      expect([done, await request("disable")]).toEqual([done, "0"]);
    }
    expect(await guest.check("dmesg")).not.toMatch(/WARNING:|BUG:|Call Trace/);
    await guest.check("rmmod jailhouse");
  });
});
