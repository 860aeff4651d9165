import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { wantsColour } from "./colour.ts";
import { Surroundings } from "./testing/surroundings.ts";

const SYSTEM = fileURLToPath(new URL("../configs/qemu-x86.cell", import.meta.url));

test.each<[Record<string, string>, boolean, boolean, boolean]>([
  [{}, true, false, true],
  [{}, false, false, false],
  [{ NO_COLOR: "1" }, true, false, false],
  [{ NO_COLOR: "0" }, true, false, false],
  [{ NO_COLOR: "false" }, true, false, false],
  [{ NO_COLOR: "" }, true, false, true],
  [{ NODE_DISABLE_COLORS: "1" }, true, false, false],
  [{ TERM: "dumb" }, true, false, false],
  [{ TERM: "xterm" }, true, false, true],
  [{ FORCE_COLOR: "1" }, false, false, true],
  [{ FORCE_COLOR: "" }, false, false, true],
  [{ FORCE_COLOR: "3", TERM: "dumb" }, false, false, true],
  [{ FORCE_COLOR: "0" }, true, false, false],
  [{ FORCE_COLOR: "false" }, true, false, false],
  [{ FORCE_COLOR: "1", NO_COLOR: "1" }, false, false, true],
  [{ FORCE_COLOR: "1" }, true, true, false],
  [{}, true, true, false],
])("%j, terminal: %s, --no-color: %s; colours: %s", (env, isTerminal, refused, wanted) => {
  expect(wantsColour(env, isTerminal, refused)).toBe(wanted);
});

let world: Surroundings;
beforeEach(() => {
  world = new Surroundings();
  writeFileSync(
    join(world.directory, "cell.json"),
    JSON.stringify({ kind: "cell", name: "a", cpus: [0, 99] }),
  );
});
afterEach(() => world.close());

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
const SGR = /\x1b\[[\d;]*m/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the same
const SEVERITY = /\x1b\[\d+m(error|warning|note)\x1b/g;
const CHECK = ["config", "check", SYSTEM, "cell.json", "--cpus", "4"];

/** What every command here prints, colours aside, is the same with them and without. */
describe.each<[string, readonly string[], "out" | "err"]>([
  ["findings", CHECK, "out"],
  ["a failure", ["config", "show", "none.cell"], "err"],
  ["a misuse", ["config", "cook"], "err"],
  ["a missing argument", ["cell", "create"], "err"],
  ["a verb's own misuse", ["machine", "start", "--cpus", "0"], "err"],
  ["a map", ["config", "show", "--map", SYSTEM], "out"],
])("%s", (_, words, stream) => {
  test("colours on a terminal only, and by nobody's refusal", async () => {
    const plain = await world.run(words);
    expect(plain.out + plain.err).not.toContain("\x1b");
    world.isTerminal = true;
    const coloured = await world.run(words);
    expect(coloured[stream]).toMatch(SGR);
    expect(coloured.status).toBe(plain.status);
    expect(coloured[stream].replaceAll(SGR, "")).toBe(plain[stream]);
    for (const [name, value] of [
      ["NO_COLOR", "x"],
      ["FORCE_COLOR", "0"],
      ["TERM", "dumb"],
    ] as const) {
      world.env[name] = value;
      expect((await world.run(words))[stream], name).toBe(plain[stream]);
      delete world.env[name];
    }
    expect((await world.run(["--no-color", ...words]))[stream]).toBe(plain[stream]);
    const [group, ...rest] = [...words, "--no-color"];
    expect((await world.run([group!, ...rest]))[stream]).not.toContain("\x1b");
  });

  test("are forced into a pipe by FORCE_COLOR", async () => {
    const plain = await world.run(words);
    world.env.FORCE_COLOR = "1";
    const forced = await world.run(words);
    expect(forced[stream]).toMatch(SGR);
    expect(forced[stream].replaceAll(SGR, "")).toBe(plain[stream]);
  });
});

test("the severities differ, and a source's own control characters are none of ours", async () => {
  writeFileSync(
    join(world.directory, "cell.json"),
    '{"kind": "cell", "name": "a\\u001b[31mb", "cpus": [0, 99]}',
  );
  world.isTerminal = true;
  const { out } = await world.run([...CHECK, "--notes"]);
  const severities = new Set(out.match(SEVERITY));
  expect(severities.size).toBeGreaterThan(1);
  expect(out).not.toContain("a\x1b[31m");
  expect(out).toContain("a\\u001b[31mb");
});

test("JSON and SARIF have none", async () => {
  world.env.FORCE_COLOR = "1";
  for (const format of ["--json", "--sarif"])
    expect((await world.run([...CHECK, format])).out).not.toContain("\x1b");
});
