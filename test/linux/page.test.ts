// Types what docs/linux.md says: its commands in a process of their own, its test in this one.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type LinuxOptions, startLinux } from "../../control/guest/linux.ts";
import { ROOT } from "../../tools/root.ts";
import { buildCommand, COMMAND } from "../command/build.ts";
import { itemsFor } from "../pages/ledger.ts";
import { kernels } from "./kernel.ts";

const PATIENCE = 600_000;
const JITI = join(ROOT, "node_modules/jiti/lib/jiti-cli.mjs");
const items = itemsFor("test/linux/page.test.ts", "docs/linux.md");
const taking = (pattern: RegExp) => items.filter(({ text }) => pattern.test(text));

/** `npm run linux` of the sources, with what is typed. */
function linux(args: readonly string[], input = "") {
  const options = { cwd: ROOT, input, encoding: "utf8" } as const;
  return spawnSync(process.execPath, [JITI, "tools/linux.ts", ...args], options);
}

beforeAll(buildCommand);

describe.skipIf(!kernels)("docs/linux.md", () => {
  test("has four commands and a test", () => {
    const programs = items.map(({ text }) => text.split(/[ \n]/)[0]);
    expect(programs).toEqual(["npm", "npm", "import", "npm", "jailhouse"]);
  });

  test("its command prints and ends as it says", { timeout: PATIENCE }, () => {
    const [, command] = /--run "([^"]*)"/.exec(taking(/--run/)[0]!.text)!;
    const { stdout, status } = linux(["--run", `${command}; exit 3`]);
    expect(stdout).toMatch(/^Linux .* x86_64 GNU\/Linux\n$/);
    expect(status).toBe(3);
  });

  test("its shell does what is typed, and powers off", { timeout: PATIENCE }, () => {
    const { stdout, status } = linux([], "echo $((6 * 7))\nexit\n");
    expect(stdout).toMatch(/\n42\r\n/);
    expect(status).toBe(0);
  });

  test("its record is replayed", { timeout: PATIENCE }, () => {
    const directory = mkdtempSync(join(tmpdir(), "linux-page-"));
    try {
      const [, file, command] = /--record (\S+) --run "([^"]*)"/.exec(taking(/--record/)[0]!.text)!;
      const path = join(directory, file!);
      const { stdout, status } = linux(["--record", path, "--run", command!]);
      expect([stdout, status]).toEqual([expect.stringMatching(/^1\.\d\d \d/), 0]);
      const [, verb] = /^jailhouse (.*) \S+$/.exec(taking(/replay/)[0]!.text)!;
      const replayed = spawnSync(COMMAND, [...verb!.split(" "), path], { encoding: "utf8" });
      expect(replayed.stdout).toMatch(
        /: the same up to 1\.\d+ s, 2 inputs and \d+ check points\n$/,
      );
      expect(replayed.status).toBe(0);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test("its test passes", { timeout: PATIENCE }, async () => {
    const [block] = taking(/startLinux/);
    const body = block!.text.replace(/^import .*\n/gm, "");
    const tests: (() => Promise<void>)[] = [];
    const collect = (_name: string, _options: object, action: () => Promise<void>) =>
      tests.push(action);
    const start = (options: LinuxOptions) => startLinux({ ...options, kernel: kernels!.vmlinux });
    new Function("expect", "test", "startLinux", body)(expect, collect, start);
    expect(tests).toHaveLength(1);
    await tests[0]!();
  });
});

test.each([
  [["--kernel", "/etc/passwd"], "passwd is no kernel"],
  [["--kernel", "/nowhere"], "The kernel /nowhere cannot be read"],
  [["--kernel", "/etc/passwd", "--cpus", "0"], "1 to 64 CPUs"],
  [["--kernel", "/etc/passwd", "--cpu", "z80"], "z80"],
  [["--kernel", "/etc/passwd", "--memory", "much"], "no size"],
  [["--kernel", "/etc/passwd", "--disk", "/nowhere"], "The disk /nowhere: No such file"],
  [
    ["--release", "5.10"],
    "There is no release 5.10: 6.1, 6.1-rt, 6.12, 6.12-rt, or --kernel FILE.",
  ],
  [["--release", "6.12", "--kernel", "vmlinuz"], "--kernel and --release: give one of them"],
  [["--odd"], "--odd"],
])("npm run linux -- %s is refused in one line", { timeout: PATIENCE }, (args, reason) => {
  const { stderr, status } = linux(args);
  expect(stderr).toContain(reason);
  expect(stderr.trimEnd()).not.toContain("\n");
  expect(status).toBe(1);
});
