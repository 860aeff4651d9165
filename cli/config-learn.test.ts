// jailhouse config learn with images and options that make no sense: what a person is told.

import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { encode } from "../config/index.ts";
import qemuX86 from "../configs/x86/qemu-x86.ts";
import { Surroundings } from "./testing/surroundings.ts";

/** Programs of the first instructions after a reset, in 16-bit code. */
const PROGRAMS = {
  // hlt; jmp $
  "halt.bin": [0xf4, 0xeb, 0xfd],
  // jmp $
  "loop.bin": [0xeb, 0xfe],
  // lidt [0], with a limit of 0; int3
  "triple.bin": [0x0f, 0x01, 0x1e, 0x00, 0x00, 0xcc],
  "empty.bin": [],
} as const;
const LEARN = "config learn --system system.cell --seconds 0.01 -o learned.cell";
let world: Surroundings;

beforeEach(() => {
  world = new Surroundings();
  writeFileSync(join(world.directory, "system.cell"), encode(qemuX86));
  for (const [name, bytes] of Object.entries(PROGRAMS))
    writeFileSync(join(world.directory, name), Uint8Array.from(bytes));
});
afterEach(() => world.close());

const learned = () => existsSync(join(world.directory, "learned.cell"));

test.each(["halt.bin", "loop.bin"])("%s does nothing, and that is said", async (image) => {
  const { status, out, err } = await world.run(`${LEARN} idle ${image} -a 0xffff0`);
  expect([status, out]).toEqual([
    0,
    'Wrote learned.cell: "idle" ran 0.01 s under it undisturbed.\n',
  ]);
  expect(err).toContain("It used nothing but its image: it halts at once, runs in a circle, or");
});

test.each([
  ["triple.bin -a 0xffff0", /shut down with a triple fault.* \(at 0x[0-9a-f]+\); no configuration/],
  [
    "halt.bin -a 0x20000",
    /an instruction at 0x0, where nothing was loaded.* the cell starts at 0x0\.$/m,
  ],
  ["empty.bin -a 0xffff0", /^learning: empty.bin is empty$/m],
  ["missing.bin", /^opening missing.bin: No such file or directory$/m],
  ["halt.bin -a 0x10000000000", /^learning: The system's configuration has no .* MiB of RAM/],
])("%s is refused, and nothing written", async (images, words) => {
  const { status, out, err } = await world.run(`${LEARN} cell ${images}`);
  expect([status, out]).toEqual([1, ""]);
  expect(err).toMatch(words);
  expect(learned()).toBe(false);
});

test.each([
  ["--cpus 0 cell", /^learning: Invalid argument\nCannot assign CPU 0/],
  ["--cpus 9 cell", /^learning: Device or resource busy\nCPUs that the root cell does not have: 9/],
  ["a-name-that-is-longer-than-31-bytes", /^learning: name "a-name-.*" is longer than 31 bytes\n/],
])("so is %s", async (options, words) => {
  const { status, err } = await world.run(`${LEARN} ${options} halt.bin -a 0xffff0`);
  expect(status).toBe(1);
  expect(err).toMatch(words);
});

test("where nothing can be written nothing is begun", async () => {
  const line = (output: string) => `config learn --system system.cell -o ${output} a missing.bin`;
  expect((await world.run(line("nowhere/learned.cell"))).err).toBe(
    "writing nowhere/learned.cell: No such file or directory\n",
  );
  expect((await world.run(line("learned.txt"))).err).toContain("a .cell, .ts or .json file");
  const directory = join(world.directory, "closed");
  mkdirSync(directory);
  chmodSync(directory, 0o500);
  // Root may write everywhere.
  const words =
    process.getuid?.() === 0 ? "opening missing.bin: No such" : "writing closed/l.cell: Perm";
  expect((await world.run(line("closed/l.cell"))).err).toContain(words);
});

test("Ctrl-C ends it, and nothing is written", async () => {
  const line =
    "config learn --system system.cell --seconds 1000000 -o learned.cell a loop.bin -a 0xffff0";
  const running = world.run(line);
  while (!world.isInterruptible) await sleep(5);
  world.interrupt();
  expect(await running).toEqual({
    status: 1,
    out: "",
    err: "learning: Interrupted; nothing was written.\n",
  });
  expect(learned()).toBe(false);
});
