// A console (Virtual I/O Device specification 1.2, section 5.3): one port, bytes in both directions as fast as they are given.
import { Device } from "../device.ts";
import type { Buffer, Chain, Dma } from "./queue.ts";
import type { VirtioDevice } from "./transport.ts";

const TYPE = 3;
const COMMUNICATION = 0x078000;
const CONFIG_SIZE = 0x0c;
/** The queue of what the driver receives; the other one is of what it sends. */
export const RECEIVE = 0;
const QUEUES = 2;
/** Bytes that are taken of one request, and at once. */
const REQUEST_MOST = 0x100000;
const PIECE = 0x1000;

interface State {
  /** Bytes that the driver has made no room for yet. */
  input: number[];
}

/** A console. */
export class ConsoleDevice extends Device<State> implements VirtioDevice {
  readonly type: number = TYPE;
  readonly classCode: number = COMMUNICATION;
  readonly features: number = 0;
  readonly queues: number = QUEUES;
  readonly config: Uint8Array = new Uint8Array(CONFIG_SIZE);
  readonly #memory: Dma;
  readonly #send: (bytes: Uint8Array) => void;

  /** `send` takes what the driver sends. */
  constructor(memory: Dma, send: (bytes: Uint8Array) => void) {
    super("virtio-console", 1, { input: [] });
    this.#memory = memory;
    this.#send = send;
  }

  /** Keeps bytes for the driver; the receive queue is to be served then. */
  input(bytes: Iterable<number>): void {
    for (const byte of bytes) this.state.input.push(byte);
  }

  handle(queue: number, { readable, writable }: Chain): number | undefined {
    if (queue === RECEIVE) return this.#receive(writable);
    let room = REQUEST_MOST;
    for (const { address, size } of readable) {
      const taken = Math.min(size, room);
      for (let at = 0; at < taken; at += PIECE)
        this.#send(this.#memory.read(address + at, Math.min(PIECE, taken - at)));
      room -= taken;
    }
    return 0;
  }

  #receive(writable: readonly Buffer[]): number | undefined {
    const { input } = this.state;
    if (input.length === 0) return undefined;
    let written = 0;
    for (const { address, size } of writable) {
      const bytes = Uint8Array.from(input.splice(0, size));
      this.#memory.write(address, bytes);
      written += bytes.length;
    }
    return written;
  }
}
