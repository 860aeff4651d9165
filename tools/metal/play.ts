// Plays a session in a guest and looks whether Linux stayed well.

import { coreDigest } from "../core.ts";
import { Difference } from "../demo/expect.ts";
import { perform } from "../demo/perform.ts";
import type { Screen } from "../demo/screen.ts";
import type { Step } from "../demo/step.ts";
import { Guest } from "./guest.ts";
import { guestComplaints, newComplaints } from "./kernel-log.ts";
import { GuestStage } from "./stage.ts";

/** Takes a CPU away from Linux and gives it back: creating and destroying a cell does that, too. */
const HOTPLUG = "for n in 0 1; do echo $n >/sys/devices/system/cpu/cpu3/online; done";

export interface PlayOptions {
  readonly screen: Screen;
  readonly signal?: AbortSignal;
}

/**
 * Boots a guest and plays all steps, of which one enables the hypervisor. The log of Linux must have no complaints that it did
 * not have before, and the hypervisor must have said that it holds dist/hypervisor.wasm. Throws Difference, GuestError
 * or MissingPackages; the guest is gone either way.
 */
export async function playInGuest(
  steps: readonly Step[],
  { screen, signal }: PlayOptions,
): Promise<void> {
  const say = (text: string) => screen.show(`${text}\n`, "remark");
  const digest = coreDigest();
  say("Booting Linux …");
  const guest = await Guest.boot({ jailhouse: true, say, ...(signal ? { signal } : {}) });
  try {
    await guest.check(HOTPLUG);
    const before = await guestComplaints(guest);
    await perform(steps, new GuestStage(guest, screen, signal), { screen });
    expectNone(newComplaints(await guestComplaints(guest), before));
    if (!guest.com1.text.includes(digest)) {
      throw new Difference(`on COM1: expected the sha256 of hypervisor.wasm, ${digest}`);
    }
    say(`\nThis was hypervisor.wasm ${digest}, the same bytes as in npm run demo.`);
  } finally {
    await guest.close();
  }
}

function expectNone(complaints: readonly string[]): void {
  if (complaints.length === 0) return;
  throw new Difference(`Linux' log has new warnings:\n    ${complaints.join("\n    ")}`);
}
