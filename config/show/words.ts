// How numbers of a configuration are said: names for flags and types, sizes with units, CPUs and ports as ranges.
import * as names from "../names.ts";
import type { Console } from "../types.ts";

type Table = Readonly<Record<string, number>>;

const UNITS: [name: string, bytes: bigint][] = [
  ["GiB", 1n << 30n],
  ["MiB", 1n << 20n],
  ["KiB", 1n << 10n],
];

export const hex = (value: number | bigint): string => `0x${value.toString(16)}`;

/** Bytes in the largest unit of which they are a whole number. */
export function sizeText(bytes: bigint | number): string {
  const value = BigInt(bytes);
  if (value > 0n) {
    for (const [name, unit] of UNITS) if (value % unit === 0n) return `${value / unit} ${name}`;
  }
  return `${value} ${value === 1n ? "byte" : "bytes"}`;
}

/** The name of a number, or the number. */
export function choiceText(table: Table, value: number): string {
  return Object.keys(table).find((name) => table[name] === value) ?? hex(value);
}

/** Names of the bits that are set, then what has no name as a number. */
export function flagNames(table: Table, value: number | bigint): string[] {
  let rest = BigInt(value);
  const found: string[] = [];
  for (const [name, bit] of Object.entries(table)) {
    if (!(rest & BigInt(bit))) continue;
    found.push(name);
    rest &= ~BigInt(bit);
  }
  return rest === 0n ? found : [...found, hex(rest)];
}

/** The same in one text; `-` when none is set. */
export function flagText(table: Table, value: number | bigint): string {
  return flagNames(table, value).join(" ") || "-";
}

/** Ascending numbers with neighbours put together: `0-3, 5`. */
export function rangesText(values: readonly number[]): string {
  const parts: string[] = [];
  for (let at = 0; at < values.length; ) {
    let end = at;
    while (values[end + 1] === values[end]! + 1) end++;
    parts.push(end > at ? `${values[at]}-${values[end]}` : `${values[at]}`);
    at = end + 1;
  }
  return parts.join(", ") || "none";
}

/** The first and the last of `size` addresses, in as many digits as a 32-bit address has. */
export function spanText(start: bigint, size: bigint): string {
  const digits = (value: bigint) => `0x${value.toString(16).padStart(8, "0")}`;
  return size === 0n ? digits(start) : `${digits(start)}-${digits(start + size - 1n)}`;
}

/** Ports as `0x3f8-0x3ff`. */
export function portsText({ base, length }: { base: number; length: number }): string {
  return length <= 1 ? hex(base) : `${hex(base)}-${hex(base + length - 1)}`;
}

/** A PCI function as people write it: `00:1f.2`, with its segment when that is not 0. */
export function functionText(bdf: number, domain = 0): string {
  const digits = (value: number, width: number) => value.toString(16).padStart(width, "0");
  const segment = domain === 0 ? "" : `${digits(domain, 4)}:`;
  return `${segment}${digits(bdf >> 8, 2)}:${digits((bdf >> 3) & 0x1f, 2)}.${bdf & 7}`;
}

/** Pins of an irqchip, by number. */
export function pinNumbers(bitmap: readonly number[], base: number): number[] {
  const bits = 32;
  return bitmap.flatMap((word, index) =>
    Array.from({ length: bits }, (_, bit) => bit)
      .filter((bit) => (word >>> bit) & 1)
      .map((bit) => base + index * bits + bit),
  );
}

/** A console in a few words. */
export function consoleText(console: Console): string {
  if (Object.values(console).every((value) => Number(value) === 0)) return "none";
  const isMemory = console.flags & names.CONSOLE_FLAGS.mmio;
  const rest = flagNames(names.CONSOLE_FLAGS, console.flags & ~names.CONSOLE_FLAGS.mmio);
  const parts = [
    `${choiceText(names.CONSOLE_TYPES, console.type)} at ${isMemory ? "" : "port "}${hex(console.address)}`,
    ...(console.size > 0 ? [sizeText(console.size)] : []),
    ...rest,
    ...(console.divider > 0 ? [`divider ${console.divider}`] : []),
    ...(console.gateNumber > 0 ? [`clock gate ${console.gateNumber}`] : []),
    ...(console.clockRegister > 0n ? [`clock register ${hex(console.clockRegister)}`] : []),
  ];
  return parts.join(", ");
}
