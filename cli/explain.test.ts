// jailhouse explain, enable --learn and config learn on a real machine.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { decode, encode } from "../config/index.ts";
import type { CellConfig, SystemConfig } from "../config/types.ts";
import qemuX86 from "../configs/x86/qemu-x86.ts";
import rogueDemo from "../configs/x86/rogue-demo.ts";
import { startSession } from "../control/session.ts";
import { Surroundings } from "./testing/surroundings.ts";

const ROGUE = readFileSync(new URL("../inmates/demos/x86/rogue-demo.bin", import.meta.url));
let world: Surroundings;

beforeEach(() => {
  world = new Surroundings();
  const file = (name: string, content: Uint8Array) =>
    writeFileSync(join(world.directory, name), content);
  file("system.cell", encode(qemuX86));
  file("rogue.cell", encode(rogueDemo));
  file("rogue.bin", ROGUE);
});
afterEach(() => world.close());

async function play(...lines: string[]): Promise<void> {
  for (const line of lines) expect(await world.run(line), line).toMatchObject({ status: 0 });
}

async function breakRule(violation: string): Promise<void> {
  await world.machine("default", (options) => startSession(options));
  await play("enable system.cell", "cell create rogue.cell");
  const parameters = `violation=${violation} delay=1`;
  const load = ["cell", "load", "rogue-demo", "rogue.bin", "-a", "0xf0000"];
  await world.run([...load, "-s", parameters, "-a", "0x1000"]);
  await play("cell start rogue-demo", "machine status");
  for (let look = 0; look < 50; look++) {
    if ((await world.run("cell list")).out.includes("failed")) return;
    await world.run("cell stats rogue-demo -n 2");
  }
}

test("nothing was denied", async () => {
  await world.machine("default", (options) => startSession(options));
  expect(await world.run("explain")).toMatchObject({ status: 1 });
  await play("enable system.cell");
  expect((await world.run("explain")).out).toBe("No access was denied.\n");
  expect((await world.run("explain --fix")).out).toBe("No entry is missing.\n");
  expect(await world.run("explain nobody")).toMatchObject({
    status: 1,
    err: "explaining: No such file or directory\nThere is no cell nobody.\n",
  });
  expect((await world.run("explain -o fixed.txt")).err).toContain("a .cell, .ts or .json file");
});

test("a port on which the hypervisor prints: the words, and no line", async () => {
  await breakRule("port");
  const { out } = await world.run("explain");
  expect(out).toMatch(/^CPU 2 of cell "rogue-demo" wrote 0x58 to port 0x3f8 \(1 byte\)\n/);
  expect(out).toMatch(/at 0x[0-9a-f]+ \(64-bit code\): out dx, ?al\n/);
  expect(out).toContain("That is COM1. It was denied, because the cell's configuration does not");
  // The hypervisor prints on that line.
  expect(out).toContain('no entry is proposed: with one, cell "rogue-demo" has the line of the');
  expect((await world.run("explain rogue-demo --fix")).out).toBe("No entry is missing.\n");
  const [record] = JSON.parse((await world.run("explain --json")).out);
  expect(record).toMatchObject({ kind: "port", address: "0x3f8", value: "0x58", times: 1 });
  expect(record).toMatchObject({ advice: [] });
});

test("a page: the words, the line, and the repaired configuration", async () => {
  await breakRule("readonly");
  const region =
    '{ physical: 0x3ec00000, virtual: 0x180000, size: KiB(4), flags: ["read", "write"] }';
  expect((await world.run("explain rogue-demo --fix")).out).toBe(
    `cell "rogue-demo":\n    memory: [${region}]  // found by use\n`,
  );
  await play("explain rogue-demo -o fixed.cell");
  const fixed = decode(readFileSync(join(world.directory, "fixed.cell"))) as CellConfig;
  expect(fixed.memory[2]).toMatchObject({ virtualStart: 0x180000n, flags: 3n });
  await play("explain rogue-demo -o fixed.ts", "config compile fixed.ts -o again.cell");
  expect(readFileSync(join(world.directory, "again.cell"))).toEqual(
    readFileSync(join(world.directory, "fixed.cell")),
  );
  expect({ ...fixed, memory: [] }).toEqual({ ...decode(encode(rogueDemo)), memory: [] });
});

