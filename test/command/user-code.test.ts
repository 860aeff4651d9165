// Configurations are code: what a user's own does to the command, in a directory outside of the clone.

import { execFile, execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT } from "../../tools/root.ts";
import { buildCommand, COMMAND } from "./build.ts";

const DEFINITION = `import { defineCell, MiB } from "jailhouse-ts/config";
export default defineCell({
  name: "mine",
  cpus: [2],
  memory: [{ physical: 0x3ee00000, virtual: 0, size: MiB(1), flags: ["read"] }],
});
`;

let top: string;
beforeAll(() => {
  buildCommand();
  top = mkdtempSync(join(tmpdir(), "user-code-"));
});
afterAll(() => rmSync(top, { recursive: true }));

/** Gives a configuration to the command; no machine runs. */
function create(source: string): Promise<{ status: number | null; out: string; err: string }> {
  writeFileSync(join(top, "cell.ts"), source);
  const env = { ...process.env, JAILHOUSE_RUNTIME_DIR: join(top, "run") };
  return new Promise((resolve) => {
    const child = execFile(
      COMMAND,
      ["cell", "create", "cell.ts"],
      { cwd: top, env },
      (_, out, err) => resolve({ status: child.exitCode, out, err }),
    );
  });
}

test.each([
  ["ends the process", "process.exit(0);"],
  ["waits for what never comes", "await new Promise(() => {});"],
])("a configuration that %s is a failure, and says so", async (_, source) => {
  expect(await create(source)).toEqual({
    status: 1,
    out: "",
    err: "jailhouse: The configuration ended the command, or never came to an end.\n",
  });
});

test("a syntax error has its place", async () => {
  const { status, err } = await create("export default {\n  name: 5 5,\n};\n");
  expect([status, err.split("\n")[0]]).toEqual([1, "JAILHOUSE_CELL_CREATE: Invalid argument"]);
  expect(err).toContain("cell.ts: line 2, column 11: ");
});

test.each([
  ["a promise that nobody waits for", 'Promise.reject(new Error("no luck"));'],
  ["a timer", 'setTimeout(() => { throw new Error("no luck"); }, 0);'],
  ["a string", 'setTimeout(() => { throw "no luck"; }, 0);'],
])("what throws beside the configuration is told with its line: %s", async (_, source) => {
  const wait = "await new Promise((resolve) => setTimeout(resolve, 60_000));";
  expect(await create(`\n${source}\n${wait}\n${DEFINITION}`)).toEqual({
    status: 1,
    out: "",
    err: expect.stringMatching(/^\S*cell\.ts:2: no luck\n$/),
  });
});

test("a good one gets as far as the machine", async () => {
  const { status, err } = await create(DEFINITION);
  expect([status, err.split("\n")[0]]).toEqual([
    1,
    "opening /dev/jailhouse: No such file or directory",
  ]);
});

/** What an editor underlines in files of the user's. */
function mistakes(home: string, ...files: readonly string[]): string[] {
  const options = ["--noEmit", "--module", "nodenext", "--target", "es2023", "--strict"];
  const tsc = [join(ROOT, "node_modules/typescript/bin/tsc"), ...options, ...files];
  const { stdout } = spawnSync(process.execPath, tsc, { cwd: home, encoding: "utf8" });
  return stdout.split("\n").filter((line) => line !== "" && !line.startsWith(" "));
}

test("an editor finds the types, and a program the library, through a link to the clone", () => {
  const home = join(top, "project");
  mkdirSync(join(home, "node_modules"), { recursive: true });
  // By its name, and by that of earlier releases' documents.
  for (const name of ["jailhouse-ts", "jailhouse"])
    symlinkSync(ROOT, join(home, "node_modules", name));
  writeFileSync(join(home, "package.json"), '{ "type": "module" }');
  writeFileSync(join(home, "good.ts"), DEFINITION);
  writeFileSync(join(home, "bad.ts"), DEFINITION.replace('"read"', '"raed"'));
  expect(mistakes(home, "good.ts", "bad.ts")).toEqual([
    expect.stringMatching(/^bad\.ts\(.*"raed"/),
  ]);
  const program = [
    'import { loadConfig } from "jailhouse/config";',
    'import { startSession } from "jailhouse/session";',
    "const { config } = await loadConfig('good.ts');",
    "console.log(config.name, typeof startSession);",
  ];
  writeFileSync(join(home, "program.js"), program.join("\n"));
  const out = execFileSync(process.execPath, ["program.js"], { cwd: home, encoding: "utf8" });
  expect(out).toBe("mine function\n");
});
