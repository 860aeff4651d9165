// What a serial line carries, hashed and counted, on its way to whoever listens: what its port sends, and what a
// hypervisor inserts past the port's registers. Lines of the two do not mix: an insertion waits for the end of the port's line,
// while that one makes progress, and then begins a line of its own if there is none.
import type { SerialSink } from "./devices/uart/uart.ts";
import { Sha256, type Sha256State } from "./sha256.ts";

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** In place of a byte to insert: what follows begins at the start of a line. */
export const FRESH_LINE = 0x100;
/** Characters of a line of the port's that an insertion waits for; a longer line is broken. */
const PATIENCE = 256;

/** Whose line is unfinished. */
type Owner = "nobody" | "port" | "inserter";

/** What a snapshot holds of a line. */
export interface SerialLogState {
  count: number;
  hash: Sha256State;
  owner: Owner;
  waiting: number[];
  /** Characters of the port since something waits. */
  waited: number;
  /** The last two bytes sent. */
  last: readonly [number, number];
}

/** The output of one serial line. */
export class SerialLog {
  readonly #sink: SerialSink | undefined;
  readonly #isSending: () => boolean;
  #owner: Owner = "nobody";
  /** Inserted bytes that wait for the end of the port's line. */
  #waiting: number[] = [];
  #waited = 0;
  #last: readonly [number, number] = [CARRIAGE_RETURN, LINE_FEED];
  readonly #byte: Uint8Array = new Uint8Array(1);
  #hash = new Sha256();
  #count = 0;

  /** `isSending`: whether the port has more to send soon. */
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
    if (this.#owner === "inserter") this.#breakLine(time);
    this.#emit(byte, time, "port");
    this.#waited++;
    if (this.#mayInsert) this.#flush(time);
  }

  /** Takes a byte of a hypervisor, or FRESH_LINE: it goes out as soon as the port is not in the middle of a line. */
  insert(byte: number, time: number): void {
    if (this.#waiting.length === 0) this.#waited = 0;
    this.#waiting.push(byte);
    if (this.#mayInsert) this.#flush(time);
  }

  get #mayInsert(): boolean {
    return this.#owner !== "port" || !this.#isSending() || this.#waited >= PATIENCE;
  }

  #flush(time: number): void {
    for (const byte of this.#waiting.splice(0)) {
      if (this.#owner === "port") this.#breakLine(time);
      if (byte !== FRESH_LINE) this.#emit(byte, time, "inserter");
      else if (!this.#isAtStart) this.#breakLine(time);
    }
  }

  /** Whether the next byte stands in the first column. */
  get #isAtStart(): boolean {
    return this.#last[0] === CARRIAGE_RETURN && this.#last[1] === LINE_FEED;
  }

  #breakLine(time: number): void {
    this.#emit(CARRIAGE_RETURN, time, "inserter");
    this.#emit(LINE_FEED, time, "inserter");
  }

  #emit(byte: number, time: number, owner: Owner): void {
    this.#owner = byte === LINE_FEED ? "nobody" : owner;
    this.#last = [this.#last[1], byte];
    this.#byte[0] = byte;
    this.#hash.update(this.#byte);
    this.#count++;
    this.#sink?.(byte, time);
  }

  save(): SerialLogState {
    const waiting = [...this.#waiting];
    const own = { owner: this.#owner, waiting, waited: this.#waited, last: this.#last };
    return { count: this.#count, hash: this.#hash.save(), ...own };
  }

  restore(saved: SerialLogState): void {
    this.#count = saved.count;
    this.#hash = Sha256.restore(saved.hash);
    this.#owner = saved.owner;
    this.#waiting = [...saved.waiting];
    this.#waited = saved.waited;
    this.#last = saved.last;
  }
}
