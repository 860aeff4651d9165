// The state of x87, MMX and SSE in the form that FXSAVE64 writes: random ones, and that of the emulated CPU, which keeps the 80-bit
// registers in physical order.
import * as S from "../../../../machine/cpu/interface.ts";
import type { Guest } from "./guest.ts";
import { FX_SIZE, plainFx } from "./native.ts";
import type { Random } from "./snippets.ts";

const REGISTERS = 8;
const REGISTER_SIZE = 16;
/** Bytes of an 80-bit register. */
const USED = 10;
const XMM = 16;
const TOP_SHIFT = 11;
/** Rounding, and now and then denormals as zeros and flush to zero; all exceptions masked. */
const MXCSR_BITS = [0x0000, 0x2000, 0x4000, 0x6000, 0x0040, 0x8000, 0x8040];
const MXCSR_MASKED = 0x1f80;
const MXCSR_FLAGS = 0x3f;
const MXCSR_INEXACT = 0x20;
/** Doubles and singles that matter: zeros, infinities, NaNs of both kinds, denormals, the greatest, one, halves. */
const DOUBLES = [
  ...[0n, 0x8000_0000_0000_0000n, 0x7ff0_0000_0000_0000n, 0xfff0_0000_0000_0000n],
  ...[0x7ff8_0000_0000_0001n, 0x7ff0_0000_0000_0123n, 0xfff8_0000_0000_0000n, 1n],
  ...[0x000f_ffff_ffff_ffffn, 0x0010_0000_0000_0000n, 0x7fef_ffff_ffff_ffffn],
  ...[
    0x3ff0_0000_0000_0000n,
    0xbfe0_0000_0000_0000n,
    0x43e0_0000_0000_0000n,
    0x41df_ffff_ffe0_0000n,
  ],
];
const SINGLES = [
  ...[0, 0x8000_0000, 0x7f80_0000, 0xff80_0000, 0x7fc0_0001, 0x7f80_0123, 0xffc0_0000, 1],
  ...[0x007f_ffff, 0x0080_0000, 0x7f7f_ffff, 0x3f80_0000, 0xbf00_0000, 0x4f00_0000, 0xcf00_0000],
];

/** 64 bits: numbers, two singles, a double of a common size, or special ones. */
export function lane(random: Random): bigint {
  const single = () => BigInt(random.below(2) ? random.pick(SINGLES) : random.next());
  const close = () =>
    BigInt((random.next() & 0x807f_ffff) >>> 0) | BigInt(0x3e80_0000 + 0x80_0000 * random.below(3));
  switch (random.below(6)) {
    case 0:
      return random.pick(DOUBLES);
    case 1:
      return single() | (single() << 32n);
    case 2:
      return BigInt.asUintN(64, close() | (close() << 32n));
    case 3:
      return (random.wide() & 0x800f_ffff_ffff_ffffn) | (BigInt(1000 + random.below(60)) << 52n);
    default:
      return random.wide();
  }
}

/** A random state, without unmasked exceptions of the x87. */
export function randomFx(random: Random): Uint8Array {
  const fx = plainFx();
  const view = new DataView(fx.buffer);
  view.setUint16(S.FX_STATUS, random.below(REGISTERS) << TOP_SHIFT, true);
  view.setUint8(S.FX_TAGS, random.next() & 255);
  const mxcsr = MXCSR_MASKED | random.pick(MXCSR_BITS) | (random.next() & MXCSR_FLAGS);
  const unmasked = random.below(4) === 0 ? random.next() & MXCSR_MASKED : 0;
  // As after a reset, as after the first inexact result, or anything.
  const usual = [MXCSR_MASKED, MXCSR_MASKED | MXCSR_INEXACT];
  view.setUint32(S.FX_MXCSR, random.pick([...usual, mxcsr & ~unmasked]), true);
  for (let i = 0; i < REGISTERS; i++) {
    const at = S.FX_REGISTERS + i * REGISTER_SIZE;
    view.setBigUint64(at, random.wide(), true);
    view.setUint16(at + 8, random.next(), true);
  }
  for (let i = 0; i < XMM * 2; i++) view.setBigUint64(S.FX_XMM + i * 8, lane(random), true);
  return fx;
}

/** Copies the registers from one order to the other: entry `i` of the stack is physical register (top + i) mod 8. */
function rotate(from: Uint8Array, to: Uint8Array, place: (i: number) => [number, number]): void {
  for (let i = 0; i < REGISTERS; i++) {
    const [a, b] = place(i).map((index) => S.FX_REGISTERS + index * REGISTER_SIZE);
    to.set(from.subarray(a, a! + USED), b);
  }
}

function topOf(fx: Uint8Array): number {
  return (new DataView(fx.buffer, fx.byteOffset).getUint16(S.FX_STATUS, true) >> TOP_SHIFT) & 7;
}

/** Gives the emulated CPU a state. */
export function putFx(guest: Guest, fx: Uint8Array): void {
  const own = fx.slice();
  const top = topOf(fx);
  rotate(fx, own, (i) => [i, (top + i) % REGISTERS]);
  guest.bytes.set(own, guest.s + S.S_FX);
}

/** The emulated CPU's state. */
export function takeFx(guest: Guest): Uint8Array {
  const own = guest.bytes.slice(guest.s + S.S_FX, guest.s + S.S_FX + FX_SIZE);
  const fx = own.slice();
  const top = topOf(own);
  rotate(own, fx, (i) => [(top + i) % REGISTERS, i]);
  return fx;
}

/** What differs between two states, in words; the last instruction's addresses are left out. */
export function differencesOfFx(got: Uint8Array, wanted: Uint8Array): string[] {
  const hex = (fx: Uint8Array, at: number, size: number) =>
    Buffer.from(fx.subarray(at, at + size))
      .reverse()
      .toString("hex");
  const fields: [string, number, number][] = [
    ["FCW", S.FX_CONTROL, 2],
    ["FSW", S.FX_STATUS, 2],
    ["FTW", S.FX_TAGS, 1],
    ["MXCSR", S.FX_MXCSR, 4],
    ...[...Array(REGISTERS).keys()].map((i): [string, number, number] => [
      `st${i}`,
      S.FX_REGISTERS + i * REGISTER_SIZE,
      USED,
    ]),
    ...[...Array(XMM).keys()].map((i): [string, number, number] => [
      `xmm${i}`,
      S.FX_XMM + i * REGISTER_SIZE,
      REGISTER_SIZE,
    ]),
  ];
  return fields.flatMap(([name, at, size]) =>
    hex(got, at, size) === hex(wanted, at, size)
      ? []
      : [`${name} ${hex(got, at, size)}, not ${hex(wanted, at, size)}`],
  );
}
