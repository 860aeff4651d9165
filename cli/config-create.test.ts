import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadInput } from "../config/check/files.ts";
import { checkConfigs, checkInputs } from "../config/check/index.ts";
import { decompileToC } from "../config/decompile/c.ts";
import { decode, encode, loadConfig, type SystemConfig } from "../config/index.ts";
import tinyDemo from "../configs/x86/tiny-demo.ts";
import { startSession } from "../control/session.ts";
import { Surroundings } from "./testing/surroundings.ts";

const DATA = fileURLToPath(new URL("../test/data/machines/", import.meta.url));
const SCRIPT = fileURLToPath(new URL("../tools/config-collect.sh", import.meta.url));
const MACHINES = readdirSync(DATA).map((file) => file.replace(".tar.gz", ""));
const DEMO = "q35-1g-4-amd-demo";
const BOCHS = "i440fx-1g-4-amd-demo";
const BOCHS_INTEL = "i440fx-1g-4-intel-demo";
const PC = "pc-1g-4-amd-demo";
const GIB = 1n << 30n;

let world: Surroundings;
beforeEach(() => {
  world = new Surroundings();
});
afterEach(() => world.close());

const at = (name: string) => join(world.directory, name);
const archive = (machine: string) => join(DATA, `${machine}.tar.gz`);
const create = (machine: string, ...args: string[]) =>
  world.run(["config", "create", "-r", archive(machine), ...args]);

async function created(machine: string, ...args: string[]): Promise<SystemConfig> {
  expect(await create(machine, "machine.ts", ...args)).toMatchObject({ status: 0, out: "" });
  return (await loadConfig(at("machine.ts"))).config as SystemConfig;
}

describe.each(MACHINES)("config create for %s", (machine) => {
  const [, memory, cpus] = /-(\d+[mg])-(\d+)-/.exec(machine) as unknown as [string, string, string];

  it("writes a source that passes the check, with all CPUs, and the same as a built file", async () => {
    const system = await created(machine);
    const input = await loadInput(at("machine.ts"), world.directory);
    const faults = checkInputs([input]).filter(({ severity }) => severity !== "note");
    expect(faults).toEqual([]);
    expect(system.rootCell.cpus.length).toBe(Number(cpus));
    expect((await create(machine, "machine.cell")).status).toBe(0);
    expect(decode(readFileSync(at("machine.cell")))).toEqual(system);
  });

  it("lists all RAM, and keeps hypervisor and inmates inside it", async () => {
    const { rootCell, hypervisorMemory } = await created(machine);
    const size = BigInt(Number.parseInt(memory, 10)) * (memory.endsWith("g") ? GIB : 1n << 20n);
    const ram = rootCell.memory.filter(({ flags }) => flags === 0xfn);
    const total = ram.reduce((sum, region) => sum + region.size, hypervisorMemory.size);
    // The hole for VGA and ROMs counts, and the firmware keeps a few pages.
    expect(total).toBeGreaterThan(size - (1n << 20n));
    expect(total).toBeLessThanOrEqual(size + (1n << 20n));
    expect(hypervisorMemory.physicalStart + hypervisorMemory.size).toBeLessThan(size);
  });

  it("knows its IOMMU, I/O APIC and PCI's configuration space", async () => {
    const { iommuUnits, rootCell, pciMmconfigBase } = await created(machine);
    const type = machine.includes("amd-iommu")
      ? 1
      : machine.includes("intel-iommu")
        ? 2
        : undefined;
    expect(iommuUnits.map((unit) => unit.type)).toEqual(type === undefined ? [] : [type]);
    expect(rootCell.irqchips).toHaveLength(1);
    expect(rootCell.irqchips[0]!.address).toBe(0xfec00000n);
    expect(pciMmconfigBase).toBe(machine.startsWith("i440fx") ? 0n : 0xb0000000n);
  });
});

