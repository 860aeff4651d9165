// One serial line of a machine in this process.
import { ETIMEDOUT } from "../abi/errno.ts";
import type { LineNumber, MachineOptions, SerialLine, Unsubscribe } from "./api.ts";
import { SystemError } from "./errors.ts";

/** How much of the output is kept, in characters. */
const KEPT = 1 << 20;
const DEFAULT_TIMEOUT = 60e9;
/** How many lines a time-out shows. */
const SHOWN_LINES = 5;

/** Why there is no line 2. */
export const NO_CONSOLE = "The machine has no virtio console (--virtio-console).";

/** The lines of a machine. */
export function linesOf({ virtioConsole }: MachineOptions): LineNumber[] {
  return virtioConsole ? [0, 1, 2] : [0, 1];
}

/** What a line needs of its machine. */
export interface LineHost {
  /** Virtual time in nanoseconds. */
  now(): number;
  /** Whether the machine has ended: no time passes any more. */
  hasEnded(): boolean;
  /** Lets a little virtual time pass. */
  step(): void;
  /** Sends bytes to the UART. */
  receive(bytes: Uint8Array): void;
}

export class LocalSerialLine implements SerialLine {
  readonly #host: LineHost;
  readonly #listeners = new Set<(text: string) => void>();
  #text = "";

  constructor(host: LineHost) {
    this.#host = host;
  }

  /** The machine has sent a byte. */
  readonly transmit = (byte: number): void => {
    const character = String.fromCharCode(byte);
    this.#text += character;
    if (this.#text.length > 2 * KEPT) this.#text = this.#text.slice(-KEPT);
    for (const listener of this.#listeners) listener(character);
  };

  /** Goes back to a text of an earlier moment. */
  restore(text: string): void {
    this.#text = text;
  }

  async text(): Promise<string> {
    return this.#text.slice(-KEPT);
  }

  async follow(listener: (text: string) => void): Promise<Unsubscribe> {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async write(text: string): Promise<void> {
    this.#host.receive(new TextEncoder().encode(text));
  }

  async waitFor(pattern: RegExp | string, timeout = DEFAULT_TIMEOUT): Promise<RegExpMatchArray> {
    const expression = typeof pattern === "string" ? literal(pattern) : pattern;
    const end = this.#host.now() + timeout;
    for (;;) {
      const match = this.#text.match(expression);
      if (match) return match;
      if (this.#host.now() >= end)
        throw this.#notSeen(`${pattern} did not appear within ${timeout / 1e9} virtual seconds`);
      if (this.#host.hasEnded())
        throw this.#notSeen(`${pattern} did not appear before the machine ended`);
      this.#host.step();
      await new Promise(setImmediate);
    }
  }

  #notSeen(what: string): SystemError {
    const seen = this.#text.trimEnd().split("\n").slice(-SHOWN_LINES).join("\n");
    return new SystemError(ETIMEDOUT, { hint: `${what}. Last lines:\n${seen}` });
  }
}

/** A regular expression that matches just this text. */
function literal(text: string): RegExp {
  return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
}
