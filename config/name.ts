// Names in a file are bytes, usually UTF-8. A name that is not is kept byte by byte, each byte above 0x7f as the lone
// surrogate U+DC00 + byte, which no text contains (the convention of Python's `surrogateescape`).
import { ConfigError } from "./errors.ts";

const ESCAPE = 0xdc00;
const FIRST_HIGH_BYTE = 0x80;
const BYTE = 0xff;

/** The text of a name. Never fails. */
export function decodeName(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const units = Array.from(bytes, (byte) => (byte < FIRST_HIGH_BYTE ? byte : ESCAPE | byte));
    return String.fromCharCode(...units);
  }
}

function isEscape(unit: number): boolean {
  return (unit & ~BYTE) === ESCAPE && (unit & BYTE) >= FIRST_HIGH_BYTE;
}

/** The bytes of a name without a terminator, at most `limit`; throws ConfigError `name`. */
export function encodeName(text: string, limit: number, path: string): Uint8Array {
  const units = Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
  const escaped = units.every((unit) => unit < FIRST_HIGH_BYTE || isEscape(unit));
  const bytes = escaped
    ? Uint8Array.from(units, (unit) => unit & BYTE)
    : new TextEncoder().encode(text);
  if (bytes.length > limit)
    throw new ConfigError("name", `${path} "${text}" is longer than ${limit} bytes`);
  if (bytes.includes(0)) throw new ConfigError("name", `${path} contains a NUL character`);
  return bytes;
}
