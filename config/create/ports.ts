// The root cell's ports: those of a PC that every system uses, and those that the machine's Linux has found devices at.
import type { PortDefinition } from "../definition.ts";
import type { Entry } from "./memory.ts";
import type { PciFunction } from "./pci.ts";
import { everyResource, type Resource } from "./resources.ts";

/** First port, number of ports, and what is there. */
type Known = readonly [number, number, string];

const PC: readonly Known[] = [
  [0x00, 0x20, "DMA controller"],
  [0x40, 4, "timer (PIT)"],
  [0x60, 2, "keyboard, system control"],
  [0x64, 1, "keyboard"],
  [0x70, 2, "clock (RTC)"],
  [0x80, 0x10, "DMA page registers"],
  [0xc0, 0x20, "second DMA controller"],
  [0xf0, 0x10, "FPU"],
  [0x2e8, 8, "COM4"],
  [0x2f8, 8, "COM2"],
  [0x3b0, 0x30, "VGA"],
  [0x3e8, 8, "COM3"],
  [0x3f0, 8, "floppy disk, IDE"],
  [0x3f8, 8, "COM1"],
];
/** What QEMU and VMware have besides. */
const QEMU: readonly Known[] = [
  [0x1ce, 3, "QEMU: display"],
  [0x402, 1, "QEMU: the BIOS's debug port"],
  [0x510, 12, "QEMU: firmware configuration"],
  [0x5658, 4, "QEMU: back door"],
];
const QEMU_VENDOR = 0x1234;
/**
 * Trapped always, or never a cell's: PCI's configuration ports, and what resets the machine. And the PC's first interrupt
 * controllers, which Linux leaves alone where it has an IOAPIC.
 */
const FORBIDDEN: readonly Known[] = [
  [0x20, 2, "interrupt controller (PIC)"],
  [0xa0, 2, "second interrupt controller"],
  [0x92, 1, "system control port A"],
  [0xcf8, 8, "PCI configuration and reset"],
];
const CONTAINERS = /^PCI Bus|^PCI conf/;

/** The parts of [first, end) that no other range has. */
function free(
  first: number,
  end: number,
  taken: readonly PortDefinition[],
): (readonly [number, number])[] {
  let rest: (readonly [number, number])[] = [[first, end]];
  for (const { base, length } of taken)
    rest = rest.flatMap(([from, to]) =>
      (
        [
          [from, Math.min(to, base)],
          [Math.max(from, base + length), to],
        ] as const
      ).filter(([a, b]) => a < b),
    );
  return rest;
}

/** The port ranges, ascending and without overlaps. */
export function planPorts(
  ioports: readonly Resource[],
  functions: readonly PciFunction[],
): Entry<PortDefinition>[] {
  const found = [...everyResource(ioports)]
    .filter(({ name, size }) => !CONTAINERS.test(name) && size < 0x1000n)
    .map(({ name, start, size }): Known => [Number(start), Number(size), `/proc/ioports: ${name}`]);
  const isQemu =
    functions.some(({ vendor }) => vendor === QEMU_VENDOR) ||
    found.some(([, , name]) => name.includes("QEMU"));
  const entries: Entry<PortDefinition>[] = [];
  const forbidden = FORBIDDEN.map(([base, length]) => ({ base, length }));
  for (const [base, length, comment] of [...PC, ...(isQemu ? QEMU : []), ...found])
    for (const [from, to] of free(base, base + length, [
      ...forbidden,
      ...entries.map(({ value }) => value),
    ]))
      entries.push({ comment, value: { base: from, length: to - from } });
  return entries.sort((a, b) => a.value.base - b.value.base);
}
