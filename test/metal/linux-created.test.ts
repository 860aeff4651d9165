// The path of somebody with a machine of their own, under a real Linux: is it good enough, what is in it, a configuration, a
// cell; and the article's session on a configuration that was made from data collected earlier.
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sourceOf } from "../../config/create/source.ts";
import { definitionOf, planSystem } from "../../config/create/system.ts";
import { openTree, type Tree, tarTree } from "../../config/create/tree.ts";
import { defineSystem, encode } from "../../config/index.ts";
import { Difference } from "../../tools/demo/expect.ts";
import { PATIENCE } from "../../tools/metal/capture.ts";
import { firmware } from "../../tools/metal/firmware.ts";
import { Guest } from "../../tools/metal/guest.ts";
import { playIn } from "../../tools/metal/play.ts";
import { onSystem, SHORT_SESSION } from "../../tools/metal/session.ts";
import { ROOT } from "../../tools/root.ts";
import { endless } from "../pages/blocks.ts";
import { itemsFor } from "../pages/ledger.ts";
import { describeLinux, silently } from "./linux.ts";

/** What pages say to type on such a machine, as it is typed in the guest, which is root's and has the command in its path. */
const typed = (page: string) =>
  itemsFor("test/metal/linux-created.test.ts", page).map(({ text }) =>
    endless(text.replace(/^sudo (tools\/)?/, "")),
  );
const METAL = typed("docs/metal.md");
const OWN = typed("docs/configure-your-machine.md");
const IMAGE = "dist/jailhouse-amd.bin";

const ESSENTIAL = [
  ...["AMD processor with SVM", "  enabled by the firmware", "Nested paging", "1 GiB pages"],
  ...["Local APIC", "ACPI: I/O APICs (APIC)", "Linux 6.1 or newer", "No kernel lockdown"],
  ...["SVM not used by KVM", "IOMMU not used by Linux", "No memory encryption"],
  "Memory kept free (memmap=)",
];

const collected = openTree(join(ROOT, "test/data/machines/q35-1g-4-amd-demo.tar.gz"));
const plan = planSystem(collected, { console: "ttyS0" });
const system = defineSystem(definitionOf(plan));

/** Lines of `hardware check` by the feature's name: what is after it. */
const features = (out: string): Map<string, string> =>
  new Map(out.split("\n").map((line) => [line.slice(0, 32).trimEnd(), line.slice(32)]));

/** All paths of files below one. */
function filesOf(tree: Tree, path = ""): string[] {
  if (tree.read(path)) return [path];
  return tree.list(path || "/").flatMap((name) => filesOf(tree, `${path}/${name}`));
}

const textOf = (tree: Tree, path: string) => Buffer.from(tree.read(path)!).toString("latin1");
/**
 * Not what the kernel, its drivers and their numbers differ by, nor the page in which the firmware describes one more serial
 * port: only what the machine has.
 */
const ofMachine = (text: string) =>
  text.split("\n").filter((line) => !/Kernel|: (e1000e|ahci)$|pnp|serial|3ffd|3ffe/i.test(line));
/** The source of a configuration: each of the remarks before it, as far as they are of the machine, and the rest as it is. */
function ofSource(source: string): string[] {
  const start = source.indexOf("import {");
  const remarks = source.slice(0, start).replaceAll("\n// ", " ").replaceAll("; ", "\n");
  return [...ofMachine(remarks), source.slice(start)];
}

