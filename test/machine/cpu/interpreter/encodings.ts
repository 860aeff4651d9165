// Random encodings of a row of instructions.txt for 64-bit user code: all operand sizes, prefixes and addressing modes, with the
// registers that they need, and the flags that the manuals leave undefined.

import type { Row } from "../../../../tools/instructions.ts";
import { has } from "../host.ts";
import { BASE, CODE, DATA, SIZE } from "./native.ts";
import { ALL_FLAGS, type Random } from "./snippets.ts";

const CF = 0x1;
const AF = 0x10;
const PF = 0x4;
const ZF = 0x40;
const SF = 0x80;
const OF = 0x800;
const RCX = 1;
const RDX = 2;
const RBX = 3;
const RSP = 4;
const RSI = 6;
const RDI = 7;
/** Registers that point into the data, and the distance from its middle; RDX may be made to point to nowhere. */
export const POINTERS: Record<number, number> = {
  3: -0x40,
  4: 0x600,
  5: 0,
  6: 0x200,
  7: 0x300,
  12: 0x80,
  13: -0x80,
  14: 0x100,
};
/** Registers with a small number. */
export const INDICES = [9, 15];
/** Where nothing is: the first page, non-canonical addresses, across the end of the mapping. */
const NOWHERE = [0x400n, 0x8000_0000_0000_0000n, 0x7fff_ffff_ffff_fffdn, BigInt(BASE + SIZE - 3)];

/** A snippet of one instruction, and what goes with it. */
export interface Encoding {
  bytes: number[];
  undefinedFlags: number;
  /** Registers with special values. */
  registers: Map<number, bigint>;
  /** A word of the data with a special value. */
  data?: { at: number; value: bigint } | undefined;
}

/** Why a row is not run on the real processor, or undefined. */
export function reasonNotRun(row: Row): string | undefined {
  if (row.attributes.includes("i64")) return "not in 64-bit code";
  if (row.emitter === "x87") return "has a test of its own (test/machine/cpu/x87)";
  if (["popsegment", "tosegment", "loadfar"].includes(row.emitter))
    return "loads a segment register";
  if (row.emitter === "farmemory" || ["RETF", "IRET"].includes(row.operation)) return "loads CS";
  if (["fromsegment", "pushsegment"].includes(row.emitter)) return "shows the system's selectors";
  if (/^(VM(?!UL|IN|AX)|STGI|CLGI|SKINIT|INVLPGA|INVEPT|INVVPID)/.test(row.operation))
    return "leads to a hypervisor";
  if (/^(SYSCALL|SYSENTER|SYSRET|SYSEXIT|INT|INT1|INT3)$/.test(row.operation))
    return "leads to the system";
  if (row.mnemonic === "invpcid") return "absent";
  if (/^F?X(SAVE|RSTOR)$/.test(row.operation)) return "see save.test.ts";
  if (/^RD(RAND|SEED)$/.test(row.operation)) return "draws numbers (random.test.ts)";
  if (row.operation === "XSETBV") return "depends on CR4.OSXSAVE";
  const shows =
    /^(CPUID|RDPID|RDTSCP?|RDPMC|XGETBV|LAR|LSL|VER[RW]|S[GIL]DT|STR|SMSW|..[FG]SBASE|SWAPGS)$/;
  return shows.test(row.operation) ? "shows or changes the system's state" : undefined;
}

/** Instructions that not every processor of the last ten years has, and what Linux calls the feature. */
const FEATURES: readonly [RegExp, string][] = [
  [/^sha/, "sha_ni"],
  [/^ad[co]x$/, "adx"],
  [/^(andn|bextr|bls|tzcnt)/, "bmi1"],
  [/^(bzhi|pdep|pext|mulx|sarx|shlx|shrx|rorx)$/, "bmi2"],
  [/^lzcnt$/, "abm"],
  [/^movbe$/, "movbe"],
  [/^aes/, "aes"],
  [/^pclmul/, "pclmulqdq"],
  [/^(invlpgb|tlbsync)$/, "invlpgb"],
];
/** Whether the processor under the tests has a row's instruction. */
export function isComparable(row: Row): boolean {
  return FEATURES.every(([pattern, feature]) => !pattern.test(row.mnemonic) || has(feature));
}

