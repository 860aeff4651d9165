// What a serial line carries, hashed and counted, on its way to whoever listens: what its port sends, and what a
// hypervisor inserts past the port's registers. Lines of the two do not mix.
import type { SerialSink } from "./devices/uart/uart.ts";
import { Sha256, type Sha256State } from "./sha256.ts";

const LINE_FEED = 0x0a;

/** Whose line is unfinished. */
type Owner = "nobody" | "port" | "inserter";

/** What a snapshot holds of a line. */
export interface SerialLogState {
  count: number;
  hash: Sha256State;
  owner: Owner;
  waiting: number[];
}

/** The output of one serial line. */
export class SerialLog {
  readonly #sink: SerialSink | undefined;
  readonly #isSending: () => boolean;
  #owner: Owner = "nobody";
  /** Inserted bytes that wait for the end of the port's line. */
  #waiting: number[] = [];
  readonly #byte: Uint8Array = new Uint8Array(1);
  #hash = new Sha256();
  #count = 0;

  /** `isSending`: whether the port has more to send at once. */
  constructor(sink: SerialSink | undefined, isSending: () => boolean) {
    this.#sink = sink;
    this.#isSending = isSending;
  }

  /** Bytes sent so far. */
  get count(): number {
    return this.#count;
  }

  /** SHA-256 of all bytes sent so far, in hex. */
  get digest(): string {
    return this.#hash.digest();
  }

  /** Takes a byte that has left the port at `time`. */
  put(byte: number, time: number): void {
    this.#emit(byte, time, "port");
    if (this.#mayInsert) this.#flush(time);
  }

  /** Takes a byte of a hypervisor: it goes out as soon as the port is not in the middle of a line. */
  insert(byte: number, time: number): void {
    this.#waiting.push(byte);
    if (this.#mayInsert) this.#flush(time);
  }

  get #mayInsert(): boolean {
    return this.#owner !== "port" || !this.#isSending();
  }

  #flush(time: number): void {
    for (const byte of this.#waiting.splice(0)) this.#emit(byte, time, "inserter");
  }

  #emit(byte: number, time: number, owner: Owner): void {
    this.#owner = byte === LINE_FEED ? "nobody" : owner;
    this.#byte[0] = byte;
    this.#hash.update(this.#byte);
    this.#count++;
    this.#sink?.(byte, time);
  }

  save(): SerialLogState {
    const waiting = [...this.#waiting];
    return { count: this.#count, hash: this.#hash.save(), owner: this.#owner, waiting };
  }

  restore(saved: SerialLogState): void {
    this.#count = saved.count;
    this.#hash = Sha256.restore(saved.hash);
    this.#owner = saved.owner;
    this.#waiting = [...saved.waiting];
  }
}
