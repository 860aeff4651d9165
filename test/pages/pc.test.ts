// Types what the documents say of configurations and of the emulated PC, in this process. What a page takes for given is put there first.
import { copyFileSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Surroundings } from "../../cli/testing/surroundings.ts";
import { forGrub } from "../../config/create/kernel-options.ts";
import { decode, encode, loadConfig } from "../../config/index.ts";
import type { SystemConfig } from "../../config/types.ts";
import qemuX86 from "../../configs/x86/qemu-x86.ts";
import { startSession } from "../../control/session.ts";
import { ROOT } from "../../tools/root.ts";
import { endless, type Item } from "./blocks.ts";
import { itemsFor } from "./ledger.ts";
import { pattern } from "./page.ts";

const HPET = 0xfed00000n;
/** Looks at a cell that is to fail, or to get going. */
const LOOKS = 50;
const MACHINE = join(ROOT, "test/data/machines/q35-1g-4-amd-demo.tar.gz");
const ours = (page: string) => itemsFor("test/pages/pc.test.ts", page);

let world: Surroundings;
beforeEach(() => {
  world = new Surroundings();
  for (const name of ["configs", "inmates"]) symlinkSync(join(ROOT, name), at(name));
});
afterEach(() => world.close());

const at = (name: string) => join(world.directory, name);
const startPc = () => world.machine("default", (options) => startSession(options));
/** An argument, in quotation marks or not. */
const words = (line: string) =>
  (line.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ""));

/** Types a command, which has to be ours. */
async function type(line: string) {
  const [name, ...args] = words(line);
  expect(name, line).toBe("jailhouse");
  return world.run(args);
}

/** Types commands that have to succeed. */
async function play(...lines: string[]): Promise<void> {
  for (const line of lines) expect(await type(line), line).toMatchObject({ status: 0 });
}

/** Types an item; what it prints is what the page shows, where it shows something. */
async function follow({ text, printed }: Item, status = 0): Promise<void> {
  const ended = await type(endless(text));
  expect({ text, ...ended }).toMatchObject({ text, status });
  const output = `${ended.out}${ended.err}`.replace(/ +$/gm, "").trimEnd();
  if (printed.length > 0) expect(output, text).toMatch(pattern(printed));
}

/** A cell with one of the demos in it. */
const begin = (name: string, parameters = "") => {
  const strings = parameters === "" ? "" : ` -s "${parameters}" -a 0x1000`;
  const image = `inmates/demos/x86/${name}.bin -a 0xf0000`;
  return play(
    `jailhouse cell create configs/${name}.cell`,
    `jailhouse cell load ${name} ${image}${strings}`,
    `jailhouse cell start ${name}`,
  );
};

/** Lets time pass until `cell list` shows this. */
async function until(state: RegExp, cell: string): Promise<void> {
  for (let look = 0; look < LOOKS; look++) {
    if (state.test((await world.run("cell list")).out)) return;
    await world.run(`cell stats ${cell} -n 2`);
  }
  expect.fail(`${cell} never got ${state}`);
}

/** A machine on which a cell has touched a port that it has not. */
async function breakRule(): Promise<void> {
  await startPc();
  await play("jailhouse enable configs/qemu-x86.cell");
  await begin("rogue-demo", "violation=readonly delay=1");
  await until(/failed/, "rogue-demo");
}

test("A configuration for your machine", async () => {
  const items = ours("docs/configure-your-machine.md");
  // What `sudo jailhouse config create` and somebody else have left; its own machine is another test's.
  await play(`jailhouse config create -r ${MACHINE} board.ts`);
  copyFileSync(at("board.ts"), at("board-old.ts"));
  const source = readFileSync(at("board.ts"), "utf8");
  writeFileSync(at("board-old.ts"), source.replace("cpus: [0, 1, 2, 3]", "cpus: [0, 1, 2]"));
  copyFileSync(join(ROOT, "configs/qemu-x86-e1000.cell"), at("theirs.cell"));
  for (const item of items) await follow(item, item.text.includes(" diff ") ? 1 : 0);
  const built = await loadConfig(at("board.cell"));
  expect(built.bytes).toEqual((await loadConfig(at("board.ts"))).bytes);
  const theirs = await loadConfig(at("theirs.ts"));
  expect(theirs.bytes).toEqual((await loadConfig(at("theirs.cell"))).bytes);
  expect(items.length).toBeGreaterThan(7);
});

test("On the metal: the line for GRUB is the one that is printed", () => {
  const [{ text, ...more }] = ours("docs/metal.md") as [Item];
  expect(more).toMatchObject({ isCommand: true });
  expect(text).toBe(forGrub("memmap=82M$0x3a000000 amd_iommu=off"));
});

test("Configurations: a cell in TypeScript, and one in JSON", async () => {
  for (const { block, text } of ours("docs/configuration.md")) {
    const file = `my-cell.${block.language}`;
    writeFileSync(at(file), text);
    await play(`jailhouse config compile ${file} -o ${block.language}.cell`);
    await play(`jailhouse config check configs/qemu-x86.cell ${file}`);
  }
  const [own, json] = await Promise.all(
    ["ts.cell", "json.cell"].map((name) => loadConfig(at(name))),
  );
  expect(own!.config).toMatchObject({ name: "my-cell", cpus: [2] });
  expect(json!.config).toMatchObject({ name: "my-cell", cpus: [2] });
});

test("The command: who has what, and a cell that refuses", async () => {
  await startPc();
  await play("jailhouse enable configs/qemu-x86.cell");
  await begin("rogue-demo", "delay=100000 violation=port");
  await begin("apic-demo");
  await until(/apic-demo +running\/locked/, "apic-demo");
  const [status, refused] = ours("docs/command.md") as [Item, Item];
  await follow(status);
  await follow(refused, 1);
});

test("Explain and learn", async () => {
  await breakRule();
  const [denied, offline, ...rest] = ours("docs/explain.md") as [Item, Item, ...Item[]];
  await follow(denied);
  await play("jailhouse explain rogue-demo --fix");

  // A log of Linux' last access, as the original's hypervisor writes it.
  const { rootCell, ...system } = decode(encode(qemuX86)) as SystemConfig;
  const memory = rootCell.memory.filter(({ physicalStart }) => physicalStart !== HPET);
  const mine: SystemConfig = { ...system, rootCell: { ...rootCell, name: "my-machine", memory } };
  writeFileSync(at("my-machine.cell"), encode(mine));
  copyFileSync(join(ROOT, "configs/rogue-demo.cell"), at("first.cell"));
  const { out: log } = await world.run("console");
  const report = log
    .replace(/^Denial: .*\n/m, "")
    .replace(/Invalid MMIO.*/, "Invalid MMIO/RAM read, addr: 0x00000000fed000f0 size: 4")
    .replace('Cell: "rogue-demo"', 'Cell: "my-machine"');
  expect(report).toContain("my-machine");
  writeFileSync(at("serial.log"), report);
  await follow(offline);

  await play("jailhouse disable");
  for (const item of rest) await follow(item);
  expect(rest).toHaveLength(3);
  expect((await loadConfig(at("my-machine.cell"))).bytes).toEqual(encode(mine));
});
