// Conditions as sets: bit n tells whether the condition holds for combination n of CF, ZF, SF, OF, PF (flags.ts, `combination`).

/** O, B, E, BE, S, P, L, LE; the odd conditions are their negations. */
const SETS: usize = memory.data<u32>([
  0xff00ff00, 0xaaaaaaaa, 0xcccccccc, 0xeeeeeeee, 0xf0f0f0f0, 0xffff0000, 0x0ff00ff0, 0xcffccffc,
]);

/** The set of condition 0 to 15. */
export function conditionSet(condition: u32): u32 {
  const set = load<u32>(SETS + (condition >> 1) * 4);
  return condition & 1 ? ~set : set;
}
