// The vendor's line (platforms/metal/x86/vcpu.ts): another vendor's folder, here one that does nothing, is all that a module for other
// processors needs.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { contract } from "../../tools/reference/contracts.ts";
import { ROOT } from "../../tools/root.ts";

const VENDOR = "nobody";
const X86 = "platforms/metal/x86";
const ASC = join(ROOT, "tools/asc.mjs");

let tree: string;

/** Sources of which the others' folders are not there. */
beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), "vendor-"));
  for (const room of ["abi", "hypervisor", "platforms/metal"])
    cpSync(join(ROOT, room), join(tree, room), { recursive: true });
  for (const other of ["amd", "intel"])
    rmSync(join(tree, X86, other), { recursive: true, force: true });
  const stub = join(ROOT, "test/metal/vendor");
  mkdirSync(join(tree, X86, VENDOR));
  for (const name of readdirSync(stub))
    cpSync(join(stub, name), join(tree, X86, VENDOR, name.replace(/\.as\.ts$/, ".ts")));
});
afterAll(() => rmSync(tree, { recursive: true, force: true }));

test("a folder with the same names is all that a vendor is", () => {
  const names = (directory: string) => readdirSync(directory).map((one) => one.split(".")[0]);
  expect(names(join(tree, X86, VENDOR)).sort()).toEqual(names(join(ROOT, X86, "amd")).sort());
  const options = ["--runtime", "stub", "--use", "abort=", "--importMemory", "--noExportMemory"];
  const args = [ASC, `x86/${VENDOR}`, `${X86}/index.ts`, ...options, "-o", "vendor.wasm"];
  execFileSync(process.execPath, args, {
    cwd: tree,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const module = new WebAssembly.Module(readFileSync(join(tree, "vendor.wasm")));
  const exported = WebAssembly.Module.exports(module).map(({ name }) => name);
  expect(exported).toEqual(
    expect.arrayContaining(contract("platform", "x86").map(({ name }) => name)),
  );
});
