// Types what the documents say where it takes longer than the default tests have time for.

import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ROOT } from "../../tools/root.ts";
import { itemsFor } from "./ledger.ts";
import { Player } from "./page.ts";

const ours = (page: string) => itemsFor("test/pages/long.test.ts", page);
const player = new Player();
afterAll(() => player.close());

test("a configuration for an image that nobody knows is found", () => {
  for (const name of ["configs", "inmates"])
    symlinkSync(join(ROOT, name), join(player.directory, name));
  const items = ours("docs/explain.md");
  for (const item of items) player.type(item);
  expect(items).toHaveLength(1);
});

test("a campaign plays as many cases as it is told to, and names the others", () => {
  player.enter(ROOT);
  const items = ours("docs/campaigns.md");
  for (const item of items) player.type(item);
  expect(items).toHaveLength(2);
});
