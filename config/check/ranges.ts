// Arithmetic with ranges of addresses, and how they are written in messages.
import * as abi from "../../abi/config.ts";
import type { MemoryRegion } from "../types.ts";

export const PAGE = 4096n;
/** Physical and guest-physical addresses end here: no processor that is supported has more bits. */
export const ADDRESS_LIMIT = 1n << 52n;
/** Guest-physical addresses end here: the maps of the cells have four levels. */
export const MAP_LIMIT = 1n << 48n;
/** Pairs that are told of one list: a damaged file may have millions. */
export const MAX_CLASHES = 10_000;
const UNITS = [
  ["GiB", 30n],
  ["MiB", 20n],
  ["KiB", 10n],
] as const;

export interface Range {
  readonly start: bigint;
  readonly size: bigint;
}

export const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

/** A size in the largest unit that divides it. */
export function amount(bytes: bigint): string {
  for (const [unit, shift] of UNITS)
    if (bytes !== 0n && bytes % (1n << shift) === 0n) return `${bytes >> shift} ${unit}`;
  return `${bytes < 10n ? bytes : hex(bytes)} byte${bytes === 1n ? "" : "s"}`;
}

/** First and last address of a range. */
export const span = ({ start, size }: Range): string =>
  `${hex(start)} to ${hex(start + size - 1n)}`;

export const has = (flags: bigint | number, flag: number): boolean =>
  (BigInt(flags) & BigInt(flag)) !== 0n;

export const physical = ({ physicalStart, size }: MemoryRegion): Range => ({
  start: physicalStart,
  size,
});

export const virtual = ({ virtualStart, size }: MemoryRegion): Range => ({
  start: virtualStart,
  size,
});

export const endOf = ({ start, size }: Range): bigint => start + size;

export const contains = (range: Range, address: bigint): boolean =>
  range.start <= address && address < endOf(range);

/** What two ranges have in common, or undefined. */
export function overlap(a: Range, b: Range): Range | undefined {
  const start = a.start > b.start ? a.start : b.start;
  const end = endOf(a) < endOf(b) ? endOf(a) : endOf(b);
  return start < end ? { start, size: end - start } : undefined;
}

/** The parts of a range that none of the others covers, ascending. */
export function uncovered(range: Range, others: readonly Range[]): Range[] {
  let rest = [range];
  for (const other of others)
    rest = rest.flatMap((piece) => {
      const common = overlap(piece, other);
      if (!common) return [piece];
      const before = { start: piece.start, size: common.start - piece.start };
      const after = { start: endOf(common), size: endOf(piece) - endOf(common) };
      return [before, after].filter(({ size }) => size > 0n);
    });
  return rest;
}

/** Whether the region is not made of whole pages: every access to it is trapped. */
export const isSubPage = ({ virtualStart, size }: MemoryRegion): boolean =>
  (virtualStart | size) % PAGE !== 0n;

export const isComm = ({ flags }: MemoryRegion): boolean => has(flags, abi.MEM_COMM_REGION);

/** Whether the region is memory that programs run in or devices reach, by its flags. */
export const isRam = (region: MemoryRegion): boolean =>
  has(region.flags, abi.MEM_EXECUTE | abi.MEM_DMA) && !isComm(region);

/** Whether the region leaves the root cell when the cell is created. */
export const isMoved = ({ flags }: MemoryRegion): boolean =>
  !has(flags, abi.MEM_COMM_REGION | abi.MEM_ROOTSHARED);

export const alignDown = (value: bigint, unit: bigint): bigint => value - (value % unit);
export const alignUp = (value: bigint, unit: bigint): bigint => alignDown(value + unit - 1n, unit);

/** Pairs of entries that overlap and that `isWanted`, each in the order of the list, at most MAX_CLASHES. */
export function clashes<Type>(
  list: readonly Type[],
  rangeOf: (entry: Type) => Range,
  isWanted: (a: Type, b: Type) => boolean = () => true,
): [Type, Type][] {
  const sorted = list
    .map((entry, index) => ({ entry, index, ...rangeOf(entry) }))
    .filter(({ size }) => size > 0n)
    .sort((a, b) => (a.start < b.start ? -1 : 1));
  const found: [Type, Type][] = [];
  for (const [position, low] of sorted.entries())
    for (let next = position + 1; next < sorted.length; next++) {
      const high = sorted[next]!;
      if (high.start >= endOf(low)) break;
      const [a, b] = low.index < high.index ? [low, high] : [high, low];
      if (!isWanted(a.entry, b.entry)) continue;
      found.push([a.entry, b.entry]);
      if (found.length === MAX_CLASHES) return found;
    }
  return found;
}
