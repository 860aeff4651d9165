// jailhouse config create-cell: what it proposes passes the check, and a program runs in it.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { decode, encode } from "../config/index.ts";
import type { CellConfig } from "../config/types.ts";
import e1000Demo from "../configs/x86/e1000-demo.ts";
import qemuX86 from "../configs/x86/qemu-x86.ts";
import qemuX86E1000 from "../configs/x86/qemu-x86-e1000.ts";
import { startSession } from "../control/session.ts";
import { Surroundings } from "./testing/surroundings.ts";

const TINY = readFileSync(new URL("../inmates/demos/x86/tiny-demo.bin", import.meta.url));
const machine = (name: string) =>
  fileURLToPath(new URL(`../test/data/machines/${name}.tar.gz`, import.meta.url));
const MACHINE = machine("q35-1g-4-amd-demo");
const MACHINE_E1000 = machine("q35-1g-4-amd-demo-e1000");
let world: Surroundings;

beforeEach(() => {
  world = new Surroundings();
  writeFileSync(join(world.directory, "system.cell"), encode(qemuX86));
});
afterEach(() => world.close());

const read = (name: string) => decode(readFileSync(join(world.directory, name))) as CellConfig;

test("a proposal passes the check, and tiny-demo says hello in it", async () => {
  const outcome = await world.run(
    "config create-cell system.cell --device COM2 --name tiny -o tiny.cell",
  );
  expect(outcome).toMatchObject({ status: 0, out: "" });
  expect(outcome.err).toContain("never asked before it is destroyed");
  expect(read("tiny.cell")).toMatchObject({ name: "tiny", cpus: [3], ports: [{ base: 0x2f8 }] });
  expect((await world.run("config check system.cell tiny.cell")).status).toBe(0);

  const session = await startSession();
  await session.enable(encode(qemuX86));
  await session.createCell(encode(read("tiny.cell")));
  await session.loadCell("tiny", [{ data: TINY, address: 0xf0000n }]);
  await session.startCell("tiny");
  await session.serial(1).waitFor("Hello from this tiny cell!");
  await session.close();
});

test("a second one takes another CPU and other memory", async () => {
  await world.run("config create-cell system.cell --name one -o one.cell");
  await world.run(
    "config create-cell system.cell --name two --memory 2M --beside one.cell -o two.cell",
  );
  const [one, two] = [read("one.cell"), read("two.cell")];
  expect([one.cpus, two.cpus]).toEqual([[3], [2]]);
  expect(one.memory[0]!.physicalStart - two.memory[0]!.physicalStart).toBe(0x200000n);
  expect((await world.run("config check system.cell one.cell two.cell")).status).toBe(0);
});

test("without a file the source is printed, and it compiles", async () => {
  const line = "config create-cell system.cell --device 00:1b.0 --cpus 1,2 --allow-dma";
  const { out } = await world.run(line);
  expect(out).toMatch(/^\/\/ Proposed by jailhouse config create-cell\.\n/);
  expect(out).toContain("defineCell");
  writeFileSync(join(world.directory, "cell.ts"), out);
  expect(await world.run("config compile cell.ts -o cell.cell")).toMatchObject({ status: 0 });
  const cell = read("cell.cell");
  expect(cell.cpus).toEqual([1, 2]);
  expect(cell.pciDevices.map(({ bdf }) => bdf)).toEqual([0xd8]);
  expect(cell.pciCapabilities).toHaveLength(cell.pciDevices[0]!.numCaps);
});

/** What `lspci -v` says of QEMU's machine, with its e1000e, and with another network card. */
const DEVICES = [
  ["00:02.0", "ethernet", [0xfeb80000n, 0xfeba0000n, 0xfebd1000n], [0xc040]],
  ["00:1b.0", "audio", [0xfebd4000n], []],
  ["00:01.0", "1234:1111", [0xfd000000n, 0xfebd8000n], []],
  ["0000:00:1f.2", "SATA controller", [0xfebd9000n], [0xc060]],
] as const;

