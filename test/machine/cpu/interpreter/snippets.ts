// Random instructions of user mode that cannot fault, with what is known of their flags.

/** CF, PF, AF, ZF, SF, OF. */
export const ALL_FLAGS = 0x8d5;
const CF = 0x1;
const PF = 0x4;
const AF = 0x10;
const ZF = 0x40;
const SF = 0x80;
const OF = 0x800;
/** Registers that hold addresses or small indices and are not written: RSP, RBP, R14, R15. */
const KEPT = new Set([4, 5, 14, 15]);
const BASES = [5, 14];
const INDEX = 15;
const WRITABLE = [...Array(16).keys()].filter((register) => !KEPT.has(register));

/** A source of random numbers below 2^32 that always gives the same ones (mulberry32). */
export class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed;
  }
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  }
  below(limit: number): number {
    return this.next() % limit;
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
  /** 64 bits, often special ones. */
  wide(): bigint {
    const bits = BigInt(this.below(65));
    const value = (BigInt(this.next()) << 32n) | BigInt(this.next());
    const special = [0n, 1n, (1n << bits) - 1n, 1n << bits, ~(1n << bits), value];
    return BigInt.asUintN(64, this.below(3) === 0 ? this.pick(special) : value);
  }
}

/** An instruction and what it does to the flags. */
export interface Instruction {
  bytes: number[];
  /** Flags that it sets to a defined value. */
  defines: number;
  /** Flags that it leaves undefined. */
  undefines: number;
  /** Flags that it looks at. */
  reads: number;
}

type Width = 1 | 2 | 4 | 8;
type Form = (random: Random) => Instruction;

function immediate(random: Random, size: number): number[] {
  const value = random.below(3) === 0 ? random.pick([0, 1, 0xff, 0x7f, 0x80]) : random.next();
  return [...Array(size).keys()].map((i) => (value >>> (i * 8)) & 255);
}

/** Prefixes, opcode and ModRM with a random register or memory operand. `reg` is ModRM.reg. */
function modrm(
  random: Random,
  width: Width,
  opcode: readonly number[],
  reg: number,
  onlyRegister = false,
  writesRm = true,
): number[] {
  const rex = (width === 8 ? 8 : 0) | (reg >= 8 ? 4 : 0);
  const operand = width === 2 ? [0x66] : [];
  if (onlyRegister || random.below(2) === 0) {
    // Without REX the 8-bit registers 4 to 7 are parts of the first four.
    const plainByte = width === 1 && reg < 8 && random.below(3) === 0;
    const rm = plainByte
      ? random.below(4) + 4 * random.below(2)
      : random.pick(writesRm ? WRITABLE : [...Array(16).keys()]);
    const prefix = plainByte && rex === 0 ? [] : [0x40 | rex | (rm >= 8 ? 1 : 0)];
    return [...operand, ...prefix, ...opcode, 0xc0 | ((reg & 7) << 3) | (rm & 7)];
  }
  const base = random.pick(BASES);
  const prefix = 0x40 | rex | (base >= 8 ? 1 : 0);
  const displacement = random.below(200) - 100;
  const field = (reg & 7) << 3;
  if (random.below(2) === 0)
    return [...operand, prefix, ...opcode, 0x40 | field | (base & 7), displacement & 255];
  const sib = (random.below(4) << 6) | ((INDEX & 7) << 3) | (base & 7);
  const tail = [0, 8, 16, 24].map((shift) => (displacement >> shift) & 255);
  return [...operand, prefix | 2, ...opcode, 0x84 | field, sib, ...tail];
}

/** Opcode of the byte form or the wide one next to it. */
function sized(width: Width, opcode: readonly number[]): number[] {
  return width === 1 ? [...opcode] : [...opcode.slice(0, -1), opcode.at(-1)! + 1];
}

const WIDTHS: readonly Width[] = [1, 2, 4, 8];
const WIDE: readonly Width[] = [2, 4, 8];

function plain(bytes: number[], defines = 0, undefines = 0, reads = 0): Instruction {
  return { bytes, defines, undefines, reads };
}

const LOGIC = new Set([1, 4, 6]);

