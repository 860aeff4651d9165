// The I/O APIC: which vector and CPU a device's interrupt goes to (82093AA data sheet, section 3).
import {
  IOAPIC_ACTIVE_LOW,
  IOAPIC_DATA,
  IOAPIC_INDEX,
  IOAPIC_LEVEL,
  IOAPIC_MASKED,
  IOAPIC_PAGE,
  IOAPIC_REG_REDIRECTION,
} from "../../abi/x86/apic.ts";
import { mmioRead32, mmioWrite32 } from "./hardware.ts";
import { apicId } from "./interrupts.ts";

const DESTINATION_SHIFT: u32 = 24;

/** Flag of `routePin`: level triggered (edge otherwise). */
export const PIN_LEVEL: u32 = IOAPIC_LEVEL;
/** Flag of `routePin`: active low (active high otherwise). */
export const PIN_ACTIVE_LOW: u32 = IOAPIC_ACTIVE_LOW;

/** Reads a register (IOAPIC_REG_*). */
export function readIoapic(register: u32): u32 {
  mmioWrite32(<u64>(IOAPIC_PAGE + IOAPIC_INDEX), register);
  return mmioRead32(<u64>(IOAPIC_PAGE + IOAPIC_DATA));
}

/** Writes a register (IOAPIC_REG_*). */
export function writeIoapic(register: u32, value: u32): void {
  mmioWrite32(<u64>(IOAPIC_PAGE + IOAPIC_INDEX), register);
  mmioWrite32(<u64>(IOAPIC_PAGE + IOAPIC_DATA), value);
}

/** Sends a pin's interrupts to this CPU as `vector`. `flags`: PIN_*. */
export function routePin(pin: u32, vector: u32, flags: u32 = 0): void {
  const register = IOAPIC_REG_REDIRECTION + pin * 2;
  writeIoapic(register, IOAPIC_MASKED);
  writeIoapic(register + 1, apicId() << DESTINATION_SHIFT);
  writeIoapic(register, vector | flags);
}

/** Holds a pin's interrupts back. */
export function maskPin(pin: u32): void {
  writeIoapic(IOAPIC_REG_REDIRECTION + pin * 2, IOAPIC_MASKED);
}
