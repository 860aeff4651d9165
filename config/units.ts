// Sizes as people write them. All return bytes.

const KILO = 1024;

/** `count` KiB in bytes. */
export const KiB = (count: number): number => count * KILO;
/** `count` MiB in bytes. */
export const MiB = (count: number): number => count * KILO ** 2;
/** `count` GiB in bytes. */
export const GiB = (count: number): number => count * KILO ** 3;

/** The number of a PCI function as configurations store it: bus << 8 | device << 3 | function. */
export function bdf(bus: number, device: number, fn: number): number {
  return (bus << 8) | (device << 3) | fn;
}

/** The whole numbers from `first` to `last`: CPUs, or pins. */
export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** A stream id of an MMU-500: id in the lower, mask in the upper half. */
export function mmu500Stream(id: number, mask: number): number {
  return ((mask << 16) | id) >>> 0;
}

/** Smallest power of two that is not below `value`. */
export function powerOfTwo(value: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, value)));
}
