// Instructions on memory-mapped registers: results and flags as the processor gives them.
import { beforeAll, expect, test } from "vitest";
import { REG_RFLAGS } from "../../../abi/platform.ts";
import {
  FLAG_AF,
  FLAG_CF,
  FLAG_OF,
  FLAG_PF,
  FLAG_SF,
  FLAG_ZF,
} from "../../../abi/x86/registers.ts";
import { DEVICE, Guest } from "./guest.ts";
import { hasNative, makeNative, NATIVE_REGISTERS, type NativeState } from "./native.ts";

const STATUS = BigInt(FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF);
const FIXED = 0x202n;
/** ModRM of [RSI] without register. */
const AT_RSI = 6;

interface Case {
  readonly name: string;
  /** Bytes after the prefixes, up to the ModRM byte. */
  readonly opcode: readonly number[];
  /** Register fields to try; absent: all that the oracle can use. */
  readonly fields?: readonly number[];
  /** Size of the immediate; "z": as the operand, 4 bytes at most. */
  readonly immediate?: 1 | "z";
  readonly isByte?: boolean;
  /** Flags that the architecture leaves undefined. */
  readonly undefined?: number;
}

const BIT_FLAGS = FLAG_OF | FLAG_SF | FLAG_AF | FLAG_PF;
const SHIFT_FLAGS = FLAG_AF | FLAG_OF;
const ALL_FIELDS = [0, 1, 2, 3, 4, 5, 6, 7];

/** Both widths of an instruction whose opcode has the width in bit 0. */
function widths(name: string, opcode: readonly number[], rest: Partial<Case> = {}): Case[] {
  const wide = [...opcode.slice(0, -1), opcode.at(-1)! | 1];
  return [
    { name: `${name} byte`, opcode, isByte: true, ...rest },
    { name, opcode: wide, ...rest },
  ];
}

const CASES: readonly Case[] = [
  ...ALL_FIELDS.flatMap((n) => widths(`alu ${n} m, r`, [n << 3])),
  ...ALL_FIELDS.flatMap((n) => widths(`alu ${n} r, m`, [(n << 3) | 2])),
  ...widths("group 1", [0x80], { fields: ALL_FIELDS, immediate: "z" }),
  { name: "group 1 imm8", opcode: [0x83], fields: ALL_FIELDS, immediate: 1 },
  ...widths("test", [0x84]),
  ...widths("xchg", [0x86]),
  ...widths("mov m, r", [0x88]),
  ...widths("mov r, m", [0x8a]),
  ...widths("mov m, imm", [0xc6], { fields: [0], immediate: "z" }),
  { name: "movsxd", opcode: [0x63] },
  ...widths("shift imm", [0xc0], {
    fields: ALL_FIELDS,
    immediate: 1,
    undefined: SHIFT_FLAGS | FLAG_CF,
  }),
  ...widths("shift 1", [0xd0], { fields: ALL_FIELDS, undefined: FLAG_AF }),
  ...widths("shift cl", [0xd2], { fields: ALL_FIELDS, undefined: SHIFT_FLAGS | FLAG_CF }),
  ...widths("test imm", [0xf6], { fields: [0, 1], immediate: "z" }),
  ...widths("not, neg", [0xf6], { fields: [2, 3] }),
  ...widths("inc, dec", [0xfe], { fields: [0, 1] }),
  { name: "movzx byte", opcode: [0x0f, 0xb6] },
  { name: "movzx word", opcode: [0x0f, 0xb7] },
  { name: "movsx byte", opcode: [0x0f, 0xbe] },
  { name: "movsx word", opcode: [0x0f, 0xbf] },
  { name: "movnti", opcode: [0x0f, 0xc3] },
  ...widths("cmpxchg", [0x0f, 0xb0]),
  ...widths("xadd", [0x0f, 0xc0]),
  {
    name: "bit imm",
    opcode: [0x0f, 0xba],
    fields: [4, 5, 6, 7],
    immediate: 1,
    undefined: BIT_FLAGS,
  },
];

