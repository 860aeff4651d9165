// How a PCI device is named: bus, device and function; in print, and in a record of what was denied.
import { print, printHex } from "../console.ts";

/** Prints bus, device and function. */
export function printDevice(bdf: u32): void {
  printHex(bdf >> 8, 2);
  print(":");
  printHex((bdf >> 3) & 0x1f, 2);
  print(".");
  printHex(bdf & 7, 1);
}

/** Where DENIAL_ADDRESS has the device. */
const PLACE_SHIFT: u64 = 16;

/** Device and register as DENIAL_ADDRESS has them. */
export function configPlace(bdf: u32, register: u32): u64 {
  return ((<u64>bdf) << PLACE_SHIFT) | register;
}
