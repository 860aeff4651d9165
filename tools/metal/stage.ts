// A guest as the stage of a session: commands run in its Linux, and its serial ports are shown.

import { setTimeout as sleep } from "node:timers/promises";
import type { Ended, Stage } from "../demo/perform.ts";
import type { Screen } from "../demo/screen.ts";
import type { Guest } from "./guest.ts";

const NS_PER_MS = 1e6;

export class GuestStage implements Stage {
  /** What ends a session that hangs; a busy host is slow. */
  readonly patience = 600e9;
  readonly beatTolerance = undefined;
  readonly #guest: Guest;
  readonly #screen: Screen;
  readonly #signal: AbortSignal | undefined;

  constructor(guest: Guest, screen: Screen, signal?: AbortSignal) {
    this.#guest = guest;
    this.#screen = screen;
    this.#signal = signal;
    guest.com1.follow((text) => screen.serial("COM1", text));
    guest.com2.follow((text) => screen.serial("COM2", text));
  }

  async run(command: string): Promise<Ended> {
    this.#signal?.throwIfAborted();
    const ended = await this.#guest.run(command);
    this.#screen.show(ended.out);
    this.#screen.show(ended.err, "error");
    return ended;
  }

  said(port: "com1" | "com2"): string {
    return this.#guest[port].text;
  }

  async pass(nanoseconds: number): Promise<void> {
    await sleep(nanoseconds / NS_PER_MS, undefined, { signal: this.#signal });
  }
}
