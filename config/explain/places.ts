// What a PC has where: ports and memory-mapped registers that are the same on all of them. Sources: Intel ICH9 datasheet,
// chapter 9 (fixed I/O and memory ranges); PCI Local Bus Specification 3.0, section 3.2.2.3.2; IBM VGA's port map.

import { BACK_DOORS } from "../back-doors.ts";

/** A device's ports or registers. */
export interface Place {
  /** First port, or address. */
  readonly base: number;
  readonly length: number;
  /** With its article, to be put into a sentence. */
  readonly name: string;
}

export const PORTS: readonly Place[] = [
  { base: 0x00, length: 0x20, name: "the DMA controller" },
  { base: 0x20, length: 2, name: "the first interrupt controller (8259)" },
  { base: 0x40, length: 4, name: "the timer (PIT)" },
  { base: 0x60, length: 1, name: "the keyboard controller's data port" },
  { base: 0x61, length: 1, name: "system control port B (speaker, NMI status)" },
  { base: 0x64, length: 1, name: "the keyboard controller's command port" },
  { base: 0x70, length: 2, name: "the real-time clock (CMOS)" },
  { base: 0x80, length: 0x10, name: "the DMA controller's pages" },
  { base: 0x92, length: 1, name: "system control port A (A20, reset)" },
  { base: 0xa0, length: 2, name: "the second interrupt controller (8259)" },
  { base: 0xb2, length: 2, name: "the SMI command port" },
  { base: 0xc0, length: 0x20, name: "the second DMA controller" },
  { base: 0xf0, length: 0x10, name: "the mathematics coprocessor" },
  { base: 0x170, length: 8, name: "the second IDE channel" },
  { base: 0x1ce, length: 3, name: "the display's VBE registers" },
  { base: 0x1f0, length: 8, name: "the first IDE channel" },
  { base: 0x278, length: 8, name: "the second parallel port" },
  { base: 0x2e8, length: 8, name: "COM4" },
  { base: 0x2f8, length: 8, name: "COM2" },
  { base: 0x376, length: 1, name: "the second IDE channel's status" },
  { base: 0x378, length: 8, name: "the first parallel port" },
  { base: 0x3b0, length: 0x30, name: "the VGA display" },
  { base: 0x3e8, length: 8, name: "COM3" },
  { base: 0x3f0, length: 8, name: "the floppy controller and IDE's status" },
  { base: 0x3f8, length: 8, name: "COM1" },
  { base: 0x402, length: 1, name: "the BIOS' debug port" },
  { base: 0x4d0, length: 2, name: "the interrupt controllers' edge and level register" },
  { base: 0x510, length: 12, name: "QEMU's firmware configuration" },
  { base: 0xcd0, length: 8, name: "the chipset's power management" },
  { base: 0xcf8, length: 4, name: "PCI's configuration address" },
  { base: 0xcfc, length: 4, name: "PCI's configuration data" },
  ...BACK_DOORS,
];

export const REGISTERS: readonly Place[] = [
  { base: 0xa0000, length: 0x20000, name: "the VGA display's memory" },
  { base: 0xc0000, length: 0x20000, name: "option ROMs" },
  { base: 0xe0000, length: 0x20000, name: "the BIOS" },
  { base: 0xfec00000, length: 0x1000, name: "the IOAPIC" },
  { base: 0xfed00000, length: 0x1000, name: "the HPET" },
  { base: 0xfed1c000, length: 0x4000, name: "the chipset's root complex registers" },
  { base: 0xfed40000, length: 0x5000, name: "the TPM" },
  { base: 0xfed90000, length: 0x1000, name: "an IOMMU (VT-d)" },
  { base: 0xfee00000, length: 0x1000, name: "the local APIC" },
];

/** The place that an address belongs to. */
export function placeOf(places: readonly Place[], address: bigint): Place | undefined {
  return places.find(
    ({ base, length }) => address >= BigInt(base) && address < BigInt(base + length),
  );
}