/** ADD to CMP in all forms. */
const alu: Form = (random) => {
  const kind = random.below(8);
  const width = random.pick(WIDTHS);
  const defines = LOGIC.has(kind) ? ALL_FLAGS & ~AF : ALL_FLAGS;
  const undefines = LOGIC.has(kind) ? AF : 0;
  const reads = kind === 2 || kind === 3 ? CF : 0;
  const form = random.below(3);
  if (form === 2) {
    const short = width !== 1 && random.below(2) === 0;
    const opcode = short ? [0x83] : sized(width, [0x80]);
    const size = short ? 1 : Math.min(width, 4);
    const bytes = [...modrm(random, width, opcode, kind), ...immediate(random, size)];
    return plain(bytes, defines, undefines, reads);
  }
  const opcode = sized(width, [kind * 8 + form * 2]);
  return plain(modrm(random, width, opcode, random.pick(WRITABLE)), defines, undefines, reads);
};

const test: Form = (random) => {
  const width = random.pick(WIDTHS);
  const flags = [ALL_FLAGS & ~AF, AF] as const;
  if (random.below(2))
    return plain(modrm(random, width, sized(width, [0x84]), random.below(16)), ...flags);
  const bytes = modrm(random, width, sized(width, [0xf6]), 0);
  return plain([...bytes, ...immediate(random, Math.min(width, 4))], ...flags);
};

const unary: Form = (random) => {
  const width = random.pick(WIDTHS);
  const kind = random.below(4);
  if (kind === 0) return plain(modrm(random, width, sized(width, [0xf6]), 2));
  if (kind === 1) return plain(modrm(random, width, sized(width, [0xf6]), 3), ALL_FLAGS);
  return plain(modrm(random, width, sized(width, [0xfe]), kind - 2), ALL_FLAGS & ~CF);
};

/** Shifts and rotations by an immediate, one, or CL; by CL all flags may stay as they were, or become undefined. */
const shift: Form = (random) => {
  const width = random.pick(WIDTHS);
  const kind = random.below(8);
  const isRotation = kind < 4;
  const by = random.below(3);
  const bits = width * 8;
  const count = by === 0 ? random.below(bits) : 1;
  const opcode = sized(width, [[0xc0, 0xd0, 0xd2][by]!]);
  const bytes = [...modrm(random, width, opcode, kind), ...(by === 0 ? [count] : [])];
  const reads = kind === 2 || kind === 3 ? CF : 0;
  if (by === 2)
    return plain(
      bytes,
      0,
      isRotation ? OF | (bits < 32 ? CF : 0) : AF | OF | (bits < 32 ? CF : 0),
      reads,
    );
  if (count === 0) return plain(bytes, 0, 0, reads);
  const overflow = count === 1 ? OF : 0;
  if (isRotation) return plain(bytes, CF | overflow, OF & ~overflow, reads);
  return plain(bytes, (ALL_FLAGS & ~(AF | OF)) | overflow, AF | (OF & ~overflow), reads);
};

const double: Form = (random) => {
  const width = random.pick(WIDE);
  const byCl = random.below(2) === 1;
  const count = random.below(width * 8);
  const opcode = [0x0f, (random.below(2) ? 0xa4 : 0xac) + (byCl ? 1 : 0)];
  const bytes = [...modrm(random, width, opcode, random.below(16)), ...(byCl ? [] : [count])];
  if (byCl && width === 2) return alu(random);
  if (byCl || count === 0) return plain(bytes, 0, AF | OF);
  return plain(bytes, ALL_FLAGS & ~(AF | OF), AF | OF);
};

const move: Form = (random) => {
  const width = random.pick(WIDTHS);
  switch (random.below(5)) {
    case 0:
      return plain(modrm(random, width, sized(width, [0x88]), random.below(16)));
    case 1:
      return plain(modrm(random, width, sized(width, [0x8a]), random.pick(WRITABLE), false, false));
    case 2:
      return plain([
        ...modrm(random, width, sized(width, [0xc6]), 0),
        ...immediate(random, Math.min(width, 4)),
      ]);
    case 3: {
      const to = random.pick(WRITABLE);
      return plain([
        0x48 | (to >= 8 ? 1 : 0),
        0xb8 | (to & 7),
        ...immediate(random, 4),
        ...immediate(random, 4),
      ]);
    }
    default:
      return plain(modrm(random, width, sized(width, [0x86]), random.pick(WRITABLE)));
  }
};

