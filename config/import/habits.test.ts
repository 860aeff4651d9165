// Configurations in C as people write them, of every architecture: their bytes beside those that the structures and macros of
// testing/original.h make, which were written independently of the importer's header.
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decompileToSource } from "../decompile/source.ts";
import { loadConfig } from "../index.ts";
import { importC } from "./index.ts";
import { commentKey, tokensOf } from "./tokens.ts";

const TESTING = fileURLToPath(new URL("../testing/", import.meta.url));
const sourceOf = (name: string) => join(TESTING, "import", "habits", `${name}.c`);
const compilers = ["gcc", "clang"].filter(
  (name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0,
);

const directory = mkdtempSync(join(tmpdir(), "habits-"));
beforeAll(() => {
  mkdirSync(join(directory, "jailhouse"));
  copyFileSync(join(TESTING, "original.h"), join(directory, "jailhouse", "cell-config.h"));
  writeFileSync(join(directory, "jailhouse", "types.h"), "");
});
afterAll(() => rmSync(directory, { recursive: true }));

/** What a program prints that has the configuration: its bytes. */
function original(compiler: string, name: string, defines: readonly string[]): string {
  const main = `#include "${sourceOf(name)}"\n#include <stdio.h>\nint main(void) { return fwrite(&config, sizeof config, 1, stdout) != 1; }\n`;
  writeFileSync(join(directory, "main.c"), main);
  const program = join(directory, "program");
  const flags = ["-std=gnu11", "-w", `-I${directory}`, ...defines.map((one) => `-D${one}`)];
  execFileSync(compiler, [...flags, "-o", program, join(directory, "main.c")]);
  return execFileSync(program).toString("hex");
}

const CASES: readonly (readonly [name: string, defines: readonly string[]])[] = [
  ["pc-system", []],
  ["pc-inmate", []],
  ["pc-linux", []],
  ["pc-linux", ["SECOND"]],
  ["arm-system", []],
  ["arm-linux", []],
  ["arm-linux", ["SMALL=2", "SLOW", "CONFIG_INMATE_BASE=0x100000"]],
  ["arm64-system", []],
  ["arm64-inmate", []],
  ["arm64-shared", []],
];

describe.each(compilers)("through %s", (compiler) => {
  it.each(CASES)(
    "%s %j has the original's bytes, and so has its TypeScript",
    async (name, defines) => {
      const expected = original(compiler, name, defines);
      const imported = importC(sourceOf(name), { compiler, defines }, directory);
      expect(Buffer.from(imported.bytes).toString("hex")).toBe(expected);
      const path = join(directory, "imported.ts");
      writeFileSync(path, decompileToSource(imported.config, name, imported.remarks));
      expect(Buffer.from((await loadConfig(path)).bytes).toString("hex")).toBe(expected);
    },
  );

  it.each(CASES)("%s %j keeps its comments", (name, defines) => {
    const { config, remarks } = importC(sourceOf(name), { compiler, defines }, directory);
    const lines = decompileToSource(config, name, remarks).split("\n");
    const made = lines
      .flatMap((line) => /^\s*\/\/ ?(.*)/.exec(line)?.[1] ?? [])
      .join(" ")
      .replace(/\s+/g, " ");
    const source = readFileSync(sourceOf(name), "utf8");
    // What the preprocessor leaves out, and what is inside a macro's definition, has no entry.
    const OUT = /little RAM|much RAM|the card's|for two cells/;
    for (const { kind, text } of tokensOf(source.replaceAll("\\\n", "\n")))
      if (kind === "comment" && !OUT.test(text))
        expect(made, text).toContain(commentKey(text).replace(/\s+/g, " "));
  });
});

it("a condition that the source refuses is told in the compiler's words", () => {
  const options = { compiler: compilers[0], defines: ["SMALL=1"] };
  expect(() => importC(sourceOf("arm-linux"), options, directory)).toThrow("SMALL is 2 or more");
});
