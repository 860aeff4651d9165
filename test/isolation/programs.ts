// Random programs that try everything: structured attacks in real, protected and long mode, and random bytes as code.
import type { Random } from "./random.ts";

/** Size of a program's image in bytes; it is loaded at 0 and entered there. */
export const IMAGE_SIZE = 0x10000;
const BODY = 0x100;
const BODY_SIZE = 0x600;
const PML4 = 0x8000;
const PDPT = 0x9000;
const GIB = 1n << 30n;

export type Mode = "real" | "protected" | "long";

/** preludes.asm, assembled: how a program gets into its mode. */
export const PRELUDES: Readonly<Record<Mode, string>> = {
  real: "bc007fe9fa00",
  protected:
    "bc007f0f011648000f20c00c010f22c066ea18000000080066b810008ed88ec08ed0e9d9000000900000000000000000ffff0000009bcf00ffff00000093cf00ffff0000009baf001f0028000000",
  long: "bc007f0f011658000f20e00c200f22e066b8008000000f22d866b9800000c00f3280cc010f300f20c0660d010000800f22c0ea00011800900000000000000000ffff0000009bcf00ffff00000093cf00ffff0000009baf001f0038000000",
};

/** Addresses worth attacking: everything that somebody else owns, and the edges of it. */
export interface Targets {
  readonly addresses: readonly number[];
  readonly ports: readonly number[];
}

const u16 = (value: number) => [value & 0xff, (value >> 8) & 0xff];
const u32 = (value: number) => [...u16(value), ...u16(value >>> 16)];

/** Pairs of ports of which the first says what the second reaches, and how wide they are. */
const INDEXED_PORTS = [
  { index: 0x70, data: 0x71, limit: 0x80 },
  { index: 0x20, data: 0x21, limit: 0x100 },
  { index: 0x43, data: 0x40, limit: 0x100 },
] as const;
const PCI_ADDRESS = 0xcf8;
const PCI_DATA = 0xcfc;
const PCI_ENABLE = 0x8000_0000;
/** The I/O APIC's pair: IOREGSEL and IOWIN. */
const IOAPIC_INDEX = 0xfec0_0000;
const IOAPIC_DATA = 0xfec0_0010;
const IOAPIC_REGISTERS = 0x40;
/** ICR of the xAPIC, its high half first. */
const XAPIC_ICR_HIGH = 0xfee0_0310;
const XAPIC_ICR_LOW = 0xfee0_0300;
/** Where MSRs are: the two ranges of permission maps, AMD's second, and what hypervisors have. */
const MSR_RANGES = [0, 0xc000_0000, 0xc001_0000, 0x4000_0000];
const MSR_RANGE_SIZE = 0x2000;

const MSRS = [0x10, 0x1b, 0x200, 0x277, 0x2ff, 0x38f, 0x6e0, 0xc000_0080, 0xc000_0100, 0xc001_0114];
const ALU = [
  0x00, 0x01, 0x02, 0x03, 0x08, 0x11, 0x29, 0x31, 0x39, 0x84, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b,
];

type Attack = (random: Random, mode: Mode, targets: Targets) => number[];

function address(random: Random, targets: Targets): number {
  const base = random.below(8) === 0 ? random.bits() : random.pick(targets.addresses);
  return (base + random.pick([0, 0, 1, 4, 8, -1, -4, 0xffc, 0xffe, random.below(0x10000)])) >>> 0;
}

/** Prefixes that make an operand (and address) of 32 bits in 16-bit code. */
const operand32 = (mode: Mode) => (mode === "real" ? [0x66] : []);
const wide = (mode: Mode) => (mode === "real" ? [0x67, 0x66] : []);
const setRegister = (mode: Mode, register: number, value: number) => [
  ...operand32(mode),
  0xb8 + register,
  ...u32(value),
];

/** A memory instruction on [ECX]: any ALU form, moves, read-modify-write, string operations. */
const memory: Attack = (random, mode, targets) => {
  const aim = setRegister(mode, 1, address(random, targets));
  const kind = random.below(4);
  if (kind === 0) return [...aim, ...wide(mode), 0xc7, 0x01, ...u32(random.bits())];
  if (kind === 1)
    return [
      ...aim,
      ...wide(mode),
      0x0f,
      random.pick([0xb6, 0xb7, 0xbe, 0xbf, 0xb1, 0xc1, 0xab]),
      0x11,
    ];
  if (kind === 2)
    return [
      ...aim,
      ...wide(mode),
      random.pick([0xf6, 0xf7, 0xfe, 0xff]),
      random.pick([0x01, 0x09, 0x11, 0x19, 0x31]),
    ];
  return [...aim, ...wide(mode), random.pick(ALU), 0x11];
};

const strings: Attack = (random, mode, targets) => [
  ...setRegister(mode, 7, address(random, targets)),
  ...setRegister(mode, 6, address(random, targets)),
  ...setRegister(mode, 1, random.below(0x2000)),
  ...(mode === "real" ? [0x67] : []),
  random.pick([0xf3, 0xf2]),
  random.pick([0xa4, 0xa5, 0xaa, 0xab, 0x6c, 0x6e, 0xa6, 0xae]),
];

const ports: Attack = (random, mode, targets) => [
  ...setRegister(mode, 2, random.below(4) ? random.pick(targets.ports) : random.below(0x10000)),
  ...random.pick([[0xec], [0xed], [0xee], [0xef], [0x66, 0xef], [0x6e], [0xf3, 0x6e]]),
];

