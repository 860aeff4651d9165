// Which compiler and linker are taken, by programs that only say a version.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { missingPackages, runClang, runLld } from "../../tools/inmates/toolchain.ts";

const path = process.env.PATH;
let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "toolchain-"));
  process.env.PATH = directory;
});
afterEach(() => {
  process.env.PATH = path;
  rmSync(directory, { recursive: true });
});

/** Makes programs that tell their version, and which they are. */
function install(...names: readonly (readonly [name: string, says: string])[]): void {
  for (const [name, says] of names) {
    const file = join(directory, name);
    writeFileSync(file, `#!/bin/sh\n[ "$1" = --version ] && echo "${says}" || echo ${name}\n`);
    chmodSync(file, 0o755);
  }
}

test.each([
  ["the one of the committed images", ["clang", "clang-14", "clang-19"], "14.0.6", "clang-14"],
  ["the plain name", ["clang", "clang-19"], "19.1.7", "clang"],
  [
    "the newest number, where the plain one is too old",
    ["clang", "clang-15", "clang-22"],
    "13.0.1",
    "clang-22",
  ],
  ["a number, where there is no plain name", ["clang-13", "clang-16"], "16.0.6", "clang-16"],
  ["Apple's", ["clang"], "Apple clang version 15.0.0 (clang-1500.3.9.4)", "clang"],
])("%s is taken", (_, names, version, taken) => {
  const says = version.startsWith("Apple") ? version : `Debian clang version ${version}`;
  install(...names.map((name) => [name, says] as const));
  expect(runClang([]).trim()).toBe(taken);
});

test("a linker is found by its own versions", () => {
  install(
    ["ld.lld", "Debian LLD 13.0.1"],
    ["ld.lld-19", "LLD 19.1.7 (compatible with GNU linkers)"],
  );
  expect(runLld([]).trim()).toBe("ld.lld-19");
});

test("what is too old, or no compiler at all, is missing", () => {
  install(["clang", "clang version 13.0.1"], ["ld.lld", "GNU ld"], ["clang-format-19", "19"]);
  expect(missingPackages([64])).toEqual(["wabt", "clang", "lld"]);
  expect(() => runClang([])).toThrow("clang 14 or newer is needed (Debian: clang).");
});

test("the package of 32-bit arithmetic is that of the compiler", () => {
  install(["clang", "clang version 19.1.7"], ["ld.lld", "LLD 19.1.7"]);
  install(["wasm2c", "1.0.32"], ["wasm-objdump", "1.0.32"]);
  expect(missingPackages([64])).toEqual([]);
  expect(missingPackages([32, 64])).toEqual(["libclang-rt-19-dev"]);
});
