// What travels on the interrupt network between local APICs and IOAPICs.

/** Destination of a message to every local APIC, whatever the width of the sender's destination field. */
export const BROADCAST = 0xffffffff;

/** An interrupt message. Plain data: messages on their way are part of a snapshot. */
export interface ApicMessage {
  /** ICR_MODE_*. */
  mode: number;
  vector: number;
  /** Level triggered: its EOI is told to the IOAPICs. */
  level: boolean;
  /** `destination` is a logical one. */
  logical: boolean;
  /** APIC id, logical destination, or BROADCAST. */
  destination: number;
}
