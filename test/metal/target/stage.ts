// A guest as the stage of a session whose commands are typed here and carried out there.

import { spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Ended, Stage } from "../../../tools/demo/perform.ts";
import { words } from "../../../tools/demo/player.ts";
import type { Screen } from "../../../tools/demo/screen.ts";
import type { Guest } from "../../../tools/metal/guest.ts";
import { ROOT } from "../../../tools/root.ts";

const NS_PER_MS = 1e6;

/** Runs a command line here, in the clone, with the real command. */
export function runHere(command: string, env: Readonly<Record<string, string>>): Promise<Ended> {
  const [program, ...args] = words(command);
  const file = program === "jailhouse" ? join(ROOT, "tools/jailhouse") : program!;
  const child = spawn(file, args, {
    ...{ cwd: ROOT, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] },
  });
  const texts = { out: "", err: "" };
  child.stdout!.on("data", (data) => {
    texts.out += data;
  });
  child.stderr!.on("data", (data) => {
    texts.err += data;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => resolve({ status, ...texts }));
  });
}

export class RemoteStage implements Stage {
  readonly patience = 120e9;
  /** QEMU's CPUs share those of the host, and with them whatever else it does. */
  readonly beatTolerance = 7;
  readonly #guest: Guest;
  readonly #screen: Screen;
  readonly #env: Readonly<Record<string, string>>;

  /** `env` names the target. */
  constructor(guest: Guest, screen: Screen, env: Readonly<Record<string, string>>) {
    this.#guest = guest;
    this.#screen = screen;
    this.#env = env;
  }

  async run(command: string): Promise<Ended> {
    const ended = await runHere(command, this.#env);
    this.#screen.show(ended.out);
    this.#screen.show(ended.err, "error");
    return ended;
  }

  said(port: "com1" | "com2"): string {
    return this.#guest[port].text;
  }

  async pass(nanoseconds: number): Promise<void> {
    await sleep(nanoseconds / NS_PER_MS);
  }
}
