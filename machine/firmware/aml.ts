// ACPI machine language (ACPI 6.5, section 20.2), as much of it as the DSDT needs. Each function gives the bytes of a term; names are
// segments of four characters, filled up with "_".
import { byte, characters, dword, qword, word } from "./bytes.ts";

const ZERO = 0x00;
const ONE = 0x01;
const NAME = 0x08;
const BYTE_PREFIX = 0x0a;
const WORD_PREFIX = 0x0b;
const DWORD_PREFIX = 0x0c;
const STRING_PREFIX = 0x0d;
const QWORD_PREFIX = 0x0e;
const SCOPE = 0x10;
const BUFFER = 0x11;
const PACKAGE = 0x12;
const METHOD = 0x14;
const EXTENDED = 0x5b;
const DEVICE = 0x82;
const LOCAL_FIRST = 0x60;
const ARGUMENT_FIRST = 0x68;
const STORE = 0x70;
const AND = 0x7b;
const OR = 0x7d;
const CREATE_DWORD_FIELD = 0x8a;
const NOT = 0x92;
const EQUAL = 0x93;
const IF = 0xa0;
const ELSE = 0xa1;
const RETURN = 0xa4;
const DUAL_NAME = 0x2e;
const ROOT = 0x5c;
const SEGMENT = 4;
const UUID_BYTES = 16;
/** Order of a UUID's bytes in a buffer: its first three numbers are little-endian (section 19.6.144). */
const UUID_ORDER = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

/** Lengths up to 63 take one byte, and then up to 4 bits and further bytes (section 20.2.4); the length counts itself. */
function packageLength(length: number): number[] {
  if (length + 1 < 0x40) return [length + 1];
  for (let more = 1; more <= 3; more++) {
    const total = length + 1 + more;
    if (total < 2 ** (4 + 8 * more))
      return [(more << 6) | (total & 0xf), ...dword(total >>> 4).slice(0, more)];
  }
  throw new RangeError(`a term of ${length} bytes is too long for AML`);
}

function sized(opcode: readonly number[], content: readonly number[]): number[] {
  return [...opcode, ...packageLength(content.length), ...content];
}

function segment(name: string): number[] {
  return characters(name.padEnd(SEGMENT, "_"), SEGMENT);
}

/** A name, or a path of two names below the root or from here: `\_SB`, `_SB.PCI0`. */
export function path(text: string): number[] {
  const root = text.startsWith("\\") ? [ROOT] : [];
  const names = text.slice(root.length).split(".");
  return [...root, ...(names.length === 2 ? [DUAL_NAME] : []), ...names.flatMap(segment)];
}

/** An integer, in the shortest form. */
export function integer(value: number): number[] {
  if (value === 0) return [ZERO];
  if (value === 1) return [ONE];
  if (value <= 0xff) return [BYTE_PREFIX, ...byte(value)];
  if (value <= 0xffff) return [WORD_PREFIX, ...word(value)];
  if (value <= 0xffffffff) return [DWORD_PREFIX, ...dword(value)];
  return [QWORD_PREFIX, ...qword(value)];
}

/** A string of ASCII. */
export function string(text: string): number[] {
  return [STRING_PREFIX, ...characters(text), 0];
}

/** A buffer with its bytes. */
export function buffer(content: readonly number[]): number[] {
  return sized([BUFFER], [...integer(content.length), ...content]);
}

/** A package of up to 255 terms. */
export function pack(...elements: readonly number[][]): number[] {
  return sized([PACKAGE], [elements.length, ...elements.flat()]);
}

/** The id of a device of the kind "PNP0A08" as an integer (section 19.6.36). */
export function eisaId(id: string): number[] {
  const letters = [...id.slice(0, 3)].reduce(
    (value, letter) => (value << 5) | (letter.charCodeAt(0) - 0x40),
    0,
  );
  const big = (letters << 16) | Number.parseInt(id.slice(3), 16);
  const [first, second, third, fourth] = dword(big >>> 0);
  return integer(((fourth! | (third! << 8) | (second! << 16)) + first! * 0x1000000) >>> 0);
}

/** A UUID as a buffer. */
export function uuid(text: string): number[] {
  const digits = text.replaceAll("-", "");
  const bytes = Array.from({ length: UUID_BYTES }, (_, index) =>
    Number.parseInt(digits.slice(index * 2, index * 2 + 2), 16),
  );
  return buffer(UUID_ORDER.map((index) => bytes[index]!));
}

/** A name and its value. */
export function name(text: string, value: readonly number[]): number[] {
  return [NAME, ...path(text), ...value];
}

/** Terms below a name that is there. */
export function scope(text: string, ...terms: readonly number[][]): number[] {
  return sized([SCOPE], [...path(text), ...terms.flat()]);
}

/** A device. */
export function device(text: string, ...terms: readonly number[][]): number[] {
  return sized([EXTENDED, DEVICE], [...path(text), ...terms.flat()]);
}

/** A method of up to 7 arguments, not serialized. */
export function method(text: string, args: number, ...terms: readonly number[][]): number[] {
  return sized([METHOD], [...path(text), args, ...terms.flat()]);
}

/** Argument 0 to 6 of a method. */
export function argument(index: number): number[] {
  return [ARGUMENT_FIRST + index];
}

/** Local variable 0 to 7 of a method. */
export function local(index: number): number[] {
  return [LOCAL_FIRST + index];
}

/** Names the dword at a byte offset of a buffer. */
export function dwordField(from: readonly number[], offset: number, text: string): number[] {
  return [CREATE_DWORD_FIELD, ...from, ...integer(offset), ...path(text)];
}

/** Stores a value. */
export function store(value: readonly number[], target: readonly number[]): number[] {
  return [STORE, ...value, ...target];
}

/** `target` is `target` and `value`, bitwise. */
export function and(target: readonly number[], value: readonly number[]): number[] {
  return [AND, ...target, ...value, ...target];
}

/** `target` is `target` or `value`, bitwise. */
export function or(target: readonly number[], value: readonly number[]): number[] {
  return [OR, ...target, ...value, ...target];
}

/** Whether two values are equal. */
export function equal(a: readonly number[], b: readonly number[]): number[] {
  return [EQUAL, ...a, ...b];
}

/** Whether a condition is false. */
export function not(condition: readonly number[]): number[] {
  return [NOT, ...condition];
}

/** Terms for when a condition is true. */
export function when(condition: readonly number[], ...terms: readonly number[][]): number[] {
  return sized([IF], [...condition, ...terms.flat()]);
}

/** Terms for when the `when` just before was not taken. */
export function otherwise(...terms: readonly number[][]): number[] {
  return sized([ELSE], terms.flat());
}

/** Ends a method with a value. */
export function giveBack(value: readonly number[]): number[] {
  return [RETURN, ...value];
}
