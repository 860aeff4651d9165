// Lazy flags. Every flag-writing operation leaves two words: its result, sign-extended to 64 bits (S_RESULT), from which ZF, SF and
// PF follow, and its carries (S_CARRIES): bit 63 is CF, bits 63 ^ 62 are OF, bit 3 is AF, bit 0 inverts SF and bit 1 PF (needed
// only where flags were loaded from a register). RFLAGS in the state block has its six arithmetic bits up to date only after `collect`.

import { FLAG_AF, FLAG_CF, FLAG_OF, FLAG_PF, FLAG_SF, FLAG_ZF } from "../../abi/x86/registers.ts";
import { S_FLAGS } from "./interface.ts";
import { S_CARRIES, S_RESULT } from "./interpreter-state.ts";

/** The six arithmetic flags. */
export const ARITHMETIC: u32 = FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF;
/** The carry's bit and the one that gives OF with it. */
export const TOP: u64 = 0xc000000000000000;
/** The auxiliary carry's bit. */
export const AUXILIARY: u64 = 8;
/** All that is kept apart from CF and OF. */
const BELOW: u64 = 0xb;

/** The carries of an operation of T's width, moved to their places. */
export function placed<T extends number>(carries: T): u64 {
  const wide = <u64>carries;
  if (sizeof<T>() == 8) return wide & (TOP | AUXILIARY);
  return ((wide << (64 - sizeof<T>() * 8)) & TOP) | (wide & AUXILIARY);
}

/** T's value, sign-extended. */
export function extended<T extends number>(value: T): i64 {
  if (sizeof<T>() == 1) return <i64>(<i8>value);
  if (sizeof<T>() == 2) return <i64>(<i16>value);
  if (sizeof<T>() == 4) return <i64>(<i32>value);
  return <i64>value;
}

/** Flags of r = a + b, or a + b + CF. */
export function flagsOfAdd<T extends number>(s: u32, a: T, b: T, r: T): void {
  store<i64>(s, extended<T>(r), S_RESULT);
  store<u64>(s, placed<T>(<T>((a & b) | ((a | b) & ~r))), S_CARRIES);
}

/** Flags of r = a - b, or a - b - CF. */
export function flagsOfSub<T extends number>(s: u32, a: T, b: T, r: T): void {
  store<i64>(s, extended<T>(r), S_RESULT);
  store<u64>(s, placed<T>(<T>((~a & b) | ((~a | b) & r))), S_CARRIES);
}

/** Flags of a logical result: CF, OF and AF are 0. */
export function flagsOfLogic<T extends number>(s: u32, r: T): void {
  store<i64>(s, extended<T>(r), S_RESULT);
  store<u64>(s, 0, S_CARRIES);
}

/** The carries word with CF replaced by that of `old` and OF kept. */
export function withCarryOf(carries: u64, old: u64): u64 {
  return carries ^ (TOP & (0 - ((carries ^ old) >> 63)));
}

/** The carries word of a CF and an OF (0 or 1). */
export function carriesOf(cf: u64, overflow: u64): u64 {
  return (cf << 63) | ((cf ^ overflow) << 62);
}

/** Flags of a shift's result; CF and OF are 0 or 1, AF becomes 0. */
export function flagsOfShift<T extends number>(s: u32, r: T, cf: u64, overflow: u64): void {
  store<i64>(s, extended<T>(r), S_RESULT);
  store<u64>(s, carriesOf(cf, overflow), S_CARRIES);
}

/** Replaces CF and OF alone. */
export function flagsOfRotation(s: u32, cf: u64, overflow: u64): void {
  store<u64>(s, carriesOf(cf, overflow) | (load<u64>(s, S_CARRIES) & BELOW), S_CARRIES);
}

/** CF, 0 or 1. */
export function carry(s: u32): u64 {
  return load<u64>(s, S_CARRIES) >> 63;
}

/** The combination of CF, ZF, SF, OF and PF as a number below 32 (bits 0 to 4): the place of a bit in a condition's set. */
export function combination(s: u32): u32 {
  const r = load<i64>(s, S_RESULT);
  const c = load<u64>(s, S_CARRIES);
  const top = <u32>(c >> 62);
  const cf = top >> 1;
  const sf = <u32>(<u64>r >> 63) ^ (<u32>c & 1);
  let p = <u32>r & 0xff;
  p ^= p >> 4;
  // Bit n of 0x9669 is 1 where n has an even number of ones.
  const pf = ((0x9669 >> (p & 15)) & 1) ^ ((<u32>c >> 1) & 1);
  return cf | (u32(r == 0) << 1) | (sf << 2) | ((cf ^ (top & 1)) << 3) | (pf << 4);
}

/** Whether the condition whose set of combinations is `set` holds. */
export function holds(s: u32, set: u32): bool {
  return ((set >> combination(s)) & 1) != 0;
}

/** The six arithmetic flags as in RFLAGS. */
export function arithmeticFlags(s: u32): u32 {
  const all = combination(s);
  const af = (<u32>load<u64>(s, S_CARRIES) >> 3) & 1;
  return (
    (all & 1) |
    (((all >> 1) & 1) * FLAG_ZF) |
    (((all >> 2) & 1) * FLAG_SF) |
    (((all >> 3) & 1) * FLAG_OF) |
    ((all >> 4) * FLAG_PF) |
    (af * FLAG_AF)
  );
}

/** Sets the six arithmetic flags from a value laid out as RFLAGS; other bits are ignored. */
export function setArithmeticFlags(s: u32, flags: u32): void {
  const cf = <u64>(flags & FLAG_CF);
  const zf = (flags & FLAG_ZF) != 0;
  // A result of 0 has even parity and a clear sign, 1 has odd parity and a clear sign.
  const parityInverted = u64(((flags & FLAG_PF) != 0) != zf) << 1;
  const signInverted = u64((flags & FLAG_SF) != 0);
  const af = flags & FLAG_AF ? AUXILIARY : 0;
  store<i64>(s, zf ? 0 : 1, S_RESULT);
  store<u64>(
    s,
    carriesOf(cf, u64((flags & FLAG_OF) != 0)) | af | parityInverted | signInverted,
    S_CARRIES,
  );
}

/** Brings RFLAGS in the state block up to date. */
export function collectFlags(s: u32): void {
  store<u64>(s, (load<u64>(s, S_FLAGS) & ~(<u64>ARITHMETIC)) | arithmeticFlags(s), S_FLAGS);
}

/** Takes RFLAGS over from the state block. */
export function spreadFlags(s: u32): void {
  setArithmeticFlags(s, load<u32>(s, S_FLAGS));
}