/** Flags that an instruction leaves undefined, by its mnemonic. */
function undefinedFlags(row: Row, width: number): number {
  const [name] = row.mnemonic.split("/");
  const byOne = row.operands.at(-1) === "1b";
  const short = width < 4 ? CF : 0;
  if (/^(and|or|xor|test)$/.test(name!)) return AF;
  if (/^i?mul$/.test(name!)) return ALL_FLAGS & ~(CF | OF);
  if (/^i?div$/.test(name!)) return ALL_FLAGS;
  if (/^(sal|shl|shr|sar)$/.test(name!)) return byOne ? AF : AF | OF | short;
  if (/^(ro[lr]|rc[lr])$/.test(name!)) return byOne ? 0 : OF | short;
  if (/^sh[lr]d$/.test(name!)) return AF | OF;
  if (/^bt[src]?$/.test(name!)) return ALL_FLAGS & ~(CF | ZF);
  if (/^(andn|bls(i|r|msk)|bzhi)$/.test(name!)) return AF | PF;
  if (name === "bextr") return AF | PF | SF;
  if (/^bs[fr]$/.test(name!)) return ALL_FLAGS & ~ZF;
  return /^[lt]zcnt$/.test(name!) ? ALL_FLAGS & ~(CF | ZF) : 0;
}

function little(value: bigint, size: number): number[] {
  return [...Array(size).keys()].map((i) => Number((value >> BigInt(i * 8)) & 0xffn));
}

/** What a draft of an encoding is made of. */
interface Draft {
  rex: number;
  modrm: number[];
  usesMemory: boolean;
  /** Where the four displacement bytes relative to the instruction's end are in `modrm`, or -1. */
  relativeAt: number;
}

function fixed(row: Row, pattern: RegExp): number | undefined {
  const word = row.match.find((match) => pattern.test(match));
  return word === undefined ? undefined : Number.parseInt(word.slice(1), 16);
}

/** Registers that are neither pointers nor indices. */
export const NUMBERS = [0, 1, 8, 10, 11];
const DESTINATIONS = [...Array(16).keys()].filter((register) => register !== RSP);

/** Where an encoding is going to stand, and which registers it may name as operands. */
export interface Place {
  at: number;
  destinations: readonly number[];
}

/** Alone, at the start of the code. */
const ALONE: Place = { at: CODE, destinations: DESTINATIONS };

/** ModRM, SIB and displacement of a random memory operand with `reg` in the middle. */
function memoryOperand(random: Random, reg: number): Draft {
  const rex = reg & 8 ? 4 : 0;
  const middle = (reg & 7) << 3;
  const near = BigInt(random.below(200) - 100);
  const kind = random.below(8);
  const bases = [RDX, ...Object.keys(POINTERS).map(Number)];
  const base = random.pick(bases);
  const extended = base & 8 ? 1 : 0;
  const draft = (bits: number, modrm: number[], relativeAt = -1) => ({
    rex: rex | bits,
    modrm,
    usesMemory: true,
    relativeAt,
  });
  if (kind === 0) return draft(0, [middle | 5, 0, 0, 0, 0], 1);
  if (kind === 1) return draft(0, [middle | 4, 0x25, ...little(BigInt(DATA) + near, 4)]);
  const index = random.pick(INDICES);
  const scaled = (random.below(4) << 6) | ((index & 7) << 3);
  const high = index & 8 ? 2 : 0;
  if (kind === 2) return draft(high, [middle | 4, scaled | 5, ...little(BigInt(DATA) + near, 4)]);
  const sib = random.below(2) === 0 || (base & 7) === 4;
  const field = sib ? 4 : base & 7;
  const withIndex = sib && random.below(2) === 0;
  const tail = sib ? [(withIndex ? scaled : 0x20) | (base & 7)] : [];
  const bits = extended | (withIndex ? high : 0);
  if (kind < 5 && (base & 7) !== 5) return draft(bits, [middle | field, ...tail]);
  const size = kind & 1 ? 1 : 4;
  const mod = size === 1 ? 0x40 : 0x80;
  return draft(bits, [mod | middle | field, ...tail, ...little(near, size)]);
}

function registerOperand(random: Random, reg: number, width: number, place: Place): Draft {
  // Without REX the 8-bit registers 4 to 7 are AH to BH.
  const high = width === 1 && random.below(3) === 0;
  const rm = high ? random.below(4) + 4 : random.pick(place.destinations);
  return {
    rex: (reg & 8 ? 4 : 0) | (rm & 8 ? 1 : 0),
    modrm: [0xc0 | ((reg & 7) << 3) | (rm & 7)],
    usesMemory: false,
    relativeAt: -1,
  };
}

function hasModRm(row: Row): boolean {
  if (row.match.some((word) => /^(\/|=|m$|r$)/.test(word))) return true;
  return row.operands.some((operand) => /^[EGRMKTVWNQ](?!S$)/.test(operand));
}

