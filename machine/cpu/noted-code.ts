// Which bytes of a part of physical memory have been executed, for coverage of what runs there. It is noted when code is decoded, and
// code is decoded when it is come to; what a fault cuts short counts as a whole, to the next jump.

/** The most that can be watched, in bytes. */
const MOST: u32 = 0x20000;
/** What is watched: its first address, u64; its size, u32, 0 for nothing. */
const FIRST: usize = memory.data(16, 8);
const SIZE: u32 = 8;
/** A bit for each of its bytes. */
const BITS: usize = memory.data(0x4000, 8);

/** Watches `size` bytes from `first` on, from now on; address of the bits, 0 for more than can be watched. */
export function watchCode(first: u64, size: u32): u32 {
  if (size > MOST) return 0;
  store<u64>(FIRST, first);
  store<u32>(FIRST, size, SIZE);
  memory.fill(BITS, 0, MOST >> 3);
  return <u32>BITS;
}

/** Notes bytes that lie in one page. */
export function noteCode(phys: u64, length: u32): void {
  const size = load<u32>(FIRST, SIZE);
  const start = phys - load<u64>(FIRST);
  if (start >= size) return;
  const end = min(<u32>start + length, size);
  for (let at = <u32>start; at < end; at++) {
    const byte = BITS + (at >> 3);
    store<u8>(byte, <u8>(<u32>load<u8>(byte) | ((<u32>1) << (at & 7))));
  }
}
