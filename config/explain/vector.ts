// Whether code begins with an instruction of SSE or AVX: what compilers write where they are let, and raises #UD where the
// processor lacks it or nobody has switched it on (AMD64 Architecture Programmer's Manual, volume 3, appendix A).

const PREFIXES = [0x66, 0xf2, 0xf3, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x67];
const REX = 0x40;
const HIGH_NIBBLE = 0xf0;
const TWO_BYTE = 0x0f;
/** VEX and EVEX; outside of 64-bit code LES, LDS and BOUND, which have no register form. */
const VECTOR_PREFIXES = [0xc4, 0xc5, 0x62];
const REGISTER_FORM = 0xc0;
/** Opcodes after 0f, first and last. */
const OPCODES: readonly (readonly [number, number])[] = [
  [0x10, 0x17],
  [0x28, 0x2f],
  [0x38, 0x3a],
  [0x50, 0x76],
  [0x7c, 0x7f],
  [0xc2, 0xc2],
  [0xc4, 0xc6],
  [0xd0, 0xfe],
];

export function isVector(code: Uint8Array, bits: 16 | 32 | 64): boolean {
  let at = 0;
  while (PREFIXES.includes(code[at]!)) at++;
  if (bits === 64 && (code[at]! & HIGH_NIBBLE) === REX) at++;
  const [first, second] = [code[at], code[at + 1]];
  if (first === undefined || second === undefined) return false;
  if (VECTOR_PREFIXES.includes(first)) return bits === 64 || second >= REGISTER_FORM;
  return first === TWO_BYTE && OPCODES.some(([from, to]) => from <= second && second <= to);
}
