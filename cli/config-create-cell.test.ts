// jailhouse config create-cell: what it proposes passes the check, and a program runs in it.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { decode, encode } from "../config/index.ts";
import type { CellConfig } from "../config/types.ts";
import qemuX86 from "../configs/x86/qemu-x86.ts";
import { startSession } from "../control/session.ts";
import { Surroundings } from "./testing/surroundings.ts";

const TINY = readFileSync(new URL("../inmates/demos/x86/tiny-demo.bin", import.meta.url));
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
  const { out } = await world.run("config create-cell system.cell --device 00:1b.0 --cpus 1,2");
  expect(out).toContain("defineCell");
  writeFileSync(join(world.directory, "cell.ts"), out);
  expect(await world.run("config compile cell.ts -o cell.cell")).toMatchObject({ status: 0 });
  const cell = read("cell.cell");
  expect(cell.cpus).toEqual([1, 2]);
  expect(cell.pciDevices.map(({ bdf }) => bdf)).toEqual([0xd8]);
  expect(cell.pciCapabilities).toHaveLength(cell.pciDevices[0]!.numCaps);
});

test.each([
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
