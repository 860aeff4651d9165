// Plays a session in a guest and looks whether Linux stayed well.

import type { Entry } from "../../control/guest/cpio.ts";
import { coreDigest } from "../core.ts";
import { Difference } from "../demo/expect.ts";
import { perform } from "../demo/perform.ts";
import type { Screen } from "../demo/screen.ts";
import type { Step } from "../demo/step.ts";
import type { Bed, Machine } from "./beds/bed.ts";
import { Guest } from "./guest.ts";
import type { GuestImage } from "./guest-image.ts";
import { guestComplaints, newComplaints } from "./kernel-log.ts";
import { GuestStage, OutsideStage } from "./stage.ts";

/** Takes a CPU away from Linux and gives it back: creating and destroying a cell does that, too. */
const HOTPLUG = "for n in 0 1; do echo $n >/sys/devices/system/cpu/cpu3/online; done";

export interface PlayOptions {
  readonly screen: Screen;
  readonly signal?: AbortSignal;
  /** QEMU if not given. */
  readonly bed?: Bed;
  /** How its machine differs from the usual one. */
  readonly machine?: Machine;
  /** What was made before for such a bed (artifacts.ts). */
  readonly image?: GuestImage;
  /** More files for the guest. */
  readonly extra?: ReadonlyMap<string, Entry>;
}

/**
 * Boots a guest and plays all steps in it. Throws what playIn throws, GuestError or MissingPackages; the guest is gone
 * either way.
 */
export async function playInGuest(steps: readonly Step[], options: PlayOptions): Promise<void> {
  const { screen, signal, extra, bed, machine, image } = options;
  const say = (text: string) => screen.show(`${text}\n`, "remark");
  say("Booting Linux …");
  const more = {
    ...(signal ? { signal } : {}),
    ...(extra ? { extra } : {}),
    ...(bed ? { bed } : {}),
    ...(machine ? { machine } : {}),
    ...(image ? { image } : {}),
  };
  const guest = await Guest.boot({ jailhouse: true, say, ...more });
  try {
    await playIn(guest, steps, options);
  } finally {
    await guest.close();
  }
}

/**
 * Plays all steps, of which one enables the hypervisor, in a guest that has not played yet. The log of Linux must have no
 * complaints that it did not have before, and the hypervisor must have said that it holds dist/hypervisor.wasm. Throws
 * Difference.
 */
export async function playIn(
  guest: Guest,
  steps: readonly Step[],
  { screen, signal }: PlayOptions,
): Promise<void> {
  const digest = coreDigest();
  await guest.check(HOTPLUG);
  const before = await guestComplaints(guest);
  const stage = new (guest.isSlow ? OutsideStage : GuestStage)(guest, screen, signal);
  await perform(steps, stage, { screen });
  expectNone(newComplaints(await guestComplaints(guest), before), guest.notes);
  if (!guest.com1.text.includes(digest)) {
    throw new Difference(`on COM1: expected the sha256 of hypervisor.wasm, ${digest}`);
  }
  const end = `This was hypervisor.wasm ${digest}, the same bytes as in npm run demo.`;
  screen.show(`\n${end}\n`, "remark");
}

/** Throws Difference where there are complaints; with what the emulator has noted, which may be the reason. */
function expectNone(complaints: readonly string[], notes: string): void {
  if (complaints.length === 0) return;
  const noted = notes === "" ? [] : ["  and the emulator says", ...notes.split("\n")];
  throw new Difference(
    `Linux' log has new warnings:\n    ${[...complaints, ...noted].join("\n    ")}`,
  );
}
