// 256 bits, one a vector, in eight words of 32: ISR, TMR and IRR.
const WORD_SHIFT = 5;
const WORD_MASK = 31;
const WORDS = 8;

/** All bits clear. */
export function noBits(): number[] {
  return new Array<number>(WORDS).fill(0);
}

/** Whether the bit of `vector` is set. */
export function hasBit(bits: number[], vector: number): boolean {
  return ((bits[vector >> WORD_SHIFT]! >>> (vector & WORD_MASK)) & 1) === 1;
}

/** Sets or clears the bit of `vector`. */
export function putBit(bits: number[], vector: number, value: boolean): void {
  const mask = 1 << (vector & WORD_MASK);
  const word = bits[vector >> WORD_SHIFT]!;
  bits[vector >> WORD_SHIFT] = (value ? word | mask : word & ~mask) >>> 0;
}

/** The highest vector whose bit is set, or -1. */
export function highestBit(bits: number[]): number {
  for (let index = WORDS - 1; index >= 0; index--)
    if (bits[index]) return (index << WORD_SHIFT) + WORD_MASK - Math.clz32(bits[index]!);
  return -1;
}
