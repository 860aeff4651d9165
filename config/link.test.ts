// Both ways to run a module: what the quick one takes gives the same as the thorough one, and what it does not take is run.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { shippedConfigs } from "../tools/configs.ts";
import { runTranslated } from "./evaluate.ts";
import * as room from "./index.ts";
import { runLinked } from "./link.ts";
import { loadConfig } from "./load.ts";
import { originOf } from "./origin.ts";
import type { CellConfig, Config } from "./types.ts";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "link-"));
});
afterAll(() => rmSync(directory, { recursive: true }));
beforeEach(() => {
  vi.stubEnv("JAILHOUSE_CACHE_DIR", "");
  return () => vi.unstubAllEnvs();
});

const ROOM = { module: room, isMeant: (specifier: string) => specifier === "jailhouse-ts/config" };
const entry = (path: string) => ({ path, name: path, source: readFileSync(path, "utf8") });
const linked = (path: string) => runLinked(entry(path), ROOM);

/** Writes files, the first of which is loaded, and returns its path. */
function write(...files: readonly (readonly [string, string])[]): string {
  for (const [name, text] of files) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  return join(directory, files[0]![0]);
}

const IMPORT = 'import { defineCell, lowRam, MiB } from "jailhouse-ts/config";\n';
const CELL = "{ name: NAME, cpus: [1], memory: [lowRam({ physical: SIZE })] }";
/** A module with something in it, and a line that uses it. */
const cell = (text: string, name = '"x"', size = "MiB(1)"): string =>
  `${IMPORT}${text}\nexport default defineCell(${CELL.replace("NAME", name).replace("SIZE", size)});\n`;

/** All lines that a configuration's parts are from. */
function lines(config: Config): unknown[] {
  const paths = ["", "name", "cpus", "memory", "memory[0]", "memory[0].size", "memory[0].flags"];
  return paths.map((path) => originOf(config, path)?.line);
}

const TAKEN: Readonly<Record<string, string>> = {
  "nothing special": cell(""),
  "types of variables, parameters and results": cell(
    "const f = (a?: number, { b }: { b: number } = { b: 2 }): number => (a ?? 0) + b;\nfunction g<T>(a: T): T { return a; }",
    '"x"',
    "MiB(g<number>(f(1)))",
  ),
  "casts, and a line that goes on after one": cell(
    'const a = { k: "x" } as const;\nconst b = a satisfies { k: string };\nconst c = b.k!\n  .trim() as string;',
    "c",
  ),
  "types of its own over several lines": cell(
    'import type { Config } from "jailhouse-ts/config";\nexport interface A {\n  a: Config;\n}\nexport type B = {\n  b: A;\n};\nconst a = 1\ntype C = string\n;[a].map((one) => one);\ndeclare const q: C;',
  ),
  "types imported beside values": `import { type CellConfigDefinition, defineCell, lowRam, MiB } from "jailhouse-ts/config";\nconst made: CellConfigDefinition = ${CELL.replace("NAME", '"x"').replace("SIZE", "MiB(1)")};\nexport default defineCell(made);\n`,
  "the types themselves imported as if they were values": cell("").replace(
    "MiB }",
    "MiB, CellConfigDefinition }",
  ),
  overloads: cell(
    "function f(a: string): string;\nfunction f(a: number): string;\nfunction f(a: unknown): string { return String(a); }",
    'f("x")',
  ),
  "optional calls and spreads": cell(
    'const o: { f?: () => string } = {};\nconst name = o.f?.() ?? [..."x"].join("");',
    "name",
  ),
  "Node's modules, by all kinds of import": cell(
    'import path from "node:path";\nimport * as os from "node:os";\nimport { basename as base } from "node:path";\nconst name = path.basename(base("/a/x")) + os.EOL.slice(1);',
    "name",
  ),
  "its own place": cell(
    'const name = new URL("x", import.meta.url).pathname.split("/").at(-1)!;',
    "name",
  ),
  "waiting at the top": cell("const name: string = await Promise.resolve('x');", "name"),
  "regular expressions and templates with braces": cell(
    'const r = /[{(]`/.test("{`");\nconst name = r ? `x` : `{`;',
    "name",
  ),
};

