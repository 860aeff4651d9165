// A program for the cells whose own is not here: it uses everything that the cell was given, then says so on a serial port.
// Flat 32-bit code behind a start in real mode, made from the configuration as it ships.
import * as abi from "../../abi/config.ts";
import type { CellConfig, Irqchip } from "../../config/index.ts";

/** Where images go that are entered at 0xffff0, and how large they are. */
const HIGH_BASE = 0xf0000;
const HIGH_ENTRY = 0xfff0;
const HIGH_SIZE = 0x10000;
const CODE_SELECTOR = 0x08;
const DATA_SELECTOR = 0x10;
const DESCRIPTORS = [
  0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0x9b, 0xcf, 0, 0xff, 0xff, 0, 0, 0, 0x93, 0xcf, 0,
];
/** Where the table is in the image: behind a jump. */
const TABLE = 4;
const POINTER = TABLE + DESCRIPTORS.length;
const START = POINTER + 6;
const PINS_PER_WORD = 32;
/** Redirection entries of an I/O APIC: the first register, the mask, and vectors for them. */
const REDIRECTION = 0x10;
const WINDOW = 0x10;
const MASKED = 0x10000;
const VECTORS = 0x20;
const MARK = 0x21;

const word = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff];
const dword = (value: number): number[] => [...word(value), ...word(value >>> 16)];

const has = (flags: bigint, flag: number) => (flags & BigInt(flag)) !== 0n;

/** lgdt, protected mode, and flat segments. */
function prologue(base: number): number[] {
  const jump = [0xeb, START - 2, 0, 0];
  const pointer = [...word(DESCRIPTORS.length - 1), ...dword(base + TABLE)];
  const lgdt = [0xfa, 0x2e, 0x66, 0x0f, 0x01, 0x16, ...word(POINTER)];
  const protect = [0x0f, 0x20, 0xc0, 0x0c, 0x01, 0x0f, 0x22, 0xc0];
  const next = base + START + lgdt.length + protect.length + 8;
  const far = [0x66, 0xea, ...dword(next), ...word(CODE_SELECTOR)];
  const segments = [0x66, 0xb8, ...word(DATA_SELECTOR), 0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xd0];
  return [...jump, ...DESCRIPTORS, ...pointer, ...lgdt, ...protect, ...far, ...segments];
}

/** mov dx, port; in al, dx */
const readPort = (port: number): number[] => [0x66, 0xba, ...word(port), 0xec];

/** mov eax, [address]; and back where that may be written. */
const touch = (address: bigint, isWritable: boolean): number[] => {
  const at = dword(Number(address));
  return [0xa1, ...at, ...(isWritable ? [0xa3, ...at] : [])];
};

/** Writes a pin's entry, and goes on only when it reads the same. */
function usePin(chip: Irqchip, pin: number): number[] {
  const select = dword(Number(chip.address));
  const data = dword(Number(chip.address) + WINDOW);
  const value = dword(MASKED | (VECTORS + pin));
  const compare = [0xa1, ...data, 0x3d, ...value];
  const choose = [0xc7, 0x05, ...select, ...dword(REDIRECTION + 2 * pin)];
  // je over the halt
  return [...choose, 0xc7, 0x05, ...data, ...value, ...compare, 0x74, 0x03, 0xf4, 0xeb, 0xfd];
}

const pinsOf = ({ pinBitmap }: Irqchip): number[] =>
  pinBitmap.flatMap((bits, index) =>
    Array.from({ length: PINS_PER_WORD }, (_, pin) => pin)
      .filter((pin) => (bits >>> pin) & 1)
      .map((pin) => index * PINS_PER_WORD + pin),
  );

/** Touches the ends of every region and every port range, and each pin; then prints `!` on the serial port at `console`. */
function body(cell: CellConfig, console: number): number[] {
  const code: number[] = [];
  for (const { virtualStart, size, flags } of cell.memory) {
    if (size === 0n) continue;
    const isWritable = has(flags, abi.MEM_WRITE) && !has(flags, abi.MEM_COMM_REGION);
    code.push(...touch(virtualStart, isWritable), ...touch(virtualStart + size - 4n, isWritable));
  }
  for (const { base, length } of cell.ports)
    code.push(...readPort(base), ...readPort(base + length - 1));
  for (const chip of cell.irqchips) for (const pin of pinsOf(chip)) code.push(...usePin(chip, pin));
  return [...code, 0x66, 0xba, ...word(console), 0xb0, MARK, 0xee, 0xf4, 0xeb, 0xfd];
}

/** The image for a cell as it ships, for CPUs that start at 0 or, `isHigh`, at 0xffff0. */
export function standIn(cell: CellConfig, console: number, isHigh: boolean) {
  const base = isHigh ? HIGH_BASE : 0;
  const code = [...prologue(base), ...body(cell, console)];
  if (!isHigh) return { data: Uint8Array.from(code), address: 0n };
  const data = new Uint8Array(HIGH_SIZE);
  data.set(code);
  data.set([0xea, ...word(0), ...word(HIGH_BASE >> 4)], HIGH_ENTRY);
  return { data, address: BigInt(HIGH_BASE) };
}
