// Message-signalled interrupts on x86: writes to the addresses of local APICs (Intel 64 and IA-32 Architectures Software
// Developer's Manual, volume 3A, section 10.11).

import { Cell } from "../core/cell.ts";
import { isOwnTarget, isSafeMode } from "./ioapic.ts";

/** Bits 31:20 of an address that interrupts. */
const ADDRESS_SHIFT: u32 = 20;
const ADDRESS: u32 = 0xfee;
const DESTINATION_SHIFT: u32 = 12;
const DESTINATION_MASK: u32 = 0xff;
const LOGICAL: u32 = 0x4;

/** Whether `cell` may send this message: an interrupt to its own CPUs, no write to memory. */
export function isMessageAllowed(cell: Cell, low: u32, high: u32, data: u32): bool {
  if (high || low >>> ADDRESS_SHIFT !== ADDRESS || !isSafeMode(data)) return false;
  const destination = (low >>> DESTINATION_SHIFT) & DESTINATION_MASK;
  return isOwnTarget(cell, destination, (low & LOGICAL) !== 0);
}
