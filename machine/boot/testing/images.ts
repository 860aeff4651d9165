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

/** What a bzImage says of itself, where that is not the ordinary. */
export interface BzImageOptions {
  readonly setupSects?: number;
  readonly bootFlag?: number;
  readonly version?: number;
  readonly loadflags?: number;
  readonly xloadflags?: number;
  readonly alignment?: number;
  readonly relocatable?: number;
  readonly commandLineMax?: number;
  readonly initrdMax?: number;
  readonly preferred?: number | bigint;
  readonly initSize?: number;
  /** Operand of the jump, which says where the header ends. */
  readonly jump?: number;
  /** Protected-mode code in units of 16 bytes. */
  readonly paragraphs?: number;
}

/** A bzImage whose 64-bit entry point has `code`. */
export function bzImage(code: readonly number[], options: BzImageOptions = {}): BootFile {
  const { setupSects = 1, bootFlag = 0xaa55, version = 0x20f, loadflags = 1 } = options;
  const { xloadflags = 1, alignment = 0x1000, relocatable = 1, commandLineMax = 255 } = options;
  const { initrdMax = 0x7fffffff, preferred = 0x100000, initSize = 0x4000 } = options;
  const { jump = 0x6a, paragraphs = Math.ceil((0x200 + code.length) / 16) } = options;
  const bytes = new Uint8Array(((setupSects || 4) + 1) * 512 + 0x200 + code.length);
  const put = (at: number, values: readonly number[]) => bytes.set(values, at);
  put(0x1f1, [setupSects]);
  put(0x1f4, u32(paragraphs));
  put(0x1fe, u16(bootFlag));
  put(0x200, [0xeb, jump, 0x48, 0x64, 0x72, 0x53, ...u16(version)]);
  put(0x211, [loadflags]);
  put(0x22c, u32(initrdMax));
  put(0x230, [...u32(alignment), relocatable, 12, ...u16(xloadflags), ...u32(commandLineMax)]);
  put(0x258, [...u64(preferred), ...u32(initSize)]);
  put(bytes.length - code.length, code);
  return { name: "bzImage", data: bytes };
}

/** An ELF64 file without a multiboot header that says it is Linux. */
export function vmlinux(entry: number | bigint, parts: readonly Part[]): BootFile {
  const banner = [...new TextEncoder().encode("Linux version 6")];
  const { data } = elf(entry, [...parts, { bytes: banner, physical: 0x180000 }], { wide: true });
  // The multiboot header's magic becomes something else.
  const at = 0x40 + (parts.length + 1) * 0x38;
  return { name: "vmlinux", data: data.map((byte, index) => (index === at ? 0 : byte)) };
}
