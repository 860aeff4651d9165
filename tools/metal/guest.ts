// A QEMU guest with a real Debian Linux, for tests, the demo, benchmarks and whoever wants to look at such a machine.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Capture } from "./capture.ts";
import { type GuestImageOptions, makeGuestImage } from "./guest-image.ts";
import { findProgram } from "./packages.ts";
import { Answer, type Ended, repeat, request } from "./protocol.ts";
import { type Machine, QEMU, qemuArguments, type Sockets } from "./qemu.ts";

export type { Ended } from "./protocol.ts";

/** The guest did not do what it was asked for; the message ends with its last words. */
export class GuestError extends Error {
  override readonly name = "GuestError";
}

export interface GuestOptions extends GuestImageOptions {
  /** More kernel options. */
  readonly append?: readonly string[];
  /** How its machine differs from the usual one. */
  readonly machine?: Machine;
  /** Told every piece that comes on the console. */
  readonly onConsole?: (text: string) => void;
  /** Milliseconds in which Linux must be up. */
  readonly bootTimeout?: number;
  readonly signal?: AbortSignal;
}

const BOOT_TIMEOUT = 180_000;
const COMMAND_TIMEOUT = 120_000;
/** Milliseconds of silence after which an answer that began counts as spoilt. */
const SILENCE = 3_000;
/** How much of the console an error shows. */
const LAST_LINES = 60;
const READY = "%ready";
/** QEMU names every feature of the CPU that TCG lacks, for each CPU. */
const HARMLESS = /^.*warning: TCG doesn't support requested feature.*\n/gm;

/**
 * QEMU must not outlive this process, however that ends: the kernel kills it with us.
 */
function launch(args: readonly string[]): ChildProcess {
  const qemu = findProgram(QEMU) ?? QEMU;
  const setpriv = findProgram("setpriv");
  const command = setpriv ? [setpriv, "--pdeathsig", "KILL", qemu] : [qemu];
  return spawn(command[0]!, [...command.slice(1), ...args], { stdio: ["pipe", "pipe", "pipe"] });
}

export class Guest {
  /** What the serial ports for cells said. */
  readonly com1: Capture;
  readonly com2: Capture;
  readonly #monitor: Capture;
  readonly #qemu: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #cleanups: (() => void)[];
  /** All that came on COM3, the guest's console. */
  #console = "";
  #errors = "";
  #exit: string | undefined;
  #number = 0;
  #wake: () => void = () => {};
  #busy: Promise<unknown> = Promise.resolve();

