// The article's session under a real Linux, as npm run metal:demo plays it.
import { expect, test } from "vitest";
import { QEMU, QEMU10 } from "../../tools/metal/beds/qemu.ts";
import { playInGuest } from "../../tools/metal/play.ts";
import { onSystem, SESSION } from "../../tools/metal/session.ts";
import { describeLinux, silently } from "./linux.ts";

const TIMEOUT = 3_600_000;

describeLinux("the session under a real Linux", () => {
  test.each([QEMU, QEMU10])(
    "goes as it should, and Linux stays well, $title",
    async (bed) => {
      const steps = onSystem(SESSION, bed.system);
      const shown = await silently((screen) => playInGuest(steps, { screen, bed }));
      expect(shown).toContain("the same bytes as in npm run demo");
    },
    TIMEOUT,
  );
});
