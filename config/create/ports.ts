// The root cell's ports: those of a PC that every system uses, and those that the machine's Linux has found devices at.
import { endOf, hex, type Range } from "../check/ranges.ts";
import type { PortDefinition } from "../definition.ts";
import { claimed, lineText } from "./claims.ts";
import type { CStatePort } from "./cpus.ts";
import type { Entry } from "./memory.ts";
import { describeFunction, type PciFunction } from "./pci.ts";
import { isHidden, type Resource } from "./resources.ts";

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
  [0x20, 2, "with an I/O APIC Linux leaves the first interrupt controller alone"],
  [0xa0, 2, "with an I/O APIC Linux leaves the second interrupt controller alone"],
  [0x92, 1, "system control port A resets the machine"],
  [0xcf8, 8, "the hypervisor plays PCI's configuration ports"],
];
/** Ports of which no list says more: a C-state is entered by reading one. */
export const C_STATE_PORTS = 1;

export interface PortSources {
  readonly ioports: readonly Resource[];
  readonly functions: readonly PciFunction[];
  readonly cStates: readonly CStatePort[];
}

/** What nobody gets, as ranges. */
export const forbiddenPorts = (): Range[] =>
  FORBIDDEN.map(([base, length]) => ({ start: BigInt(base), size: BigInt(length) }));

/** The lines of /proc/ioports that somebody uses. */
export const usedPorts = (ioports: readonly Resource[]): Resource[] =>
  claimed(ioports, "held", "firmware");

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

/** What the machine's own lists say: Linux' ports, those of PCI functions, those that let a CPU sleep. */
function foundPorts({ ioports, functions, cStates }: PortSources): Known[] {
  return [
    ...usedPorts(ioports).map(
      ({ name, start, size }): Known => [Number(start), Number(size), `/proc/ioports: ${name}`],
    ),
    ...functions.flatMap((one) =>
      one.bars
        .filter(({ isPorts, start }) => isPorts && start !== 0n)
        .map(({ start, size }): Known => [Number(start), Number(size), describeFunction(one)]),
    ),
    ...cStates.map(
      ({ port, state }): Known => [port, C_STATE_PORTS, `cpuidle: ACPI's ${state} is entered here`],
    ),
  ];
}

/** The lines that stay forbidden: a person should know. */
function leftOut(ioports: readonly Resource[]): string[] {
  if (isHidden(ioports))
    return [
      "/proc/ioports shows no port: it must be read as root, or ports that Linux uses are missing",
    ];
  return FORBIDDEN.flatMap(([base, length, why]) => {
    const range = { start: BigInt(base), size: BigInt(length) };
    return usedPorts(ioports)
      .filter((line) => line.start < endOf(range) && endOf(line) > range.start)
      .map((line) => `/proc/ioports: ${lineText(line)}: ${hex(base)} is left out: ${why}`);
  });
}

/** The port ranges, ascending and without overlaps, and what was left out. */
export function planPorts(sources: PortSources): {
  entries: Entry<PortDefinition>[];
  warnings: string[];
} {
  const found = foundPorts(sources);
  const isQemu =
    sources.functions.some(({ vendor }) => vendor === QEMU_VENDOR) ||
    found.some(([, , name]) => name.includes("QEMU"));
  const entries: Entry<PortDefinition>[] = [];
  const forbidden = FORBIDDEN.map(([base, length]) => ({ base, length }));
  for (const [base, length, comment] of [...PC, ...(isQemu ? QEMU : []), ...found])
    for (const [from, to] of free(base, base + length, [
      ...forbidden,
      ...entries.map(({ value }) => value),
    ]))
      entries.push({ comment, value: { base: from, length: to - from } });
  return {
    entries: entries.sort((a, b) => a.value.base - b.value.base),
    warnings: leftOut(sources.ioports),
  };
}
