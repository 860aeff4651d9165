// Message-signalled interrupts on x86: writes to the addresses of local APICs (Intel 64 and IA-32 Architectures Software
// Developer's Manual, volume 3A, section 10.11).

import { Cell } from "../../core/cells/cell.ts";
import { isMixed } from "../state.ts";
import { firstOf, isOwnTarget, isSafeMode } from "./ioapic.ts";

/** Bits 31:20 of an address that interrupts. */
const ADDRESS_SHIFT: u32 = 20;
const ADDRESS: u32 = 0xfee;
const DESTINATION_SHIFT: u32 = 12;
const DESTINATION_MASK: u32 = 0xff;
const LOGICAL: u32 = 0x4;

/** Whether a physical destination is meant for one of several CPUs; of no use. */
const REDIRECTION: u32 = 0x8;

/**
 * The address that a device gets for one that `cell` writes: an x2APIC does not know flat logical destinations, so they become
 * the first CPU that they name.
 */
export function messageAddress(cell: Cell, low: u32): u32 {
  const destination = (low >>> DESTINATION_SHIFT) & DESTINATION_MASK;
  if (!isMixed(cell) || !(low & LOGICAL) || low >>> ADDRESS_SHIFT !== ADDRESS) return low;
  if (!isOwnTarget(cell, destination, true)) return low;
  const rest = low & ~((DESTINATION_MASK << DESTINATION_SHIFT) | LOGICAL | REDIRECTION);
  return rest | (firstOf(cell, destination) << DESTINATION_SHIFT);
}

/** Whether `cell` may send this message, as a device has it: an interrupt to its own CPUs, no write to memory. */
export function isMessageAllowed(cell: Cell, low: u32, high: u32, data: u32): bool {
  if (high || low >>> ADDRESS_SHIFT !== ADDRESS || !isSafeMode(data)) return false;
  if (low & LOGICAL && isMixed(cell)) return false;
  const destination = (low >>> DESTINATION_SHIFT) & DESTINATION_MASK;
  return isOwnTarget(cell, destination, (low & LOGICAL) !== 0);
}
