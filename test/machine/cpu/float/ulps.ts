// How far apart two numbers of 80 bits are.

const SIGN = 1n << 79n;
const SIGNIFICAND = (1n << 64n) - 1n;

/** An ordinal of a value in which neighbours differ by one. */
export function ordinal(value: bigint): bigint {
  const field = (value >> 64n) & 0x7fffn;
  const significand = value & SIGNIFICAND;
  const size = (field << 63n) + (field === 0n ? significand : significand - (1n << 63n));
  return (value & SIGN) !== 0n ? -size : size;
}

/** Whether two values differ by so many units of the last place at most. */
export function isWithin(a: bigint, b: bigint, ulps: bigint): boolean {
  const distance = ordinal(a) - ordinal(b);
  return distance <= ulps && distance >= -ulps;
}

/** The 80 bits at a place. */
export function extendedAt(view: DataView, at: number): bigint {
  return (BigInt(view.getUint16(at + 8, true)) << 64n) | view.getBigUint64(at, true);
}
