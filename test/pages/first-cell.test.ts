// Types what docs/first-cell.md says. A directory stands for the clone's, so that nothing is written there.
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ROOT } from "../../tools/root.ts";
import { Player } from "./page.ts";

const player = new Player();
afterAll(() => player.close());

test("every command of the tutorial does what it says", () => {
  for (const name of ["configs", "inmates"])
    symlinkSync(join(ROOT, name), join(player.directory, name));
  expect(player.play("docs/first-cell.md")).toBeGreaterThan(10);
});
