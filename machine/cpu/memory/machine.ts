// The machine that the CPUs share: one block of numbers set by `initialize`, and where its RAM is.

import {
  M_CPUS,
  M_MISSING,
  M_RAM_BASE,
  M_RAM_SIZE,
  M_SIZE,
  M_STATES,
  M_VENDOR,
  STATE_SIZE,
} from "./layout.ts";

/** The machine's block (M_*). */
export const MACHINE: usize = memory.data(<i32>M_SIZE, 8);

/** First byte of the video memory's hole, which is never RAM. */
const HOLE_START: u64 = 0xa0000;
/** First byte after it. */
const HOLE_END: u64 = 0xc0000;

/** Number of CPUs. */
export function cpuCount(): u32 {
  return load<u32>(MACHINE, M_CPUS);
}

/** Address of the state block of a CPU. */
export function stateOf(cpu: u32): u32 {
  return load<u32>(MACHINE, M_STATES) + cpu * STATE_SIZE;
}

/** VENDOR_AMD or VENDOR_INTEL. */
export function vendor(): u32 {
  return load<u32>(MACHINE, M_VENDOR);
}

/** What the CPUs are without of one word of CPUID's features (WORD_*). */
export function missingFeatures(word: u32): u32 {
  return load<u32>(MACHINE + word * 4, M_MISSING);
}

/** Says what the CPUs are without of one word of CPUID's features. */
export function setMissing(word: u32, bits: u32): void {
  store<u32>(MACHINE + word * 4, bits, M_MISSING);
}

/** Whether the CPUs have a feature (FEATURE_*); 0 is none and always there. */
export function hasFeature(feature: u32): bool {
  return ((missingFeatures(feature >> 5) >> (feature & 31)) & 1) == 0;
}

/** Host address of the byte at a physical address, or 0 where there is no RAM (device memory). */
export function ramAddress(phys: u64): u32 {
  if (phys >= load<u64>(MACHINE, M_RAM_SIZE)) return 0;
  if (phys >= HOLE_START && phys < HOLE_END) return 0;
  return load<u32>(MACHINE, M_RAM_BASE) + (phys as u32);
}

/** All ones in the low `size` bytes; `size` is 1, 2, 4 or 8. */
export function sizeMask(size: u32): u64 {
  return <u64>-1 >> (64 - size * 8);
}

/** Reads `size` (1, 2, 4 or 8) bytes at a host address. */
export function loadSized(host: u32, size: u32): u64 {
  if (size == 8) return load<u64>(host);
  if (size == 4) return load<u32>(host);
  return size == 2 ? load<u16>(host) : load<u8>(host);
}
