// Random code in random states of every mode: what a fuzz run starts from, and what it compares.
import * as S from "../../../../machine/cpu/interface.ts";
import type { Guest } from "./guest.ts";
import type { Random } from "./snippets.ts";

/** Modes that code is tried in. */
export const MODES = [
  "real",
  "vm86",
  "protected 16",
  "protected 32",
  "compatibility",
  "long",
] as const;
export type Mode = (typeof MODES)[number];

/** Physical addresses: code, data, stack, descriptor tables. */
const CODE = 0x10000;
const CODE_SIZE = 0x2000;
const GDT = 0x20000;
const IDT = 0x21000;
const TSS = 0x22000;
const TABLES = 0x30000;
const HANDLER = 0x24000;
const PAGE = 4096;
/** RAM that is compared: everything that the modes' segments lead to at first. */
export const COMPARED = 0x40000;
const CR0_PE = 0x11n;
const CR0_PG = 0x80000000n;
const CR4_PAE = 0x20n;
const EFER_LONG = 0x501n;
const FLAG_VM = 0x20000n;
const FLAGS = 0x244cd5n;
const FLAG_FIXED = 0x2n;
const IDT_LIMIT = 0xfff;
const GATES = 256;
/** Descriptors: null, 32-bit code and data, 16-bit code and data, 64-bit code, code and data of ring 3, TSS (two slots). */
const DESCRIPTORS = [
  0n,
  0xcf9b000000ffffn,
  0xcf93000000ffffn,
  0x009b010000ffffn,
  0x0093010000ffffn,
  0xaf9b000000ffffn,
  0xcffb000000ffffn,
  0xcff3000000ffffn,
  0x00008b022000ffffn,
  0n,
  0xc09301000000ffn,
  0x0097000000000fn,
];

function writeTables(guest: Guest, isLong: boolean): void {
  const view = guest.view;
  for (const [i, descriptor] of DESCRIPTORS.entries())
    view.setBigUint64(guest.ram + GDT + i * 8, descriptor, true);
  for (let vector = 0; vector < GATES; vector++) {
    const gate = BigInt(HANDLER & 0xffff) | ((isLong ? 0x28n : 8n) << 16n) | (0xeen << 40n);
    const at = guest.ram + IDT + vector * (isLong ? 16 : 8);
    view.setBigUint64(at, gate | (BigInt(HANDLER >> 16) << 48n), true);
    if (isLong) view.setBigUint64(at + 8, 0n, true);
  }
  // The stacks of rings 0 to 2, 32-bit and 64-bit.
  for (let i = 4; i < 0x68; i += 4) view.setUint32(guest.ram + TSS + i, 0x1f000, true);
  view.setBigUint64(guest.ram + TABLES, BigInt(TABLES + PAGE) | 7n, true);
  view.setBigUint64(guest.ram + TABLES + PAGE, BigInt(TABLES + 2 * PAGE) | 7n, true);
  for (let i = 0; i < 8; i++)
    view.setBigUint64(guest.ram + TABLES + 2 * PAGE + i * 8, (BigInt(i) << 21n) | 0x87n, true);
}

function setSegment(
  guest: Guest,
  number: number,
  selector: number,
  attributes: number,
  limit: number,
  base: bigint,
): void {
  guest.segment(number, attributes, selector, limit);
  guest.set(S.S_SEGMENT + number * S.SEGMENT_SIZE + S.SEG_BASE, base);
}

/** Segments of real and virtual 8086 mode. */
function setRealSegments(guest: Guest, isVirtual: boolean): void {
  const base = BigInt(CODE);
  for (let i = 0; i < 6; i++)
    setSegment(guest, i, CODE >> 4, isVirtual ? 0xf3 : i === S.CS ? 0x9b : 0x93, 0xffff, base);
}

function setProtectedSegments(guest: Guest, mode: Mode, random: Random): void {
  const is16 = mode === "protected 16";
  const isUser = random.below(3) === 0;
  const base = is16 ? BigInt(CODE) : 0n;
  const limit = is16 ? 0xffff : 0xffffffff;
  const user = isUser ? 0x60 : 0;
  const code = mode === "long" ? 0xa9b : is16 ? 0x9b : 0xc9b;
  for (let i = 0; i < 6; i++) {
    const odd = mode !== "long" && i !== S.CS && random.below(4) === 0;
    // Odd: expand-down, or with a small limit.
    const attributes = (is16 ? 0x93 : 0xc93) | user | (odd ? 4 * random.below(2) : 0);
    const own = odd ? random.below(0x12000) : limit;
    setSegment(guest, i, is16 ? 0x20 : 0x10, i === S.CS ? code | user : attributes, own, base);
  }
  guest.set32(S.S_CPL, isUser ? 3 : 0);
}

/** Puts `guest` in `mode` with random registers and random code; the same random numbers give the same. Returns RIP. */
export function prepare(guest: Guest, mode: Mode, random: Random): void {
  const isReal = mode === "real";
  const isLong = mode === "long" || mode === "compatibility";
  const isPaged = isLong;
  guest.exports.reset!(0);
  const bytes = Uint8Array.from({ length: CODE_SIZE }, () => random.next());
  guest.write(0, new Uint8Array(COMPARED));
  guest.write(CODE, bytes);
  guest.write(HANDLER, bytes.subarray(0, 0x400));
  writeTables(guest, isLong);
  guest.exports.invalidateCode!(0n, BigInt(COMPARED));
  guest.set(S.S_GDT_BASE, BigInt(GDT));
  guest.set32(S.S_GDT_LIMIT, DESCRIPTORS.length * 8 - 1);
  guest.set(S.S_IDT_BASE, isReal ? 0n : BigInt(IDT));
  guest.set32(S.S_IDT_LIMIT, IDT_LIMIT);
  guest.set32(S.S_CPL, mode === "vm86" ? 3 : 0);
  let flags = (BigInt(random.next()) & FLAGS) | FLAG_FIXED;
  if (mode === "vm86") flags |= FLAG_VM;
  guest.set(S.S_FLAGS, flags);
  guest.set(S.S_CR3, BigInt(TABLES));
  guest.set(S.S_CR4, isPaged ? CR4_PAE : 0n);
  guest.set(S.S_EFER, isLong ? EFER_LONG : 0n);
  guest.set(S.S_CR0, isReal ? 0x10n : CR0_PE | (isPaged ? CR0_PG : 0n));
  setSegment(guest, S.TR, 0x40, 0x8b, 0xffff, BigInt(TSS));
  if (isReal || mode === "vm86") setRealSegments(guest, !isReal);
  else setProtectedSegments(guest, mode, random);
  const near = isReal || mode === "vm86" || mode === "protected 16";
  for (let i = 0; i < 16; i++) {
    const pointer = BigInt((near ? 0 : CODE) + random.below(CODE_SIZE * 2));
    guest.setGpr(i, random.below(2) || i === 4 ? pointer : random.wide());
  }
  guest.set(S.S_RIP, BigInt((near ? 0 : CODE) + random.below(CODE_SIZE - 0x100)));
  guest.exports.sync!(0);
}

/** All that a program could see of the CPU: the state block up to the fault's fields, as hexadecimal. */
export function visible(guest: Guest): string {
  const upTo = guest.bytes.slice(guest.s, guest.s + S.S_FAULT);
  // The deadline and what the outside sets are not compared.
  upTo.fill(0, S.S_DEADLINE, S.S_DEADLINE + 8);
  return Buffer.from(upTo).toString("hex");
}
