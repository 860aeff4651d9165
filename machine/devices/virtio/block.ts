// A disk (Virtual I/O Device specification 1.2, section 5.2), copied as it is written: what it is made of does not change.
import { Device } from "../device.ts";
import { type Buffer, type Chain, type Dma, QUEUE_SIZE } from "./queue.ts";
import type { VirtioDevice } from "./transport.ts";

/** What a disk is made of. */
export interface DiskImage {
  /** Bytes; what lies beyond the last whole sector is not there. */
  readonly size: number;
  /** Reads `size` bytes from `offset` on. */
  read(offset: number, size: number): Uint8Array;
}

const SECTOR = 512;
const TYPE = 2;
const MASS_STORAGE = 0x018000;
/** Features: the configuration says how many pieces a request may have; writes can be flushed. */
const FEATURE_SEGMENTS = 1 << 2;
const FEATURE_FLUSH = 1 << 9;
/** Place of that number, and the number: a queue's descriptors but those of header and status. */
const SEGMENTS = 12;
const SEGMENTS_MOST = QUEUE_SIZE - 2;
const HEADER = 16;
const READ = 0;
const WRITE = 1;
const FLUSH = 4;
const GET_ID = 8;
const ID_SIZE = 20;
const DONE = 0;
const FAILED = 1;
const UNSUPPORTED = 2;
const TWO_32 = 2 ** 32;
const CONFIG_SIZE = 0x40;
/** Bytes that one request can carry. */
const REQUEST_MOST = 0x4000000;

interface State {
  /** Sectors that were written: number, and bytes as the characters of a text. */
  written: Record<number, string>;
}

/** A disk. */
export class BlockDevice extends Device<State> implements VirtioDevice {
  readonly type: number = TYPE;
  readonly classCode: number = MASS_STORAGE;
  readonly features: number = FEATURE_SEGMENTS | FEATURE_FLUSH;
  readonly queues: number = 1;
  readonly config: Uint8Array = new Uint8Array(CONFIG_SIZE);
  readonly #image: DiskImage;
  readonly #memory: Dma;
  readonly #sectors: number;

  constructor(image: DiskImage, memory: Dma) {
    super("virtio-block", 1, { written: {} });
    this.#image = image;
    this.#memory = memory;
    this.#sectors = Math.floor(image.size / SECTOR);
    const config = new DataView(this.config.buffer);
    config.setBigUint64(0, BigInt(this.#sectors), true);
    config.setUint32(SEGMENTS, SEGMENTS_MOST, true);
  }

  handle(_queue: number, { readable, writable }: Chain): number {
    const status = writable.at(-1);
    const [first, ...data] = readable;
    if (!status || status.size === 0 || !first || first.size < HEADER) return 0;
    const header = this.#memory.read(first.address, HEADER);
    const view = new DataView(header.buffer, header.byteOffset, HEADER);
    const sector = view.getUint32(8, true) + view.getUint32(12, true) * TWO_32;
    const rest = [{ address: first.address + HEADER, size: first.size - HEADER }, ...data];
    const room = [...writable.slice(0, -1), { address: status.address, size: status.size - 1 }];
    const [result, written] = this.#request(view.getUint32(0, true), sector, rest, room);
    this.#memory.write(status.address + status.size - 1, Uint8Array.of(result));
    return written + 1;
  }

  /** Result, and bytes written to memory before it. */
  #request(type: number, sector: number, from: Buffer[], to: Buffer[]): [number, number] {
    if (type === READ) return this.#transfer(sector, to, (at, bytes) => this.#load(at, bytes));
    if (type === WRITE)
      return [this.#transfer(sector, from, (at, bytes) => this.#save(at, bytes))[0], 0];
    if (type === FLUSH) return [DONE, 0];
    if (type !== GET_ID) return [UNSUPPORTED, 0];
    const id = new TextEncoder().encode("disk");
    const target = to[0]!;
    this.#memory.write(target.address, id.subarray(0, Math.min(target.size, ID_SIZE)));
    return [DONE, Math.min(target.size, ID_SIZE)];
  }

  #transfer(
    sector: number,
    buffers: Buffer[],
    move: (sector: number, buffer: Buffer) => void,
  ): [number, number] {
    const total = buffers.reduce((sum, { size }) => sum + size, 0);
    const isWhole = buffers.every(({ size }) => size % SECTOR === 0) && total <= REQUEST_MOST;
    if (!isWhole || sector + total / SECTOR > this.#sectors) return [FAILED, 0];
    let at = sector;
    for (const buffer of buffers) {
      move(at, buffer);
      at += buffer.size / SECTOR;
    }
    return [DONE, total];
  }

  #load(sector: number, { address, size }: Buffer): void {
    if (size === 0) return;
    const bytes = this.#image.read(sector * SECTOR, size).slice();
    for (let at = 0; at < size; at += SECTOR) {
      const text = this.state.written[sector + at / SECTOR];
      if (text === undefined) continue;
      for (let index = 0; index < SECTOR; index++) bytes[at + index] = text.charCodeAt(index);
    }
    this.#memory.write(address, bytes);
  }

  #save(sector: number, { address, size }: Buffer): void {
    const bytes = this.#memory.read(address, size);
    for (let at = 0; at < size; at += SECTOR)
      this.state.written[sector + at / SECTOR] = String.fromCharCode(
        ...bytes.subarray(at, at + SECTOR),
      );
  }
}
