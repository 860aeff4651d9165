// The interrupt command register (AMD64 APM volume 2, section 16.5): what a write of it sends.
import {
  ICR_ASSERT,
  ICR_LEVEL,
  ICR_LOGICAL,
  ICR_MODE_FIXED,
  ICR_MODE_INIT,
  ICR_MODE_LOWEST,
  ICR_MODE_MASK,
  ICR_MODE_NMI,
  ICR_MODE_SHIFT,
  ICR_MODE_SIPI,
  ICR_SHORTHAND_MASK,
  ICR_SHORTHAND_SHIFT,
  ICR_VECTOR_MASK,
  SHORTHAND_NONE,
  SHORTHAND_SELF,
} from "../../../abi/x86/apic.ts";
import { ESR_SENT_ILLEGAL, type Lapic } from "./lapic.ts";
import { BROADCAST } from "./message.ts";

const XAPIC_BROADCAST = 0xff;
const DESTINATION_SHIFT = 24;
const LOWEST_VECTOR = 16;
const SENDABLE = new Set<number>([
  ICR_MODE_FIXED,
  ICR_MODE_LOWEST,
  ICR_MODE_NMI,
  ICR_MODE_INIT,
  ICR_MODE_SIPI,
]);

/** Carries out a write of the low half of ICR; the destination is in the high half. */
export function sendCommand(lapic: Lapic, low: number): void {
  lapic.registers.icrLow = low;
  const mode = (low & ICR_MODE_MASK) >>> ICR_MODE_SHIFT;
  const vector = low & ICR_VECTOR_MASK;
  const shorthand = (low & ICR_SHORTHAND_MASK) >>> ICR_SHORTHAND_SHIFT;
  const hasVector = mode === ICR_MODE_FIXED || mode === ICR_MODE_LOWEST;
  if (!SENDABLE.has(mode)) return;
  if (hasVector && vector < LOWEST_VECTOR) {
    lapic.error(ESR_SENT_ILLEGAL);
    return;
  }
  // INIT level de-assert only synchronised the arbitration ids of the old APIC bus.
  if (mode === ICR_MODE_INIT && low & ICR_LEVEL && !(low & ICR_ASSERT)) return;
  const message = {
    mode,
    vector,
    level: false,
    logical: shorthand === SHORTHAND_NONE && (low & ICR_LOGICAL) !== 0,
    destination: shorthand === SHORTHAND_NONE ? destination(lapic) : BROADCAST,
  };
  if (shorthand === SHORTHAND_SELF && mode === ICR_MODE_FIXED) lapic.request(vector, false);
  else if (shorthand !== SHORTHAND_SELF) lapic.pins.send(message, shorthand);
}

function destination(lapic: Lapic): number {
  const high = lapic.registers.icrHigh;
  if (lapic.x2apic) return high;
  const short = high >>> DESTINATION_SHIFT;
  return short === XAPIC_BROADCAST ? BROADCAST : short;
}

/** Sends a fixed interrupt to the APIC itself. */
export function sendSelf(lapic: Lapic, vector: number): void {
  if (vector < LOWEST_VECTOR) lapic.error(ESR_SENT_ILLEGAL);
  else lapic.request(vector, false);
}
