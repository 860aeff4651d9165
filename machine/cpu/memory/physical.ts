// Accesses to the physical address space: RAM, devices on the bus, and code that was decoded from what is written.

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
import { PAGE_SHIFT } from "./layout.ts";
import { loadSized, ramAddress, sizeMask } from "./machine.ts";

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