describeLinux("a machine of one's own, under a real Linux", () => {
  let guest: Guest;
  beforeAll(async () => {
    const extra = new Map([
      ["jailhouse/collected.cell", { data: Buffer.from(encode(system)) }],
      [`jailhouse/${IMAGE}`, { data: readFileSync(firmware().get(basename(IMAGE))!) }],
    ]);
    guest = await Guest.boot({ jailhouse: true, extra });
  });
  afterAll(() => guest?.close());

  const command = (text: string) => guest.check(`jailhouse ${text}`);
  const bytesOf = async (path: string) =>
    Buffer.from(await guest.check(`base64 ${path}`), "base64");

  test("it has all that is needed", async () => {
    expect(METAL[0]).toBe(OWN[0]);
    const out = await guest.check(METAL[0]!);
    const found = features(out);
    for (const name of ESSENTIAL) expect([name, found.get(name)]).toEqual([name, "ok"]);
    expect(out).toContain("\nCheck passed!\n");
    expect(out).not.toMatch(/MISSING|cannot be told|BUT/);
  });

  test("a shell collects of it what was collected of its like", async () => {
    await guest.check("sh tools/config-collect.sh /tmp/machine.tar");
    const live = tarTree(await bytesOf("/tmp/machine.tar"));
    // This one has more serial ports.
    const common = (tree: Tree) => filesOf(tree).filter((path) => !/ttyS[12]/.test(path));
    expect(common(live)).toEqual(common(collected));
    const exactly = /^\/sys\/firmware|\/resource$|topology|\/dmi\//;
    const paths = common(live).filter((path) => exactly.test(path));
    expect(paths.length).toBeGreaterThan(12);
    for (const path of paths) expect([path, live.read(path)]).toEqual([path, collected.read(path)]);
    for (const path of ["/proc/iomem", "/proc/ioports"])
      expect(ofMachine(textOf(live, path))).toEqual(ofMachine(textOf(collected, path)));
  });

  test("the configuration created of it is the one created of its like", async () => {
    const created = await guest.run(METAL[1]!);
    expect([created.status, created.out]).toEqual([0, ""]);
    expect(created.err).toContain("To decide: no IOMMU was found");
    expect(ofSource((await bytesOf("my-machine.ts")).toString())).toEqual(ofSource(sourceOf(plan)));
    await command("config compile my-machine.ts -o my.cell");
    expect(new Uint8Array(await bytesOf("my.cell"))).toEqual(encode(system));
    await command("config check my.cell");
  });

  test("docs/configure-your-machine.md makes and checks it as well, beside the machine", async () => {
    const [, create, check, ...rest] = OWN;
    expect(rest).toEqual([]);
    await guest.check(create!);
    await command("config create-cell board.ts --name first --device COM2 -o first.ts");
    await guest.check(check!);
  });

  test("the article's session goes on the configuration as it goes on the one that ships", async () => {
    const steps = onSystem(SHORT_SESSION, { file: "collected.cell", name: system.rootCell.name });
    const shown = await silently((screen) => playIn(guest, steps, { screen }));
    expect(shown).toContain("the same bytes as in npm run demo");
  });

  test("a proposed cell runs on it, and goes", async () => {
    await command("config create-cell my-machine.ts --name own --device COM2 -o own.cell");
    await command("config check my-machine.ts own.cell");
    await guest.check("insmod driver/jailhouse.ko");
    await command("enable my.cell");
    await command("cell create own.cell");
    await command("cell load own inmates/demos/x86/tiny-demo.bin -a 0xf0000");
    const start = guest.com2.text.length;
    await command("cell start own");
    await guest.com2.waitFor(/Hello from this tiny cell!\r?\nPM Timer: /, PATIENCE, start);
    expect(await command("cell list")).toMatch(/^1 +own +running +3 /m);
    // What is collected now lacks what the cell has, and says so.
    const now = await guest.run("jailhouse config create");
    expect(now.out).toContain("cpus: [0, 1, 2],");
    expect(now.err).toContain("the hypervisor was enabled when this was collected");
    await command("cell destroy own");
    await command("disable");
    await guest.check("rmmod jailhouse");
  });

  test("docs/metal.md takes it over on trial, and gives it back", async () => {
    await command("config create-cell my-machine.ts --device COM2 -o my-cell.ts");
    await command("config check my-machine.ts my-cell.ts");
    const steps = METAL.slice(2);
    expect(steps.slice(0, 4)).toEqual([
      `cp ${IMAGE} /lib/firmware/`,
      "insmod driver/jailhouse.ko",
      "sync",
      "jailhouse enable --learn --try 86400 my-machine.ts",
    ]);
    await guest.check("rm /lib/firmware/jailhouse-amd.bin");
    for (const step of steps) await guest.check(step);
    expect(steps.length).toBeGreaterThan(11);
    await guest.check("jailhouse disable && rmmod jailhouse");
  });

  // The last but one: Linux' log has the complaint from then on.
  test("a session is not taken for right when Linux complains", async () => {
    const complain = [{ command: "echo '<4>something is wrong' >/dev/kmsg" }];
    const play = silently((screen) => playIn(guest, complain, { screen }));
    const expected = { message: expect.stringContaining("something is wrong") };
    await expect(play).rejects.toMatchObject({ ...expected, cause: expect.any(Difference) });
  });

  test("a reboot hands the machine back first", async () => {
    await guest.check("insmod driver/jailhouse.ko && jailhouse enable my.cell");
    await command("cell create own.cell");
    const start = guest.com1.text.length;
    // QEMU does not start again.
    await expect(guest.run("reboot -f")).rejects.toThrow(/QEMU has ended \(0\)/);
    const end = /Shutting down hypervisor(\s+Releasing CPU \d){4}/;
    await guest.com1.waitFor(end, PATIENCE, start);
    const said = guest.com1.text.slice(start);
    expect(said).toContain('Closing cell "own"');
    expect(said).not.toContain("FATAL");
  });
});

describeLinux("a machine that is not good enough", () => {
  let guest: Guest;
  beforeAll(async () => {
    const machine = { cpu: "EPYC,-svm", devices: ["-device", "amd-iommu"] };
    guest = await Guest.boot({ jailhouse: true, machine });
  });
  afterAll(() => guest?.close());

  test("is told what it lacks and what follows", async () => {
    const { status, out } = await guest.run("jailhouse hardware check");
    expect(status).toBe(2);
    const found = features(out);
    expect(found.get("AMD processor with SVM")).toMatch(/^MISSING: there is no virtualisation/);
    expect(found.get("Nested paging")).toMatch(/^MISSING: cells could not be kept/);
    expect(found.get("IOMMU (IVRS)")).toMatch(/^unused: /);
    expect(found.get("IOMMU not used by Linux")).toMatch(/^MISSING: .*amd_iommu=off/);
    expect(out).toContain("\nCheck FAILED!\n");
  });

  test("is not taken over, and goes on", async () => {
    await guest.check("insmod driver/jailhouse.ko");
    const { status, err } = await guest.run("jailhouse enable configs/qemu-x86.cell");
    expect(status).toBe(1);
    expect(err).toMatch(/^JAILHOUSE_ENABLE: No such device\n/);
    expect(err).toContain("This processor has no virtualisation (AMD SVM)");
    expect(await guest.check("cat /sys/devices/jailhouse/enabled")).toBe("0\n");
  });
});
