// First use, in a clone of its own whose compilers are made up: what a person sees, and what only one whose build fails.
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { step } from "./progress.mjs";
import { ROOT } from "./root.ts";

let clone: string;
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), "clone-"));
  for (const name of readdirSync(join(ROOT, "tools")).filter((file) => file.endsWith(".mjs")))
    cpSync(join(ROOT, "tools", name), join(clone, "tools", name));
  for (const entry of ["hypervisor/index.ts", "machine/cpu/index.ts", "tsconfig.json"])
    save(entry, "");
  save("package-lock.json", '{"packages": {"a": {"version": "1"}}}');
});
afterEach(() => rmSync(clone, { recursive: true }));

function save(path: string, content: string): void {
  mkdirSync(dirname(join(clone, path)), { recursive: true });
  writeFileSync(join(clone, path), content);
}

const CHATTER = 'console.log("Last converge was suboptimal.");console.error("3 warnings");';
/** A program that writes the file that it is told to. */
const COMPILER = `${CHATTER}
const { argv } = process;
const product = argv.includes("-o") ? argv[argv.indexOf("-o") + 1] : "dist/.tsbuildinfo";
require("node:fs").writeFileSync(product, "\\0asm\\u0001\\0\\0\\0");
`;

/** An npm that installs the compilers. */
function makeNpm(compiler: string, status = 0): void {
  save(
    "bin/npm",
    `#!${process.execPath}
console.log("added 99 packages in 12s");
console.error("npm warn deprecated something");
const { mkdirSync, writeFileSync } = require("node:fs");
for (const [directory, name] of [["assemblyscript", "asc.js"], ["typescript", "tsc"]]) {
  mkdirSync("node_modules/" + directory + "/bin", { recursive: true });
  writeFileSync("node_modules/" + directory + "/bin/" + name, ${JSON.stringify(compiler)});
}
writeFileSync("node_modules/.package-lock.json", '{"packages": {"a": {"version": "1"}}}');
process.exitCode = ${status};
`,
  );
  chmodSync(join(clone, "bin/npm"), 0o755);
}

function build() {
  const env = { ...process.env, PATH: `${join(clone, "bin")}${delimiter}${process.env.PATH}` };
  const command = [join(clone, "tools/run.mjs"), "build"];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    env,
    encoding: "utf8",
  });
  return { status, out: stdout, err: stderr.replace(/\(\d+ s\)/g, "(N s)") };
}

test("a first build shows its steps with their times, and nothing that compilers say", () => {
  makeNpm(COMPILER);
  const steps = ["hypervisor (1 of 3)", "cpu (2 of 3)", "typescript (3 of 3)"];
  expect(build()).toEqual({
    status: 0,
    out: "",
    err: [
      "installing the development dependencies, once … (N s)\n",
      ...steps.map((name) => `building ${name} … (N s)\n`),
    ].join(""),
  });
  expect(build()).toEqual({ status: 0, out: "", err: "" });
});

test("a build that fails shows everything", () => {
  makeNpm(`${CHATTER}console.error("ERROR AS100: in index.ts(3,4)");process.exitCode = 1;`);
  expect(build()).toEqual({
    status: 1,
    out: "",
    err: expect.stringMatching(
      /once … \(N s\)\nbuilding hypervisor \(1 of 3\) … failed \(N s\)\n[\s\S]*ERROR AS100: in index.ts\(3,4\)\n[\s\S]*The build failed; see above\.\n$/,
    ),
  });
  for (const line of ["Last converge was suboptimal.", "3 warnings"])
    expect(build().err).toContain(line);
});

test("an installation that fails shows everything", () => {
  makeNpm(COMPILER, 7);
  const { status, err } = build();
  expect(status).toBe(1);
  expect(err).toMatch(/^installing .* … failed \(N s\)\n/);
  for (const line of ["added 99 packages", "npm warn deprecated", "npm ci failed; see above."])
    expect(err).toContain(line);
});

test("on a terminal the seconds go by", async () => {
  let shown = "";
  let tick = () => {};
  const ticked = new Promise<void>((resolve) => {
    tick = resolve;
  });
  const write = (text: string) => {
    shown += text;
    if (/\r/.test(text)) tick();
  };
  await step("building all", () => ticked, { stream: { isTTY: true, write } });
  expect(shown).toMatch(/^building all …\rbuilding all … \(\d+ s\)\rbuilding all … \(\d+ s\)\n$/);
});
