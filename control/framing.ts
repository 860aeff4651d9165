// Messages on the daemon's socket: JSON-RPC's base protocol frames each one with a Content-Length header. Whoever sends anything
// else, or more than a message may take, is cut off before it is buffered or parsed.

import { E2BIG, EAGAIN, EINVAL } from "../abi/errno.ts";
import { SystemError } from "./errors.ts";

/** Largest message in bytes. */
export const MESSAGE_MAX = 256 * 1024 * 1024;
/** What the images of one load may have together, in bytes: they travel in base64, and with their addresses. */
export const IMAGES_MAX = (MESSAGE_MAX / 4) * 3 - 1024 * 1024;
/** A message up to this size does not count among what all clients may have announced. */
const SMALL = 64 * 1024;
const HEADER_MAX = 1024;
const HEADER_END = "\r\n\r\n";
/** The one header that is needed, and the one that may stand beside it, in either order, each once. */
const TYPE = "Content-Type: *[a-z/.+-]+(?:; *charset=utf-?8)?\\r\\n";
const HEADER = new RegExp(
  `^(?:${TYPE})?Content-Length: *([0-9]{1,10})\\r\\n\\r\\n$|^Content-Length: *([0-9]{1,10})\\r\\n${TYPE}\\r\\n$`,
  "i",
);
/** What a message may consist of: lists, objects and their members, however few bytes each has. */
const PARTS_MAX = 10_000;
const DEPTH_MAX = 16;

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const OPENING = [0x5b, 0x7b];
const CLOSING = [0x5d, 0x7d];

/** Memory for what clients have announced and not sent yet, shared by all of them, in bytes. */
export class Budget {
  #left: number;

  constructor(size = 2 * MESSAGE_MAX) {
    this.#left = size;
  }

  /** Sets so much aside. Throws EAGAIN when it is not there. */
  take(bytes: number): void {
    if (bytes > this.#left) throw new SystemError(EAGAIN, { hint: "too much is under way" });
    this.#left -= bytes;
  }

  give(bytes: number): void {
    this.#left += bytes;
  }
}

/** Makes messages of what one client sends. */
export class MessageReader {
  readonly #budget: Budget;
  #header = "";
  /** The message, as far as it has come; memory that is not written yet costs nothing. */
  #body = Buffer.alloc(0);
  #missing = 0;
  #reserved = 0;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /** Whether a message has begun and not ended. */
  get isWithin(): boolean {
    return this.#missing > 0 || this.#header !== "";
  }

  /**
   * Gives each message that these bytes complete to `take`. Throws EINVAL for what is none, E2BIG and EAGAIN for what is too much:
   * then nothing that follows can be understood.
   */
  push(chunk: Buffer, take: (message: unknown) => void): void {
    for (let offset = 0; offset < chunk.length; ) {
      if (this.#missing > 0) {
        const piece = chunk.subarray(offset, offset + this.#missing);
        piece.copy(this.#body, this.#body.length - this.#missing);
        this.#missing -= piece.length;
        offset += piece.length;
        if (this.#missing === 0) take(this.#message());
      } else {
        offset += this.#takeHeader(chunk.toString("latin1", offset, offset + HEADER_MAX));
      }
    }
  }

  /** Gives back what was set aside. */
  close(): void {
    this.#budget.give(this.#reserved);
    this.#reserved = 0;
    this.#body = Buffer.alloc(0);
  }

  /** Adds to the header what belongs to it; returns how many bytes did. */
  #takeHeader(text: string): number {
    const before = this.#header.length;
    this.#header += text;
    const end = this.#header.indexOf(HEADER_END);
    if (end < 0) {
      if (this.#header.length > HEADER_MAX) throw refusal("no header");
      return text.length;
    }
    const header = this.#header.slice(0, end + HEADER_END.length);
    this.#header = "";
    this.#missing = lengthOf(header);
    if (this.#missing > SMALL) {
      this.#budget.take(this.#missing);
      this.#reserved = this.#missing;
    }
    this.#body = Buffer.allocUnsafe(this.#missing);
    return header.length - before;
  }

  #message(): unknown {
    const body = this.#body;
    this.close();
    checkShape(body);
    try {
      return JSON.parse(body.toString("utf8"));
    } catch (cause) {
      throw new SystemError(EINVAL, { hint: "no JSON", cause });
    }
  }
}

function refusal(hint: string): SystemError {
  return new SystemError(EINVAL, { hint });
}

function lengthOf(header: string): number {
  const [, alone, first] = HEADER.exec(header) ?? [];
  const length = Number(alone ?? first);
  if (!(length > 0)) throw refusal("a header other than one Content-Length");
  if (length > MESSAGE_MAX) throw new SystemError(E2BIG, { hint: `a message of ${length} bytes` });
  return length;
}

/** Refuses text that parsed would take far more memory, or stack, than its bytes. */
function checkShape(text: Buffer): void {
  let depth = 0;
  let parts = 0;
  for (let at = 0; at < text.length; at++) {
    const byte = text[at]!;
    if (byte === QUOTE) at = endOfString(text, at + 1);
    else if (byte === COMMA) parts++;
    else if (CLOSING.includes(byte)) depth--;
    else if (OPENING.includes(byte)) {
      depth++;
      parts++;
    }
    if (depth > DEPTH_MAX || parts > PARTS_MAX) throw refusal("a message of too many parts");
  }
}

/** Where the string ends whose first character is at `start`. */
function endOfString(text: Buffer, start: number): number {
  for (let end = text.indexOf(QUOTE, start); end >= 0; end = text.indexOf(QUOTE, end + 1)) {
    let before = end;
    while (before > start && text[before - 1] === BACKSLASH) before--;
    if ((end - before) % 2 === 0) return end;
  }
  throw refusal("a string without an end");
}