function modrmOf(row: Row, random: Random, width: number, place: Place): Draft {
  const none = { rex: 0, modrm: [] as number[], usesMemory: false, relativeAt: -1 };
  const whole = fixed(row, /^=/);
  if (whole !== undefined) return { ...none, modrm: [whole] };
  if (!hasModRm(row)) return none;
  // A bit string's index is an address: it must be small.
  const free = row.emitter === "bits" ? NUMBERS : place.destinations;
  const reg = fixed(row, /^\//) ?? random.pick(free);
  const controls = row.operands.some((operand) => /^[KT]/.test(operand));
  const memory = row.match.includes("m") || (!row.match.includes("r") && random.below(2) === 0);
  if (memory && !controls) return memoryOperand(random, reg);
  return registerOperand(random, reg, width, place);
}

/** Bytes of the immediates; jumps go over two bytes, which are put there. */
function immediates(row: Row, random: Random, width: number): number[] {
  const wide = Math.min(width, 4);
  return row.operands.flatMap((operand) => {
    const sizes: Record<string, number> = { b: 1, s: 1, w: 2, z: wide, v: width };
    const size = sizes[operand[1]!] ?? 0;
    if (operand[0] === "J") return little(2n, operand[1] === "s" ? 1 : 4);
    if (operand[0] === "O") return little(BigInt(DATA + random.below(256)), 8);
    if (operand[0] !== "I") return [];
    if (row.operation === "" && row.mnemonic === "enter")
      return little(BigInt(random.below(64)), size);
    if (row.emitter === "double" && width === 2) return [random.below(17)];
    const value = random.below(2) ? random.wide() : BigInt(random.pick([0, 1, 0x7f, 0x80, 0xff]));
    return little(value, size);
  });
}

const BYTE_OPERANDS = /^(Eb|Gb|Ab|Zb|Ob|Mb|Xb|Yb)/;

/** Operand size that a draft gets, in bytes. */
function pickWidth(row: Row, random: Random): number {
  if (BYTE_OPERANDS.test(row.operands[0] ?? "")) return 1;
  if (row.attributes.includes("f64")) return 8;
  if (row.match.includes("w1")) return 8;
  if (row.match.includes("w0")) return random.pick([2, 4]);
  const is16 = row.match.includes("p66");
  if (row.attributes.includes("d64")) return is16 || random.below(4) === 0 ? 2 : 8;
  return is16 ? 2 : random.pick([2, 4, 8]);
}

/** `register` is the one in the opcode, where it has one: RSP is popped and exchanged in tests of their own. */
function opcodeBytes(row: Row, random: Random, register: number): number[] {
  const low = { one: 0, register: register & 7, condition: random.below(16) }[row.span];
  return [...[[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]][row.map]!, row.opcode + low];
}

/** Registers as a draft needs them. */
function registersFor(
  row: Row,
  random: Random,
  width: number,
  usesMemory = true,
): Map<number, bigint> {
  const registers = new Map<number, bigint>();
  for (const [register, offset] of Object.entries(POINTERS))
    registers.set(Number(register), BigInt(DATA + offset));
  for (const index of INDICES) registers.set(index, BigInt(random.below(32)));
  registers.set(RDX, random.below(3) === 0 ? random.pick(NOWHERE) : BigInt(DATA + 0x40));
  if (row.emitter === "string" || row.emitter === "loop")
    registers.set(RCX, BigInt(random.below(9)));
  // Whether a repetition of none looks at the permission to use ports differs.
  if (/^(INS|OUTS)$/.test(row.operation)) registers.set(RCX, 1n);
  if (row.emitter === "double" && width === 2) registers.set(RCX, BigInt(random.below(16)));
  if (row.emitter === "string" && random.below(8) === 0)
    registers.set(random.pick([RSI, RDI]), random.pick(NOWHERE));
  // Some divisions must not overflow.
  if (/^I?DIV$/.test(row.operation) && !usesMemory && random.below(2)) registers.set(RDX, 0n);
  if (row.emitter === "xlat") registers.set(RBX, BigInt(DATA));
  // Bit strings reach to both sides of their operand.
  if (row.emitter === "bits")
    for (const i of NUMBERS)
      registers.set(i, BigInt.asUintN(64, BigInt(random.below(0x2000) - 0x1000)));
  return registers;
}

const TARGETED = new Set(["jmpindirect", "callindirect", "ret"]);
/** What jumps go over: XOR EAX, EBX. */
const SKIPPED = [0x31, 0xd8];

/** Indirect jumps and returns, by a register, by memory or by the stack, over what is skipped. */
function makeTargeted(row: Row, random: Random, place: Place): Encoding {
  const registers = registersFor(row, random, 8);
  const reg = (fixed(row, /^\//) ?? 0) << 3;
  const byRegister = random.below(2) === 0;
  const displacement = random.below(128);
  const isReturn = row.emitter === "ret";
  const indirect = byRegister ? [0x41, 0xff, 0xc0 | reg] : [0xff, 0x43 | reg, displacement];
  const bytes = isReturn ? [row.opcode, ...immediates(row, random, 2)] : indirect;
  const target = BigInt(place.at + bytes.length + SKIPPED.length);
  registers.set(8, target);
  const at = isReturn ? DATA + POINTERS[RSP]! : DATA + POINTERS[RBX]! + displacement;
  return {
    bytes: [...bytes, ...SKIPPED],
    undefinedFlags: 0,
    registers,
    data: isReturn || !byRegister ? { at, value: target } : undefined,
  };
}

/** Flags to pop: without TF, AC and NT, which would outlast the snippet. */
function poppedFlags(random: Random): Encoding["data"] {
  return { at: DATA + POINTERS[RSP]!, value: BigInt(random.next() & ALL_FLAGS) };
}

/** Bytes of a VEX prefix of three bytes and the opcode. */
const VEX_LENGTH = 4;

/** A VEX prefix of three bytes and the opcode, with `register` in vvvv where an operand is there. */
function vexBytes(row: Row, rex: number, register: number): number[] {
  const named = row.operands.some((operand) => operand.startsWith("B")) ? register : 0;
  const prefix = ["pNP", "p66", "pF3", "pF2"].findIndex((word) => row.match.includes(word));
  const wide = rex & 8 ? 0x80 : 0;
  return [
    0xc4,
    ((~rex & 7) << 5) | row.map,
    wide | ((~named & 15) << 3) | Math.max(prefix, 0),
    row.opcode,
  ];
}

/** A random encoding of `row`, or undefined where this one has none (16-bit BSWAP and the like). */
export function makeEncoding(row: Row, random: Random, place = ALONE): Encoding | undefined {
  if (TARGETED.has(row.emitter)) return makeTargeted(row, random, place);
  const width = pickWidth(row, random);
  const draft = modrmOf(row, random, width, place);
  const register = random.pick(place.destinations);
  const isLocked = row.attributes.includes("lock") && draft.usesMemory && random.below(3) === 0;
  const mandatory = row.match.find((word) => /^p(F2|F3)$/.test(word));
  const repeats = row.emitter === "string" ? [[], [0xf3], [0xf2]] : [[]];
  const isFlexible = row.attributes.includes("d64") || row.attributes.includes("f64");
  const rex =
    draft.rex |
    (width === 8 && !isFlexible ? 8 : 0) |
    (row.span === "register" ? register >> 3 : 0);
  const narrow = width === 2 || row.match.includes("p66");
  const [name] = row.mnemonic.split("/");
  if (name === "bswap" && width === 2) return undefined;
  const opcode = opcodeBytes(row, random, register);
  // 90 alone is NOP, and NOP with REX.B is XCHG.
  const isNop = row.map === 0 && row.opcode === 0x90;
  const needsRex = rex !== 0 || (!isNop && random.below(4) === 0);
  const prefixes = [
    ...(isLocked ? [0xf0] : []),
    ...(narrow ? [0x66] : []),
    ...(mandatory ? [Number.parseInt(mandatory.slice(1), 16)] : random.pick(repeats)),
    ...(random.below(8) === 0 ? [0x3e] : []),
    ...(needsRex ? [0x40 | (isNop ? rex & ~1 : rex)] : []),
  ];
  const tail = immediates(row, random, width);
  if (draft.relativeAt >= 0) {
    const start = row.match.includes("v0") ? VEX_LENGTH : prefixes.length + opcode.length;
    const length = start + draft.modrm.length + tail.length;
    const distance = BigInt(DATA + random.below(64)) - BigInt(place.at + length);
    draft.modrm.splice(draft.relativeAt, 4, ...little(distance, 4));
  }
  const isVex = row.match.includes("v0");
  const head = isVex
    ? vexBytes(row, rex, random.pick(place.destinations))
    : [...prefixes, ...opcode];
  const bytes = [...head, ...draft.modrm, ...tail];
  if (row.operands.some((operand) => operand.startsWith("J"))) bytes.push(...SKIPPED);
  return {
    bytes,
    undefinedFlags: undefinedFlags(row, width),
    registers: registersFor(row, random, width, draft.usesMemory),
    data: row.operation === "POPF" ? poppedFlags(random) : undefined,
  };
}
