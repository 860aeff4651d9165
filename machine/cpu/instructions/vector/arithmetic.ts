// Integer arithmetic on vectors where WebAssembly has no instruction that does the same.

import { R_DST, R_IMM, R_SRC } from "../../records.ts";

/** PMULUDQ: the products of the even 32-bit lanes, unsigned. */
export function multiplyEven(a: v128, b: v128): v128 {
  const low = i64x2.splat(0xffffffff);
  return i64x2.mul(v128.and(a, low), v128.and(b, low));
}

/** The high halves of eight 32-bit products. */
function highHalves(low: v128, high: v128): v128 {
  return v128.shuffle<u16>(low, high, 1, 3, 5, 7, 9, 11, 13, 15);
}

/** PMULHW: the high 16 bits of the signed products. */
export function pmulhw(a: v128, b: v128): v128 {
  return highHalves(i32x4.extmul_low_i16x8_s(a, b), i32x4.extmul_high_i16x8_s(a, b));
}

/** PMULHUW: the high 16 bits of the unsigned products. */
export function pmulhuw(a: v128, b: v128): v128 {
  return highHalves(i32x4.extmul_low_i16x8_u(a, b), i32x4.extmul_high_i16x8_u(a, b));
}

/** PSADBW: for each half the sum of the absolute differences of its bytes. */
export function psadbw(a: v128, b: v128): v128 {
  const differences = v128.or(i8x16.sub_sat_u(a, b), i8x16.sub_sat_u(b, a));
  const quarters = i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(differences));
  return i64x2.add(v128.and(quarters, i64x2.splat(0xffffffff)), i64x2.shr_u(quarters, 32));
}

/** The even 16-bit lanes of two vectors, and the odd ones. */
function evenWords(a: v128, b: v128): v128 {
  return v128.shuffle<u16>(a, b, 0, 2, 4, 6, 8, 10, 12, 14);
}

function oddWords(a: v128, b: v128): v128 {
  return v128.shuffle<u16>(a, b, 1, 3, 5, 7, 9, 11, 13, 15);
}

function evenDoubles(a: v128, b: v128): v128 {
  return v128.shuffle<u32>(a, b, 0, 2, 4, 6);
}

function oddDoubles(a: v128, b: v128): v128 {
  return v128.shuffle<u32>(a, b, 1, 3, 5, 7);
}

export function phaddw(a: v128, b: v128): v128 {
  return i16x8.add(evenWords(a, b), oddWords(a, b));
}

export function phaddd(a: v128, b: v128): v128 {
  return i32x4.add(evenDoubles(a, b), oddDoubles(a, b));
}

export function phaddsw(a: v128, b: v128): v128 {
  return i16x8.add_sat_s(evenWords(a, b), oddWords(a, b));
}

export function phsubw(a: v128, b: v128): v128 {
  return i16x8.sub(evenWords(a, b), oddWords(a, b));
}

export function phsubd(a: v128, b: v128): v128 {
  return i32x4.sub(evenDoubles(a, b), oddDoubles(a, b));
}

export function phsubsw(a: v128, b: v128): v128 {
  return i16x8.sub_sat_s(evenWords(a, b), oddWords(a, b));
}

/** PMADDUBSW: the first operand's bytes are unsigned, the second's signed. */
export function pmaddubsw(a: v128, b: v128): v128 {
  const even = i16x8.mul(v128.and(a, i16x8.splat(0xff)), i16x8.shr_s(i16x8.shl(b, 8), 8));
  const odd = i16x8.mul(i16x8.shr_u(a, 8), i16x8.shr_s(b, 8));
  return i16x8.add_sat_s(even, odd);
}

/** PMULHRSW: the products' bits 30 to 15, rounded; nothing saturates. */
export function pmulhrsw(a: v128, b: v128): v128 {
  const half = i32x4.splat(0x4000);
  const low = i32x4.shr_s(i32x4.add(i32x4.extmul_low_i16x8_s(a, b), half), 15);
  const high = i32x4.shr_s(i32x4.add(i32x4.extmul_high_i16x8_s(a, b), half), 15);
  return evenWords(low, high);
}

export function psignb(a: v128, b: v128): v128 {
  const zero = i8x16.splat(0);
  const signed = v128.bitselect(i8x16.neg(a), a, i8x16.lt_s(b, zero));
  return v128.andnot(signed, i8x16.eq(b, zero));
}

export function psignw(a: v128, b: v128): v128 {
  const zero = i16x8.splat(0);
  const signed = v128.bitselect(i16x8.neg(a), a, i16x8.lt_s(b, zero));
  return v128.andnot(signed, i16x8.eq(b, zero));
}

export function psignd(a: v128, b: v128): v128 {
  const zero = i32x4.splat(0);
  const signed = v128.bitselect(i32x4.neg(a), a, i32x4.lt_s(b, zero));
  return v128.andnot(signed, i32x4.eq(b, zero));
}

/** PMULDQ: the products of the even 32-bit lanes, signed. */
export function pmuldq(a: v128, b: v128): v128 {
  return i64x2.extmul_low_i32x4_s(evenDoubles(a, a), evenDoubles(b, b));
}

/** PCLMULQDQ: the product of two halves, which the immediate names, without carries. */
export function multiplyWithoutCarry(record: u32): void {
  const order = load<u32>(record, R_IMM);
  const to = load<u32>(record, R_DST);
  const a = load<u64>(to + (order & 1) * 8);
  const b = load<u64>(load<u32>(record, R_SRC) + ((order >> 4) & 1) * 8);
  let low: u64 = 0;
  let high: u64 = 0;
  for (let i: u64 = 0; i < 64; i++) {
    if (!((b >> i) & 1)) continue;
    low ^= a << i;
    if (i !== 0) high ^= a >> (64 - i);
  }
  store<u64>(to, low);
  store<u64>(to, high, 8);
}