const extend: Form = (random) => {
  const width = random.pick(WIDE);
  const opcode = random.pick([[0x0f, 0xb6], [0x0f, 0xb7], [0x0f, 0xbe], [0x0f, 0xbf], [0x63]]);
  return plain(modrm(random, width, opcode, random.pick(WRITABLE), false, false));
};

const lea: Form = (random) => {
  const width = random.pick(WIDE);
  for (;;) {
    const bytes = modrm(random, width, [0x8d], random.pick(WRITABLE));
    const at = bytes.indexOf(0x8d) + 1;
    if (bytes[at]! < 0xc0) return plain(random.below(4) ? bytes : [0x67, ...bytes]);
  }
};

const conditional: Form = (random) => {
  const condition = random.below(16);
  if (random.below(2))
    return plain(modrm(random, 1, [0x0f, 0x90 | condition], 0), 0, 0, ALL_FLAGS & ~AF);
  const bytes = modrm(
    random,
    random.pick(WIDE),
    [0x0f, 0x40 | condition],
    random.pick(WRITABLE),
    false,
    false,
  );
  return plain(bytes, 0, 0, ALL_FLAGS & ~AF);
};

const multiply: Form = (random) => {
  const width = random.pick(WIDE);
  const flags = [CF | OF, ALL_FLAGS & ~(CF | OF)] as const;
  const kind = random.below(4);
  if (kind === 0)
    return plain(modrm(random, width, [0x0f, 0xaf], random.pick(WRITABLE), false, false), ...flags);
  if (kind === 1) {
    const bytes = modrm(random, width, [0x69], random.pick(WRITABLE), false, false);
    return plain([...bytes, ...immediate(random, Math.min(width, 4))], ...flags);
  }
  const any = random.pick(WIDTHS);
  return plain(modrm(random, any, sized(any, [0xf6]), kind + 2), ...flags);
};

/** Divisions that cannot overflow: the dividend's upper half is cleared or a copy of the sign, the divisor is made large. */
const divide: Form = (random) => {
  const width = random.pick(WIDE);
  const prefix = width === 2 ? [0x66, 0x40] : [width === 8 ? 0x48 : 0x40];
  const signed = random.below(2) === 1;
  // or rcx, 2; cqo or xor edx, edx; (i)div rcx
  const make = [...prefix, 0x83, 0xc9, 0x02];
  const upper = signed ? [...prefix, 0x99] : [0x31, 0xd2];
  return plain([...make, ...upper, ...prefix, 0xf7, signed ? 0xf9 : 0xf1], 0, ALL_FLAGS);
};

const bits: Form = (random) => {
  const width = random.pick(WIDE);
  const kind = random.below(4);
  const flags = [CF, ALL_FLAGS & ~(CF | ZF)] as const;
  if (random.below(2)) {
    const bytes = modrm(random, width, [0x0f, 0xba], 4 + kind);
    return plain([...bytes, random.below(256)], ...flags);
  }
  const opcode = [0x0f, 0xa3 + kind * 8];
  // In memory the bit number is an address: only the small index register is safe.
  const bytes = modrm(random, width, opcode, random.below(2) ? INDEX : random.pick(WRITABLE), true);
  return plain(bytes, ...flags);
};

const bitsInMemory: Form = (random) => {
  const width = random.pick(WIDE);
  for (;;) {
    const bytes = modrm(random, width, [0x0f, 0xa3 + random.below(4) * 8], INDEX);
    const at = bytes.lastIndexOf(0x0f) + 2;
    if (bytes[at]! < 0xc0) return plain(bytes, CF, ALL_FLAGS & ~(CF | ZF));
  }
};

const scan: Form = (random) => {
  const width = random.pick(WIDE);
  const to = random.pick(WRITABLE);
  const kind = random.below(5);
  const prefix = kind < 3 ? [0xf3] : [];
  const opcode = [0xb8, 0xbc, 0xbd, 0xbc, 0xbd][kind]!;
  // A source of 0 leaves the destination of BSF and BSR undefined in the manual; both processors keep it.
  const body = modrm(random, width, [0x0f, opcode], to, false, false);
  const bytes = body[0] === 0x66 ? [0x66, ...prefix, ...body.slice(1)] : [...prefix, ...body];
  if (kind === 0) return plain(bytes, ALL_FLAGS);
  if (kind < 3) return plain(bytes, CF | ZF, ALL_FLAGS & ~(CF | ZF));
  return plain(bytes, ZF, ALL_FLAGS & ~ZF);
};

