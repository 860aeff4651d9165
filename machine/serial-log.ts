// What a serial port has sent, hashed and counted, on its way to whoever listens.
import type { SerialSink } from "./devices/uart/uart.ts";
import { Sha256, type Sha256State } from "./sha256.ts";

/** The output of one serial port. */
export class SerialLog {
  readonly #sink: SerialSink | undefined;
  readonly #byte: Uint8Array = new Uint8Array(1);
  #hash = new Sha256();
  #count = 0;

  constructor(sink: SerialSink | undefined) {
    this.#sink = sink;
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
    this.#byte[0] = byte;
    this.#hash.update(this.#byte);
    this.#count++;
    this.#sink?.(byte, time);
  }

  save(): { count: number; hash: Sha256State } {
    return { count: this.#count, hash: this.#hash.save() };
  }

  restore(saved: { count: number; hash: Sha256State }): void {
    this.#count = saved.count;
    this.#hash = Sha256.restore(saved.hash);
  }
}
