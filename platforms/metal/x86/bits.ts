// Ranges of bits in permission maps.

/**
 * Sets (`value` true) or clears bits [first, first+count) of the map at `map`, of each byte only those in `pattern`. The
 * pattern of a byte repeats in all of them.
 */
export function setBits(map: usize, first: u32, count: u32, pattern: u32, value: bool): void {
  const end = first + count;
  for (let bit = first; bit < end; ) {
    const low = bit & 7;
    const high = min(end - (bit - low), 8);
    const mask = (0xff << low) & (0xff >>> (8 - high)) & pattern;
    const at = map + (bit >>> 3);
    const old = <u32>load<u8>(at);
    store<u8>(at, <u8>(value ? old | mask : old & ~mask));
    bit += 8 - low;
  }
}
