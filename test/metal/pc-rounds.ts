// Debian's Linux on the project's PC, up to the moment before it is taken over: what tests have in common that play whole rounds of
// requests (programs/rounds.c) from there, again and again.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Entry } from "../../control/guest/cpio.ts";
import { PC } from "../../tools/metal/beds/pc/index.ts";
import { makeGuestImage } from "../../tools/metal/guest-image.ts";
import { buildGuestProgram } from "../../tools/metal/guest-program.ts";
import { complaints, newComplaints } from "../../tools/metal/kernel-log.ts";
import { ROOT } from "../../tools/root.ts";
import { PcGuest, type Place } from "./pc-guest.ts";

/** Enables and disables. */
export const ENABLE = "rounds 1 system.cell";
/** The same, and between a cell lives. */
export const ENABLE_AND_CELL = "rounds 1 system.cell tiny-demo.cell demo.bin";
/** Disables. */
export const DISABLE = "rounds 0 system.cell";

export class PcRounds {
  readonly guest: PcGuest;
  /** The driver is loaded, and nothing has been asked of it. */
  readonly start: Place;
  readonly #before: Set<string>;
  readonly #remove: () => void;

  private constructor(guest: PcGuest, remove: () => void) {
    this.guest = guest;
    this.#remove = remove;
    guest.check("insmod driver/jailhouse.ko");
    this.#before = complaints(guest.check("dmesg -r"));
    this.start = guest.save();
  }

  static async boot(): Promise<PcRounds> {
    const read = (path: string) => ({ data: readFileSync(join(ROOT, path)) });
    const program = buildGuestProgram("test/metal/programs/rounds.c");
    const made = await makeGuestImage(PC, {
      jailhouse: true,
      extra: new Map<string, Entry>([
        ["bin/rounds", { data: program, mode: 0o755 }],
        ["jailhouse/system.cell", read(PC.system.file)],
        ["jailhouse/tiny-demo.cell", read("configs/tiny-demo.cell")],
        ["jailhouse/demo.bin", read("inmates/demos/x86/tiny-demo.bin")],
      ]),
    });
    try {
      return new PcRounds(new PcGuest(made.image, "amd"), made.remove);
    } catch (error) {
      made.remove();
      throw error;
    }
  }

  close(): void {
    this.guest.close();
    this.#remove();
  }

  /** Goes back to the start. */
  restart(): void {
    this.guest.restore(this.start);
  }

  /** What Linux complains of since the start, but for lines that are `expected`. */
  complaints(expected: readonly RegExp[]): string[] {
    const all = newComplaints(complaints(this.guest.check("dmesg -r")), this.#before);
    return all.filter((line) => !expected.some((pattern) => pattern.test(line)));
  }

  /** Whether Linux has all its CPUs. */
  hasAllCpus(): boolean {
    return this.guest.check("cat /sys/devices/system/cpu/online") === "0-3\n";
  }

  /** Whether the hypervisor is at work. */
  isEnabled(): boolean {
    return this.guest.check("cat /sys/devices/jailhouse/enabled") === "1\n";
  }

  /** Calls `look` at CPU 0's every `period` ticks from `from` to `to`. Returns what ends it. */
  every(from: number, to: number, period: number, look: () => void): () => void {
    let forget = () => {};
    const arm = (tick: number) => {
      if (tick > to) return;
      forget = this.guest.at(0, tick, () => {
        look();
        forget();
        arm(tick + period);
      });
    };
    arm(from);
    return () => forget();
  }
}
