// Integer arithmetic on vectors where WebAssembly has no instruction that does the same.

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
