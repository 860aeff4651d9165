// Entry of cpu.wasm.
export function heapBase(): u32 {
  return <u32>__heap_base;
}
