// What the command writes into a pipe depends on no terminal's width, and has no colours.
import { execFileSync } from "node:child_process";
import { beforeAll, expect, test } from "vitest";
import { ROOT } from "../../tools/root.ts";
import { buildCommand, COMMAND } from "./build.ts";

beforeAll(() => buildCommand());

const run = (words: readonly string[], env: Readonly<Record<string, string>>) =>
  execFileSync(COMMAND, words, { cwd: ROOT, encoding: "utf8", env: { ...process.env, ...env } });

test.each([
  [["config", "show", "configs/qemu-x86.cell"]],
  [["config", "show", "--map", "configs/qemu-x86.cell", "configs/pci-demo.cell"]],
  [["config", "check", "configs/qemu-x86.cell", "configs/pci-demo.cell", "--notes"]],
  [["--help"]],
])("%j", (words) => {
  const wide = run(words, { COLUMNS: "300", TERM: "xterm-256color" });
  expect(run(words, { COLUMNS: "20", TERM: "dumb" })).toBe(wide);
  expect(wide).not.toContain("\x1b");
});
