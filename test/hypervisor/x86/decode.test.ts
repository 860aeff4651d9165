// The decoder of memory-mapped accesses against iced-x86: which instructions it knows, how long they are, how much memory
// they touch and in which direction, in all code sizes.
import { Decoder, type Instruction, MemorySizeExt, Mnemonic, OpKind } from "iced-x86";
import { beforeEach, describe, expect, test } from "vitest";
import { type Bits, DEVICE, Guest } from "./guest.ts";

/** What must be emulated, when one operand is memory and the others are registers or immediates. */
const KNOWN = new Set([
  ...[Mnemonic.Mov, Mnemonic.Movzx, Mnemonic.Movsx, Mnemonic.Movsxd, Mnemonic.Movnti],
  ...[Mnemonic.Add, Mnemonic.Or, Mnemonic.Adc, Mnemonic.Sbb],
  ...[Mnemonic.And, Mnemonic.Sub, Mnemonic.Xor, Mnemonic.Cmp],
  ...[Mnemonic.Test, Mnemonic.Not, Mnemonic.Neg, Mnemonic.Inc, Mnemonic.Dec],
  ...[Mnemonic.Xchg, Mnemonic.Xadd, Mnemonic.Cmpxchg],
  ...[Mnemonic.Bt, Mnemonic.Bts, Mnemonic.Btr, Mnemonic.Btc],
  ...[Mnemonic.Rol, Mnemonic.Ror, Mnemonic.Rcl, Mnemonic.Rcr],
  ...[Mnemonic.Shl, Mnemonic.Shr, Mnemonic.Sal, Mnemonic.Sar],
]);

const PREFIXES: readonly (readonly number[])[] = [
  ...[[], [0x66], [0x67], [0x66, 0x67], [0x3e], [0x64, 0x66]],
];
const REX_PREFIXES: readonly (readonly number[])[] = [
  [0x40],
  [0x48],
  [0x44],
  [0x66, 0x4d],
  [0x67, 0x4f],
];

let guest: Guest;

beforeEach(() => {
  guest = new Guest();
});

function decodeByOracle(bytes: readonly number[], bits: Bits): Instruction {
  const decoder = new Decoder(bits, Uint8Array.from(bytes), 0);
  const instruction = decoder.decode();
  decoder.free();
  return instruction;
}

/** Whether the instruction is one that must be emulated. */
function isKnown(instruction: Instruction): boolean {
  if (instruction.isInvalid || !KNOWN.has(instruction.mnemonic)) return false;
  let memory = 0;
  for (let operand = 0; operand < instruction.opCount; operand++) {
    const kind = instruction.opKind(operand);
    if (kind === OpKind.Memory) memory++;
    // Segment, control and debug registers are no operands of device accesses.
    else if (kind === OpKind.Register && !isGeneral(instruction.opRegister(operand))) return false;
  }
  return memory === 1;
}

/** iced-x86 numbers AL to R15 from 1. */
const LAST_GENERAL = 68;

function isGeneral(register: number): boolean {
  return register >= 1 && register <= LAST_GENERAL;
}

/** Accesses of the device that the core made: sizes, writes marked. */
function record(): { sizes: Set<number>; writes: number } {
  const sizes = new Set<number>();
  let writes = 0;
  const inner = guest.platform.onMmio;
  guest.platform.onMmio = (address, size, value) => {
    sizes.add(size);
    if (value !== undefined) writes++;
    return inner(address, size, value);
  };
  return {
    sizes,
    get writes() {
      return writes;
    },
  };
}

/** Emulates and compares with the oracle. Returns whether the instruction is known. */
function compare(bytes: readonly number[], bits: Bits): boolean {
  const oracle = decodeByOracle(bytes, bits);
  const known = isKnown(oracle);
  const inner = guest.platform.onMmio;
  const seen = record();
  guest.code(bytes, bits);
  const handled = guest.mmio(DEVICE) === 1;
  guest.platform.onMmio = inner;
  const text = `${bits}-bit ${bytes.map((byte) => byte.toString(16)).join(" ")}`;
  if (handled !== known)
    throw new Error(`${text}: ${handled ? "emulated" : "refused"}\n${guest.output()}`);
  if (known) {
    expect(guest.advanced, text).toBe(oracle.length);
    expect([...seen.sizes], text).toEqual([MemorySizeExt.size(oracle.memorySize)]);
  }
  guest.platform.console = "";
  oracle.free();
  return known;
}

/** [base + disp8] in all code sizes, and filler that makes small immediates. */
const TAIL = [0x11, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08];

function sweep(bits: Bits, lead: readonly number[]): number {
  let known = 0;
  for (const prefix of bits === 64 ? [...PREFIXES, ...REX_PREFIXES] : PREFIXES) {
    for (let opcode = 0; opcode < 256; opcode++) {
      if (!lead.length && isPrefix(opcode, bits)) continue;
      for (let field = 0; field < 8; field++) {
        const modrm = 0x43 | (field << 3);
        if (compare([...prefix, ...lead, opcode, modrm, ...TAIL].slice(0, 15), bits)) known++;
      }
    }
  }
  return known;
}

function isPrefix(opcode: number, bits: Bits): boolean {
  const legacy = [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x0f];
  return legacy.includes(opcode) || (bits === 64 && opcode >> 4 === 4);
}

describe.each([16, 32, 64] as const)("%i-bit code", (bits) => {
  test("every one-byte opcode is emulated or refused as it should be", () => {
    expect(sweep(bits, [])).toBeGreaterThan(1000);
  });

  test("every opcode after 0f is emulated or refused as it should be", () => {
    expect(sweep(bits, [0x0f])).toBeGreaterThan(200);
  });

  test("every form of address has its length", () => {
    for (const prefix of [[], [0x67], [0x66]]) {
      for (const [opcode, immediate] of [
        [0x8b, []],
        [0xc7, [1, 2, 3, 4]],
        [0x83, [5]],
      ] as const) {
        for (let modrm = 0; modrm < 0xc0; modrm++) {
          const field = opcode === 0xc7 ? 0 : modrm & 0x38;
          const byte = (modrm & 0xc7) | field;
          for (const sib of [0x00, 0x25, 0x65, 0xe5, 0x24])
            compare(
              [...prefix, opcode, byte, sib, 9, 9, 9, 9, ...immediate, 0, 0].slice(0, 15),
              bits,
            );
        }
      }
    }
  });

  test("register operands are not memory", () => {
    guest.code([0x8b, 0xc3], bits);
    expect(guest.mmio(DEVICE)).toBe(0);
    expect(guest.output()).toContain("FATAL: unsupported instruction (0x8b 0xc3 0x90 0x90)\n");
  });
});

test("an instruction of more than 15 bytes is refused", () => {
  guest.code([...Array(14).fill(0x66), 0x8b, 0x03]);
  expect(guest.mmio(DEVICE)).toBe(0);
  expect(guest.output()).toContain("FATAL: unsupported instruction (0x66 0x66 0x66 0x66)\n");
});

test("a REX prefix before another prefix has no effect", () => {
  expect(compare([0x48, 0x66, 0x8b, 0x03], 64)).toBe(true);
});
