// hypervisor.wasm as a module: it imports the narrow waist and nothing else, and has no state outside of its memory.
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { contract, type Side } from "../../tools/reference/contracts.ts";
import { hypervisorModule } from "./fake-platform.ts";

const ROOT = new URL("../../", import.meta.url);

/** The names that contracts declare. */
const names = (side: Side) => contract(side, "x86").map(({ name }) => name);

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
  const members = imports.filter(({ module }) => module === "platform").map(({ name }) => name);
  const others = imports.filter(({ module }) => module !== "platform");
  expect(members.sort()).toEqual(names("platform").sort());
  expect(others).toEqual([{ module: "env", name: "memory", kind: "memory" }]);
});

test("the exports are those of the contract", () => {
  const exported = WebAssembly.Module.exports(hypervisorModule).map(({ name }) => name);
  expect(exported.sort()).toEqual(names("exports").sort());
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