describe("config create", () => {
  it("says where each entry is from, and what a person must decide", async () => {
    const { out, err } = await create("q35-256m-1-amd-e1000");
    expect(out).toMatch(/^\/\/ QEMU Standard PC/);
    for (const comment of ["// MADT: I/O APIC 0", "// /proc/cpuinfo", "// MCFG", "// 00:01.0: "])
      expect(out).toContain(comment);
    expect(err).toContain("Boot Linux with memmap=62M$0xc000000; in /etc/default/grub:\n");
    expect(err).toContain('  GRUB_CMDLINE_LINUX="memmap=62M\\\\\\$0xc000000"\n');
    expect(err).toContain("To decide: inmates get 56 MiB only");
  });

  it("wants Linux to leave the IOMMU alone, in the same line", async () => {
    const { err } = await create("q35-6g-8-amd-iommu-e1000");
    expect(err).toContain('  GRUB_CMDLINE_LINUX="memmap=82M\\\\\\$0x3a000000 amd_iommu=off"\n');
    expect(err).toContain("To decide: the hypervisor drives no IOMMU");
  });

  it("says when the first serial line is Linux' own, unless it was asked for", async () => {
    const mixed = "To decide: ttyS0 is Linux' console, too";
    const { err } = await create(DEMO);
    expect(err).toContain(mixed);
    expect((await create(DEMO, "-c", "ttyS0")).err).not.toContain(mixed);
  });

  it("takes the sizes that it is told, and the console", async () => {
    const { hypervisorMemory, debugConsole } = await created(
      "q35-256m-1-amd-e1000",
      ...["--mem-inmates", "16M", "--mem-hv", "4M", "-c", "none"],
    );
    expect(hypervisorMemory).toMatchObject({ physicalStart: 0xea00000n, size: 4n << 20n });
    expect(debugConsole.type).toBe(0);
    const { status, err } = await create("q35-256m-1-amd-e1000", "--mem-inmates", "1G");
    expect([status, err]).toEqual([
      1,
      expect.stringContaining("no RAM between 16 MiB and 4 GiB has 1030 MiB in one piece"),
    ]);
  });

  it("takes a system over on the emulated PC, and a demo's cell fits", async () => {
    const system = await created(DEMO);
    const faults = checkConfigs([system, tinyDemo]).filter(({ severity }) => severity !== "note");
    expect(faults).toEqual([]);
    const session = await startSession();
    await session.enable(encode(system));
    const image = readFileSync(new URL("../inmates/demos/x86/tiny-demo.bin", import.meta.url));
    await session.createCell(encode(tinyDemo));
    await session.loadCell("tiny-demo", [{ data: image, address: 0xf0000n }]);
    await session.startCell("tiny-demo");
    await session.serial(1).waitFor(/PM Timer: /);
    await session.destroyCell("tiny-demo", { force: true });
    await session.disable();
  });

  it.each([
    [BOCHS, "bochs-x86"],
    [BOCHS_INTEL, "bochs-x86"],
    [PC, "pc-x86"],
  ])(
    "makes of what was collected on %s the configuration that ships, %s",
    async (machine, name) => {
      expect((await create(machine, "made.cell", "-c", "ttyS0")).status).toBe(0);
      const shipped = new URL(`../configs/${name}.cell`, import.meta.url);
      expect(decode(readFileSync(at("made.cell")))).toEqual(decode(readFileSync(shipped)));
    },
  );

  it("knows which ports of an IDE controller no register moves", async () => {
    const { pciDevices, ports } = (await created(BOCHS)).rootCell;
    const ide = pciDevices.find(({ bdf }) => bdf === 9)!;
    expect(ide.barMask).toEqual([0, 0, 0, 0, 0xfffffff0, 0]);
    const bases = ports.map(({ base }) => base);
    expect(bases).toEqual(expect.arrayContaining([0x170, 0x1f0, 0x376, 0x3f0, 0xc000]));
  });

  it("says what is wrong with the data", async () => {
    const run = (...args: string[]) => world.run(["config", "create", ...args]);
    expect(await run("-r", "nowhere")).toMatchObject({
      status: 1,
      err: "opening nowhere: No such file or directory\n",
    });
    mkdirSync(at("empty"));
    expect((await run("-r", "empty")).err).toBe(
      "empty: /proc/iomem shows no RAM: it must be read as root\n",
    );
  });
});

