// A guest as the stage of a session: commands run in its Linux, or the command runs here and asks the agent in the guest; its
// serial ports are shown.

import { spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Ended, Stage } from "../demo/perform.ts";
import type { Screen } from "../demo/screen.ts";
import { ROOT } from "../root.ts";
import { PATIENCE } from "./capture.ts";
import type { Guest } from "./guest.ts";

const NS_PER_MS = 1e6;
const NS_PER_SECOND = 1e9;

type Variables = Readonly<Record<string, string>>;

/** A command that runs in the guest's Linux, where time is the host's. */
export class GuestStage implements Stage {
  readonly patience = PATIENCE * NS_PER_MS;
  /** The emulator's CPUs share those of the host, and with them whatever else it does: lines come, sometime. */
  readonly beatTolerance = undefined;
  readonly com1 = "racing";
  protected readonly guest: Guest;
  protected readonly signal: AbortSignal | undefined;
  readonly #screen: Screen;

  constructor(guest: Guest, screen: Screen, signal?: AbortSignal) {
    this.guest = guest;
    this.#screen = screen;
    this.signal = signal;
    guest.com1.follow((text) => screen.serial("COM1", text));
    guest.com2.follow((text) => screen.serial("COM2", text));
  }

  async run(command: string): Promise<Ended> {
    this.signal?.throwIfAborted();
    const ended = await this.execute(command);
    this.#screen.show(ended.out);
    this.#screen.show(ended.err, "error");
    return ended;
  }

  protected execute(command: string): Promise<Ended> {
    return this.guest.run(command);
  }

  said(port: "com1" | "com2"): string {
    return this.guest[port].text;
  }

  async pass(nanoseconds: number): Promise<void> {
    await sleep(nanoseconds / NS_PER_MS, undefined, { signal: this.signal });
  }
}

/** A guest whose commands are typed here and carried out there. */
export class RemoteStage extends GuestStage {
  readonly #variables: Variables;

  /** The variables name the target. */
  constructor(guest: Guest, screen: Screen, variables: Variables) {
    super(guest, screen);
    this.#variables = variables;
  }

  protected override execute(command: string): Promise<Ended> {
    return runHere(command, this.#variables);
  }
}

/** A guest whose commands run outside, and whose second is one of its own: slower than ours, or faster. */
export class OutsideStage extends GuestStage {
  protected override execute(command: string): Promise<Ended> {
    const isOurs = /^jailhouse /.test(command);
    return isOurs ? outside(this.guest, command, this.signal) : super.execute(command);
  }

  async clock(): Promise<number> {
    return Number.parseFloat(await this.guest.check("cat /proc/uptime"));
  }

  override async pass(nanoseconds: number): Promise<void> {
    if (nanoseconds < NS_PER_SECOND) return super.pass(nanoseconds);
    await this.guest.check(`sleep ${nanoseconds / NS_PER_SECOND}`);
  }
}

/** Runs a shell command here, in the clone, with a jailhouse that asks the guest's agent. */
export async function outside(guest: Guest, command: string, signal?: AbortSignal): Promise<Ended> {
  const { address, close } = await guest.agent();
  try {
    return await runHere(command, { JAILHOUSE_TARGET: `serial:${address}` }, signal);
  } finally {
    close();
  }
}

/** Runs a shell command here, in the clone, which knows its jailhouse, with more variables in its environment. */
export function runHere(
  command: string,
  variables: Variables,
  signal?: AbortSignal,
): Promise<Ended> {
  const path = `${join(ROOT, "bin")}:${process.env.PATH}`;
  const shell = spawn("sh", ["-c", command], {
    cwd: ROOT,
    env: { ...process.env, PATH: path, ...variables },
    stdio: ["ignore", "pipe", "pipe"],
    ...(signal ? { signal } : {}),
  });
  const texts = { out: "", err: "" };
  shell.stdout.on("data", (data) => {
    texts.out += data;
  });
  shell.stderr.on("data", (data) => {
    texts.err += data;
  });
  return new Promise((resolve, reject) => {
    shell.once("error", reject);
    shell.once("close", (status) => resolve({ status, ...texts }));
  });
}
