// PCMPESTRM, PCMPESTRI, PCMPISTRM, PCMPISTRI (Intel SDM volume 2, section 4.1). The immediate: bit 0 words instead of bytes, bit 1 signed,
// bits 3:2 the comparison (any of, ranges, each, substring), bits 5:4 the polarity, bit 6 the last match or a mask of lanes.

import { setArithmeticFlags } from "../../flags.ts";
import { FX_XMM, S_FX, S_GPR } from "../../interface.ts";
import { R_DST, R_IMM, R_SRC, R_WIDTH } from "../../records.ts";

const CF: u32 = 0x1;
const ZF: u32 = 0x40;
const SF: u32 = 0x80;
const OF: u32 = 0x800;
const RCX: u32 = S_GPR + 8;
const RDX: u32 = S_GPR + 16;
/** Width of 64 bits. */
const QUAD: u32 = 3;
const IS_WORDS: u32 = 1;
const IS_SIGNED: u32 = 2;
const ANY_OF: u32 = 0;
const RANGES: u32 = 1;
const EACH: u32 = 2;

/** The immediate of the instruction at hand, u32. */
const ORDER: usize = memory.data(4, 4);

function order(): u32 {
  return load<u32>(ORDER);
}

/** How many lanes there are. */
function count(): u32 {
  return order() & IS_WORDS ? 8 : 16;
}

function element(from: u32, i: u32): i32 {
  const kind = order() & (IS_WORDS | IS_SIGNED);
  if (kind === 0) return <i32>load<u8>(from + i);
  if (kind === IS_WORDS) return <i32>load<u16>(from + i * 2);
  return kind === IS_SIGNED ? <i32>load<i8>(from + i) : <i32>load<i16>(from + i * 2);
}

/** Lanes before the first that is zero. */
function implicitLength(from: u32): u32 {
  let length: u32 = 0;
  while (length < count() && element(from, length) !== 0) length++;
  return length;
}

/** The absolute value of a register, no more than there are lanes. */
function explicitLength(at: u32, width: u32): u32 {
  const value = width === QUAD ? load<i64>(at) : <i64>load<i32>(at);
  const limit = <u64>count();
  return <u32>min<u64>(<u64>(value < 0 ? 0 - value : value), limit);
}

/** Whether lane `j` of the second operand matches by the comparison of sets: any of the first's lanes, or a range of two. */
function isInSet(a: u32, lengthA: u32, value: i32): bool {
  if (((order() >> 2) & 3) === ANY_OF) {
    for (let i: u32 = 0; i < lengthA; i++) if (element(a, i) === value) return true;
    return false;
  }
  for (let i: u32 = 0; i + 1 < lengthA; i += 2)
    if (element(a, i) <= value && value <= element(a, i + 1)) return true;
  return false;
}

/** Whether the first operand is found in the second from lane `j` on, as far as that reaches. */
function isFound(a: u32, lengthA: u32, b: u32, lengthB: u32, j: u32): bool {
  for (let i: u32 = 0; i < lengthA && i + j < count(); i++)
    if (i + j >= lengthB || element(a, i) !== element(b, i + j)) return false;
  return true;
}

function matches(a: u32, lengthA: u32, b: u32, lengthB: u32, j: u32): bool {
  const comparison = (order() >> 2) & 3;
  if (comparison === ANY_OF || comparison === RANGES)
    return j < lengthB && isInSet(a, lengthA, element(b, j));
  if (comparison !== EACH) return isFound(a, lengthA, b, lengthB, j);
  if (j < lengthA && j < lengthB) return element(a, j) === element(b, j);
  return j >= lengthA && j >= lengthB;
}

/** A bit for each lane that matches, after the polarity. */
function compare(a: u32, lengthA: u32, b: u32, lengthB: u32): u32 {
  let bits: u32 = 0;
  for (let j: u32 = 0; j < count(); j++) if (matches(a, lengthA, b, lengthB, j)) bits |= 1 << j;
  const all = ((<u32>1) << count()) - 1;
  const polarity = (order() >> 4) & 3;
  if (polarity === 1) return bits ^ all;
  return polarity === 3 ? bits ^ (((<u32>1) << lengthB) - 1) : bits;
}

/** The number of the first or last lane, into RCX. */
function putIndex(s: u32, bits: u32): void {
  let index = count();
  if (bits !== 0) index = order() & 0x40 ? 31 - <u32>clz<u32>(bits) : <u32>ctz<u32>(bits);
  store<u64>(s, <u64>index, RCX);
}

/** The bits, or a mask of lanes, into XMM0. */
function putMask(s: u32, bits: u32): void {
  const to = s + S_FX + FX_XMM;
  const isLanes = (order() & 0x40) !== 0;
  v128.store(to, i64x2.splat(0));
  if (!isLanes) {
    store<u32>(to, bits);
    return;
  }
  const size = 16 / count();
  for (let j: u32 = 0; j < count(); j++)
    if ((bits >> j) & 1) memory.fill(to + j * size, 0xff, size);
}

/** Compares, gives the index or the mask, and sets CF (some), ZF and SF (the second, the first ends), OF (the first lane). */
function finish(s: u32, record: u32, lengthA: u32, lengthB: u32, wantsMask: bool): void {
  const bits = compare(load<u32>(record, R_DST), lengthA, load<u32>(record, R_SRC), lengthB);
  let flags: u32 = bits !== 0 ? CF : 0;
  if (lengthB < count()) flags |= ZF;
  if (lengthA < count()) flags |= SF;
  if (bits & 1) flags |= OF;
  if (wantsMask) putMask(s, bits);
  else putIndex(s, bits);
  setArithmeticFlags(s, flags);
}

/** PCMPISTRM and PCMPISTRI: a zero ends a string. */
export function compareImplicit(s: u32, record: u32, wantsMask: bool): void {
  store<u32>(ORDER, load<u32>(record, R_IMM));
  const lengthA = implicitLength(load<u32>(record, R_DST));
  const lengthB = implicitLength(load<u32>(record, R_SRC));
  finish(s, record, lengthA, lengthB, wantsMask);
}

/** PCMPESTRM and PCMPESTRI: rAX and rDX are the lengths; R_WIDTH is theirs. */
export function compareExplicit(s: u32, record: u32, wantsMask: bool): void {
  store<u32>(ORDER, load<u32>(record, R_IMM));
  const width = <u32>load<u8>(record, R_WIDTH);
  const lengthA = explicitLength(s + S_GPR, width);
  const lengthB = explicitLength(s + RDX, width);
  finish(s, record, lengthA, lengthB, wantsMask);
}