/** A generator of 64-bit numbers with a fixed seed (xorshift64), rich in corner values. */
function makeRandom(): () => bigint {
  const CORNERS = [0n, 1n, 0x7fn, 0x80n, 0xffn, 0x7fffn, 0x8000n, 0x7fffffffn, 0x80000000n];
  const mask = (1n << 64n) - 1n;
  let state = 0x9e3779b97f4a7c15n;
  return () => {
    state ^= (state << 13n) & mask;
    state ^= state >> 7n;
    state ^= (state << 17n) & mask;
    const kind = Number(state >> 60n);
    const corner = CORNERS[Number(state >> 8n) % CORNERS.length] ?? 0n;
    if (kind < 3) return corner;
    return kind < 6 ? ~corner & mask : state;
  };
}

interface Encoding {
  readonly bytes: readonly number[];
  readonly width: number;
}

function immediateBytes(kind: Case["immediate"], width: number, value: bigint): number[] {
  const size = kind === 1 ? 1 : kind === "z" ? Math.min(width, 4) : 0;
  return Array.from({ length: size }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
}

/** Encodings of a case: prefixes for each width, and register fields. */
function* encodings(item: Case, random: () => bigint): Generator<Encoding> {
  const name = item.name;
  for (const [prefix, rexW, width] of [
    [[0x66], 0, 2],
    [[], 0, 4],
    [[], 8, 8],
  ] as const) {
    if (item.isByte && width !== 4) continue;
    if (name === "movnti" && width === 2) continue;
    const operand = item.isByte ? 1 : width;
    const fields = item.fields ?? [...NATIVE_REGISTERS, ...(item.isByte ? [4, 6, 7] : [])];
    for (const field of fields) {
      // Without REX, 4 to 7 are AH, CH, DH and BH for bytes; 5 is BPL with it.
      const isRegister = !item.fields;
      const rex = rexW | (isRegister && field >= 8 ? 4 : 0);
      const rexBytes = rex ? [0x40 | rex] : [];
      const modrm = ((field & 7) << 3) | AT_RSI;
      const immediate = immediateBytes(item.immediate, operand, random());
      yield {
        bytes: [...prefix, ...rexBytes, ...item.opcode, modrm, ...immediate],
        width: operand,
      };
    }
  }
}

function randomState(random: () => bigint): NativeState {
  return {
    registers: Array.from({ length: 16 }, random),
    flags: (random() & STATUS) | FIXED,
    memory: random(),
  };
}

function emulate(guest: Guest, bytes: readonly number[], state: NativeState): NativeState {
  guest.code(bytes);
  state.registers.forEach((value, register) => {
    guest.set(register, value);
  });
  guest.set(REG_RFLAGS, state.flags);
  new DataView(guest.device.buffer).setBigUint64(0, state.memory, true);
  expect(guest.mmio(DEVICE), guest.platform.console).toBe(1);
  expect(guest.advanced).toBe(bytes.length);
  return {
    registers: state.registers.map((_, register) => guest.get(register)),
    flags: guest.get(REG_RFLAGS),
    memory: new DataView(guest.device.buffer).getBigUint64(0, true),
  };
}

let native: ReturnType<typeof makeNative>;

beforeAll(() => {
  if (hasNative) native = makeNative();
});

test.skipIf(!hasNative).each(CASES.map((item) => [item.name, item] as const))(
  "%s does what the processor does",
  (_name, item) => {
    const guest = new Guest();
    const random = makeRandom();
    for (const { bytes } of encodings(item, random)) {
      for (let round = 0; round < 12; round++) {
        const state = randomState(random);
        const mask = STATUS & ~BigInt(item.undefined ?? 0);
        const real = native(bytes, state);
        const ours = emulate(guest, bytes, state);
        const hex = bytes.map((byte) => byte.toString(16)).join(" ");
        expect({ hex, ...ours, flags: ours.flags & mask }, hex).toEqual({
          hex,
          ...real,
          flags: real.flags & mask,
        });
      }
    }
  },
);
