// Plays a session with the real command, on an emulated machine and in a directory of its own.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Pace } from "../../control/api.ts";
import { connect, type RemoteSession } from "../../control/client.ts";
import { halt } from "../../control/launch.ts";
import { listMachines } from "../../control/registry.ts";
import { Difference } from "./expect.ts";
import { type Ended, perform, type Stage } from "./perform.ts";
import type { Screen } from "./screen.ts";
import { COM2 } from "./session.ts";
import type { Step } from "./step.ts";

export interface PlayOptions {
  readonly screen: Screen;
  readonly pace: Pace;
  /** The clone or package whose command, configs and inmates are used. */
  readonly root: string;
  /** Another place for the inmates. */
  readonly inmates?: string;
  /** Milliseconds between two commands. */
  readonly pause?: number;
  readonly signal?: AbortSignal;
}

/** Plays all steps. Throws a Difference at the first that goes otherwise; leaves nothing behind either way. */
export async function play(steps: readonly Step[], options: PlayOptions): Promise<void> {
  const stage = new EmulatedStage(options);
  const paced = (step: Step) => ({ ...step, command: step.command.replace("PACE", options.pace) });
  try {
    await perform(steps.map(paced), stage, options);
  } finally {
    await stage.close();
  }
}

/** Splits a command line at blanks, outside of double quotes. */
export function words(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
}

class EmulatedStage implements Stage {
  readonly patience = 10e9;
  /** A beat may fall on either side of a second's end. */
  readonly beatTolerance = 1;
  readonly com1 = "shared";
  readonly #options: PlayOptions;
  readonly #directory = mkdtempSync(join(tmpdir(), "jailhouse-demo-"));
  readonly #env = {
    ...process.env,
    JAILHOUSE_RUNTIME_DIR: join(this.#directory, "run"),
    JAILHOUSE_MACHINE: "",
    // What commands print is compared.
    FORCE_COLOR: "0",
  };
  #child: ChildProcess | undefined;
  #session: RemoteSession | undefined;
  #com1 = "";
  /** How much of COM2 has been shown. */
  #shown = 0;

  constructor(options: PlayOptions) {
    this.#options = options;
    symlinkSync(join(options.root, "configs"), join(this.#directory, "configs"));
    symlinkSync(options.inmates ?? join(options.root, "inmates"), join(this.#directory, "inmates"));
    options.signal?.addEventListener("abort", () => this.#child?.kill());
  }

  async run(command: string): Promise<Ended> {
    const ended = await this.#execute(command);
    await this.#follow();
    this.#showCom2();
    return ended;
  }

  #execute(command: string): Promise<Ended> {
    const { screen, signal } = this.#options;
    signal?.throwIfAborted();
    const [program, ...args] = words(command);
    const isCommand = program === "jailhouse";
    const file = isCommand ? process.execPath : program!;
    const all = isCommand ? [join(this.#options.root, "bin/jailhouse"), ...args] : args;
    const child = spawn(file, all, { cwd: this.#directory, env: this.#env });
    this.#child = child;
    const texts = { out: "", err: "" };
    child.stdout.on("data", (data) => {
      texts.out += data;
      screen.show(`${data}`);
    });
    child.stderr.on("data", (data) => {
      texts.err += data;
      screen.show(`${data}`, "error");
    });
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (status) => {
        if (signal?.aborted) reject(signal.reason);
        else resolve({ status, ...texts });
      });
    });
  }

  /** Follows COM1 from the time the machine runs. */
  async #follow(): Promise<void> {
    if (this.#session) return;
    const [paths] = listMachines(this.#env);
    if (!paths) return;
    this.#session = await connect(paths);
    const listener = (text: string) => {
      this.#com1 += text;
      this.#options.screen.serial("COM1", text);
    };
    await this.#session.attachSerial(0, listener, { watch: false });
  }

  said(port: "com1" | "com2"): string {
    if (port === "com1") return this.#com1;
    try {
      return readFileSync(join(this.#directory, COM2), "latin1");
    } catch {
      return "";
    }
  }

  #showCom2(): void {
    const text = this.said("com2");
    this.#options.screen.serial("COM2", text.slice(this.#shown));
    this.#shown = text.length;
  }

  async pass(nanoseconds: number): Promise<void> {
    const { signal } = this.#options;
    signal?.throwIfAborted();
    if (!this.#session) throw new Difference("no machine runs");
    await this.#session.run(nanoseconds, signal);
    this.#showCom2();
    signal?.throwIfAborted();
  }

  async close(): Promise<void> {
    this.#child?.kill();
    await this.#session?.close();
    for (const paths of listMachines(this.#env)) await halt(paths).catch(() => {});
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
