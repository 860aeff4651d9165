// The article's session under a real Linux, as npm run metal:demo plays it.
import { expect, test } from "vitest";
import { BOCHS } from "../../tools/metal/beds/bochs/index.ts";
import { findMachine, systemOf } from "../../tools/metal/beds/index.ts";
import { PC } from "../../tools/metal/beds/pc/index.ts";
import { QEMU10 } from "../../tools/metal/beds/qemu.ts";
import { playInGuest } from "../../tools/metal/play.ts";
import { BRIEF_SESSION, onBed, SESSION } from "../../tools/metal/session.ts";
import { runHere } from "../../tools/metal/stage.ts";
import { itemsFor } from "../pages/ledger.ts";
import { describeLinux, silently } from "./linux.ts";

/** Characters of a session that an error shows. */
const LAST = 4000;
const SAME_CORE = "the same bytes as in npm run demo";

describeLinux("the session under a real Linux", () => {
  test.each([
    ["QEMU", "npm run metal:demo", "docs/metal.md"],
    ["the emulated PC", "npm run demo:linux", "README.md"],
  ])("goes as it should, and Linux stays well, %s, typed: %s, of %s", async (_, command, page) => {
    const all = itemsFor("test/metal/linux-session.test.ts", page);
    const items = all.filter(({ text }) => text === command);
    expect(items).toHaveLength(1);
    const { status, out, err } = await runHere(items[0]!.text, {});
    expect({ status, err, out: out.slice(-LAST) }).toMatchObject({ status: 0 });
    expect(out).toContain(SAME_CORE);
    expect(out).toContain(`All ${SESSION.length} commands did what they should`);
  });

  test.each([
    { title: "QEMU 10", bed: QEMU10, cpu: "amd", session: SESSION },
    { title: "the emulated PC, newer", bed: PC, cpu: "amd-newer", session: BRIEF_SESSION },
    { title: "Bochs, AMD-V", bed: BOCHS, cpu: "amd", session: BRIEF_SESSION },
    { title: "Bochs, VT-x", bed: BOCHS, cpu: "intel", session: BRIEF_SESSION },
  ])("goes as it should, and Linux stays well, $title", async ({ bed, cpu, session }) => {
    const machine = findMachine(bed, cpu);
    const steps = onBed(session, bed, systemOf(bed, machine));
    const shown = await silently((screen) => playInGuest(steps, { screen, bed, machine }));
    expect(shown).toContain(SAME_CORE);
  });
});
