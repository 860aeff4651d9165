// Operands that floating point goes wrong on: special values, denormals, the ends of the range, exponents close to each other, few and
// many bits set, halves of the last place.
import type { Random } from "../interpreter/snippets.ts";

/** A format: bits of the fraction and of the exponent. */
export interface Format {
  fraction: number;
  exponent: number;
}

export const SINGLE: Format = { fraction: 23, exponent: 8 };
export const DOUBLE: Format = { fraction: 52, exponent: 11 };
/** Of 80 bits; the integer bit is apart. */
export const EXTENDED: Format = { fraction: 63, exponent: 15 };

function mask(bits: number): bigint {
  return (1n << BigInt(bits)) - 1n;
}

/** A fraction with bits at few places, or at all. */
function fraction(random: Random, bits: number): bigint {
  const all = mask(bits);
  const bit = 1n << BigInt(random.below(bits));
  const other = 1n << BigInt(random.below(bits));
  const value = (BigInt(random.next()) << 32n) | BigInt(random.next());
  switch (random.below(8)) {
    case 0:
      return 0n;
    case 1:
      return all;
    case 2:
      return bit;
    case 3:
      return all ^ bit;
    case 4:
      return bit | other;
    case 5:
      return (value << BigInt(random.below(bits))) & all;
    default:
      return value & all;
  }
}

/** An exponent field: of any number, of one near 1, near the ends, or beyond them. */
function exponent(random: Random, bits: number): number {
  const top = 2 ** bits - 1;
  const bias = top >> 1;
  switch (random.below(10)) {
    case 0:
      return 0;
    case 1:
      return top;
    case 2:
      return 1 + random.below(4);
    case 3:
      return top - 1 - random.below(4);
    case 4:
    case 5:
      return random.below(top + 1);
    case 6:
      return (bias >> 1) + random.below(8);
    case 7:
      return bias + (bias >> 1) - random.below(8);
    default:
      return bias - 35 + random.below(70);
  }
}

/** A value of a format, in its low bits. */
export function operand(random: Random, format: Format): bigint {
  const sign = BigInt(random.below(2)) << BigInt(format.fraction + format.exponent);
  const field = BigInt(exponent(random, format.exponent)) << BigInt(format.fraction);
  return sign | field | fraction(random, format.fraction);
}

/** A partner for a value: any other, itself, its opposite, its neighbour, or one whose exponent is a little apart. */
export function partner(random: Random, format: Format, value: bigint): bigint {
  const sign = 1n << BigInt(format.fraction + format.exponent);
  switch (random.below(12)) {
    case 0:
      return value;
    case 1:
      return value ^ sign;
    case 2:
      return (value + 1n) & mask(format.fraction + format.exponent + 1);
    case 3:
    case 4: {
      const distance = BigInt(random.below(format.fraction + 4)) << BigInt(format.fraction);
      const moved = (value + distance) & mask(format.fraction + format.exponent);
      const low = fraction(random, format.fraction);
      return (moved & ~mask(format.fraction)) | low | (random.below(2) === 0 ? sign : 0n);
    }
    default:
      return operand(random, format);
  }
}

/** 80 bits from the parts of EXTENDED: mostly with the integer bit that belongs to the exponent. */
export function extendedOf(random: Random, value: bigint): bigint {
  const field = (value >> 63n) & 0x7fffn;
  const sign = value >> 78n;
  const usual = field === 0n ? 0n : 1n;
  const integer = random.below(24) === 0 ? usual ^ 1n : usual;
  return (sign << 79n) | (field << 64n) | (integer << 63n) | (value & mask(63));
}
