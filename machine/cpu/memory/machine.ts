// The machine that the CPUs share: one block of numbers set by `initialize`, and the physical address space.

import { codeWritten } from "../blocks.ts";
import { call } from "../bus.ts";
import { pageHasCode } from "../code-pages.ts";
import {
  BUS_IGNORED,
  BUS_READ,
  BUS_WRITE,
  S_BUS_ADDRESS,
  S_BUS_VALUE,
  S_INDEX,
} from "../interface.ts";
import {
  M_CPUS,
  M_RAM_BASE,
  M_RAM_SIZE,
  M_SIZE,
  M_STATES,
  M_VENDOR,
  PAGE_SHIFT,
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

/** Reads `size` (1, 2, 4 or 8) bytes at a physical address, RAM or device; the access is within a page. */
export function physicalRead(s: u32, phys: u64, size: u32): u64 {
  const host = ramAddress(phys);
  if (host == 0) {
    store<u64>(s, phys, S_BUS_ADDRESS);
    const result = call(load<u32>(s, S_INDEX), BUS_READ, size);
    return (result == <i32>BUS_IGNORED ? <u64>-1 : load<u64>(s, S_BUS_VALUE)) & sizeMask(size);
  }
  return loadSized(host, size);
}

/**
 * Writes `size` (1, 2, 4 or 8) bytes at a physical address, RAM or device; the access is within a page. Decoded code there is
 * dropped.
 */
export function physicalWrite(s: u32, phys: u64, size: u32, value: u64): void {
  const host = ramAddress(phys);
  if (host == 0) {
    store<u64>(s, phys, S_BUS_ADDRESS);
    store<u64>(s, value & sizeMask(size), S_BUS_VALUE);
    call(load<u32>(s, S_INDEX), BUS_WRITE, size);
    return;
  }
  if (size == 8) store<u64>(host, value);
  else if (size == 4) store<u32>(host, <u32>value);
  else if (size == 2) store<u16>(host, <u16>value);
  else store<u8>(host, <u8>value);
  if (pageHasCode(<u32>(phys >> PAGE_SHIFT))) codeWritten(phys, size);
}
