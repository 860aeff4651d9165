// The build: the committed images are what their sources say, twice the same, and every refusal says why.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildInmate } from "../../tools/inmates/build.ts";
import { constantsOf, headerOf } from "../../tools/inmates/header.ts";
import { missingPackages } from "../../tools/inmates/toolchain.ts";
import { demoJobs } from "../../tools/inmates.ts";
import { ROOT } from "../../tools/root.ts";
import { CAN_BUILD } from "./toolchain.ts";

describe("the header made of abi/", () => {
  it("has every constant and nothing else", () => {
    const text =
      "// 1\nexport const A_B: u32 = 0x10;\nconst C: u32 = 2;\nexport const D: u32 = 3;\n";
    expect(headerOf(constantsOf(text))).toBe(
      "#ifndef ABI_H_\n#define ABI_H_\n#define A_B 0x10\n#define D 0x3\n#endif\n",
    );
  });
});

describe("missing packages", () => {
  const path = process.env.PATH;
  afterAll(() => {
    process.env.PATH = path;
  });

  it("are named by Debian's names", () => {
    process.env.PATH = "/nonexistent";
    expect(missingPackages([64])).toEqual(["wabt", "clang", "lld"]);
    expect(missingPackages([64, 32])).toEqual(["wabt", "clang", "lld", "libclang-rt-14-dev"]);
    process.env.PATH = path;
  });
});

describe.skipIf(!CAN_BUILD)("the build", () => {
  let directory = "";
  beforeAll(() => {
    directory = mkdtempSync(join(ROOT, "dist", "build-test-"));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  function build(text: string, bits: 32 | 64 = 64): Uint8Array {
    const source = join(directory, "inmate.ts");
    writeFileSync(source, text);
    return buildInmate({ root: ROOT, source, bits });
  }

  it.each([...demoJobs(ROOT)])("makes the committed image of %s", (_name, job) => {
    const built = buildInmate({ root: ROOT, source: job.source, bits: job.bits });
    expect(built.length).toBe(0x10000);
    expect(Buffer.from(built).equals(readFileSync(job.output))).toBe(true);
  });

  it("refuses an inmate without main", () => {
    expect(() => build("export function begin(): void {}")).toThrow(
      /does not export a function "main"/,
    );
  });

  it("shows the compiler's complaint", () => {
    expect(() => build("export function main(): void { missing(); }")).toThrow(/missing/);
  });

  it("says how much too big an inmate is", () => {
    const lines = Array.from(
      { length: 2500 },
      (_, i) => `  store<u32>(a, load<u32>(a) * ${i * 77 + 3});`,
    );
    const text = `export function main(): void {\n  const a = heap.alloc(4);\n${lines.join("\n")}\n}\n`;
    expect(() => build(text)).toThrow(/^The inmate is \d+ bytes too big for the 64 KiB image\.$/);
  });

  it("says how much static data there may be", () => {
    const text =
      "const a = memory.data(0x90000);\nexport function main(): void { store<u8>(a, 1); }";
    expect(() => build(text)).toThrow(/static data does not fit: there are 524288 bytes/);
  });

  it("refuses floating point", () => {
    const text =
      "let x: f64 = 1;\nexport function main(): void { x = x * 1.5; store<u32>(0x90000, <u32>x); }";
    expect(() => build(text)).toThrow(/floating point/i);
  });
});
