// Types what README.md says, from "By hand" on. A directory stands for the clone's, so that nothing is written there.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ROOT } from "../../tools/root.ts";
import { articleOf, blockWith } from "../package/user-files.ts";

const directory = mkdtempSync(join(tmpdir(), "readme-"));
const env = {
  ...process.env,
  PATH: `${join(ROOT, "tools")}:${process.env.PATH}`,
  JAILHOUSE_RUNTIME_DIR: join(directory, "run"),
};
const type = (line: string) =>
  spawnSync("bash", ["-c", line], { cwd: directory, env, encoding: "utf8" });
afterAll(() => {
  type("jailhouse machine stop --all");
  rmSync(directory, { recursive: true, force: true });
});

test("every command of the README ends as it should, in the order printed", () => {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  for (const name of ["configs", "inmates"]) symlinkSync(join(ROOT, name), join(directory, name));
  writeFileSync(join(directory, "my-cell.ts"), blockWith(readme, "defineCell"));
  const commands = articleOf(readme);
  expect(commands.length).toBeGreaterThan(16);
  for (const { line, status } of commands) {
    const { status: got, stderr } = type(line);
    expect({ line, status: got, stderr }).toMatchObject({ line, status });
  }
});
