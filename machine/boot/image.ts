// What a format makes of a kernel's file: what goes where, and where to start; and the file itself, read within its bounds.
import { refuse } from "./boot-error.ts";

/** A file, by the name that the user gave. */
export interface BootFile {
  readonly name: string;
  readonly data: Uint8Array;
}

/** Bytes for physical memory, and zeros behind them up to `size`. */
export interface Segment {
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly size: number;
}

/** A kernel that is understood: its segments have been read, and fit the file; whether they fit the RAM is not known yet. */
export interface Image {
  readonly segments: readonly Segment[];
  /** Physical address. */
  readonly entry: number;
}

const TWO_32 = 0x1_0000_0000n;

/** Little-endian fields of a file. Every access is checked: one beyond the end refuses the file. */
export class Fields {
  readonly #file: BootFile;
  readonly #view: DataView;

  constructor(file: BootFile) {
    this.#file = file;
    const { buffer, byteOffset, byteLength } = file.data;
    this.#view = new DataView(buffer, byteOffset, byteLength);
  }

  #check(offset: number, size: number, what: string): void {
    const end = this.#view.byteLength;
    if (!Number.isSafeInteger(offset) || offset < 0 || size < 0 || offset + size > end)
      refuse(`${this.#file.name} is cut short: ${what} would end beyond its ${end} bytes`);
  }

  u8(offset: number, what: string): number {
    this.#check(offset, 1, what);
    return this.#view.getUint8(offset);
  }

  u16(offset: number, what: string): number {
    this.#check(offset, 2, what);
    return this.#view.getUint16(offset, true);
  }

  u32(offset: number, what: string): number {
    this.#check(offset, 4, what);
    return this.#view.getUint32(offset, true);
  }

  /** A 64-bit field that must be below 4 GiB, as all is that a kernel for 32-bit protected mode has. */
  u64(offset: number, what: string): number {
    this.#check(offset, 8, what);
    const value = this.#view.getBigUint64(offset, true);
    if (value >= TWO_32) refuse(`${this.#file.name}: ${what} is 0x${value.toString(16)}`, ABOVE);
    return Number(value);
  }

  /** A 64-bit field. */
  wide(offset: number, what: string): bigint {
    this.#check(offset, 8, what);
    return this.#view.getBigUint64(offset, true);
  }

  bytes(offset: number, size: number, what: string): Uint8Array {
    this.#check(offset, size, what);
    return this.#file.data.subarray(offset, offset + size);
  }
}

const ABOVE = "A kernel that starts in 32-bit protected mode lies below 4 GiB.";
