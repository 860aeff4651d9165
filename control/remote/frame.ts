// Frames on the line to an agent (abi/agent.ts): made, and found among whatever else comes.

import { crc32 } from "node:zlib";
import * as abi from "../../abi/agent.ts";

/** What is said. */
export interface Message {
  readonly type: number;
  readonly session: number;
  readonly sequence: number;
  readonly body: Buffer;
}

/** A message on the line, which may be said more than once. */
export interface Frame extends Message {
  /** Which of all frames it is; in an answer, which one it answers. */
  readonly attempt: number;
}

const SYMBOL_BITS = 6;
const BYTE_BITS = 8;
const SYMBOL_MASK = 0x3f;
/** The bits that are the same in all symbols. */
const KIND_MASK = 0xc0;
const BYTES_MAX = abi.AGENT_BODY + abi.AGENT_BODY_MAX + abi.AGENT_CRC_SIZE;

/** How many bytes of a frame carry so many bytes of data. */
export const symbolsOf = (bytes: number) => Math.ceil((bytes * BYTE_BITS) / SYMBOL_BITS);

function toSymbols(bytes: Uint8Array): Buffer {
  const out = Buffer.alloc(symbolsOf(bytes.length) + 2);
  let [used, bits, count] = [0, 0, 0];
  out[used++] = abi.AGENT_FRAME_START;
  for (const byte of bytes) {
    bits |= byte << count;
    for (count += BYTE_BITS; count >= SYMBOL_BITS; count -= SYMBOL_BITS, bits >>= SYMBOL_BITS)
      out[used++] = abi.AGENT_SYMBOL | (bits & SYMBOL_MASK);
  }
  if (count > 0) out[used++] = abi.AGENT_SYMBOL | bits;
  out[used++] = abi.AGENT_FRAME_END;
  return out;
}

const SYMBOLS_MAX = symbolsOf(BYTES_MAX);

function fromSymbols(symbols: readonly number[]): Buffer {
  const bytes = Buffer.alloc(Math.floor((symbols.length * SYMBOL_BITS) / BYTE_BITS));
  let [used, bits, count] = [0, 0, 0];
  for (const symbol of symbols) {
    bits |= (symbol & SYMBOL_MASK) << count;
    count += SYMBOL_BITS;
    if (count < BYTE_BITS) continue;
    bytes[used++] = bits;
    bits >>= BYTE_BITS;
    count -= BYTE_BITS;
  }
  return bytes;
}

/** The bytes that go over the line. */
export function encodeFrame({ type, session, sequence, body }: Message, attempt = 0): Buffer {
  const bytes = Buffer.alloc(abi.AGENT_BODY + body.length + abi.AGENT_CRC_SIZE);
  bytes.writeUInt8(type, abi.AGENT_TYPE);
  bytes.writeUInt32LE(session, abi.AGENT_SESSION);
  bytes.writeUInt16LE(sequence, abi.AGENT_SEQUENCE);
  bytes.writeUInt8(attempt, abi.AGENT_ATTEMPT);
  body.copy(bytes, abi.AGENT_BODY);
  const end = bytes.length - abi.AGENT_CRC_SIZE;
  bytes.writeUInt32LE(crc32(bytes.subarray(0, end)), end);
  return toSymbols(bytes);
}

function decodeFrame(bytes: Buffer): Frame | undefined {
  const end = bytes.length - abi.AGENT_CRC_SIZE;
  if (end < abi.AGENT_BODY || crc32(bytes.subarray(0, end)) !== bytes.readUInt32LE(end))
    return undefined;
  return {
    type: bytes.readUInt8(abi.AGENT_TYPE),
    session: bytes.readUInt32LE(abi.AGENT_SESSION),
    sequence: bytes.readUInt16LE(abi.AGENT_SEQUENCE),
    attempt: bytes.readUInt8(abi.AGENT_ATTEMPT),
    body: bytes.subarray(abi.AGENT_BODY, end),
  };
}

/** Something of a line: a frame, or undefined for one that arrived damaged. */
export type Found = Frame | undefined;

/** Finds frames in what a line says, and keeps the last of the text around them. */
export class FrameReader {
  #symbols: number[] | undefined;
  #text: number[] = [];
  readonly #textMax: number;

  /** `textMax`: how many bytes of text are kept. */
  constructor(textMax = 0) {
    this.#textMax = textMax;
  }

  /** What comes to its end with these bytes. */
  feed(bytes: Uint8Array): Found[] {
    const found: Found[] = [];
    for (const byte of bytes) {
      if (byte === abi.AGENT_FRAME_START) {
        if (this.#symbols?.length) found.push(undefined);
        this.#symbols = [];
      } else if (byte === abi.AGENT_FRAME_END) {
        if (this.#symbols) found.push(decodeFrame(fromSymbols(this.#symbols)));
        this.#symbols = undefined;
      } else if ((byte & KIND_MASK) === abi.AGENT_SYMBOL) this.#takeSymbol(byte);
      else this.#text.push(byte);
    }
    if (this.#text.length > this.#textMax) this.#text = this.#text.slice(-this.#textMax);
    return found;
  }

  #takeSymbol(byte: number): void {
    if (!this.#symbols) return;
    this.#symbols.push(byte);
    if (this.#symbols.length > SYMBOLS_MAX) this.#symbols = undefined;
  }

  /** The last that somebody else said on the line: a kernel, a shell. */
  get text(): string {
    return Buffer.from(this.#text).toString("latin1");
  }
}
