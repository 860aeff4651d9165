// A running emulator: its process, the machine's serial lines, and its end.

import { type ChildProcess, spawn } from "node:child_process";
import { type Capture, PATIENCE } from "../capture.ts";
import { findProgram } from "../packages.ts";

/** The machine's serial ports, from COM1 on, and the emulator's own monitor where it has one. */
export interface Lines {
  readonly serial: readonly Capture[];
  readonly monitor?: Capture;
  /** Reads what the emulator has noted of its processors by itself, where it does. */
  readonly notes?: () => string;
}

const PROMPT = /\(qemu\) $/;

export class Emulator {
  /** What the serial ports say; the first two are for the hypervisor and its cells, the third is the system's console. */
  readonly serial: readonly Capture[];
  /** Settles when the emulator has ended, for whatever reason. */
  readonly ended: Promise<void>;
  readonly #process: ChildProcess;
  readonly #monitor: Capture | undefined;
  readonly #notes: () => string;
  readonly #cleanups: (() => void)[];
  #errors = "";
  #exit: string | undefined;

  /**
   * Runs a program, which must not outlive this process, however that ends: the kernel kills it with us. `title` names it in
   * messages; `cleanups` are called when it is closed.
   */
  constructor(
    title: string,
    command: readonly string[],
    { serial, monitor, notes = () => "" }: Lines,
    cleanups: readonly (() => void)[],
  ) {
    this.serial = serial;
    this.#monitor = monitor;
    this.#notes = notes;
    this.#cleanups = [...cleanups];
    const setpriv = findProgram("setpriv");
    const whole = setpriv ? [setpriv, "--pdeathsig", "KILL", ...command] : command;
    this.#process = spawn(whole[0]!, whole.slice(1), { stdio: ["ignore", "ignore", "pipe"] });
    this.#process.stderr!.on("data", (text) => {
      this.#errors += text;
    });
    this.ended = new Promise((resolve) => {
      const end = (how: string) => {
        this.#exit ??= how;
        resolve();
      };
      this.#process.once("error", (error) => end(`${title} could not be run: ${error.message}`));
      this.#process.once("close", (status, signal) =>
        end(`${title} has ended (${signal ?? status})`),
      );
    });
  }

  /** How it ended; undefined while it runs. */
  get exit(): string | undefined {
    return this.#exit;
  }

  /** What it complained about. */
  get errors(): string {
    return this.#errors;
  }

  /** What it has noted of its processors so far, such as why an instruction faulted; "" where it takes no notes. */
  get notes(): string {
    return this.#notes();
  }

  /** Gives the monitor a command, such as "info registers -a". Resolves to what it says. Throws where there is none. */
  async monitor(command: string, timeout = PATIENCE): Promise<string> {
    const monitor = this.#monitor;
    if (!monitor) throw new Error("this emulator has no monitor");
    await monitor.waitFor(PROMPT, timeout);
    const start = monitor.text.length;
    monitor.send(`${command}\n`);
    const [text] = await monitor.waitFor(/\n[\s\S]*\(qemu\) $/, timeout, start);
    return text.replace(PROMPT, "").trim();
  }

  /** Ends it at once; `ended` settles soon. */
  kill(): void {
    if (!this.#exit) this.#process.kill("SIGKILL");
  }

  /** Ends it, waits for the last words on its lines, and removes its files. May be called again. */
  async close(): Promise<void> {
    this.kill();
    await this.ended;
    await Promise.all(this.serial.map((line) => line.finished()));
    for (const line of [...this.serial, this.#monitor]) line?.close();
    for (const cleanup of this.#cleanups.splice(0)) cleanup();
  }
}
