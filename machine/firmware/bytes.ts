// Little-endian bytes of tables.

/** A number in `size` bytes, the lowest first; `size` is at most 8. */
export function littleEndian(value: number | bigint, size: number): number[] {
  const wide = BigInt(value);
  return Array.from({ length: size }, (_, index) => Number((wide >> BigInt(index * 8)) & 0xffn));
}

/** 8 bits. */
export function byte(value: number): number[] {
  return littleEndian(value, 1);
}

/** 16 bits. */
export function word(value: number): number[] {
  return littleEndian(value, 2);
}

/** 32 bits. */
export function dword(value: number): number[] {
  return littleEndian(value, 4);
}

/** 64 bits. */
export function qword(value: number | bigint): number[] {
  return littleEndian(value, 8);
}

/** The characters of a text, filled up with spaces or cut to `size` bytes if that is given. */
export function characters(text: string, size: number = text.length): number[] {
  return [...text.padEnd(size).slice(0, size)].map((letter) => letter.charCodeAt(0));
}

/** `count` zeros. */
export function zeros(count: number): number[] {
  return new Array<number>(count).fill(0);
}

/** The byte that makes a sum of bytes, modulo 256, zero. */
export function checksum(bytes: readonly number[]): number {
  return -bytes.reduce((sum, value) => sum + value, 0) & 0xff;
}
