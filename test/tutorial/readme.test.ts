// Types what README.md says, from "By hand" on. A directory stands for the clone's, so that nothing is written there.
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ROOT } from "../../tools/root.ts";
import { articleOf, blockWith } from "../package/user-files.ts";
import { Player } from "./page.ts";

const player = new Player();
afterAll(() => player.close());

test("every command of the README ends as it should, in the order printed", () => {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  for (const name of ["configs", "inmates"])
    symlinkSync(join(ROOT, name), join(player.directory, name));
  writeFileSync(join(player.directory, "my-cell.ts"), blockWith(readme, "defineCell"));
  const commands = articleOf(readme);
  expect(commands.length).toBeGreaterThan(16);
  for (const { line, status } of commands) {
    const { status: got, stderr } = player.end(line);
    expect({ line, status: got, stderr }).toMatchObject({ line, status });
  }
});
