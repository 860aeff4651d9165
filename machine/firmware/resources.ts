// Resource descriptors of ACPI devices (ACPI 6.5, section 6.4), as the buffer that _CRS is.
import { buffer } from "./aml.ts";
import { byte, dword, qword, word } from "./bytes.ts";

const IRQ = 0x22;
const IO_PORT = 0x47;
const END = 0x79;
const MEMORY_32_FIXED = 0x86;
const DWORD_SPACE = 0x87;
const WORD_SPACE = 0x88;
const QWORD_SPACE = 0x8a;
const MEMORY = 0;
const IO = 1;
const BUS = 2;
/** Address spaces: producer, positive decode, minimum and maximum fixed. */
const FIXED = 0x0c;
/** I/O: both ISA and other addresses. */
const ENTIRE_RANGE = 3;
/** Memory: read and write, not cacheable. */
const READ_WRITE = 1;
/** I/O port: decodes 16 bits. */
const DECODE_16 = 1;

interface Range {
  readonly first: number;
  readonly size: number;
}

/** The buffer of a _CRS. */
export function resources(...descriptors: readonly number[][]): number[] {
  return buffer([...descriptors.flat(), END, 0]);
}

/** Ports that a device answers at. */
export function ports({ first, size }: Range): number[] {
  return [IO_PORT, DECODE_16, ...word(first), ...word(first), 1, size];
}

/** An ISA interrupt: an edge, active high. */
export function irq(line: number): number[] {
  return [IRQ, ...word(1 << line)];
}

/** Memory below 4 GiB that a device answers at. */
export function memory({ first, size }: Range): number[] {
  return [MEMORY_32_FIXED, ...word(9), 1, ...dword(first), ...dword(size)];
}

function space(type: number, flags: number, width: 2 | 4 | 8, { first, size }: Range): number[] {
  const field = { 2: word, 4: dword, 8: qword }[width];
  const tag = { 2: WORD_SPACE, 4: DWORD_SPACE, 8: QWORD_SPACE }[width];
  const fields = [0, first, first + size - 1, 0, size].flatMap((value) => field(value));
  return [tag, ...word(3 + fields.length), ...byte(type), FIXED, flags, ...fields];
}

/** Bus numbers that a bridge passes on. */
export function busWindow(range: Range): number[] {
  return space(BUS, 0, 2, range);
}

/** Ports that a bridge passes on. */
export function portWindow(range: Range): number[] {
  return space(IO, ENTIRE_RANGE, 2, range);
}

/** Memory below 4 GiB that a bridge passes on. */
export function memoryWindow(range: Range): number[] {
  return space(MEMORY, READ_WRITE, 4, range);
}

/** Memory above 4 GiB that a bridge passes on. */
export function wideMemoryWindow(range: Range): number[] {
  return space(MEMORY, READ_WRITE, 8, range);
}
