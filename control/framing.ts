// Guards the daemon's message reader: JSON-RPC's base protocol frames each message with a Content-Length header. Whoever
// sends anything else, or announces an absurd length, is cut off before a byte of it is buffered.

import { Transform, type TransformCallback } from "node:stream";
import { E2BIG, EINVAL } from "../abi/errno.ts";
import { SystemError } from "./errors.ts";

/** Largest message in bytes. */
export const MESSAGE_MAX = 256 * 1024 * 1024;
/** What the images of one load may have together, in bytes: they travel in base64, and with their addresses. */
export const IMAGES_MAX = (MESSAGE_MAX / 4) * 3 - 1024 * 1024;
const HEADER_MAX = 1024;
const HEADER_END = "\r\n\r\n";
const LENGTH = /^content-length: *([0-9]{1,10})\r\n/im;

/** Passes well-framed bytes on unchanged; fails with EINVAL or E2BIG on others. */
export class FrameGuard extends Transform {
  #header = "";
  #remaining = 0;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      this.#check(chunk);
    } catch (error) {
      done(error as Error);
      return;
    }
    done(null, chunk);
  }

  #check(chunk: Buffer): void {
    let offset = 0;
    while (offset < chunk.length) {
      if (this.#remaining > 0) {
        const skipped = Math.min(this.#remaining, chunk.length - offset);
        this.#remaining -= skipped;
        offset += skipped;
      } else {
        offset += this.#takeHeader(chunk.toString("latin1", offset, offset + HEADER_MAX));
      }
    }
  }

  /** Adds to the header what belongs to it; returns how many bytes did. */
  #takeHeader(text: string): number {
    const before = this.#header.length;
    this.#header += text;
    const end = this.#header.indexOf(HEADER_END);
    if (end < 0) {
      if (this.#header.length > HEADER_MAX) throw new SystemError(EINVAL, { hint: "no header" });
      return text.length;
    }
    const header = this.#header.slice(0, end + HEADER_END.length);
    this.#header = "";
    this.#remaining = lengthOf(header);
    return header.length - before;
  }
}

function lengthOf(header: string): number {
  const length = Number(LENGTH.exec(header)?.[1]);
  if (!(length > 0)) throw new SystemError(EINVAL, { hint: "a header without a length" });
  if (length > MESSAGE_MAX) throw new SystemError(E2BIG, { hint: `a message of ${length} bytes` });
  return length;
}