const swap: Form = (random) => {
  const width = random.pick(WIDTHS);
  const opcode = sized(width, [0x0f, random.below(2) ? 0xb0 : 0xc0]);
  return plain(modrm(random, width, opcode, random.pick(WRITABLE)), ALL_FLAGS);
};

const single: Form = (random) => {
  const to = random.pick(WRITABLE);
  const rex = to >= 8 ? 0x41 : 0x40;
  return random.pick([
    () => plain([rex | 8, 0x0f, 0xc8 | (to & 7)]),
    () => plain([rex, 0x0f, 0xc8 | (to & 7)]),
    () => plain([0x66, 0x98]),
    () => plain([0x98]),
    () => plain([0x48, 0x98]),
    () => plain([0x66, 0x99]),
    () => plain([0x99]),
    () => plain([0x48, 0x99]),
    () => plain([0xf5], 0, 0, CF),
    () => plain([0xf8], CF),
    () => plain([0xf9], CF),
    () => plain([0x9e], CF | PF | AF | ZF | SF),
    () => plain([0x9f], 0, 0, ALL_FLAGS & ~OF),
    () => plain([rex, 0x50 | (to & 7), rex, 0x58 | (to & 7)]),
    () => plain([0x66, 0x68, 1, 2, 0x66, rex, 0x58 | (to & 7)]),
    () => plain([0x54, rex, 0x58 | (to & 7)]),
    () => plain([0x90]),
    () => plain([0xf3, 0x0f, 0x1e, 0xfa]),
    () => plain([0xff, 0x75, 0x10, 0x8f, 0x45, 0x18]),
    () => plain([0xc8, 8, 0, 1, 0xc9]),
  ])();
};

/** A conditional jump over another instruction, which makes it a block of its own. */
const jump: Form = (random) => {
  const inner = move(random);
  return plain(
    [0x70 | random.below(16), inner.bytes.length, ...inner.bytes],
    0,
    0,
    ALL_FLAGS & ~AF,
  );
};

/** Compare or test, and a jump: the pairs that are fused. */
const pair: Form = (random) => {
  const first = random.pick([alu, test, unary])(random);
  const second = jump(random);
  if (first.undefines & second.reads) return first;
  return {
    ...first,
    bytes: [...first.bytes, ...second.bytes],
    reads: first.reads | (second.reads & ~first.defines),
  };
};

/** String instructions: RSI and RDI are made to point into the data, and RCX made small, first. */
const string: Form = (random) => {
  const kind = random.pick([0xa4, 0xa6, 0xaa, 0xac, 0xae]);
  const width = random.pick(WIDTHS);
  const down = random.below(2) === 1;
  const comparing = kind === 0xa6 || kind === 0xae;
  const repeat = comparing ? random.pick([[], [0xf3], [0xf2]]) : random.pick([[], [0xf3]]);
  const set = [0x48, 0x8d, 0x75, random.below(100), 0x48, 0x8d, 0x7d, random.below(100)];
  const count = [0xb9, random.below(12), 0, 0, 0];
  const body = [
    ...(width === 2 ? [0x66] : []),
    ...repeat,
    ...(width === 8 ? [0x48] : []),
    ...sized(width, [kind]),
  ];
  const bytes = [...set, ...count, down ? 0xfd : 0xfc, ...body, 0xfc];
  return plain(bytes, comparing && repeat.length === 0 ? ALL_FLAGS : 0);
};

const FORMS: readonly Form[] = [
  ...[alu, alu, alu, test, unary, shift, shift, double, move, move, extend, lea, conditional],
  ...[multiply, divide, bits, bitsInMemory, scan, swap, single, single, jump, pair, pair, string],
];

/** A snippet of a few instructions, and the flags that it leaves undefined. */
export function makeSnippet(random: Random): { bytes: number[]; undefinedFlags: number } {
  const bytes: number[] = [];
  let unknown = 0;
  for (let left = 1 + random.below(5); left > 0; left--) {
    const instruction = random.pick(FORMS)(random);
    if (instruction.reads & unknown) continue;
    bytes.push(...instruction.bytes);
    unknown = (unknown & ~instruction.defines) | instruction.undefines;
  }
  return { bytes, undefinedFlags: unknown };
}
