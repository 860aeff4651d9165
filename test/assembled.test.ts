// Machine code that is kept as bytes equals what its assembly source says. Needs nasm; skipped without it, never in CI.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { STUB_CODE } from "../platforms/emulated/stub.ts";
import { FLAT_HIGH, FLAT_LOW, ORIGINAL, PM_BASE } from "./inmates/images.ts";
import { SWEEP } from "./isolation/msr-sweep.ts";
import { PRELUDES } from "./isolation/programs.ts";
import { VICTIM } from "./isolation/victim.ts";
import { ROGUES, rogue, smp } from "./violations/programs.ts";

const hasNasm = spawnSync("nasm", ["-v"]).status === 0;
const { CI } = process.env;

function assemble(source: string, ...defines: readonly string[]): string {
  const directory = mkdtempSync(join(tmpdir(), "assemble-"));
  try {
    const output = join(directory, "out.bin");
    const path = new URL(`../${source}`, import.meta.url).pathname;
    execFileSync("nasm", ["-f", "bin", ...defines.map((name) => `-D${name}`), path, "-o", output]);
    return readFileSync(output).toString("hex");
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

it.skipIf(!hasNasm && !CI).each([
  { source: "platforms/emulated/stub.asm", expected: hex(STUB_CODE) },
  { source: "test/violations/smp.asm", expected: hex(smp()) },
  { source: "test/isolation/msr-sweep.asm", expected: hex(SWEEP) },
  { source: "test/isolation/victim.asm", expected: hex(VICTIM) },
  { source: "test/isolation/preludes.asm", define: "REAL", expected: PRELUDES.real },
  { source: "test/isolation/preludes.asm", define: "PROT", expected: PRELUDES.protected },
  { source: "test/isolation/preludes.asm", define: "LONG", expected: PRELUDES.long },
  ...[FLAT_HIGH, FLAT_LOW, ORIGINAL, PM_BASE].map(({ source, bytes }) => ({
    source: `test/inmates/${source}`,
    define: undefined,
    expected: hex(bytes),
  })),
])("$source $define", ({ source, define, expected }) => {
  expect(expected).toBe(define ? assemble(source, define) : assemble(source));
});

it.skipIf(!hasNasm && !CI).each(Object.entries(ROGUES))(
  "test/violations/rogue.asm: %s",
  (name, { defines }) => {
    const expected = assemble("test/violations/rogue.asm", ...defines);
    expect(hex(rogue(name as keyof typeof ROGUES))).toBe(expected);
  },
);
