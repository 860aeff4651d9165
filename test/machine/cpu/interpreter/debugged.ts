// A guest in flat 32-bit code whose exceptions halt in their handlers, so that a test can see the frames of #DB.
import { expect } from "vitest";
import * as S from "../../../../machine/cpu/interface.ts";
import { Guest } from "./guest.ts";

export const CODE = 0x1000;
/** A page without breakpoints of code. */
export const AWAY = 0x5000;
export const DATA = 0x9000;
export const STACK = 0x8000;
export const IDT = 0x3000;
export const GDT = 0x3800;
export const HANDLERS = 0x4000;
export const TSS = 0x7000;
export const NOP = 0x90;
export const HLT = 0xf4;
export const VECTOR_DB = 1;
const VECTOR_GP = 13;
export const FLAG_TF = 0x100n;
export const FLAG_IF = 0x200n;
export const FLAG_RF = 0x10000n;
export const CR4_DE = 8n;
const BD = 0x2000n;
const BS = 0x4000n;
const BT = 0x8000n;
export const DR7_GD = 0x2000n;
export const [EAX, ECX, EDX, ESP, ESI, EDI] = [0, 1, 2, 4, 6, 7];
/** Kinds of breakpoints. */
export const EXECUTE = 0;
export const WRITE = 1;
export const IO = 2;
export const ACCESS = 3;
/** Lengths, as DR7 has them. */
const LENGTHS: Record<number, number> = { 1: 0, 2: 1, 4: 3, 8: 2 };
/** Descriptors: null, code, data, and the TSSs at 0x18 and 0x20. */
const DESCRIPTORS = [
  ...[0n, 0x00cf9b000000ffffn, 0x00cf93000000ffffn],
  ...[TSS, TSS + 0x100].map((base) => 0x0000_8900_0000_0067n | (BigInt(base) << 16n)),
];

interface Breakpoint {
  kind: number;
  at: number;
  length?: number;
}

export interface Setting {
  breakpoints?: Breakpoint[];
  flags?: bigint;
  /** Put into the image of the flags before the program goes on. */
  resume?: bigint;
  dr7?: bigint;
  cr4?: bigint;
  prepare?: (guest: Guest) => void;
  /** Ticks that `run` is given at a time. */
  ticks?: bigint;
}

export function dr7Of(breakpoints: readonly Breakpoint[]): bigint {
  let value = 0x400;
  for (const [number, { kind, length = 1 }] of breakpoints.entries())
    value |= (2 << (number * 2)) | ((kind | (LENGTHS[length]! << 2)) << (16 + number * 4));
  return BigInt(value >>> 0);
}

/** A guest in flat 32-bit code at CODE, whose exceptions and interrupts halt at HANDLERS + vector. */
export function machine(code: readonly number[], setting: Setting): Guest {
  const guest = new Guest().protect(32);
  guest.write(CODE, [...code, HLT]);
  for (let vector = 0; vector < 64; vector++) {
    const handler = HANDLERS + vector;
    guest.write(IDT + vector * 8, [handler & 255, handler >> 8, 8, 0, 0, 0x8e, 0, 0]);
    guest.write(handler, [HLT]);
  }
  for (const [i, descriptor] of DESCRIPTORS.entries())
    guest.view.setBigUint64(guest.ram + GDT + i * 8, descriptor, true);
  guest.set(S.S_GDT_BASE, BigInt(GDT));
  guest.set32(S.S_GDT_LIMIT, DESCRIPTORS.length * 8 - 1);
  guest.set(S.S_IDT_BASE, BigInt(IDT));
  guest.set32(S.S_IDT_LIMIT, 64 * 8 - 1);
  guest.setGpr(ESP, BigInt(STACK));
  const { breakpoints = [], flags = 0n, dr7 = dr7Of(breakpoints), cr4 = 0n } = setting;
  for (const [i, { at }] of breakpoints.entries()) guest.set(S.S_DR + i * 8, BigInt(at));
  guest.set(S.S_DR + 7 * 8, dr7);
  guest.set(S.S_CR4, cr4);
  guest.set(S.S_FLAGS, 2n | flags);
  guest.exports.sync!(0);
  setting.prepare?.(guest);
  return guest;
}

export const word = (guest: Guest, at: number) => guest.view.getUint32(guest.ram + at, true);

/** What an exception says: its vector, DR6, where it returns to, its image's RF. */
export function describeEvent(guest: Guest, vector: number, image: number): string {
  const dr6 = guest.get(S.S_DR + 6 * 8) & 0xe00fn;
  const names = [0, 1, 2, 3].filter((i) => (dr6 >> BigInt(i)) & 1n).map((i) => `B${i}`);
  for (const [name, bit] of [
    ["BD", BD],
    ["BS", BS],
    ["BT", BT],
  ] as const)
    if (dr6 & bit) names.push(name);
  const ip = word(guest, image);
  const at = ip >= HANDLERS ? `handler ${ip - HANDLERS}` : `${ip - CODE}`;
  const event = vector === VECTOR_DB ? `#DB ${names.join(" ")}`.trim() : `#${vector}`;
  return `${event} at ${at}${word(guest, image + 8) & 0x10000 ? ", RF" : ""}`;
}

/** Runs a program to its HLT, or the handler of another exception than #DB; its exceptions in order. */
export function run(
  code: readonly number[],
  setting: Setting = {},
): { events: string[]; guest: Guest } {
  const guest = machine(code, setting);
  const events: string[] = [];
  guest.set(S.S_RIP, BigInt(CODE));
  for (let i = 0; i < 200 && events.length < 30; i++) {
    const exit = guest.run(undefined, setting.ticks ?? 1000n);
    if (exit === S.EXIT_DEADLINE) continue;
    expect(exit).toBe(S.EXIT_HALTED);
    const halted = Number(guest.get(S.S_RIP)) - 1;
    const vector = halted - HANDLERS;
    if (vector < 0 || vector >= 64) return { events, guest };
    const image = Number(guest.gpr(ESP)) + (vector === VECTOR_GP ? 4 : 0);
    events.push(describeEvent(guest, vector, image));
    guest.set(S.S_DR + 6 * 8, 0xffff0ff0n);
    const isOver = word(guest, image) === CODE + code.length + 1;
    if (vector !== VECTOR_DB || isOver) return { events, guest };
    guest.set(S.S_RIP, BigInt(word(guest, image)));
    guest.set(S.S_FLAGS, BigInt(word(guest, image + 8)) | (setting.resume ?? 0n));
    guest.setGpr(ESP, BigInt(image + 12));
  }
  return { events, guest };
}

export const events = (code: readonly number[], setting?: Setting) => run(code, setting).events;
export const little = (value: number) => [0, 8, 16, 24].map((shift) => (value >>> shift) & 255);
/** MOV [address], EAX; MOV EAX, [address]. */
export const store = (address: number) => [0xa3, ...little(address)];
export const load = (address: number) => [0xa1, ...little(address)];
export const MOV_SS_DX = [0x8e, 0xd2];
export const withData = (guest: Guest) => {
  guest.setGpr(EDX, 16n);
  guest.setGpr(ESI, BigInt(DATA));
  guest.setGpr(EDI, BigInt(DATA));
};
