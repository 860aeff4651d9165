// A machine that no configuration was written for: eight CPUs, more memory than fits below 4 GiB, a kernel anywhere in it, and
// an IOMMU. Its configuration is made on it, and cells are taken from it.
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { woven } from "../../tools/demo/expect.ts";
import { PATIENCE } from "../../tools/metal/capture.ts";
import { Guest } from "../../tools/metal/guest.ts";
import { guestComplaints, newComplaints } from "../../tools/metal/kernel-log.ts";
import { describeLinux } from "./linux.ts";

const RESERVED = "memmap=82M$0x3a000000";
const MACHINE = { cpus: 8, memory: 6144, devices: ["-device", "amd-iommu,intremap=on"] };

let guest: Guest;

async function boot(...kernelOptions: string[]): Promise<void> {
  guest = await Guest.boot({ jailhouse: true, machine: { ...MACHINE, kernelOptions } });
}

/** Proposes a cell, checks the proposal, and runs a demo in it. */
async function run(name: string, proposal: string, demo: string): Promise<void> {
  const image = `inmates/demos/x86/${demo}.bin -a 0xf0000`;
  for (const command of [
    `config create-cell wide.ts --name ${name} ${proposal} -o ${name}.ts`,
    `config check wide.ts ${name}.ts`,
    `cell create ${name}.ts`,
    `cell load ${name} ${image}`,
    `cell start ${name}`,
  ])
    await guest.check(`jailhouse ${command}`);
}

describeLinux("a wide machine", () => {
  let before: Set<string>;
  beforeAll(async () => {
    await boot(RESERVED, "amd_iommu=off");
    before = await guestComplaints(guest);
    await guest.check("insmod driver/jailhouse.ko");
  });
  afterAll(() => guest.close());

  test("describes itself, and wants the memory that is kept free", async () => {
    const { status, err } = await guest.run("jailhouse config create -c ttyS0 wide.ts");
    expect([status, err]).toEqual([0, expect.not.stringContaining("Boot Linux with")]);
    const source = await guest.check("cat wide.ts");
    expect(source).toContain(`  // ${RESERVED}\n  hypervisorMemory: { physical: 0x3a000000,`);
    expect(source).toContain("cpus: [0, 1, 2, 3, 4, 5, 6, 7],");
    expect(source).toContain("{ physical: 0x100000000, size: 0x100000000,");
    expect(source).toContain('type: "amd",');
  });

  test("is taken over, and gives CPUs to cells that it proposes", async () => {
    await guest.check("jailhouse enable wide.ts");
    await run("one", "--cpus 4 --device COM2", "tiny-demo");
    await guest.com2.waitFor(/Hello from this tiny cell!\r?\n(.*\n)*?PM Timer: +\d+\r?\n/);
    // It keeps a CPU of the host busy.
    await guest.check("jailhouse cell shutdown one");
    const start = guest.com1.text.length;
    await run("three", "--cpus 5-7 --device COM1 --beside one.ts", "smp-demo");
    // Whichever of its CPUs comes first wakes the two others.
    const ipi = "Received IPI on (5|6|7)\\r?\\n";
    const woken = await guest.com1.waitFor(new RegExp(`${ipi}[^]*${ipi}`), PATIENCE, start);
    // The hypervisor may say meanwhile that the cell was started, on the same line.
    const primary = woven("SMP demo, primary CPU: …", guest.com1.text.slice(start))?.at(-1);
    expect([primary, ...woken.slice(1)].sort()).toEqual(["5", "6", "7"]);
    expect(await guest.check("jailhouse cell list")).toMatch(
      /RootCell +running +0-3 .*\n.*one +shut down +4 .*\n.*three +running +5-7 /,
    );
  });

  test("is handed back as it was", async () => {
    await guest.check("jailhouse disable");
    expect(await guest.check("nproc")).toBe("8\n");
    expect(newComplaints(await guestComplaints(guest), before)).toEqual([]);
  });
});

describeLinux("an IOMMU that Linux uses", () => {
  afterEach(() => guest?.close());

  test("is named, and nothing is touched", async () => {
    await boot(RESERVED);
    await guest.check("insmod driver/jailhouse.ko");
    const { status, err } = await guest.run("jailhouse enable configs/qemu-x86.cell");
    expect([status, err]).toEqual([
      1,
      "JAILHOUSE_ENABLE: Device or resource busy\nAn IOMMU is in use; boot Linux with amd_iommu=off or intel_iommu=off\n",
    ]);
    expect(await guest.check("cat /proc/iomem")).not.toContain("Jailhouse");
  });
});
