// What is usually behind the I/O ports of a PC.
import { BACK_DOORS } from "./back-doors.ts";
import type { PortRange } from "./types.ts";

/** First port, number of ports, and whose they are. */
const PORTS: readonly (readonly [base: number, length: number, name: string])[] = [
  [0x0, 0x20, "DMA controller"],
  [0x20, 2, "interrupt controller (8259)"],
  [0x40, 4, "interval timer (8254)"],
  [0x60, 1, "keyboard controller, data"],
  [0x61, 1, "system control"],
  [0x64, 1, "keyboard controller, commands"],
  [0x70, 2, "real-time clock"],
  [0x80, 0x10, "DMA pages"],
  [0xa0, 2, "second interrupt controller (8259)"],
  [0xc0, 0x20, "second DMA controller"],
  [0x1ce, 3, "VBE"],
  [0x2e8, 8, "COM4"],
  [0x2f8, 8, "COM2"],
  [0x378, 8, "parallel port"],
  [0x3b0, 0x30, "VGA"],
  [0x3e8, 8, "COM3"],
  [0x3f0, 8, "floppy controller"],
  [0x3f8, 8, "COM1"],
  [0x402, 1, "BIOS messages"],
  [0xcf8, 8, "PCI configuration"],
  ...BACK_DOORS.map(({ base, length, name }) => [base, length, name] as const),
];

/** Whose ports these are; undefined when the range is nobody's as a whole. */
export function portName({ base, length }: PortRange): string | undefined {
  const inside = PORTS.filter(([from, count]) => from < base + length && base < from + count);
  const names = inside.map(([, , name]) => name);
  return names.length > 0 ? names.join(", ") : undefined;
}
