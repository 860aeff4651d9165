// What FNSTENV writes and FLDENV reads outside 64-bit code, by the figures of the manual (Intel SDM, volume 1, 8-9 to 8-12): user code on the
// real processor can't show it.
import { describe, expect, it } from "vitest";
import * as S from "../../../../machine/cpu/interface.ts";
import { Guest } from "../interpreter/guest.ts";

const ATTR_CODE_16 = 0x9b;
const ATTR_DATA_16 = 0x93;
const CODE = 0x1000;
/** Where the environment goes, as an offset in DS. */
const AT = 0x300;
const HLT = 0xf4;
const CONTROL = 0x37f;
/** FLD1; FADD m32 at [0x200]: opcode D8 06 with ModRM 16 bits, D8 05 with 32. */
const FLD1 = [0xd9, 0xe8];
const FADD_16 = [0xd8, 0x06, 0x00, 0x02];
const FADD_32 = [0xd8, 0x05, 0x00, 0x02, 0, 0];
const FNSTENV_16 = [0xd9, 0x36, AT & 255, AT >> 8];
const FNSTENV_32 = [0xd9, 0x35, AT & 255, AT >> 8, 0, 0];
const FNINIT = [0xdb, 0xe3];
/** One valid register, physical 7. */
const TAGS = 0x3fff;
const STATUS = 0x3800;

/** Real-address mode with CS and DS as given. */
function real(code: number, data: number): Guest {
  const guest = new Guest();
  guest.set(S.S_CR0, 0x10n);
  for (let i = 0; i < 6; i++) {
    guest.segment(i, i === S.CS ? ATTR_CODE_16 : ATTR_DATA_16, i === S.CS ? code : data, 0xffff);
    const base = BigInt((i === S.CS ? code : data) << 4);
    guest.set(S.S_SEGMENT + i * S.SEGMENT_SIZE + S.SEG_BASE, base);
  }
  guest.exports.sync!(0);
  return guest;
}

function run(guest: Guest, bytes: number[], codeBase = 0): void {
  guest.write(codeBase + CODE, [...FNINIT, ...bytes, HLT]);
  expect(guest.run(BigInt(CODE))).toBe(S.EXIT_HALTED);
}

function words(guest: Guest, at: number, size: number): number[] {
  const view = new DataView(guest.read(at, 7 * size).buffer);
  return Array.from({ length: 7 }, (_, i) =>
    size === 2 ? view.getUint16(i * 2, true) : view.getUint32(i * 4, true),
  );
}

/** The parts of an environment of 32 bits that are not reserved. */
function defined(fields: number[], masks: number[]): number[] {
  return fields.map((field, i) => (field & masks[i]!) >>> 0);
}

/** Offset of FADD: after FNINIT and FLD1. */
const FADD_AT = CODE + 4;
const OPCODE_16 = 0x006;
const OPCODE_32 = 0x005;

describe("the x87 environment", () => {
  it("has linear addresses and the opcode in real-address mode, 16 bits", () => {
    const guest = real(0x2000, 0x3000);
    run(guest, [...FLD1, ...FADD_16, ...FNSTENV_16], 0x20000);
    const [instruction, operand] = [0x20000 + FADD_AT, 0x30200];
    expect(words(guest, 0x30000 + AT, 2)).toEqual([
      ...[CONTROL, STATUS, TAGS],
      ...[instruction & 0xffff, ((instruction >> 16) << 12) | OPCODE_16],
      ...[operand & 0xffff, (operand >> 16) << 12],
    ]);
  });

  it("has linear addresses and the opcode in real-address mode, 32 bits", () => {
    const guest = real(0x2000, 0x3000);
    run(guest, [...FLD1, ...FADD_16, 0x66, ...FNSTENV_16], 0x20000);
    const [instruction, operand] = [0x20000 + FADD_AT, 0x30200];
    const half = 0xffff;
    const masks = [half, half, half, half, 0x0ffff7ff, half, 0x0ffff000];
    expect(defined(words(guest, 0x30000 + AT, 4), masks)).toEqual([
      ...[CONTROL, STATUS, TAGS],
      ...[instruction & half, ((instruction >> 16) << 12) | OPCODE_16],
      ...[operand & half, (operand >> 16) << 12],
    ]);
  });

  it("has offsets and selectors in protected mode, 32 bits with the opcode", () => {
    const guest = new Guest().protect(32);
    run(guest, [...FLD1, ...FADD_32, ...FNSTENV_32]);
    const half = 0xffff;
    const masks = [half, half, half, 0xffffffff, 0x07ffffff, 0xffffffff, half];
    expect(defined(words(guest, AT, 4), masks)).toEqual([
      ...[CONTROL, STATUS, TAGS],
      ...[FADD_AT, (OPCODE_32 << 16) | 8, 0x200, 16],
    ]);
  });

  it("has offsets and selectors in protected mode, 16 bits", () => {
    const guest = new Guest().protect(32);
    run(guest, [...FLD1, ...FADD_32, 0x66, ...FNSTENV_32]);
    expect(words(guest, AT, 2)).toEqual([CONTROL, STATUS, TAGS, FADD_AT, 8, 0x200, 16]);
  });

  it.each([
    ["real-address mode, 16 bits", () => real(0x2000, 0x3000), 0x20000, 0x30000, FNSTENV_16, 2],
    ["protected mode, 32 bits", () => new Guest().protect(32), 0, 0, FNSTENV_32, 4],
  ] as const)("comes back as it went: %s", (_, make, code, data, store, size) => {
    const guest = make();
    const isReal = data !== 0;
    const fadd = isReal ? FADD_16 : FADD_32;
    const load = store.map((byte, i) => (i === 1 ? byte - 0x10 : byte));
    run(guest, [...FLD1, ...fadd, ...store, ...FNINIT, ...load, ...store], code);
    const left = words(guest, data + AT, size);
    expect(left.slice(0, 3).map((word) => word & 0xffff)).toEqual([CONTROL, STATUS, TAGS]);
    expect(left[3]! & 0xffff).toBe((code + FADD_AT) & 0xffff);
    expect(left[5]! & 0xffff).toBe((data + 0x200) & 0xffff);
  });
});

