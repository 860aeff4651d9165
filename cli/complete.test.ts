import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fakeConfig } from "../control/testing/fake-session.ts";
import { Surroundings } from "./testing/surroundings.ts";

let world: Surroundings;
beforeEach(() => {
  world = new Surroundings();
  for (const name of ["a.cell", "b.ts", "c.txt", ".hidden.ts"])
    writeFileSync(join(world.directory, name), fakeConfig("apic-demo", [3]));
  mkdirSync(join(world.directory, "deep"));
  writeFileSync(join(world.directory, "deep/system.cell"), "JHSYS");
});
afterEach(() => world.close());

/** The kind of what is offered for the last of these words, and the words of it. */
async function offered(...line: string[]): Promise<string[]> {
  const { status, out, err } = await world.run(["__complete", ...line]);
  expect([status, err]).toEqual([0, ""]);
  return out
    .trimEnd()
    .split("\n")
    .map((one) => one.split("\t")[0]!);
}

test("verbs and options are those of the grammar", async () => {
  expect(await offered("c")).toEqual([
    ":words",
    "confirm",
    "console",
    "cell",
    "config",
    "completion",
  ]);
  expect(await offered("enable", "--t")).toEqual([":words", "--target", "--try"]);
  expect(await offered("cell", "s")).toEqual([":words", "start", "shutdown", "stats", "stat"]);
  expect(await offered("machine", "st")).toEqual([":words", "start", "stop", "status"]);
  expect(await offered("inmate", "")).toContain("build");
  expect(await offered("--t")).toEqual([":words", "--target"]);
  expect(await offered("__")).toEqual([":words"]);
});

test("every visible verb is offered", async () => {
  const help = (await world.run("--help")).out;
  const verbs = [...help.matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name!);
  expect(verbs.length).toBeGreaterThan(8);
  expect(await offered("")).toEqual(expect.arrayContaining(verbs));
});

test("cells are offered by id and name, the root cell for statistics only", async () => {
  await world.machine();
  for (const line of ["enable deep/system.cell", "cell create a.cell"]) await world.run(line);
  const cells = await offered("cell", "destroy", "");
  expect(cells).toEqual([":words", "1", "apic-demo"]);
  expect(await offered("cell", "load", "a")).toEqual([":words", "apic-demo"]);
  expect(await offered("cell", "start", "--name", "")).toEqual(cells);
  expect((await offered("cell", "stats", "")).length).toBe(cells.length + 2);
  expect(await offered("enable", "-m", "d")).toEqual([":words", "default"]);
});

test("without a machine there are no cells, and nothing is complained about", async () => {
  expect(await offered("cell", "destroy", "")).toEqual([":words"]);
  expect(await offered("cell", "destroy", "--target", "serial:nowhere", "")).toEqual([":words"]);
});

test("configurations, sources and images are offered as files", async () => {
  expect(await offered("cell", "create", "")).toEqual([":files", "a.cell", "b.ts", "deep/"]);
  expect(await offered("config", "show", "a.cell", "b")).toEqual([":files", "b.ts"]);
  expect(await offered("inmate", "build", "")).toEqual([":files", "b.ts", "deep/"]);
  expect(await offered("cell", "load", "1", "c")).toEqual([":files", "c.txt"]);
  expect(await offered("config", "compile", "b.ts", "-o", "")).toEqual([
    ":files",
    "a.cell",
    "deep/",
  ]);
  expect(await offered("cell", "create", ".h")).toEqual([":files", ".hidden.ts"]);
  expect(await offered("cell", "create", "nowhere/")).toEqual([":files"]);
});

test("values that are few are offered", async () => {
  expect(await offered("machine", "start", "--cpu", "")).toEqual([":words", "amd", "intel"]);
  expect(await offered("machine", "start", "--cpu", "amd,sse4_2=off,bmi1=")).toEqual([
    ":words",
    "amd,sse4_2=off,bmi1=off",
    "amd,sse4_2=off,bmi1=on",
  ]);
  expect(await offered("serial", "")).toEqual([":words", "0", "1", "2"]);
  expect(await offered("completion", "f")).toEqual([":words", "fish"]);
});

test("bash asks the command, and takes words and files", async () => {
  const { out: script } = await world.run("completion bash");
  const command = join(world.directory, "jailhouse");
  const answer =
    '[ "$2" = cell ] && printf ":words\\nstart\\tstart a cell\\nstats\\n" || printf ":files\\ndeep/\\n"';
  writeFileSync(command, `#!/bin/sh\n${answer}\n`);
  chmodSync(command, 0o755);
  const complete = (...words: string[]) => {
    const quoted = words.map((word) => `'${word}'`).join(" ");
    const text = `${script}\nCOMP_WORDS=('${command}' ${quoted}); COMP_CWORD=${words.length}; _jailhouse; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync("bash", ["-c", text], { encoding: "utf8" }).trimEnd().split("\n");
  };
  expect(complete("cell", "st")).toEqual(["start", "stats"]);
  expect(complete("enable", "d")).toEqual(["deep"]);
});

test.each([
  ["bash", "data/jailhouse/completion.bash", "home/.bashrc"],
  ["zsh", "data/jailhouse/completion.zsh", "home/.zshrc"],
  ["fish", "settings/fish/completions/jailhouse.fish", undefined],
])("%s is made to read its script once, whatever there was", async (shell, path, settings) => {
  const inside = (name: string) => join(world.directory, name);
  mkdirSync(inside("home"));
  if (settings) writeFileSync(inside(settings), "alias a=b");
  Object.assign(world.env, {
    HOME: inside("home"),
    XDG_DATA_HOME: inside("data"),
    XDG_CONFIG_HOME: inside("settings"),
  });
  for (const _ of [1, 2]) expect((await world.run(`completion ${shell} --install`)).status).toBe(0);
  expect(readFileSync(inside(path), "utf8")).toBe((await world.run(`completion ${shell}`)).out);
  if (settings)
    expect(readFileSync(inside(settings), "utf8")).toBe(`alias a=b\nsource '${inside(path)}'\n`);
});

test("a shell that is not known, and a place that cannot be written, are said", async () => {
  expect(await world.run("completion tcsh")).toMatchObject({
    status: 1,
    err: "error: there is no completion for tcsh, only for bash, zsh, fish (see: jailhouse completion --help)\n",
  });
  writeFileSync(join(world.directory, "file"), "");
  Object.assign(world.env, { XDG_CONFIG_HOME: join(world.directory, "file") });
  const { status, err } = await world.run("completion fish --install");
  expect([status, err]).toEqual([1, expect.stringMatching(/^writing .*: ENOTDIR\n$/)]);
});
