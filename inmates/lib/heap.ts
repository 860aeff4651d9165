// The heap: memory that is handed out once and never taken back. What AssemblyScript itself allocates (`new`, template
// strings) comes from there too, so a loop that runs for ever should do neither.

/** `size` zeroed bytes at a multiple of `alignment`, which is a power of two. Traps when the heap is used up. */
export function allocate(size: u32, alignment: u32 = 16): u32 {
  const mask = alignment - 1;
  const address = (<u32>heap.alloc(size + mask) + mask) & ~mask;
  memory.fill(address, 0, size);
  return address;
}
