// The original's demo configurations, byte by byte as the appendix of the ABI lists them: written here by offset, with
// nothing of config/, so that files which were not made by us are what the tests read.

/** What distinguishes one original configuration from another. */
export interface Original {
  readonly name: string;
  readonly flags: number;
  /** First byte of the CPU set. */
  readonly cpus: number;
  readonly memory: readonly (readonly [phys: number, virt: number, size: number, flags: number])[];
  readonly caches?: readonly (readonly [start: number, size: number])[];
  /** Pins of the IOAPIC at 0xfec00000, unit 0xff01. */
  readonly pins?: number;
  readonly ports: readonly (readonly [base: number, length: number])[];
  /** A PCI device with its MSI capability: bdf, start and length of the capability. */
  readonly pci?: readonly [bdf: number, start: number, length: number];
  /** Size of the built file. */
  readonly size: number;
}

const COMM = [0, 0x100000, 0x1000, 0x23] as const;
const PORTS = [
  [0x2f8, 8],
  [0x3f8, 8],
  [0xe010, 8],
] as const;

export const ORIGINALS = {
  apic: {
    name: "apic-demo",
    flags: 0x40000000,
    cpus: 8,
    memory: [[0x3ef00000, 0, 0x100000, 0x47], COMM],
    caches: [[0, 2]],
    ports: PORTS,
    size: 228,
  },
  tiny: {
    name: "tiny-demo",
    flags: 0x40000003,
    cpus: 4,
    memory: [[0x3ee00000, 0, 0x100000, 0x47], COMM],
    caches: [[2, 1]],
    ports: PORTS,
    size: 228,
  },
  smp: {
    name: "smp-demo",
    flags: 0x40000001,
    cpus: 0xe,
    memory: [[0x3ee00000, 0, 0x100000, 0x47], COMM],
    ports: PORTS,
    size: 216,
  },
  ioapic: {
    name: "ioapic-demo",
    flags: 0x40000001,
    cpus: 4,
    memory: [[0x3ee00000, 0, 0x100000, 0x47], COMM],
    pins: 0x200,
    ports: [PORTS[0], PORTS[1], [0x600, 4], [0x800, 4], PORTS[2]],
    size: 256,
  },
  pci: {
    name: "pci-demo",
    flags: 0x40000001,
    cpus: 4,
    memory: [[0x3ee00000, 0, 0x100000, 0x47], COMM, [0xfebd4000, 0xfebd4000, 0x4000, 3]],
    ports: PORTS,
    pci: [0xd8, 0x60, 14],
    size: 312,
  },
} satisfies Record<string, Original>;

const HEADER = 132;
const CPU_SET = 8;
const MEMORY = 32;
const CACHE = 12;
const IRQCHIP = 32;
const PORT = 4;
const PCI_DEVICE = 56;

function writeHeader(view: DataView, original: Original): void {
  const bytes = new Uint8Array(view.buffer);
  bytes.set(new TextEncoder().encode("JHCLL"), 0);
  view.setUint16(6, 14, true);
  bytes.set(new TextEncoder().encode(original.name), 8);
  const { memory, caches = [], pins, ports, pci } = original;
  const numbers = [
    CPU_SET,
    memory.length,
    caches.length,
    pins ? 1 : 0,
    ports.length,
    ...(pci ? [1, 1] : []),
  ];
  view.setUint32(44, original.flags, true);
  for (const [index, number] of numbers.entries()) view.setUint32(48 + 4 * index, number, true);
  // The reset address and the time-out stay 0; the console is an 8250 at COM1.
  view.setBigUint64(100, 0x3f8n, true);
  view.setUint16(112, 2, true);
}

function writePci(
  view: DataView,
  at: number,
  [bdf, start, length]: NonNullable<Original["pci"]>,
): void {
  view.setUint8(at, 1);
  view.setUint16(at + 4, bdf, true);
  view.setUint16(at + 32, 1, true);
  view.setUint8(at + 34, 1);
  view.setUint8(at + 35, 1);
  const capability = at + PCI_DEVICE;
  view.setUint16(capability, 5, true);
  view.setUint16(capability + 2, start, true);
  view.setUint16(capability + 4, length, true);
  view.setUint16(capability + 6, 1, true);
}

/** The bytes of the original's `.cell` file. */
export function originalCell(original: Original): Uint8Array {
  const view = new DataView(new ArrayBuffer(original.size));
  writeHeader(view, original);
  let at = HEADER;
  view.setUint8(at, original.cpus);
  at += CPU_SET;
  for (const region of original.memory) {
    for (const [index, field] of region.entries())
      view.setBigUint64(at + 8 * index, BigInt(field), true);
    at += MEMORY;
  }
  for (const [start, size] of original.caches ?? []) {
    view.setUint32(at, start, true);
    view.setUint32(at + 4, size, true);
    view.setUint8(at + 8, 3);
    at += CACHE;
  }
  if (original.pins) {
    view.setBigUint64(at, 0xfec00000n, true);
    view.setUint32(at + 8, 0xff01, true);
    view.setUint32(at + 16, original.pins, true);
    at += IRQCHIP;
  }
  for (const [base, length] of original.ports) {
    view.setUint16(at, base, true);
    view.setUint16(at + 2, length, true);
    at += PORT;
  }
  if (original.pci) writePci(view, at, original.pci);
  return new Uint8Array(view.buffer);
}
