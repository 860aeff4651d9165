// Types what docs/inmates-in-c.md says, outside of the clone.
import { afterAll, expect, test } from "vitest";
import { CAN_BUILD } from "../sdk/project.ts";
import { Player } from "./page.ts";

const player = new Player();
afterAll(() => player.close());

test.skipIf(!CAN_BUILD)("every command of the page does what it says", () => {
  expect(player.play("docs/inmates-in-c.md")).toBeGreaterThan(20);
});
