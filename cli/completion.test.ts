import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const SCRIPT = fileURLToPath(new URL("./completion.bash", import.meta.url));
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "completion-"));
  const list = "ID Name State\n0 root running\n1 apic-demo running\n";
  writeFileSync(join(directory, "jailhouse"), `#!/bin/sh\nprintf '${list}'\n`);
  chmodSync(join(directory, "jailhouse"), 0o755);
  for (const name of ["a.cell", "b.ts", "c.txt"]) writeFileSync(join(directory, name), "");
});
afterAll(() => rmSync(directory, { recursive: true }));

/** What bash offers for the last of these words. */
function complete(...words: string[]): string[] {
  const quoted = words.map((word) => `'${word}'`).join(" ");
  const script = `source '${SCRIPT}'; COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _jailhouse; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const env = { ...process.env, PATH: `${directory}:${process.env.PATH}` };
  return execFileSync("bash", ["-c", script], { cwd: directory, env, encoding: "utf8" })
    .split("\n")
    .filter((word) => word);
}

test("verbs are completed", () => {
  expect(complete("jailhouse", "c")).toEqual(["confirm", "console", "cell", "config"]);
  expect(complete("jailhouse", "enable", "--t")).toEqual(["--try"]);
  expect(complete("jailhouse", "explain", "--t")).toEqual(["--trust-log"]);
  expect(complete("jailhouse", "--t")).toEqual(["--target"]);
  expect(complete("jailhouse", "cell", "s")).toEqual(["start", "shutdown", "stat", "stats"]);
  expect(complete("jailhouse", "config", "co")).toEqual(["collect", "compile"]);
  expect(complete("jailhouse", "machine", "st")).toEqual(["start", "stop", "status"]);
});

test("cells are completed by id and name, the root cell for statistics only", () => {
  expect(complete("jailhouse", "cell", "destroy", "")).toEqual(
    expect.arrayContaining(["1", "apic-demo"]),
  );
  expect(complete("jailhouse", "cell", "destroy", "r")).toEqual([]);
  expect(complete("jailhouse", "cell", "stats", "r")).toEqual(["root"]);
});

test("configurations and images are completed as files", () => {
  expect(complete("jailhouse", "cell", "create", "")).toEqual(["a.cell", "b.ts"]);
  expect(complete("jailhouse", "config", "show", "")).toEqual(["a.cell", "b.ts"]);
  expect(complete("jailhouse", "config", "show", "--m")).toEqual(["--map"]);
  expect(complete("jailhouse", "cell", "load", "1", "c")).toEqual(["c.txt"]);
  expect(complete("jailhouse", "cell", "load", "1", "c.txt", "-")).toContain("--address");
});
