// Port space and device memory: ranges of addresses, each with the registers of a device behind it.
// Units: an access reaches one range if it lies inside it whole; else it is split into bytes, and bytes that nobody
// claims read as all ones and are lost when written. Results are BUS_* everywhere.
import { BUS_HANDLED, BUS_IGNORED } from "./cpu/interface.ts";
import type { Registers } from "./devices/device.ts";
import { MachineError } from "./error.ts";

/** What a range can take at once; other accesses are split (wider) or refused (narrower than `min`). */
export interface Widths {
  /** Smallest access in bytes: below it reads are all ones and writes are lost. Default 1. */
  min?: number;
  /** Largest access in bytes; wider ones are split into pieces of this size, lowest address first. Default 4. */
  max?: number;
}

/** A range that is where it is for the moment; it takes accesses of any width. */
export interface Movable {
  readonly first: number;
  readonly last: number;
  readonly registers: Registers;
}

interface Range extends Required<Widths> {
  first: number;
  last: number;
  registers: Registers;
}

const BYTE = 8;
const ALL_ONES = 0xffffffff;
const WORD_32 = 4;

/** All ones in `size` bytes (1, 2 or 4). */
export function allOnes(size: number): number {
  return size >= WORD_32 ? ALL_ONES : (1 << (size * BYTE)) - 1;
}

/** One address space. After `read` the result is in `low` and `high` (upper half of 8-byte reads). */
export class AddressSpace {
  /** Bits 31:0 of what was read last. */
  low = 0;
  /** Bits 63:32 of what was read last. */
  high = 0;
  readonly name: string;
  /** Finds what answers at an address where no device was added: ranges that software moves about. */
  movable: (address: number) => Movable | undefined = () => undefined;
  #ranges: Range[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** Puts a device at [first, first+size). Throws `bad-address` where another one is. */
  add(first: number, size: number, registers: Registers, widths: Widths = {}): void {
    const last = first + size - 1;
    const other = this.#ranges.find((range) => range.first <= last && first <= range.last);
    if (other)
      throw new MachineError(
        "bad-address",
        `${this.name} 0x${first.toString(16)} is in use from 0x${other.first.toString(16)} on`,
      );
    this.#ranges.push({ first, last, registers, min: widths.min ?? 1, max: widths.max ?? WORD_32 });
    this.#ranges.sort((a, b) => a.first - b.first);
  }

  /** Reads 1, 2, 4 or 8 bytes. Returns BUS_HANDLED, or BUS_IGNORED if no byte of it is claimed. */
  read(address: number, size: number): number {
    this.low = 0;
    this.high = 0;
    const range = this.#find(address);
    if (size <= WORD_32 && range && address + size - 1 <= range.last && size <= range.max) {
      this.low = readPiece(range, address, size);
      return BUS_HANDLED;
    }
    return this.#readSplit(address, size);
  }

  /** Writes 1, 2, 4 or 8 bytes: `low` and, for 8, `high`. Returns as `read`. */
  write(address: number, size: number, low: number, high: number): number {
    const range = this.#find(address);
    if (size <= WORD_32 && range && address + size - 1 <= range.last && size <= range.max) {
      writePiece(range, address, size, low);
      return BUS_HANDLED;
    }
    return this.#writeSplit(address, size, low, high);
  }

  #readSplit(address: number, size: number): number {
    let result = BUS_IGNORED as number;
    let low = 0;
    let high = 0;
    for (let done = 0; done < size; ) {
      const range = this.#find(address + done);
      const piece = this.#piece(range, address + done, size - done);
      const value = range ? readPiece(range, address + done, piece) : allOnes(piece);
      if (range) result = BUS_HANDLED;
      if (done < WORD_32) low = (low | (value << (done * BYTE))) >>> 0;
      else high = (high | (value << ((done - WORD_32) * BYTE))) >>> 0;
      done += piece;
    }
    this.low = low;
    this.high = high;
    return result;
  }

  #writeSplit(address: number, size: number, low: number, high: number): number {
    let result = BUS_IGNORED as number;
    for (let done = 0; done < size; ) {
      const range = this.#find(address + done);
      const piece = this.#piece(range, address + done, size - done);
      const half = done < WORD_32 ? low >>> (done * BYTE) : high >>> ((done - WORD_32) * BYTE);
      if (range) {
        writePiece(range, address + done, piece, (half & allOnes(piece)) >>> 0);
        result = BUS_HANDLED;
      }
      done += piece;
    }
    return result;
  }

  /** The largest power of two that fits the range, the rest of the access, and stays within its own half. */
  #piece(range: Range | undefined, address: number, rest: number): number {
    const limit = range ? Math.min(range.max, range.last - address + 1, rest) : Math.min(1, rest);
    if (limit >= WORD_32 && rest % WORD_32 === 0) return WORD_32;
    return limit >= 2 && rest % 2 === 0 ? 2 : 1;
  }

  #find(address: number): Range | undefined {
    let low = 0;
    let high = this.#ranges.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const range = this.#ranges[middle]!;
      if (address < range.first) high = middle - 1;
      else if (address > range.last) low = middle + 1;
      else return range;
    }
    const moved = this.movable(address);
    return moved && { ...moved, min: 1, max: WORD_32 };
  }
}

function readPiece(range: Range, address: number, size: number): number {
  if (size < range.min) return allOnes(size);
  return (range.registers.read(address - range.first, size) & allOnes(size)) >>> 0;
}

function writePiece(range: Range, address: number, size: number, value: number): void {
  if (size < range.min) return;
  range.registers.write(address - range.first, size, (value & allOnes(size)) >>> 0);
}
