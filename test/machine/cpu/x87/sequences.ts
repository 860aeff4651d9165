// Random x87 code and states: any encoding from D8 to DF with operands in memory or registers, on stacks that are mostly full.
import { DOUBLE, EXTENDED, extendedOf, operand, partner, SINGLE } from "../float/operands.ts";
import { IS_AMD } from "../host.ts";
import { BASE, DATA_SIZE, DATA_START, SIZE } from "../interpreter/native.ts";
import type { Random } from "../interpreter/snippets.ts";

/** Size of what FXSAVE writes. */
export const SAVED_SIZE = 512;
/** In the data: the state before, the state after, and what FNSTENV says at the end; operands follow. */
export const BEFORE_AT = 0;
export const AFTER_AT = 0x200;
export const ENVIRONMENT_AT = 0x400;
export const OPERANDS_AT = 0x480;
const OPERANDS_END = DATA_SIZE - 0x100;
const EXCEPTIONS = 0x3f;
const SUMMARY = 0x8080;
const REGISTERS = 8;
const FIRST_REGISTER = 32;
const RBX = 3;
const RBP = 5;
const MXCSR_AT = 24;
const MXCSR_DEFAULT = 0x1f80;

/** RBX and RBP, which point into the operands. */
export const POINTERS = [BigInt(DATA_START + 0x800), BigInt(DATA_START + 0xa00)] as const;

/** A control word: all masked, mostly, and always where the processor is not AMD's: makers differ in what unmasked ones leave. */
function controlWord(random: Random): number {
  const masks = random.below(4) === 0 && IS_AMD ? random.next() & EXCEPTIONS : EXCEPTIONS;
  return masks | 0x40 | (random.pick([0, 1, 2, 3, 3, 3]) << 8) | (random.below(4) << 10);
}

/** A state in FXSAVE's format, whose summary is right; seldom with an exception that waits. */
export function makeState(random: Random): Uint8Array {
  const view = new DataView(new ArrayBuffer(SAVED_SIZE));
  const control = controlWord(random);
  const noted = random.below(3) === 0 ? random.next() & 0x7f : 0;
  const flags = random.below(12) === 0 ? noted : noted & (control | 0x40);
  const summary = (flags & ~control & EXCEPTIONS) === 0 ? 0 : SUMMARY;
  const conditions = random.next() & 0x4700;
  view.setUint16(0, control, true);
  view.setUint16(2, flags | summary | conditions | (random.below(REGISTERS) << 11), true);
  view.setUint8(4, random.pick([0xff, 0x7f, random.next() & 255, random.next() | 0x3c]) & 255);
  view.setUint32(MXCSR_AT, MXCSR_DEFAULT, true);
  let value = operand(random, EXTENDED);
  for (let i = 0; i < REGISTERS; i++) {
    const at = FIRST_REGISTER + 16 * i;
    const bits = extendedOf(random, value);
    view.setBigUint64(at, BigInt.asUintN(64, bits), true);
    view.setUint16(at + 8, Number(bits >> 64n), true);
    value = partner(random, EXTENDED, value);
  }
  return new Uint8Array(view.buffer);
}

/** Data with numbers of all formats, and integers, at random places. */
export function makeData(random: Random): Uint8Array {
  const view = new DataView(new ArrayBuffer(DATA_SIZE));
  for (let at = OPERANDS_AT; at < DATA_SIZE - 16; ) {
    const kind = random.below(4);
    const size = [4, 8, 10, 8][kind]!;
    if (kind === 0) view.setUint32(at, Number(operand(random, SINGLE)), true);
    else if (kind === 1) view.setBigUint64(at, operand(random, DOUBLE), true);
    else if (kind === 3) view.setBigUint64(at, random.wide(), true);
    else {
      const bits = extendedOf(random, operand(random, EXTENDED));
      view.setBigUint64(at, BigInt.asUintN(64, bits), true);
      view.setUint16(at + 8, Number(bits >> 64n), true);
    }
    at += size;
  }
  return new Uint8Array(view.buffer);
}

function little(value: number): number[] {
  return [0, 8, 16, 24].map((shift) => (value >> shift) & 255);
}

/** Functions whose results differ between vendors by a unit of the last place, by ModRM after D9. */
const TRANSCENDENTAL = new Set([0xf0, 0xf1, 0xf2, 0xf3, 0xf9, 0xfb, 0xfe, 0xff]);

/** What stores the environment: opcode and ModRM.reg. */
const FNSTENV = [0xd9, 6 << 3];
const FNSAVE = [0xdd, 6 << 3];
/** Storing a word instead: FNSTCW, FNSTSW. */
const STORE_WORD = 7 << 3;

/** A random ModRM.reg for an operand in memory. Of Intel's processors many store an environment without selectors or data pointer. */
function memoryReg(random: Random, opcode: number): number {
  const reg = random.below(8) << 3;
  const stores = [FNSTENV, FNSAVE].some(([op, field]) => op === opcode && field === reg);
  return stores && !IS_AMD ? STORE_WORD : reg;
}

/** One instruction. */
export function makeInstruction(random: Random): number[] {
  if (random.below(40) === 0) return [0x9b];
  const opcode = 0xd8 + random.below(8);
  const prefix = random.below(8) === 0 ? [0x66] : random.below(16) === 0 ? [0x48] : [];
  const kind = random.below(6);
  const reg = kind >= 3 ? random.below(8) << 3 : memoryReg(random, opcode);
  if (kind >= 3) {
    const modrm = 0xc0 | reg | random.pick([0, 1, 1, 2, 3, random.below(8)]);
    if (opcode === 0xd9 && TRANSCENDENTAL.has(modrm)) return [0xd9, 0xe8];
    return [...prefix, opcode, modrm];
  }
  if (random.below(50) === 0)
    return [...prefix, opcode, reg | 4, 0x25, ...little(BASE + SIZE - 1 - random.below(12))];
  if (kind === 0) {
    const at = DATA_START + OPERANDS_AT + random.below(OPERANDS_END - OPERANDS_AT);
    return [...prefix, opcode, reg | 4, 0x25, ...little(at)];
  }
  const base = kind === 1 ? RBX : RBP;
  return [...prefix, opcode, 0x40 | reg | base, random.next() & 255];
}
