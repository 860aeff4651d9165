// A line between the command and real agents that misbehaves as a test wants, with everything seeded.

import { type ChildProcess, spawn } from "node:child_process";
import type { Line } from "../../control/remote/line.ts";

/** What happens to bytes on their way; all of it is 0 unless given. */
export interface Faults {
  readonly seed?: number;
  /** Probabilities, for each byte. */
  readonly dropped?: number;
  readonly flipped?: number;
  /** ... that something else is said before it. */
  readonly interrupted?: number;
  /** What is said then. */
  readonly words?: readonly string[];
  /** The agent is killed, and started anew, when it has been given this many frames. */
  readonly killAt?: number;
  /** ... before it has got the last of them, instead of when it has answered it. */
  readonly killBefore?: boolean;
}

const BYTE_BITS = 8;
const DATA_MAX = 1024;
/** As a serial line's. */
const PATIENCE = 15_000;

/** Mulberry32, by Tommy Ettinger: numbers in [0, 1). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Spoils what passes. */
class Spoiler {
  readonly #faults: Faults;
  readonly #random: () => number;

  constructor(faults: Faults, salt: number) {
    this.#faults = faults;
    this.#random = randomNumbers((faults.seed ?? 1) + salt);
  }

  spoil(bytes: Uint8Array): Buffer {
    const { dropped = 0, flipped = 0, interrupted = 0, words = [] } = this.#faults;
    const out: number[] = [];
    for (const byte of bytes) {
      if (this.#random() < interrupted) {
        const word = words[Math.floor(this.#random() * words.length)] ?? "";
        out.push(...Buffer.from(word));
      }
      if (this.#random() < dropped) continue;
      const bit = this.#random() < flipped ? 1 << Math.floor(this.#random() * BYTE_BITS) : 0;
      out.push(byte ^ bit);
    }
    return Buffer.from(out);
  }
}

/** Agents, one after the other, on a line that any number of commands share. */
export class SharedLine {
  readonly #command: readonly string[];
  readonly #faults: Faults;
  readonly #toAgent: Spoiler;
  readonly #fromAgent: Spoiler;
  readonly #listeners = new Set<(bytes: Uint8Array) => void>();
  #agent: ChildProcess;
  #frames = 0;
  #pause: Promise<unknown> = Promise.resolve();
  /** How often an agent was killed. */
  kills = 0;
  /** Frames that commands have sent. */
  sent = 0;
  /** Bytes that agents have. */
  received = 0;

  constructor(command: readonly string[], faults: Faults = {}) {
    this.#command = command;
    this.#faults = faults;
    this.#toAgent = new Spoiler(faults, 1);
    this.#fromAgent = new Spoiler(faults, 2);
    this.#agent = this.#start();
  }

  #start(): ChildProcess {
    const [program, ...args] = this.#command;
    const agent = spawn(program!, args, { stdio: ["pipe", "pipe", "inherit"] });
    agent.stdin!.on("error", () => {});
    agent.stdout!.on("data", (bytes: Buffer) => {
      if (agent !== this.#agent) return;
      this.received += bytes.length;
      const spoilt = this.#fromAgent.spoil(bytes);
      for (const listener of this.#listeners) listener(spoilt);
    });
    return agent;
  }

  #give(bytes: Uint8Array): void {
    const { killAt, killBefore = false } = this.#faults;
    this.sent++;
    if (++this.#frames !== killAt) {
      this.#agent.stdin!.write(this.#toAgent.spoil(bytes));
      return;
    }
    const old = this.#agent;
    if (!killBefore) old.stdin!.write(bytes);
    this.#pause = new Promise((resolve) => {
      const kill = () => {
        old.once("exit", resolve);
        old.kill("SIGKILL");
        this.kills++;
        this.#agent = this.#start();
      };
      // Once it has answered, or soon where it does not.
      if (killBefore) kill();
      else {
        const timer = setTimeout(kill, 50);
        old.stdout!.once("data", () => {
          clearTimeout(timer);
          kill();
        });
      }
    });
  }

  /** One command's end of it. */
  connect(): Line {
    let listener: ((bytes: Uint8Array) => void) | undefined;
    return {
      write: (bytes) => void this.#pause.then(() => this.#give(bytes)),
      onData: (given) => {
        listener = given;
        this.#listeners.add(given);
      },
      onEnd: () => {},
      close: () => void (listener && this.#listeners.delete(listener)),
      dataMax: DATA_MAX,
      patience: PATIENCE,
    };
  }

  /** Kills the agent now, and starts another one. */
  async kill(): Promise<void> {
    const old = this.#agent;
    const ended = new Promise((resolve) => old.once("exit", resolve));
    old.kill("SIGKILL");
    await ended;
    this.kills++;
    this.#agent = this.#start();
  }

  /** Ends the agent. */
  async close(): Promise<void> {
    await this.#pause;
    const ended = new Promise((resolve) => this.#agent.once("exit", resolve));
    this.#agent.kill("SIGKILL");
    await ended;
  }
}
