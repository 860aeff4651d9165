// The article's session under a real Linux, as npm run metal:demo plays it.
import { expect, test } from "vitest";
import { playInGuest } from "../../tools/metal/play.ts";
import { SESSION } from "../../tools/metal/session.ts";
import { describeLinux, silently } from "./linux.ts";

describeLinux("the session under a real Linux", () => {
  test("goes as it should, and Linux stays well", async () => {
    const shown = await silently((screen) => playInGuest(SESSION, { screen }));
    expect(shown).toContain("the same bytes as in npm run demo");
  });
});