describe("a PCI device", () => {
  const propose = (device: string, ...more: string[]) =>
    world.run([
      ...["config", "create-cell", "system.cell", "--allow-dma", "-o", "cell.cell"],
      ...["--device", device, ...more],
    ]);

  test.each(DEVICES)(
    "%s, as the machine shows it, or by what it is",
    async (bdf, kind, memory, ports) => {
      const cells: CellConfig[] = [];
      for (const name of [bdf, kind]) {
        expect(await propose(name, "-r", MACHINE)).toMatchObject({ status: 0 });
        expect(await world.run("config check system.cell cell.cell")).toMatchObject({ status: 0 });
        cells.push(read("cell.cell"));
      }
      const [cell, again] = cells;
      expect(again).toEqual(cell);
      const registers = cell!.memory.slice(2);
      expect(registers.map(({ physicalStart }) => physicalStart)).toEqual(memory);
      expect(cell!.ports.map(({ base }) => base)).toEqual(ports);
      expect(cell!.pciDevices).toHaveLength(1);
      const home = qemuX86.rootCell.pciDevices.find(
        ({ bdf: own }) => own === cell!.pciDevices[0]!.bdf,
      );
      expect(cell!.pciDevices[0]!.barMask).toEqual(home!.barMask);
    },
  );

  test("from the configuration alone, where that leaves no doubt", async () => {
    expect(await propose("00:1b.0")).toMatchObject({ status: 0 });
    expect(read("cell.cell").memory[2]).toMatchObject({
      physicalStart: 0xfebd4000n,
      size: 0x4000n,
    });
    expect(await world.run("config check system.cell cell.cell")).toMatchObject({ status: 0 });
    // Two devices have 4 KiB each; the ports are somewhere in a range of all devices.
    for (const [device, words] of [
      ["00:01.0", "4 KiB of registers, at 0xfebd8000 or 0xfebd9000: -r / on that machine does"],
      ["00:02.0", "where 00:02.0 has 32 ports: -r / on that machine does"],
    ] as const) {
      const { status, err } = await propose(device);
      expect([status, err]).toEqual([1, expect.stringContaining(words)]);
    }
  });

  test("one card of several alike is told by the machine only", async () => {
    writeFileSync(join(world.directory, "system.cell"), encode(qemuX86E1000));
    expect((await propose("00:19.0")).err).toContain("at 0xfeb80000 or 0xfeba0000 or 0xfebc0000");
    expect((await propose("ethernet", "-r", MACHINE_E1000)).err).toMatch(
      /several devices are "ethernet", choose by number:\n {2}00:02.0: .*\n {2}00:19.0: /,
    );
    expect(await propose("8086:100e", "-r", MACHINE_E1000)).toMatchObject({ status: 0 });
    const cell = read("cell.cell");
    const registers = e1000Demo.memory.find(({ physicalStart }) => physicalStart === 0xfebc0000n);
    expect(cell.memory).toContainEqual(registers);
    expect(cell.ports).toEqual([{ base: 0xc000, length: 0x40 }]);
    expect(await world.run("config check system.cell cell.cell")).toMatchObject({ status: 0 });
  });

  test("without an IOMMU it has to be trusted", async () => {
    const line = "config create-cell system.cell --device 00:1b.0 -o cell.cell";
    const { status, err } = await world.run(line);
    expect([status, err]).toEqual([
      1,
      expect.stringMatching(/can do DMA.*; --allow-dma trusts it\n$/),
    ]);
  });

  test.each([
    ["01:0c.0", "01:0c.0 is one end of shared memory: ivshmemLink in a source makes both ends"],
    ["00:00.0", "00:00.0 is a bridge: other devices need it"],
  ])("%s is not one to give", async (device, words) => {
    expect((await propose(device)).err).toBe(`system.cell: ${words}\n`);
  });

  test("nor are bridges that only the machine knows as such", async () => {
    expect((await propose("00:1f.0", "-r", MACHINE)).err).toMatch(
      /ISA bridge, .* is a bridge: other/,
    );
  });

  test("what is not there is refused with what is", async () => {
    expect((await propose("wireless")).err).toContain("are known with -r ROOT:\n  00:00.0\n");
    expect((await propose("wireless", "-r", MACHINE)).err).toContain(
      "\n  00:02.0: Ethernet controller, 8086:10d3\n",
    );
    expect((await propose("00:19.0")).err).toContain("does not have PCI device 00:19.0");
    expect((await propose("audio", "-r", "nowhere")).err).toBe(
      "opening nowhere: No such file or directory\n",
    );
  });
});

test.each([
  ["system.cell --name an-awfully-long-name-for-a-cell-of-mine", /^system.cell: .*name/],
  ["system.cell --memory 0", /"0" is no size/],
  ["system.cell --memory 5000", "system.cell: 5000 bytes of RAM are not whole pages of 4 KiB\n"],
  ["system.cell --cpus 0,1,2,3", "system.cell: the root cell needs a CPU itself\n"],
  ["system.cell --cpus 7", "system.cell: CPU 7 is not the root cell's; it has 0,1,2,3\n"],
  ["system.cell --memory 1G", /no 1073741824 bytes of the root cell's RAM are free/],
  ["system.cell --device COM9", /^system.cell: the system has no device "COM9"/],
  ["system.cell --cpus x", /--cpus takes numbers/],
  ["system.cell --memory lots", /"lots" is no size/],
  ["missing.cell", /No such file/],
])("refuses %s", async (line, words) => {
  const { status, err } = await world.run(`config create-cell ${line}`);
  expect(status).toBe(1);
  if (typeof words === "string") expect(err).toBe(words);
  else expect(err).toMatch(words);
});
