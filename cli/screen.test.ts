// Hostile names and output, verb by verb: on a terminal nothing reaches it that it would obey; files and pipes get every byte.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { encode } from "../config/encode.ts";
import { loadConfig } from "../config/index.ts";
import { FakeSession, fakeConfig } from "../control/testing/fake-session.ts";
import { Surroundings } from "./testing/surroundings.ts";

/** Clears the screen, sets the title, rings, goes back, and turns text around. 31 bytes are a name's most. */
const NAME = "\x1b[2J\x1b]0;\x07\x7f\r\b\u009b\u202ea";
const BROKEN = "a\nb\rc\u2028d/../e";
/** All bytes. */
const OUTPUT = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString("latin1");
/** What a terminal obeys, but line ends and tabs. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const OBEYED = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

let world: Surroundings;
beforeEach(() => {
  world = new Surroundings();
});
afterEach(() => world.close());

const save = (file: string, content: string | Uint8Array) =>
  writeFileSync(join(world.directory, file), content);

/** The command's own colours. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const COLOURS = /\x1b\[(30;4\d|0?|1|22|3[1-6]|39)m/g;

/** A machine with a cell of that name, which has printed everything. */
async function hostile(name: string): Promise<void> {
  let session: FakeSession | undefined;
  await world.machine("default", async (options) => {
    session = new FakeSession(options);
    return session;
  });
  save("system.cell", "JHSYS");
  save("bad.cell", fakeConfig(name, [3]));
  await world.run("enable system.cell");
  await world.run("cell create bad.cell");
  session?.say(OUTPUT);
}

/** Files of real configurations with that name. */
async function named(name: string): Promise<void> {
  const system = (await loadConfig("configs/qemu-x86.cell")).config;
  const cell = (await loadConfig("configs/tiny-demo.cell")).config;
  if (system.kind !== "system" || cell.kind !== "cell") throw new Error("other configurations");
  save("system.cell", encode({ ...system, rootCell: { ...system.rootCell, name } }));
  save("cell.cell", encode({ ...cell, name: `${name}.` }));
  save("broken.ts", `throw new Error(${JSON.stringify(name)});`);
  save("log.txt", `FATAL: ${name}\nParking CPU 1 (Cell: "${name}")\n`);
}

const LIVE: readonly (readonly string[])[] = [
  ["cell", "list"],
  ["cell", "list", "--json"],
  ["cell", "stats", "1", "-n", "1"],
  ["cell", "stats", "1", "-n", "1", "--json"],
  ["cell", "start", "NAME"],
  ["cell", "load", "1", "NAME"],
  ["cell", "create", "bad.cell"],
  ["machine", "status"],
  ["machine", "status", "--json"],
  ["machine", "list"],
  ["machine", "status", "NAME"],
  ["console"],
  ["serial", "0"],
  ["serial", "NAME"],
  ["explain"],
  ["NAME"],
];
const FILES: readonly (readonly string[])[] = [
  ["config", "check", "system.cell", "cell.cell", "--notes"],
  ["config", "check", "system.cell", "cell.cell", "cell.cell", "--all"],
  ["config", "check", "system.cell", "cell.cell", "cell.cell", "--json"],
  ["config", "check", "system.cell", "cell.cell", "cell.cell", "--sarif"],
  ["config", "check", "system.cell", "broken.ts"],
  ["config", "show", "system.cell"],
  ["config", "show", "cell.cell"],
  ["config", "show", "--map", "system.cell", "cell.cell"],
  ["config", "show", "--svg", "-", "system.cell", "cell.cell"],
  ["config", "diff", "system.cell", "cell.cell"],
  ["config", "decompile", "cell.cell"],
  ["config", "compile", "broken.ts", "-o", "NAME"],
  ["explain", "--console", "log.txt", "--system", "system.cell", "--cell", "cell.cell"],
  ["enable", "broken.ts"],
];

describe.each([
  ["control characters", NAME],
  ["line ends", BROKEN],
])("%s in a name", (_, name) => {
  test("reach a terminal from no verb", async () => {
    await named(name);
    world.isTerminal = true;
    for (const words of FILES) {
      const { out, err } = await world.run(words.map((word) => (word === "NAME" ? name : word)));
      expect((out + err).replace(COLOURS, ""), words.join(" ")).not.toMatch(OBEYED);
      expect(out + err, words.join(" ")).not.toBe("");
      if (words.includes("--json") || words.includes("--sarif")) JSON.parse(out);
    }
    await hostile(name);
    for (const words of LIVE) {
      const { out, err } = await world.run(words.map((word) => (word === "NAME" ? name : word)));
      expect((out + err).replace(COLOURS, ""), words.join(" ")).not.toMatch(OBEYED);
      expect(out + err, words.join(" ")).not.toBe("");
      if (words.includes("--json")) JSON.parse(out);
    }
  });
});

test("files and pipes get names and output byte for byte, a name within its line", async () => {
  await hostile(NAME);
  expect((await world.run("cell list")).out).toContain("\x1b[2J\x1b]0;\x07\x7f");
  const line = await world.bytes("serial 0");
  expect(line.toString("latin1")).toContain(OUTPUT);
  expect((await world.bytes("console")).toString("latin1")).toContain(OUTPUT);
  await named(BROKEN);
  const { out } = await world.run("config check system.cell cell.cell cell.cell");
  expect(out).toContain("a\\u000ab\\u000dc\\u2028d/../e.");
});

test("pictures in files have no control characters", async () => {
  for (const name of [NAME, BROKEN]) {
    await named(name);
    await world.run("config show --svg map.svg system.cell cell.cell");
    const picture = readFileSync(join(world.directory, "map.svg"), "utf8");
    expect(picture).not.toMatch(OBEYED);
    expect(picture).toContain("\\u00");
  }
});

test("a log is said to be untrusted, and changes a configuration only if it is trusted", async () => {
  await named("rogue");
  save(
    "log.txt",
    'FATAL: Invalid PIO write, port: 3f8 size: 1\nRIP: 0x0000000000000000\nParking CPU 2 (Cell: "rogue.")\n',
  );
  const offline = "explain --console log.txt --system system.cell --cell cell.cell";
  expect(await world.run(offline)).toMatchObject({
    status: 0,
    err: expect.stringMatching(/^Untrusted: /),
  });
  const refused = await world.run(`${offline} rogue. -o fixed.cell`);
  expect(refused.status).toBe(1);
  expect(refused.err).toContain("--trust-log");
  expect(() => readFileSync(join(world.directory, "fixed.cell"))).toThrow();
  expect((await world.run(`${offline} rogue. --trust-log -o fixed.cell`)).status).toBe(0);
});
