// The data sheet of the machine: every address, port and interrupt number (docs/machine.md has them in tables). A look-alike
// of QEMU's q35.
import { APIC_PAGE, IOAPIC_PAGE } from "../abi/x86/apic.ts";

/** Device memory: first address and bytes. */
export const MEMORY_MAP = {
  ecam: { first: 0xb0000000, size: 0x10000000 },
  ioapic: { first: IOAPIC_PAGE as number, size: 0x1000 },
  hpet: { first: 0xfed00000, size: 0x400 },
  lapic: { first: APIC_PAGE as number, size: 0x1000 },
} as const;

/** Ports: first port and number of ports. */
export const PORT_MAP = {
  picMaster: { first: 0x20, size: 2 },
  pit: { first: 0x40, size: 4 },
  i8042Data: { first: 0x60, size: 1 },
  speaker: { first: 0x61, size: 1 },
  i8042Command: { first: 0x64, size: 1 },
  rtc: { first: 0x70, size: 2 },
  post: { first: 0x80, size: 1 },
  fastA20: { first: 0x92, size: 1 },
  picSlave: { first: 0xa0, size: 2 },
  com4: { first: 0x2e8, size: 8 },
  com2: { first: 0x2f8, size: 8 },
  com3: { first: 0x3e8, size: 8 },
  com1: { first: 0x3f8, size: 8 },
  picLevels: { first: 0x4d0, size: 2 },
  fwCfg: { first: 0x510, size: 2 },
  acpi: { first: 0x600, size: 0x10 },
  pci: { first: 0xcf8, size: 8 },
  /** Within PCI's, for accesses of one byte. */
  reset: { first: 0xcf9, size: 1 },
} as const;

/** Interrupt lines: input of the 8259 pair (-1: none) and pin of the IOAPIC. */
export const IRQ_MAP = {
  pit: { pic: 0, pin: 2 },
  keyboard: { pic: 1, pin: 1 },
  com2: { pic: 3, pin: 3 },
  com1: { pic: 4, pin: 4 },
  rtc: { pic: 8, pin: 8 },
  sci: { pic: 9, pin: 9 },
  aux: { pic: 12, pin: 12 },
} as const;

/** First IOAPIC pin that HPET timers can be routed to, and how many. */
export const HPET_PINS = { first: 16, count: 8 } as const;

/** Device memory that PCI functions can be given: above all RAM that a machine can have, and above 4 GiB. */
export const PCI_WINDOWS = {
  memory: { first: 0xc0000000, size: 0x3ec00000 },
  wideMemory: { first: 0x800000000, size: 0x800000000 },
} as const;

/** Disks: slot of the first on bus 0, and how many there can be. */
export const DISK_SLOTS = { first: 2, count: 8 } as const;

/** Slot of the virtio console. */
export const CONSOLE_SLOT = 10;

/** The IOAPIC pin of INTA (0) to INTD (3) of a slot on bus 0: they share pins with the HPET's timers. Active low, as PCI has it. */
export function interruptPin(slot: number, pin: number): number {
  return HPET_PINS.first + ((slot + pin) % HPET_PINS.count);
}

/** PCI functions: bus << 8 | device << 3 | function, and what they say they are. */
export const PCI_MAP = {
  hostBridge: {
    bdf: 0x0000,
    identity: { vendor: 0x8086, device: 0x29c0, classCode: 0x060000 },
    subsystemVendor: 0x1af4,
    subsystem: 0x1100,
  },
  lpcBridge: {
    bdf: 0x00f8,
    identity: { vendor: 0x8086, device: 0x2918, classCode: 0x060100 },
    subsystemVendor: 0x1af4,
    subsystem: 0x1100,
  },
} as const;

/** CMOS memory cells that firmware would have filled: equipment, base memory in KiB (640). */
export const CMOS: readonly [number, number][] = [
  [0x14, 0x02],
  [0x15, 0x80],
  [0x16, 0x02],
];