describe("selectors of the last instruction and operand", () => {
  const SAVE = [0x0f, 0xae, 0x05, 0, 4, 0, 0];
  const RESTORE = [0x0f, 0xae, 0x0d, 0, 4, 0, 0];

  it("are saved and restored by FXSAVE and FXRSTOR outside 64-bit code", () => {
    const guest = new Guest().protect(32);
    run(guest, [...FLD1, ...FADD_32, ...SAVE, ...FNINIT, ...RESTORE, ...FNSTENV_32]);
    const saved = new DataView(guest.read(0x400, 32).buffer);
    expect([12, 20].map((at) => saved.getUint32(at, true))).toEqual([8, 16]);
    const fields = words(guest, AT, 4).map((word) => word & 0xffff);
    expect(fields).toEqual([CONTROL, STATUS, TAGS, FADD_AT, 8, 0x200, 16]);
  });
});

describe("an x87 exception that waits", () => {
  /** FLDCW of an unmasked control word, a division by zero, and what follows. */
  function waiting(ne: boolean, after: number[]): Guest {
    const guest = new Guest().protect(32);
    guest.set(S.S_CR0, guest.get(S.S_CR0) | (ne ? 0x20n : 0n));
    const block = Number(guest.exports.createGuest!());
    guest.exports.mapGuest!(block, 0n, 0n, 0x100000n, 7);
    guest.view.setUint32(block + S.G_EXCEPTIONS, 0xffffffff, true);
    guest.set32(S.S_GUEST, block);
    guest.exports.sync!(0);
    guest.exports.flush!(0);
    guest.write(0x200, [0x7b, 0x03]);
    const divide = [...FNINIT, 0xd9, 0x2d, 0, 2, 0, 0, ...FLD1, 0xd9, 0xee, 0xde, 0xf9];
    guest.write(CODE, [...divide, ...after, HLT]);
    return guest;
  }

  it.each([
    ["FWAIT", [0x9b]],
    ["FLD1", FLD1],
    ["FNOP", [0xd9, 0xd0]],
    ["FLDCW", [0xd9, 0x2d, 0, 2, 0, 0]],
  ])("is #MF at %s with CR0.NE", (_, after) => {
    const guest = waiting(true, after);
    expect(guest.run(BigInt(CODE))).toBe(S.EXIT_EXCEPTION);
    expect(guest.get(S.S_EXIT_INFO1)).toBe(16n);
    expect(guest.get(S.S_RIP)).toBe(BigInt(CODE + 14));
  });

  it.each([
    ["FNSTSW", [0xdf, 0xe0]],
    ["FNSTCW", [0xd9, 0x3d, 0, 3, 0, 0]],
    ["FNCLEX, FWAIT", [0xdb, 0xe2, 0x9b]],
    ["FNINIT, FWAIT", [0xdb, 0xe3, 0x9b]],
    ["FNSTENV, FWAIT", [...FNSTENV_32, 0x9b]],
    ["FNSAVE, FWAIT", [0xdd, 0x35, 0, 3, 0, 0, 0x9b]],
  ])("lets %s pass", (_, after) => {
    expect(waiting(true, after).run(BigInt(CODE))).toBe(S.EXIT_HALTED);
  });
});
