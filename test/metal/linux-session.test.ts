// The article's session under a real Linux, as npm run metal:demo plays it.
import { expect, test } from "vitest";
import { BOCHS } from "../../tools/metal/beds/bochs/index.ts";
import { QEMU, QEMU10 } from "../../tools/metal/beds/qemu.ts";
import { playInGuest } from "../../tools/metal/play.ts";
import { BRIEF_SESSION, onBed, SESSION } from "../../tools/metal/session.ts";
import { describeLinux, silently } from "./linux.ts";

describeLinux("the session under a real Linux", () => {
  test.each([
    { title: "QEMU", bed: QEMU, session: SESSION },
    { title: "QEMU 10", bed: QEMU10, session: SESSION },
    { title: "Bochs", bed: BOCHS, session: BRIEF_SESSION },
  ])("goes as it should, and Linux stays well, $title", async ({ bed, session }) => {
    const steps = onBed(session, bed);
    const shown = await silently((screen) => playInGuest(steps, { screen, bed }));
    expect(shown).toContain("the same bytes as in npm run demo");
  });
});