/** OUT of a register's worth to a port in DX: `value` in EAX. */
const out32 = (mode: Mode, port: number, value: number) => [
  ...setRegister(mode, 2, port),
  ...setRegister(mode, 0, value),
  ...operand32(mode),
  0xef,
];
/** OUT of a byte. */
const out8 = (mode: Mode, port: number, value: number) => [
  ...setRegister(mode, 2, port),
  0xb0,
  value,
  0xee,
];
/** MOV of 32 bits to a place that ECX names. */
const store32 = (mode: Mode, place: number, value: number) => [
  ...setRegister(mode, 1, place),
  ...wide(mode),
  0xc7,
  0x01,
  ...u32(value),
];

/** A register that is reached by another one's value: PCI configuration, CMOS, PIC, PIT, I/O APIC. */
const indexed: Attack = (random, mode) => {
  const value = random.bits();
  const kind = random.below(3);
  if (kind === 0) {
    const index = (PCI_ENABLE | (random.below(0x100) << 8) | (random.below(0x40) << 2)) >>> 0;
    const data = [...setRegister(mode, 2, PCI_DATA + random.below(4)), random.pick([0xec, 0xee])];
    const access = random.below(2) ? out32(mode, PCI_DATA, value) : data;
    return [...out32(mode, PCI_ADDRESS, index), ...access];
  }
  if (kind === 1) {
    const { index, data, limit } = random.pick(INDEXED_PORTS);
    return [...out8(mode, index, random.below(limit)), ...out8(mode, data, value & 0xff)];
  }
  return [
    ...store32(mode, IOAPIC_INDEX, random.below(IOAPIC_REGISTERS)),
    ...store32(mode, IOAPIC_DATA, value),
  ];
};

/** Interrupt commands through the page of the xAPIC. */
const pageInterrupts: Attack = (random, mode) => [
  ...store32(mode, XAPIC_ICR_HIGH, random.pick([0, 1, 2, 3, 0xff]) << 24),
  ...store32(mode, XAPIC_ICR_LOW, random.below(0x1000) | 0x4000 | (random.below(4) << 18)),
];

const msr = (random: Random): number => {
  if (random.below(2)) return random.pick(MSRS);
  if (random.below(2)) return 0x800 + random.below(0x40);
  return (random.pick(MSR_RANGES) + random.below(MSR_RANGE_SIZE)) >>> 0;
};

const msrs: Attack = (random, mode) => [
  ...setRegister(mode, 1, msr(random)),
  ...setRegister(mode, 0, random.bits()),
  ...setRegister(mode, 2, random.pick([0, 0, 1, 2, 3, random.bits()])),
  ...[0x0f, random.pick([0x30, 0x32])],
];

/** Interrupt commands through the x2APIC MSR: every mode, shorthand and destination. */
const interrupts: Attack = (random, mode) => [
  ...setRegister(mode, 1, 0x830),
  ...setRegister(
    mode,
    0,
    (random.below(16) << 8) | random.below(256) | (random.below(4) << 18) | 0x4000,
  ),
  ...setRegister(mode, 2, random.pick([0, 1, 2, 3, 0xff, 0xffff_ffff])),
  ...[0x0f, 0x30],
];

const hypercalls: Attack = (random, mode) => [
  ...setRegister(mode, 0, random.pick([0, 1, 2, 3, 4, 5, 6, 7, 9, 0x100, 0x101, random.bits()])),
  ...setRegister(mode, 7, random.pick([0, 1, 2, 3, 0x1000, random.bits()])),
  ...setRegister(mode, 6, random.pick([0, 1000, 1011, random.bits()])),
  ...[0x0f, 0x01, random.pick([0xd9, 0xd9, 0xc1])],
];

const system: Attack = (random, mode) =>
  random.pick([
    [...setRegister(mode, 0, random.bits()), 0x0f, 0x22, random.pick([0xc0, 0xd8, 0xe0])],
    [0x0f, 0xa2],
    [0x0f, 0x01, random.pick([0xd1, 0xd8, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf])],
    [0x0f, 0x01, random.pick([0x16, 0x1e, 0x36]), ...u32(random.bits())],
    [0xcd, random.below(256)],
    [0x0f, 0x0b],
    [0xfa],
    [0xfb],
    [0xf4],
    [0x0f, 0x08],
    [0x0f, 0x09],
    [...operand32(mode), 0xea, ...u32(random.bits()), ...u16(random.bits())],
  ]);

const noise: Attack = (random) => random.bytes(1 + random.below(12));

const ATTACKS: readonly Attack[] = [
  ...[memory, memory, memory, strings, ports, ports],
  ...[indexed, indexed, pageInterrupts],
  ...[msrs, interrupts, interrupts, hypercalls, hypercalls, system, noise],
];

function body(random: Random, mode: Mode, targets: Targets): number[] {
  if (random.below(4) === 0) return random.bytes(BODY_SIZE);
  const code: number[] = [];
  while (code.length < BODY_SIZE) code.push(...random.pick(ATTACKS)(random, mode, targets));
  return code;
}

/** A program's image: its prelude, its body, its page tables. */
export function randomProgram(random: Random, targets: Targets): Uint8Array {
  const mode = random.pick(["real", "protected", "long"] as const);
  const image = new Uint8Array(IMAGE_SIZE);
  image.set(
    Uint8Array.from(PRELUDES[mode].match(/../g) ?? [], (digits) => Number.parseInt(digits, 16)),
  );
  image.set(body(random, mode, targets), BODY);
  const view = new DataView(image.buffer);
  view.setBigUint64(PML4, BigInt(PDPT) | 3n, true);
  for (let entry = 0; entry < 4; entry++) {
    view.setBigUint64(PDPT + 8 * entry, (BigInt(entry) * GIB) | 0x83n, true);
  }
  return image;
}

/** The program that every other one is compared with: `cli; hlt`. */
export function quietProgram(): Uint8Array {
  const image = new Uint8Array(IMAGE_SIZE);
  image.set([0xfa, 0xf4, 0xeb, 0xfd]);
  return image;
}