describe("collecting", () => {
  it("keeps files as they are, by the script and from a directory", async () => {
    const files = {
      "proc/iomem": "00001000-0fffffff : System RAM\n",
      "proc/cpuinfo": "processor\t: 0\n",
      "sys/bus/pci/devices/0000:00:00.0/config": "x".repeat(256),
      "proc/version": "not collected",
    };
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(at(`root/${path}`)), { recursive: true });
      writeFileSync(at(`root/${path}`), text);
    }
    const { status, stdout } = spawnSync("sh", [SCRIPT, at("data.tar"), at("root")], {
      encoding: "utf8",
    });
    expect([status, stdout]).toEqual([0, `3 files in ${at("data.tar")}\n`]);
    const direct = await world.run(["config", "create", "-r", "root"]);
    const collected = await world.run(["config", "create", "-r", "data.tar"]);
    expect(direct.status).toBe(0);
    expect(collected).toEqual(direct);
  });

  it("has small data of many machines", () => {
    expect(MACHINES.length).toBeGreaterThanOrEqual(8);
    for (const machine of MACHINES) {
      const bytes = readFileSync(archive(machine));
      expect(bytes.length).toBeLessThan(16_384);
      expect(gunzipSync(bytes).length).toBeGreaterThan(10_000);
    }
  });
});

describe("config create FILE", () => {
  const MACHINE = MACHINES[0]!;

  it("is JSON, a built file, or C as the name says, and all are the same", async () => {
    const system = await created(MACHINE);
    for (const name of ["m.json", "m.cell", "m.c", "my-machine"])
      expect((await create(MACHINE, name)).status).toBe(0);
    for (const name of ["m.json", "m.cell"])
      expect((await loadConfig(at(name))).config).toEqual(system);
    const source = readFileSync(at("m.c"), "utf8");
    const lines = source.split("\n");
    const about = lines.slice(1, lines.indexOf(" */")).map((line) => line.slice(3));
    expect(about.length).toBeGreaterThan(1);
    expect(source).toBe(decompileToC(system, about.join("\n")));
    expect(readFileSync(at("my-machine"), "utf8")).toBe(source);
  });

  it("leaves what somebody has edited as it is, unless it is forced", async () => {
    await created(MACHINE);
    const written = readFileSync(at("machine.ts"), "utf8");
    // The same again is no loss.
    expect((await create(MACHINE, "machine.ts")).status).toBe(0);
    writeFileSync(at("machine.ts"), `${written}// Mine.\n`);
    const refused = await create(MACHINE, "machine.ts");
    expect(refused).toMatchObject({ status: 1, out: "" });
    expect(refused.err).toContain("writing machine.ts: File exists\n");
    expect(readFileSync(at("machine.ts"), "utf8")).toContain("// Mine.");
    expect((await create(MACHINE, "machine.ts", "--force")).status).toBe(0);
    expect(readFileSync(at("machine.ts"), "utf8")).toBe(written);
  });

  it("takes the original's options: -g writes a collector, -t has no effect", async () => {
    const script = readFileSync(new URL("../tools/config-collect.sh", import.meta.url), "utf8");
    expect(await world.run("config create -g")).toEqual({ status: 0, out: script, err: "" });
    expect((await world.run("config create -g collect.sh")).status).toBe(0);
    expect(readFileSync(at("collect.sh"), "utf8")).toBe(script);
    const { status, err } = await create(MACHINE, "-t", "templates", "x.ts");
    expect(status).toBe(0);
    expect(err).toContain("--template-dir has no effect");
  });
});
