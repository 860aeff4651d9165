// The report of an access to memory that is denied, in the same words on every architecture.
import { DENIAL_FLAG_WRITE } from "../../abi/denials.ts";
import { print, printAddress, printDecimal } from "./console.ts";
import { recordDenial } from "./denials.ts";
import { fatal, violation } from "./panic.ts";

/**
 * Reports that the calling CPU may not access guest-physical `address`, `size` bytes or 0 if that is not known, and parks it.
 * The record has DENIAL_KIND_* `kind`, DENIAL_FLAG_* `flags` and `place`, the address as that kind has it.
 */
export function denyAccess(
  cpu: u32,
  kind: u32,
  flags: u32,
  place: u64,
  address: u64,
  size: u32,
): void {
  fatal();
  const record = recordDenial(cpu, kind, flags, size, place, 0);
  const isWrite = (flags & DENIAL_FLAG_WRITE) !== 0;
  print(isWrite ? "Invalid MMIO/RAM write, addr: " : "Invalid MMIO/RAM read, addr: ");
  printAddress(address);
  print(" size: ");
  printDecimal(size);
  violation(cpu, record);
}