  private constructor(
    captures: readonly Capture[],
    qemu: ChildProcess,
    cleanups: (() => void)[],
    onConsole: (text: string) => void,
  ) {
    [this.com1, this.com2, this.#monitor] = captures as [Capture, Capture, Capture];
    this.#qemu = qemu;
    this.#cleanups = cleanups;
    qemu.stdin!.on("error", () => {});
    qemu.stdout!.setEncoding("latin1").on("data", (text: string) => {
      this.#console += text;
      onConsole(text);
      this.#wake();
    });
    qemu.stderr!.on("data", (text) => {
      this.#errors += text;
    });
    this.#ended = new Promise((resolve) => {
      const end = (how: string) => {
        this.#exit = how;
        this.#wake();
        resolve();
      };
      qemu.once("error", (error) => end(`QEMU could not be run: ${error.message}`));
      qemu.once("close", (status, signal) => end(`QEMU has ended (${signal ?? status})`));
    });
  }

  /**
   * Boots a guest and waits until it takes commands. Throws MissingPackages or GuestError; no QEMU is left then. Who boots
   * a guest must close it.
   */
  static async boot(options: GuestOptions = {}): Promise<Guest> {
    const guest = await Guest.start(options);
    const isUp = () => guest.#console.includes(READY) || undefined;
    try {
      await guest.#until("Linux is up", options.bootTimeout ?? BOOT_TIMEOUT, isUp);
    } catch (error) {
      await guest.close();
      throw error;
    }
    return guest;
  }

  /** Starts a guest and does not wait for it. Throws MissingPackages. Who starts a guest must close it. */
  static async start(options: GuestOptions = {}): Promise<Guest> {
    const { append, machine, onConsole = () => {}, signal } = options;
    const { image, remove } = makeGuestImage(options);
    const directory = mkdtempSync(join(tmpdir(), "jailhouse-qemu-"));
    const cleanups = [remove, () => rmSync(directory, { recursive: true, force: true })];
    const path = (name: string) => join(directory, name);
    const sockets: Sockets = { com1: path("1"), com2: path("2"), monitor: path("monitor") };
    const captures = await Promise.all(
      [sockets.com1, sockets.com2, sockets.monitor].map((each) => Capture.listen(each)),
    );
    const qemu = launch(qemuArguments(image, sockets, append, machine));
    const abort = () => void qemu.kill("SIGKILL");
    signal?.addEventListener("abort", abort);
    cleanups.push(() => signal?.removeEventListener("abort", abort));
    return new Guest(captures, qemu, cleanups, onConsole);
  }

  /** All that came on the console. */
  get console(): string {
    return this.#console;
  }

  /** Settles when QEMU has ended, for whatever reason. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /** Sends keys to the console of an interactive guest. */
  type(keys: Uint8Array): void {
    this.#qemu.stdin!.write(keys);
  }

  /**
   * Runs a shell command in the guest, in /jailhouse, without standard input; commands wait for each other. What it leaves in
   * the background must have its output redirected. Throws GuestError when it takes longer than `timeout` milliseconds,
   * or when the guest dies.
   */
  run(command: string, { timeout = COMMAND_TIMEOUT } = {}): Promise<Ended> {
    const result = this.#busy.then(() => this.#request(command, timeout));
    this.#busy = result.catch(() => {});
    return result;
  }

  /** As run, but the command must succeed. Resolves to its output. Throws GuestError otherwise. */
  async check(command: string, options: { timeout?: number } = {}): Promise<string> {
    const { status, out, err } = await this.run(command, options);
    if (status === 0) return out;
    throw new GuestError(`"${command}" ended with ${status}\n${out}${err}`);
  }

  async #request(command: string, timeout: number): Promise<Ended> {
    const number = ++this.#number;
    const answer = new Answer(number);
    let seen = this.#console.length;
    let quietSince = performance.now();
    this.#qemu.stdin!.write(request(number, command));
    return this.#until(`"${command}"`, timeout, () => {
      const now = performance.now();
      if (this.#console.length > seen) quietSince = now;
      answer.feed(this.#console.slice(seen));
      seen = this.#console.length;
      if (answer.result) return answer.result;
      if (!answer.isOver && !(answer.hasBegun && now - quietSince > SILENCE)) return undefined;
      quietSince = now;
      answer.restart();
      this.#qemu.stdin!.write(repeat(number));
      return undefined;
    });
  }

  /** Looks at every piece of output, and every second, whether something has come true. */
  async #until<T>(what: string, timeout: number, look: () => T | undefined): Promise<T> {
    const end = performance.now() + timeout;
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (this.#exit)
        throw new GuestError(
          `${what}: ${this.#exit} ${this.#errors.replaceAll(HARMLESS, "")}\n${this.lastLines()}`,
        );
      const left = end - performance.now();
      if (left <= 0) {
        const cpus = await this.monitor("info cpus").catch(() => "");
        throw new GuestError(
          `${what}: not within ${timeout / 1000} s\n${this.lastLines()}\n${cpus}`,
        );
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, 1000));
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** The guest's last words on its console. */
  lastLines(): string {
    return this.#console.trimEnd().split(/\r?\n/).slice(-LAST_LINES).join("\n");
  }

  /** Gives QEMU's monitor a command, such as "info registers -a". Resolves to what it says. */
  async monitor(command: string, timeout = 10_000): Promise<string> {
    await this.#monitor.waitFor(/\(qemu\) $/, timeout);
    const start = this.#monitor.text.length;
    this.#monitor.send(`${command}\n`);
    const [text] = await this.#monitor.waitFor(/\n[\s\S]*\(qemu\) $/, timeout, start);
    return text.replace(/\(qemu\) $/, "").trim();
  }

  /** Ends QEMU and removes its files. May be called again. */
  async close(): Promise<void> {
    if (!this.#exit) this.#qemu.kill("SIGKILL");
    await this.#ended;
    for (const capture of [this.com1, this.com2, this.#monitor]) capture.close();
    for (const cleanup of this.#cleanups.splice(0)) cleanup();
  }
}
