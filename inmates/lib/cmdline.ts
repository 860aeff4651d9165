// The command line: words `name=value` separated by blanks, which the loader put at COMMAND_LINE as text with a NUL.
// Where nothing was loaded the memory is zero: an empty command line.
import { COMMAND_LINE, COMMAND_LINE_SIZE } from "./layout.ts";

const BLANK: u32 = 0x20;
const EQUALS: u32 = 0x3d;
const DIGIT_0: u32 = 0x30;
const LETTER_A: u32 = 0x61;
const LETTER_X: u32 = 0x78;
const LOWER_CASE: u32 = 0x20;
const NOT_A_DIGIT: u32 = 0xff;

/** The character at an offset; 0 at the end and behind it. */
function at(offset: u32): u32 {
  return offset < COMMAND_LINE_SIZE ? <u32>load<u8>(COMMAND_LINE + offset) : 0;
}

function isEnd(char: u32): bool {
  return char == 0 || char == BLANK;
}

/** Does the text at an offset begin with `word`? */
function startsWith(offset: u32, word: string): bool {
  for (let i = 0; i < word.length; i++) {
    if (at(offset + i) != <u32>word.charCodeAt(i)) return false;
  }
  return true;
}

/** Offset of the value of a parameter (of the blank or NUL behind it for a word without "="), or -1. */
function find(name: string): i32 {
  let offset: u32 = 0;
  while (at(offset) != 0) {
    while (at(offset) == BLANK) offset++;
    const end = offset + name.length;
    if (startsWith(offset, name)) {
      if (at(end) == EQUALS) return end + 1;
      if (isEnd(at(end))) return end;
    }
    while (!isEnd(at(offset))) offset++;
  }
  return -1;
}

function digitOf(char: u32): u32 {
  if (char >= DIGIT_0 && char < DIGIT_0 + 10) return char - DIGIT_0;
  const lower = char | LOWER_CASE;
  return lower >= LETTER_A && lower < LETTER_A + 6 ? lower - LETTER_A + 10 : NOT_A_DIGIT;
}

/** Is the parameter given at all? */
export function hasParameter(name: string): bool {
  return find(name) >= 0;
}

/**
 * The value of an integer parameter, decimal or hexadecimal with 0x, with an optional sign. The default when it is not
 * given or not a number.
 */
export function parameterInt(name: string, fallback: i64): i64 {
  const found = find(name);
  if (found < 0) return fallback;
  let offset = <u32>found;
  const negative = startsWith(offset, "-");
  if (negative || startsWith(offset, "+")) offset++;
  const isHex = at(offset) == DIGIT_0 && (at(offset + 1) | LOWER_CASE) == LETTER_X;
  const base: u32 = isHex ? 16 : 10;
  if (isHex) offset += 2;
  if (isEnd(at(offset))) return fallback;
  let value: i64 = 0;
  for (; !isEnd(at(offset)); offset++) {
    const digit = digitOf(at(offset));
    if (digit >= base) return fallback;
    value = value * base + digit;
  }
  return negative ? -value : value;
}

/** The value of a boolean parameter: true, 1 or nothing at all; false or 0. The default for anything else. */
export function parameterBool(name: string, fallback: bool): bool {
  const found = find(name);
  if (found < 0) return fallback;
  if (isEnd(at(found)) || parameterIs(name, "true") || parameterIs(name, "1")) return true;
  if (parameterIs(name, "false") || parameterIs(name, "0")) return false;
  return fallback;
}

/** Is the parameter given with exactly this value? */
export function parameterIs(name: string, value: string): bool {
  const found = find(name);
  return found >= 0 && startsWith(found, value) && isEnd(at(found + value.length));
}
