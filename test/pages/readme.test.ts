// Types what README.md says. A directory stands for the clone's, so that nothing is written there.
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ROOT } from "../../tools/root.ts";
import { articleOf } from "../package/user-files.ts";
import { itemsFor } from "./ledger.ts";
import { Player } from "./page.ts";

const player = new Player();
afterAll(() => player.close());

test("every command of the README ends as it should, in the order printed", () => {
  const items = itemsFor("test/pages/readme.test.ts", "README.md");
  for (const name of ["configs", "inmates"])
    symlinkSync(join(ROOT, name), join(player.directory, name));
  const [cell, ...others] = items.filter(({ isCommand }) => !isCommand);
  expect(others).toEqual([]);
  writeFileSync(join(player.directory, "my-cell.ts"), cell!.text);
  const commands = articleOf(readFileSync(join(ROOT, "README.md"), "utf8"));
  expect(commands.length).toBeGreaterThan(16);
  for (const { line, status } of commands) {
    const { status: got, stderr } = player.end(line);
    expect({ line, status: got, stderr }).toMatchObject({ line, status });
  }
  const [demo, path, ...rest] = items.filter(({ isCommand }) => isCommand);
  expect(path!.text).toMatch(/^export PATH=/);
  expect(rest).toHaveLength(commands.length);
  player.enter(ROOT);
  player.type(demo!);
});