test.each([
  ["ram", /address 0x[0-9a-f]+\n/],
  ["readonly", /memory\[2\] of the cell.*the region's flags do not allow it/],
  ["msr", /MSR 0x[0-9a-f]+\n(.*\n)*.*no configuration can allow it/],
  ["triple", /shut down with a triple fault/],
  ["jump", /fetched an instruction at/],
])("violation=%s", async (violation, words) => {
  await breakRule(violation);
  expect((await world.run("explain")).out).toMatch(words);
});

const OFFLINE = "explain --console log.txt --system system.cell";

test.each(["port", "ram", "readonly", "msr", "triple", "jump", "mmio"])(
  "a log of the console explains violation=%s as the hypervisor's own record does",
  async (violation) => {
    await breakRule(violation);
    const known = await world.run("explain");
    const { out: log } = await world.run("console");
    const save = (text: string) => writeFileSync(join(world.directory, "log.txt"), text);
    save(`[    0.1] Linux\r\n${log.replaceAll("\n", "\r\n")}`);
    const untrusted = expect.stringMatching(/^Untrusted: /);
    expect(await world.run(`${OFFLINE} --cell rogue.cell`)).toEqual({ ...known, err: untrusted });
    // The original's hypervisor does not print records: what is missing then is the instruction.
    save(log.replace(/^Denial: .*\n/m, ""));
    const words = await world.run(`${OFFLINE} --cell rogue.cell`);
    const withoutBytes = (text: string) => text.replace(/ code\): .*/, " code)");
    expect(withoutBytes(words.out)).toBe(withoutBytes(known.out));
    expect(words.out).toContain("code): unreadable\n");
  },
);

test("a log without the cell's configuration, a damaged one, and none", async () => {
  await breakRule("port");
  const { out: log } = await world.run("console");
  const save = (text: string) => writeFileSync(join(world.directory, "log.txt"), text);
  save(log);
  expect((await world.run(OFFLINE)).out).toContain(
    "nothing that can be looked up without the cell's configuration, which was not given",
  );
  expect((await world.run(`${OFFLINE} rogue-demo --trust-log -o fixed.cell`)).err).toBe(
    "Untrusted: cells that print on the same line can print such reports as log.txt has.\n" +
      "explaining: the cell's configuration was not given\n",
  );
  save(log.replace(/^Denial: ./m, "Denial: ").replace("Invalid PIO", "Inv?lid PIO"));
  expect(await world.run(`${OFFLINE} --cell rogue.cell`)).toMatchObject({
    out: "No access was denied.\n",
    err: 'Not an access, or damaged: Inv?lid PIO write, port: 3f8 size: 1 (CPU 2 of cell "rogue-demo")\n',
  });
  save(`${log}${log}`);
  const twice = JSON.parse((await world.run(`${OFFLINE} --cell rogue.cell --json`)).out);
  expect(twice).toMatchObject([
    { kind: "port", times: 2, instruction: expect.stringMatching(/^ee/) },
  ]);
  expect((await world.run("explain --cell rogue.cell")).err).toContain("--console takes a log");
  expect(await world.run("explain --console rogue.bin --system system.cell")).toEqual({
    status: 0,
    out: "No access was denied.\n",
    err: "rogue.bin has no report of a stopped CPU.\n",
  });
  save(log.replaceAll(/port: 3f8|^Denial: .*\n/gm, (text) => (text[0] === "p" ? "port: 2e8" : "")));
  const fix = await world.run(`${OFFLINE} --cell rogue.cell --fix --json`);
  expect(JSON.parse(fix.out)).toEqual([
    { cell: "rogue-demo", lines: ["ports: [{ base: 0x2e8, length: 8 }]  // COM4"] },
  ]);
  expect((await world.run("explain --console log.txt")).err).toContain("needs --system SYSCONFIG");
  expect((await world.run(`${OFFLINE}x`)).err).toContain("system.cellx: No such file");
  expect((await world.run("explain --console none.txt --system system.cell")).err).toBe(
    "opening none.txt: No such file or directory\n",
  );
  expect((await world.run(`${OFFLINE} --cell system.cell`)).err).toBe(
    "system.cell: not a cell configuration\n",
  );
});

