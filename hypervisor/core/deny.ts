// The report of an access to memory that is denied, in the same words on every architecture.
import { DENIAL_FLAG_WRITE, DENIAL_KIND_MEMORY, DENIAL_KIND_PCI } from "../../abi/denials.ts";
import { print, printAddress, printDecimal } from "./console.ts";
import { recordDenial } from "./denials.ts";
import { fatal, violation } from "./panic.ts";
import { ecamPlace, isEcam } from "./pci/ecam.ts";

/**
 * Reports that the calling CPU may not access guest-physical `address`, `size` bytes or 0 if that is not known, with DENIAL_FLAG_*
 * `flags`, and parks it.
 */
export function denyAccess(cpu: u32, flags: u32, address: u64, size: u32): void {
  fatal();
  const inConfigSpace = isEcam(address);
  const kind = inConfigSpace ? DENIAL_KIND_PCI : DENIAL_KIND_MEMORY;
  const place = inConfigSpace ? ecamPlace(address) : address;
  const record = recordDenial(cpu, kind, flags, size, place, 0);
  const isWrite = (flags & DENIAL_FLAG_WRITE) !== 0;
  print(isWrite ? "Invalid MMIO/RAM write, addr: " : "Invalid MMIO/RAM read, addr: ");
  printAddress(address);
  print(" size: ");
  printDecimal(size);
  violation(cpu, record);
}
