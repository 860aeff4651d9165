// The verbs of `config` with what is no ordinary file: standard input and output, pipes, directories, names with blanks.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Surroundings } from "./testing/surroundings.ts";

const configs = (path: string) => fileURLToPath(new URL(`../configs/${path}`, import.meta.url));
const CELL = configs("apic-demo.cell");
const MACHINE = fileURLToPath(
  new URL("../test/data/machines/q35-1g-4-amd-demo.tar.gz", import.meta.url),
);

let world: Surroundings;
beforeEach(() => {
  world = new Surroundings();
});
afterEach(() => world.close());

const at = (name: string) => join(world.directory, name);
const config = (...args: string[]) => world.run(["config", ...args]);
/** The same with something on standard input. */
function fed(content: string | Uint8Array, ...args: string[]) {
  world.input.end(content);
  return config(...args);
}

describe("a dash", () => {
  it("is standard input, with a built file or JSON", async () => {
    const shown = await fed(readFileSync(CELL), "show", "-");
    expect(shown).toEqual(await config("show", CELL));
    expect(shown.status).toBe(0);
  });

  it("is checked with its lines", async () => {
    const json = '\n{ "kind": "cell", "name": "a",\n  "cpus": [9] }\n';
    const { status, out } = await fed(json, "check", configs("qemu-x86.cell"), "-");
    expect(status).toBe(1);
    expect(out).toContain("-:3: error: cpus: ");
    expect(out).toContain("[cpu-foreign]");
  });

  it("is standard output, on which nothing else is", async () => {
    const bytes = readFileSync(CELL).toString();
    expect(await fed(readFileSync(CELL), "compile", "-", "-o", "-")).toEqual({
      status: 0,
      out: bytes,
      err: "",
    });
    const { out } = await config("decompile", CELL, "-o", "-");
    expect(out).toBe((await config("decompile", CELL)).out);
    expect(existsSync(at("-"))).toBe(false);
  });

  it("is named when there is no configuration behind it", async () => {
    expect(await fed("rubbish", "show", "-")).toMatchObject({
      status: 1,
      err: expect.stringMatching(/^-: not a configuration/),
    });
  });
});

describe("a pipe", () => {
  it.each([
    ["in.cell", "apic-demo.cell", ["show"], 'Cell "apic-demo"'],
    ["in.ts", "x86/apic-demo.ts", ["show"], 'Cell "apic-demo"'],
    ["in.ts", "x86/apic-demo.ts", ["check", configs("qemu-x86.cell")], "cell: apic-demo (in.ts)"],
  ])("is read once, as %s of %s by %s", async (name, file, verb, words) => {
    const text = readFileSync(configs(file), "utf8").replace(
      '"../../config/index.ts"',
      '"jailhouse-ts/config"',
    );
    spawnSync("mkfifo", [at(name)]);
    const content = file.endsWith(".ts") ? text : readFileSync(configs(file));
    const writer = spawn("sh", ["-c", `cat >${name}`], { cwd: world.directory });
    writer.stdin.end(content);
    expect(await config(...verb, name)).toMatchObject({
      status: 0,
      out: expect.stringContaining(words),
    });
  });
});

describe("an output", () => {
  it("may have blanks in its name", async () => {
    mkdirSync(at("a directory"));
    expect((await config("decompile", CELL, "-o", "a directory/a cell.ts")).status).toBe(0);
    expect((await config("compile", "a directory/a cell.ts", "-o", "a cell.cell")).status).toBe(0);
    expect(readFileSync(at("a cell.cell"))).toEqual(readFileSync(CELL));
  });

  it.each([
    ["a directory", "dir.cell", "writing dir.cell: Is a directory\n"],
    ["nothing", "", "writing : No such file or directory\n"],
    ["a file in a file", "file/x.cell", "writing file/x.cell: Not a directory\n"],
  ])("that is %s is refused", async (_, output, err) => {
    mkdirSync(at("dir.cell"));
    writeFileSync(at("file"), "");
    expect(await config("compile", CELL, "-o", output)).toEqual({ status: 1, out: "", err });
  });

  it("never takes the place of a source, nor a source that of a built file", async () => {
    writeFileSync(at("mine.ts"), "// precious\n");
    writeFileSync(at("mine.cell"), readFileSync(CELL));
    for (const [verb, input, output] of [
      ["compile", CELL, "mine.ts"],
      ["decompile", CELL, "mine.cell"],
    ] as const) {
      const { status, err } = await config(verb, input, "-o", output);
      expect([status, err], verb).toEqual([
        1,
        expect.stringContaining(`${output} is the name of a`),
      ]);
    }
    expect(readFileSync(at("mine.ts"), "utf8")).toBe("// precious\n");
    expect(readFileSync(at("mine.cell"))).toEqual(readFileSync(CELL));
  });
});

describe("what is collected", () => {
  it.each([
    ["without an end", "/dev/zero", "/dev/zero: it has more than 64 MiB\n"],
    ["unpacked too large", "bomb.gz", /^bomb.gz: it is no tar file: /],
  ])("is refused when it is %s", async (_, root, words) => {
    writeFileSync(at("bomb.gz"), gzipSync(Buffer.alloc(2 ** 26 + 1)));
    const { status, err } = await config("create", "-r", root);
    expect(status).toBe(1);
    if (typeof words === "string") expect(err).toBe(words);
    else expect(err).toMatch(words);
  });

  it("needs sizes that are some", async () => {
    const { status, err } = await config("create", "-r", MACHINE, "--mem-hv", "0");
    expect([status, err]).toEqual([1, expect.stringContaining('"0" is no size')]);
  });
});

it("diff returns 2 when it cannot tell, as diff(1) does, and no file's name is none", async () => {
  expect(await config("diff", CELL, "missing.cell")).toEqual({
    status: 2,
    out: "",
    err: "opening missing.cell: No such file or directory\n",
  });
  expect((await config("diff", CELL)).status).toBe(2);
  expect((await config("show", "")).err).toBe("opening : No such file or directory\n");
});
