// Surroundings for tests of the command: a private runtime directory, captured output, and a machine that is a test double,
// served over its real socket.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import type { StartMachine } from "../../control/api.ts";
import { Daemon, type DaemonParts } from "../../control/daemon.ts";
import { type Host, THIS_HOST } from "../../control/linux/host.ts";
import { claim, machinePaths, release } from "../../control/registry.ts";
import { FakeSession } from "../../control/testing/fake-session.ts";
import { coloursOf, type Io, type Terminal } from "../io.ts";
import { main } from "../main.ts";

export interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

export class Surroundings {
  readonly directory = mkdtempSync(join(tmpdir(), "command-"));
  readonly env: Record<string, string> = {
    JAILHOUSE_RUNTIME_DIR: join(this.directory, "run"),
  };
  readonly input = new PassThrough();
  /** What `run` has as its terminal. */
  terminal: Terminal | undefined;
  /** Whether both outputs of `run` are terminals. */
  isTerminal = false;
  /** How wide that is. */
  columns = 200;
  /** The computer; without a device unless a test makes one. */
  host: Host = { ...THIS_HOST, root: join(this.directory, "computer") };
  /** Ends a command that waits for Ctrl-C. */
  interrupt: () => void = () => {};
  /** Whether the latest command waits for Ctrl-C. */
  isInterruptible = false;
  /** What the latest command has printed so far. */
  printed = "";
  /** Bytes of the latest command's output. */
  #pieces: Buffer[] = [];
  #stop: (() => Promise<void>)[] = [];

  /** Serves a machine, the test double unless another is given, from this process. */
  async machine(
    name = "default",
    startMachine: StartMachine = async (options) => new FakeSession(options),
    parts: Partial<DaemonParts> = {},
  ): Promise<{ daemon: Daemon }> {
    const paths = machinePaths(name, this.env);
    claim(paths);
    const options = { machine: { name, pace: "free" as const } };
    const daemon = await Daemon.start({ startMachine, ...parts }, options, paths);
    this.#stop.push(async () => {
      await daemon.stop();
      release(paths);
    });
    return { daemon };
  }

  /** Runs one command line, a text that is split at blanks or its words, in a directory. */
  async run(line: string | readonly string[], cwd = this.directory): Promise<Outcome> {
    const args = typeof line === "string" ? line.split(" ").filter((word) => word) : line;
    let [out, err] = ["", ""];
    this.#pieces = [];
    this.printed = "";
    this.isInterruptible = false;
    const io: Io = {
      out: (text) => {
        this.#pieces.push(Buffer.from(text));
        out += Buffer.from(text).toString();
        this.printed = out;
      },
      err: (text) => {
        err += text;
      },
      draw: (text) => {
        out += text;
        this.printed = out;
      },
      drawErr: (text) => {
        err += text;
      },
      screens: { out: this.isTerminal, err: this.isTerminal },
      colours: coloursOf(this.env, { out: this.isTerminal, err: this.isTerminal }, args),
      columns: this.isTerminal ? this.columns : undefined,
      env: this.env,
      cwd,
      terminal: this.terminal,
      host: this.host,
      input: this.input,
      interrupted: () =>
        new Promise((resolve) => {
          this.interrupt = resolve;
          this.isInterruptible = true;
        }),
    };
    const status = await main(args, io);
    return { status, out, err };
  }

  /** Runs one command line; returns its output byte for byte. */
  async bytes(line: string): Promise<Buffer> {
    await this.run(line);
    return Buffer.concat(this.#pieces);
  }

  async close(): Promise<void> {
    for (const stop of this.#stop) await stop();
    rmSync(this.directory, { recursive: true });
  }
}
