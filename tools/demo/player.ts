// Plays a session with the real command, on a machine and in a directory of its own, and checks every answer.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Pace } from "../../control/api.ts";
import { connect, type RemoteSession } from "../../control/client.ts";
import { halt } from "../../control/launch.ts";
import { listMachines } from "../../control/registry.ts";
import { Difference, expectAll, expectAmong, firstMissing, linesOf, matches } from "./expect.ts";
import type { Screen } from "./screen.ts";
import { COM2, type Step } from "./session.ts";

export interface PlayOptions {
  readonly screen: Screen;
  readonly pace: Pace;
  /** The clone whose tools, configs and inmates are used. */
  readonly root: string;
  /** Another place for the inmates. */
  readonly inmates?: string;
  /** Milliseconds between two commands. */
  readonly pause?: number;
  readonly signal?: AbortSignal;
}

const NS_PER_SECOND = 1e9;
/** Virtual time between two looks at what has come, and how long it may take to come. */
const LOOK = 10_000_000;
const PATIENCE = 10 * NS_PER_SECOND;
/** A beat may fall on either side of a second's end. */
const BEAT_TOLERANCE = 1;

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** Plays all steps. Throws a Difference at the first that goes otherwise; leaves nothing behind either way. */
export async function play(steps: readonly Step[], options: PlayOptions): Promise<void> {
  const player = new Player(options);
  try {
    for (const step of steps) await player.play(step);
  } finally {
    await player.close();
  }
}

/** Splits a command line at blanks, outside of double quotes. */
export function words(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
}

class Player {
  readonly #options: PlayOptions;
  readonly #directory = mkdtempSync(join(tmpdir(), "jailhouse-demo-"));
  readonly #env = {
    ...process.env,
    JAILHOUSE_RUNTIME_DIR: join(this.#directory, "run"),
    JAILHOUSE_MACHINE: "",
  };
  #child: ChildProcess | undefined;
  #session: RemoteSession | undefined;
  /** What COM1 has sent since the current step began. */
  #com1 = "";

  constructor(options: PlayOptions) {
    this.#options = options;
    for (const name of ["configs", "tools"]) {
      symlinkSync(join(options.root, name), join(this.#directory, name));
    }
    symlinkSync(options.inmates ?? join(options.root, "inmates"), join(this.#directory, "inmates"));
    options.signal?.addEventListener("abort", () => this.#child?.kill());
  }

  async play(step: Step): Promise<void> {
    const { screen, pace, pause = 0 } = this.#options;
    const command = step.command.replace("PACE", pace);
    if (step.remark) screen.show(`\n# ${step.remark}\n`, "remark");
    await screen.type(command);
    this.#com1 = "";
    const com2 = this.#com2().length;
    const ended = await this.#run(command);
    this.#checkCommand(step, command, ended);
    await this.#follow();
    await this.#await(step, com2);
    await this.#beat(step);
    await sleep(pause);
  }

  #run(command: string): Promise<Ended> {
    this.#options.signal?.throwIfAborted();
    const [program, ...args] = words(command);
    const file = program === "jailhouse" ? join(this.#directory, "tools/jailhouse") : program!;
    const child = spawn(file, args, { cwd: this.#directory, env: this.#env });
    this.#child = child;
    const texts = { out: "", err: "" };
    child.stdout.on("data", (data) => {
      texts.out += data;
      this.#options.screen.show(`${data}`);
    });
    child.stderr.on("data", (data) => {
      texts.err += data;
      this.#options.screen.show(`${data}`, "error");
    });
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (status) => {
        if (this.#options.signal?.aborted) reject(this.#options.signal.reason);
        else resolve({ status, ...texts });
      });
    });
  }

  #checkCommand(step: Step, command: string, { status, out, err }: Ended): void {
    const { status: expected = 0, contains } = step;
    if (contains) expectAmong(`output of "${command}"`, contains, out);
    else expectAll(`output of "${command}"`, step.out ?? [], out);
    const { err: wanted = [] } = step;
    // After what failed comes why, which is for people; without a failure nothing may come.
    const errors = wanted.length > 0 ? linesOf(err).slice(0, wanted.length) : linesOf(err);
    expectAll(`errors of "${command}"`, wanted, errors.join("\n"));
    if (status === expected) return;
    throw new Difference(`"${command}": expected exit status ${expected}, but got ${status}`);
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

  #com2(): string {
    try {
      return readFileSync(join(this.#directory, COM2), "latin1");
    } catch {
      return "";
    }
  }

  async #pass(nanoseconds: number): Promise<void> {
    this.#options.signal?.throwIfAborted();
    if (!this.#session) throw new Difference("no machine runs");
    await this.#session.run(nanoseconds, this.#options.signal);
    this.#options.signal?.throwIfAborted();
  }

  /** Lets time pass until all that shall come on the serial lines has come. */
  async #await({ com1 = [], com2 = [] }: Step, com2Start: number): Promise<void> {
    const texts = () => ({ com1: this.#com1, com2: this.#com2().slice(com2Start) });
    for (let passed = 0; passed < PATIENCE; passed += LOOK) {
      const now = texts();
      const missing =
        firstMissing(com1, linesOf(now.com1, false)) ??
        firstMissing(com2, linesOf(now.com2, false));
      if (missing === undefined) break;
      await this.#pass(LOOK);
    }
    const { com1: first, com2: second } = texts();
    expectAmong("on COM1", com1, first, true);
    expectAmong("on COM2", com2, second, true);
    if (com2.length > 0) this.#options.screen.serial("COM2", second);
  }

  async #beat({ beat }: Step): Promise<void> {
    for (let second = 0; beat && second < beat.seconds; second++) {
      this.#com1 = "";
      await this.#pass(NS_PER_SECOND);
      const count = linesOf(this.#com1, false).filter((line) =>
        matches(beat.line, line, true),
      ).length;
      if (Math.abs(count - beat.perSecond) <= BEAT_TOLERANCE) continue;
      throw new Difference(
        `on COM1: expected ${beat.perSecond} times a second\n    ${beat.line}\n  but it came ${count} times`,
      );
    }
  }

  async close(): Promise<void> {
    this.#child?.kill();
    await this.#session?.close();
    for (const paths of listMachines(this.#env)) await halt(paths).catch(() => {});
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
