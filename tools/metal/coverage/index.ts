// npm run metal:coverage: how much of the hypervisor's image runs on the project's PC, by function: in the article's session, and in
// the tests that have a guest in their own process.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ROOT } from "../../root.ts";
import { executed, functionsOf, type ImageFunction, union } from "./functions.ts";
import { sourceNames } from "./names.ts";
import { withList } from "./page.ts";
import { COVERAGE } from "./record.ts";

const PAGE = join(ROOT, "docs/silicon.md");
const IMAGE = join(ROOT, "dist/jailhouse-amd.bin.elf");
const PERCENT = 100;
const USAGE = `Usage: npm run metal:coverage [-- [--write] [TEST]…]
  --write  put what never ran into docs/silicon.md
  TEST     files of tests that are run besides the session; default: those whose guest is in their process
`;
const TESTS = ["test/metal/interrupted.test.ts"];

function readOptions() {
  try {
    return parseArgs({ options: { write: { type: "boolean" } } as const, allowPositionals: true });
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}`);
    process.exit(1);
  }
}

/** Runs what runs the image, each as `node …`; what they have executed. */
function measure(commands: readonly (readonly string[])[]): Uint8Array {
  const directory = mkdtempSync(join(tmpdir(), "jailhouse-coverage-"));
  try {
    const env = { ...process.env, [COVERAGE]: directory };
    for (const args of commands) {
      const { status } = spawnSync(process.execPath, args, { cwd: ROOT, env, stdio: "inherit" });
      if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}`);
    }
    return union(readdirSync(directory).map((name) => readFileSync(join(directory, name))));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function report(functions: readonly ImageFunction[], bits: Uint8Array): void {
  let [all, run] = [0, 0];
  for (const one of functions) {
    const count = executed(one, bits);
    all += one.instructions.length;
    run += count;
    console.log(`${one.name.padEnd(40)} ${count} of ${one.instructions.length}`);
  }
  const share = Math.round((run / all) * PERCENT);
  console.log(`${run} of ${all} instructions (${share} %) have run`);
}

const { values, positionals } = readOptions();
const session = [join(ROOT, "dist/tools/metal/demo.js"), "--bed", "pc"];
const vitest = [join(ROOT, "node_modules/vitest/vitest.mjs"), "run"];
const tests = positionals.length > 0 ? positionals : TESTS;
spawnSync(process.execPath, [join(ROOT, "dist/tools/metal/image.js")], {
  cwd: ROOT,
  stdio: "inherit",
});
const nameOf = await sourceNames();
const functions = functionsOf(readFileSync(IMAGE)).map((one) => ({
  ...one,
  name: nameOf(one.name),
}));
const bits = measure([session, [...vitest, ...tests]]);
report(functions, bits);
const never = functions
  .filter((one) => executed(one, bits) === 0)
  .map(({ name }) => name)
  .sort();
console.log(`never: ${never.join(", ")}`);
if (values.write) writeFileSync(PAGE, withList(readFileSync(PAGE, "utf8"), never));
