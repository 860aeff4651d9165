// hypervisor.wasm as a module: it imports the narrow waist and nothing else, and has no state outside of its memory.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { hypervisorModule } from "./fake-platform.ts";

const ROOT = new URL("../../", import.meta.url);

/** The names that hypervisor/platform.ts declares. */
function declaredMembers(): string[] {
  const source = readFileSync(new URL("hypervisor/platform.ts", ROOT), "utf8");
  return [...source.matchAll(/^export declare function (\w+)/gm)].map((match) => match[1]!);
}

/** The exports in the table of ARCHITECTURE.md that concerns the core. */
function documentedExports(): string[] {
  const text = readFileSync(new URL("ARCHITECTURE.md", ROOT), "utf8");
  const section = text.slice(text.indexOf("## The core's exports"), text.indexOf("## The machine"));
  const rows = section.split("\n").filter((line) => line.startsWith("| `"));
  const names = rows.flatMap((row) => [...row.split("|")[1]!.matchAll(/`(\w+)\(/g)]);
  return names.map((match) => match[1]!);
}

/** The module's text form, one field per line, function bodies included. */
function text(): string {
  const wasmDis = new URL("node_modules/binaryen/bin/wasm-dis", ROOT).pathname;
  const module = new URL("dist/hypervisor.wasm", ROOT).pathname;
  return execFileSync(process.execPath, [wasmDis, module], {
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
}

test("the imports are the narrow waist and the memory", () => {
  const imports = WebAssembly.Module.imports(hypervisorModule);
  const names = imports.filter(({ module }) => module === "platform").map(({ name }) => name);
  const others = imports.filter(({ module }) => module !== "platform");
  expect(names.sort()).toEqual(declaredMembers().sort());
  expect(others).toEqual([{ module: "env", name: "memory", kind: "memory" }]);
});

test("the exports are those of ARCHITECTURE.md", () => {
  const names = WebAssembly.Module.exports(hypervisorModule).map(({ name }) => name);
  expect(names.sort()).toEqual([...documentedExports(), "heapBase"].sort());
});

test("no start function, no mutable global, no growth of the memory, no table", () => {
  const module = text();
  expect(module).toContain("(func");
  expect(module).not.toMatch(/^\s*\(start /m);
  expect(module).not.toMatch(/\(global [^\n]*\(mut /);
  expect(module).not.toContain("memory.grow");
  expect(module).not.toMatch(/^\s*\(table /m);
  expect(module).not.toContain("abort");
});
