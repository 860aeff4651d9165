// A guest with a real Debian Linux on one of the beds, for tests, the demo, benchmarks and whoever wants to look at such a machine.

import type { Bed, Machine } from "./beds/bed.ts";
import type { Emulator } from "./beds/emulator.ts";
import { QEMU } from "./beds/qemu.ts";
import { type Bridge, bridgeTo } from "./bridge.ts";
import type { Capture } from "./capture.ts";
import { type GuestImage, type GuestImageOptions, makeGuestImage } from "./guest-image.ts";
import { Answer, type Ended, repeat, request } from "./protocol.ts";

export type { Ended } from "./protocol.ts";

/** The guest did not do what it was asked for; the message ends with its last words. */
export class GuestError extends Error {
  override readonly name = "GuestError";
}

export interface GuestOptions extends GuestImageOptions {
  /** QEMU if not given. */
  readonly bed?: Bed;
  /** What was made before for such a bed (artifacts.ts). */
  readonly image?: GuestImage;
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

const BOOT_TIMEOUT = 1_800_000;
const COMMAND_TIMEOUT = 1_800_000;
/**
 * What Linux says when a CPU or a task does not go on, by its own clock; that often while one thing is waited for, and it hangs, however
 * slow the machine is.
 */
const STALL =
  /detected (?:expedited )?stalls on CPUs|soft lockup - CPU|blocked for more than \d+ seconds/g;
const STALLS = 3;
/** What QEMU's monitor tells about each CPU that hangs. */
const CPU_FACTS = /^(?:CPU#\d+|RIP=.*|.*HLT=1.*)$/gm;
/** Milliseconds of silence after which an answer that began counts as spoilt. */
const SILENCE = 3_000;
/** How much of the console an error shows. */
const LAST_LINES = 60;
const HYPERVISOR_LINES = 20;
/** COM4. */
const AGENT_LINE = 3;
const READY = "%ready";
/** QEMU names every feature of the CPU that TCG lacks, for each CPU. */
const HARMLESS = /^.*warning: TCG doesn't support requested feature.*\n/gm;

function lastOf(text: string, lines: number): string {
  return text.trimEnd().split(/\r?\n/).slice(-lines).join("\n");
}

export class Guest {
  /** What the serial ports for cells said. */
  readonly com1: Capture;
  readonly com2: Capture;
  /** COM3, the guest's console. */
  readonly #console: Capture;
  /** Node is too slow in it: the command runs outside (stage.ts). */
  readonly isSlow: boolean;
  readonly #emulator: Emulator;
  readonly #cleanups: (() => void)[];
  #number = 0;
  #wake: () => void = () => {};
  #busy: Promise<unknown> = Promise.resolve();
  /** Why it is not asked for anything any more. */
  #hangs: GuestError | undefined;

  private constructor(
    { isSlow }: Bed,
    emulator: Emulator,
    cleanups: (() => void)[],
    onConsole: (text: string) => void,
  ) {
    [this.com1, this.com2, this.#console] = emulator.serial as [Capture, Capture, Capture];
    this.isSlow = isSlow;
    this.#emulator = emulator;
    this.#cleanups = cleanups;
    this.#console.follow((text) => {
      onConsole(text);
      this.#wake();
    });
    emulator.ended.then(() => this.#wake());
  }

  /**
   * Boots a guest and waits until it takes commands. Throws MissingPackages or GuestError; no QEMU is left then. Who boots
   * a guest must close it.
   */
  static async boot(options: GuestOptions = {}): Promise<Guest> {
    const guest = await Guest.start(options);
    const isUp = () => guest.console.includes(READY) || undefined;
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
    const { bed = QEMU, append = [], machine, onConsole = () => {}, signal, say } = options;
    const { image, remove } = options.image
      ? { image: options.image, remove: () => {} }
      : await makeGuestImage(bed, options);
    const emulator = await bed.start({ image, append }, machine, say).catch((error) => {
      remove();
      throw error;
    });
    const abort = () => emulator.kill();
    signal?.addEventListener("abort", abort);
    const cleanups = [remove, () => signal?.removeEventListener("abort", abort)];
    return new Guest(bed, emulator, cleanups, onConsole);
  }

  /** All that came on the console. */
  get console(): string {
    return this.#console.text;
  }

  /** What the emulator has noted of its processors (Emulator.notes). */
  get notes(): string {
    return this.#emulator.notes;
  }

  /** Settles when the emulator has ended, for whatever reason. */
  get ended(): Promise<void> {
    return this.#emulator.ended;
  }

  /** Sends keys to the console of an interactive guest. */
  type(keys: Uint8Array): void {
    this.#console.send(Buffer.from(keys).toString("latin1"));
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
    let seen = this.console.length;
    let quietSince = performance.now();
    this.#console.send(request(number, command));
    return this.#until(`"${command}"`, timeout, () => {
      const now = performance.now();
      if (this.console.length > seen) quietSince = now;
      answer.feed(this.console.slice(seen));
      seen = this.console.length;
      if (answer.result) return answer.result;
      if (!answer.isOver && !(answer.hasBegun && now - quietSince > SILENCE)) return undefined;
      quietSince = now;
      answer.restart();
      this.#console.send(repeat(number));
      return undefined;
    });
  }

  /** Looks at every piece of output, and every second, whether something has come true. */
  async #until<T>(what: string, timeout: number, look: () => T | undefined): Promise<T> {
    const end = performance.now() + timeout;
    const start = this.console.length;
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      const { exit, errors } = this.#emulator;
      if (exit)
        throw new GuestError(
          `${what}: ${exit} ${errors.replaceAll(HARMLESS, "")}\n${this.lastLines()}`,
        );
      if (this.#hangs) throw this.#hangs;
      const left = end - performance.now();
      const stalls = this.console.slice(start).match(STALL)?.length ?? 0;
      const hangs = stalls >= STALLS;
      if (hangs || left <= 0) {
        const why = hangs ? "Linux hangs, by its own clock" : `not within ${timeout / 1000} s`;
        const lost = await this.#lost(`${what}: ${why}`);
        if (hangs || timeout >= COMMAND_TIMEOUT) this.#hangs = lost;
        throw lost;
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

  /** What is known of a guest that did not do something: its last words, the hypervisor's, and where its CPUs are. */
  async #lost(why: string): Promise<GuestError> {
    const ask = (command: string) => this.monitor(command).catch(() => "");
    const cpus = (await ask("info cpus")) && (await ask("info registers -a"));
    const facts = cpus.match(CPU_FACTS)?.map((line) => line.trim()) ?? [];
    const hypervisor = lastOf(this.com1.text, HYPERVISOR_LINES);
    return new GuestError([why, this.lastLines(), hypervisor, ...facts].join("\n"));
  }

  /** The guest's last words on its console. */
  lastLines(): string {
    return lastOf(this.console, LAST_LINES);
  }

  /** Opens the line of the guest's agent (agent/) to a program. Throws where the bed has no line for it. */
  agent(): Promise<Bridge> {
    const line = this.#emulator.serial[AGENT_LINE];
    if (!line) throw new GuestError("this bed has no serial line for an agent");
    return bridgeTo(line);
  }

  /** Gives the emulator's monitor a command, such as "info registers -a". Resolves to what it says. */
  monitor(command: string): Promise<string> {
    return this.#emulator.monitor(command);
  }

  /** Ends the emulator and removes its files. May be called again. */
  async close(): Promise<void> {
    await this.#emulator.close();
    for (const cleanup of this.#cleanups.splice(0)) cleanup();
  }
}
