// A device's interrupt in a cell: the PM timer's overflow, every 2.3 seconds, by pin 9 of the I/O APIC (ACPI specification,
// sections 4.8.3.1 and 5.2.9). On a PC that Linux shares, Linux loses its ACPI interrupts to this cell.
import {
  in16,
  onInterrupt,
  out16,
  PIN_LEVEL,
  pmTimerPort,
  print,
  println,
  routePin,
  waitForInterrupt,
} from "jailhouse-ts/inmate";

const SCI_PIN: u32 = 9;
const SCI_VECTOR: u32 = 32;
/** From the PM timer back to the PM1 status register, and from there to PM1 enable. */
const TIMER_OFFSET: u32 = 8;
const ENABLE_OFFSET: u32 = 2;
/** PM1 status and enable: the timer's top bit has changed. */
const TIMER_BIT: u32 = 1;
const DIGITS: u32 = 4;

function statusPort(): u32 {
  return pmTimerPort() - TIMER_OFFSET;
}

/** Prints what has happened and takes it back, or the pin would stay active. */
function receive(): void {
  const status = in16(statusPort());
  print("ACPI IRQ received, status: ").hex(status, DIGITS).line();
  out16(statusPort(), status);
}

export function main(): void {
  println("Note: ACPI IRQs are broken for Linux now.");
  onInterrupt(SCI_VECTOR, receive);
  routePin(SCI_PIN, SCI_VECTOR, PIN_LEVEL);
  out16(statusPort(), TIMER_BIT);
  out16(statusPort() + ENABLE_OFFSET, TIMER_BIT);
  for (;;) waitForInterrupt();
}
