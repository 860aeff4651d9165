// How a PCI device is named: bus, device and function.
import { print, printHex } from "../console.ts";

/** Prints bus, device and function. */
export function printDevice(bdf: u32): void {
  printHex(bdf >> 8, 2);
  print(":");
  printHex((bdf >> 3) & 0x1f, 2);
  print(".");
  printHex(bdf & 7, 1);
}