test("enable --learn is loud, and what it writes is the configuration that was given", async () => {
  await world.machine("default", (options) => startSession(options));
  const { out, err } = await world.run("enable --learn system.cell");
  expect(out).toBe("The Jailhouse is opening.\n");
  expect(err).toMatch(/^Learning: the root cell may use everything that no cell has/);
  expect((await world.run("cell list")).err).toMatch(/^Learning: /);
  await play("explain -o system2.cell");
  const written = decode(readFileSync(join(world.directory, "system2.cell"))) as SystemConfig;
  expect(written).toEqual(decode(encode(qemuX86)));
});

test("config learn refuses what makes no sense", async () => {
  const learn = "config learn --system system.cell -o learned.cell";
  expect((await world.run(learn)).status).toBe(1);
  expect((await world.run(`${learn} --cpus x a rogue.bin`)).err).toContain("--cpus takes numbers");
  expect((await world.run(`${learn} --seconds 0 a rogue.bin`)).err).toContain("--seconds takes");
  expect((await world.run(`${learn} a missing.bin`)).err).toContain("No such file or directory");
  const cell = "config learn --system rogue.cell -o learned.cell a rogue.bin";
  expect((await world.run(cell)).err).toBe("rogue.cell: not a system configuration\n");
});

describe("an instruction that the emulated PC lacks", () => {
  /** Runs a program that starts at 0xf0000 in real mode until its cell has failed. */
  async function run(...code: number[]): Promise<void> {
    writeFileSync(join(world.directory, "raw.bin"), Uint8Array.of(...code));
    await world.machine("default", (options) => startSession(options));
    await play("enable system.cell", "cell create rogue.cell");
    await play(
      "cell load rogue-demo raw.bin -a 0xffff0",
      "cell start rogue-demo",
      "machine status",
    );
    await world.run("cell stats rogue-demo -n 2");
  }

  test.each<[string, number[]]>([
    ["AVX", [0xc5, 0xf8, 0x28, 0xc1]],
    ["AVX2", [0xc5, 0xfd, 0xfe, 0xc1]],
    ["FMA", [0xc4, 0xe2, 0x71, 0x98, 0xc2]],
    ["VZEROUPPER", [0xc5, 0xf8, 0x77]],
  ])("%s: is named with its bytes, and is no mistake of the program", async (_, code) => {
    await run(...code, 0xeb, 0xfe);
    const bytes = code.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const { out: log } = await world.run("console");
    expect(log).toContain(`FATAL: Instruction that this machine lacks, bytes: ${bytes}`);
    const { out } = await world.run("explain");
    expect(out).toContain('cell "rogue-demo" executed an instruction that this machine lacks\n');
    expect(out).toContain(bytes);
    expect(out).not.toContain("mistake");
    // The same from a log, with the record and without.
    const records = log.replace(/^Denial: .*\n/m, "");
    for (const text of [log, records]) {
      writeFileSync(join(world.directory, "log.txt"), text);
      expect((await world.run(`${OFFLINE} --cell rogue.cell`)).out).toBe(out);
    }
  });

  test.each([["SSE", [0x0f, 0x28, 0xc1]]])(
    "%s without a handler for #UD: the triple fault has its reason",
    async (_, code) => {
      // lidt [0x500], where all is zero.
      await run(0x0f, 0x01, 0x1e, 0x00, 0x05, ...code);
      const { out } = await world.run("explain");
      expect(out).toContain("shut down with a triple fault");
      expect(out).toContain("an instruction of SSE or AVX");
    },
  );
});