const LEFT: Readonly<Record<string, string>> = {
  "a class": cell("class A { constructor(readonly name: string) {} }", 'new A("x").name'),
  "an enum": cell('enum E { A = "x" }', "E.A"),
  "a namespace": cell('namespace N { export const a = "x"; }', "N.a"),
  require: cell('const { basename } = require("node:path");', 'basename("/x")'),
  "an import when it is needed": cell(
    'const { basename } = await import("node:path");',
    'basename("/x")',
  ),
  "a value that changes": cell('export let name = "y";\nname = "x";', "name"),
  "a cast before a line that would go on": cell("const a = 1 as number\n(() => a)();"),
};

describe("the quick way", () => {
  it.each(Object.entries(TAKEN))("takes %s", async (name, text) => {
    const path = write([`taken-${name.replace(/\W+/g, "-")}.ts`, text]);
    const quick = (await linked(path))?.default as CellConfig;
    expect(quick, "it was not taken").toBeDefined();
    const thorough = (await runTranslated(path, path)).default as CellConfig;
    expect(quick).toEqual(thorough);
    expect(quick.name).toBe("x");
    expect(lines(quick)).toEqual(lines(thorough));
    expect((await loadConfig(path)).config).toEqual(quick);
  });

  it.each(Object.entries(LEFT))("leaves %s to the thorough one", async (name, text) => {
    const path = write([`left-${name.replace(/\W+/g, "-")}.ts`, text]);
    expect(await linked(path)).toBeUndefined();
    expect((await loadConfig(path)).config).toMatchObject({ name: "x" });
  });

  it("takes all that ships, with the same places", async () => {
    for (const { name } of await shippedConfigs()) {
      const path = join(import.meta.dirname, `../configs/x86/${name}.ts`);
      const isMeant = (specifier: string) => specifier.endsWith("config/index.ts");
      const quick = (await runLinked(entry(path), { module: room, isMeant }))?.default as Config;
      const thorough = (await runTranslated(path, path)).default as Config;
      expect(quick, name).toEqual(thorough);
      expect(lines(quick), name).toEqual(lines(thorough));
    }
  });
});

describe("modules beside it", () => {
  it("are run once each, and anew for every load", async () => {
    const path = write(
      [
        "graph.ts",
        cell('import { a } from "./sub/a.ts";\nimport { b } from "./b.mjs";', "[a(), b()].join()"),
      ],
      [
        "sub/a.ts",
        'import { count } from "../count.js";\nexport const a = (): number => count();\n',
      ],
      ["b.mjs", 'import { count as c } from "./count.js";\nexport { c as b };\n'],
      ["count.js", "const state = { n: 0 };\nexport const count = () => ++state.n;\n"],
    );
    for (const _ of [1, 2]) expect((await linked(path))?.default).toMatchObject({ name: "1,2" });
  });

  it.each([
    ["each other", 'import { late } from "./two.ts";\nexport const one = "x";', "late()"],
    ["data", 'import data from "./data.json";', "data.name"],
    ["a file by less than its name", 'import { plain as late } from "./plain";', "late()"],
  ])("are run where they import %s, too", async (name, text, use) => {
    const file = `odd-${name.replace(/\W+/g, "-")}.ts`;
    const path = write(
      [file, cell(text, use)],
      ["two.ts", `import { one } from "./${file}";\nexport function late() { return one; }\n`],
      ["plain.ts", 'export const plain = () => "x";\n'],
      ["data.json", '{ "name": "x" }\n'],
    );
    expect(await linked(path)).toBeUndefined();
    expect((await loadConfig(path)).config).toMatchObject({ name: "x" });
  });

  it("are named when they are missing, wrong, or throw", async () => {
    const load = (text: string) => loadConfig(write(["faulty.ts", text]));
    await expect(load(cell('import "./missing.ts";'))).rejects.toThrow(/missing\.ts/);
    write(["bad.ts", "export const a = ;\n"]);
    await expect(load(cell('import "./bad.ts";'))).rejects.toThrow(/line 1, column 18/);
    await expect(load(cell('throw new Error("no luck");'))).rejects.toThrow("no luck");
  });
});
