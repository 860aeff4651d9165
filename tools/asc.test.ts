// Which files are compiled for an architecture, and that its module has nothing of another one.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { sourceFor } from "./asc.mjs";

const ARCH = "hypervisor/arch.ts";

test("an import of the architecture's folder means the one that is wanted", () => {
  const text = 'import { a } from "./x86/arch.ts";\nimport { b } from "./core/x86.ts";\n';
  expect(sourceFor("arm64", ARCH, text)).toBe(text.replace("./x86/arch", "./arm64/arch"));
  expect(sourceFor("x86", ARCH, text)).toBe(text);
});

test("numbers are imported as they are, and an architecture's own files too", () => {
  const numbers = 'import { A } from "../../abi/x86/apic.ts";\n';
  expect(sourceFor("arm64", "hypervisor/core/msi.ts", numbers)).toBe(numbers);
  const own = 'import { a } from "./x86/other.ts";\n';
  expect(sourceFor("arm64", "hypervisor/x86/arch.ts", own)).toBe(own);
});

test("an import of the vendor's folder means the one that is wanted", () => {
  const text = 'import { a } from "./amd/vcpu.ts";\n';
  const shared = "platforms/metal/x86/run.ts";
  expect(sourceFor("x86", shared, text, "intel")).toBe('import { a } from "./intel/vcpu.ts";\n');
  expect(sourceFor("x86", shared, text)).toBe(text);
  expect(sourceFor("x86", "platforms/metal/x86/amd/exits.ts", text, "intel")).toBe(text);
});

/** Names of the functions that a module imports from the platform. */
function imports(name: string): string[] {
  const path = new URL(`../dist/${name}.wasm`, import.meta.url);
  const module = new WebAssembly.Module(readFileSync(path));
  return WebAssembly.Module.imports(module)
    .filter(({ module }) => module === "platform")
    .map(({ name }) => name);
}

test("the core asks only its own architecture's questions", () => {
  const [x86, arm64] = [imports("hypervisor"), imports("hypervisor-arm64")];
  const ofX86 = ["apicId", "cpuid", "injectException", "portIn", "readMsr", "sendIpi"];
  expect(x86).toEqual(expect.arrayContaining(ofX86));
  expect(arm64.filter((name) => ofX86.includes(name))).toEqual([]);
  expect(arm64.filter((name) => !x86.includes(name))).toEqual(["hardwareId"]);
});

test("the platform for Arm64 carries out all that the core asks there", () => {
  const path = new URL("../dist/metal-arm64.wasm", import.meta.url);
  const module = new WebAssembly.Module(readFileSync(path));
  const exported = WebAssembly.Module.exports(module).map(({ name }) => name);
  expect(exported).toEqual(expect.arrayContaining(imports("hypervisor-arm64")));
});
