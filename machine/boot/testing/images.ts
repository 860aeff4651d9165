// Kernels for tests: multiboot headers, and files around code.
import type { BootFile } from "../image.ts";

const MAGIC = 0x1badb002;

/** Little-endian bytes of 32 bits. */
export function u32(value: number): number[] {
  return [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);
}

export function u16(value: number): number[] {
  return u32(value).slice(0, 2);
}

function u64(value: number | bigint): number[] {
  const wide = BigInt(value);
  return [...u32(Number(wide & 0xffffffffn)), ...u32(Number(wide >> 32n))];
}

/** Magic, flags and checksum. */
export function header(flags = 0): number[] {
  return [MAGIC, flags, -(MAGIC + flags)].flatMap(u32);
}

export const file = (bytes: readonly number[], name = "kernel"): BootFile => ({
  name,
  data: Uint8Array.from(bytes),
});

/** A loadable segment. */
export interface Part {
  readonly bytes: readonly number[];
  readonly physical: number | bigint;
  readonly linear?: number | bigint;
  /** Bytes in memory, if they are not those in the file. */
  readonly size?: number;
}

/** What an ELF file says of itself, where that is not the ordinary. */
export interface ElfOptions {
  readonly wide?: boolean;
  readonly machine?: number;
  readonly type?: number;
  readonly flags?: number;
  readonly headerSize?: number;
}

/** An ELF file with a multiboot header behind the program headers. */
export function elf(
  entry: number | bigint,
  parts: readonly Part[],
  options: ElfOptions = {},
): BootFile {
  const { wide = false, type = 2, flags = 0 } = options;
  const { machine = wide ? 62 : 3, headerSize = wide ? 0x38 : 0x20 } = options;
  const word = wide ? u64 : (value: number | bigint) => u32(Number(value));
  const table = wide ? 0x40 : 0x34;
  const multiboot = header(flags);
  let at = table + parts.length * headerSize + multiboot.length;
  const programs = parts.flatMap(({ bytes, physical, linear = physical, size = bytes.length }) => {
    const offset = at;
    at += bytes.length;
    const places = [offset, linear, physical, bytes.length, size].flatMap(word);
    return wide
      ? [...u32(1), ...u32(7), ...places, ...u64(1)]
      : [...u32(1), ...places, ...u32(7), ...u32(1)];
  });
  return file([
    ...[0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, 1, 1, ...Array(9).fill(0)],
    ...[...u16(type), ...u16(machine), ...u32(1), ...word(entry), ...word(table), ...word(0)],
    ...[...u32(0), ...u16(table), ...u16(headerSize), ...u16(parts.length), ...u16(0)],
    ...[...u16(0), ...u16(0), ...programs, ...multiboot, ...parts.flatMap(({ bytes }) => bytes)],
  ]);
}

/** Where what goes in a file with address fields. */
export interface Addresses {
  readonly header: number;
  readonly load: number;
  readonly loadEnd?: number;
  readonly bssEnd?: number;
  readonly entry: number;
}

/** A file of any format with a header that has address fields, `before` in front and `code` behind it. */
export function flat(
  { header: own, load, loadEnd = 0, bssEnd = 0, entry }: Addresses,
  code: readonly number[],
  before: readonly number[] = [],
): BootFile {
  const addresses = [own, load, loadEnd, bssEnd, entry].flatMap(u32);
  return file([...before, ...header(0x10000), ...addresses, ...code]);
}
