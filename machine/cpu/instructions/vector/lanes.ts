// SSSE3, SSE4.1: permutations by a vector or an immediate, and lanes moved one by one. R_IMM is the immediate; sources are read before the
// destination is written.

import { setArithmeticFlags } from "../../flags.ts";
import { R_DST, R_EXTRA, R_IMM, R_SRC } from "../../records.ts";
import { setDestinationOf, widthOf } from "../sized.ts";
import { first, put, second } from "./operands.ts";

const CF: u32 = 0x1;
const ZF: u32 = 0x40;
/** Width of 64 bits. */
const QUAD: u32 = 3;
/** Two operands side by side, the source first, u8[48]; what follows is zero. */
const PAIR: usize = memory.data(48, 16);

function immediate(record: u32): u32 {
  return load<u32>(record, R_IMM);
}

/** Whether the record is of MMX. */
function isMmx(record: u32): bool {
  return load<u8>(record, R_EXTRA) !== 0;
}

/** PSHUFB: each byte of the source names one of the destination's, or zero by its sign. */
export function pshufb(record: u32): void {
  const named: i8 = isMmx(record) ? <i8>0x87 : <i8>0x8f;
  put(record, i8x16.swizzle(first(record), v128.and(second(record), i8x16.splat(named))));
}

/** PALIGNR: the destination before the source, moved right by bytes. */
export function palignr(record: u32): void {
  const size: u32 = isMmx(record) ? 8 : 16;
  memory.fill(<u32>PAIR, 0, 48);
  memory.copy(<u32>PAIR, load<u32>(record, R_SRC), size);
  memory.copy(<u32>PAIR + size, load<u32>(record, R_DST), size);
  const distance = min<u32>(immediate(record) & 0xff, 2 * size);
  put(record, v128.load(<u32>PAIR + distance));
}

/** PTEST: ZF where no bit is in both, CF where none of the source's is outside the destination's. */
export function ptest(s: u32, record: u32): void {
  const a = first(record);
  const b = second(record);
  const noneInBoth = !v128.any_true(v128.and(a, b));
  const noneOutside = !v128.any_true(v128.andnot(b, a));
  setArithmeticFlags(s, (noneInBoth ? ZF : 0) | (noneOutside ? CF : 0));
}

/** Sets lanes of `size` bytes whose bit in the immediate is set; the immediate's bits are used again where lanes are many. */
function blendLanes(record: u32, size: u32): void {
  const order = immediate(record);
  const to = load<u32>(record, R_DST);
  const from = load<u32>(record, R_SRC);
  for (let i: u32 = 0; i < 16 / size; i++)
    if ((order >> i) & 1) memory.copy(to + i * size, from + i * size, size);
}

export function blendps(record: u32): void {
  blendLanes(record, 4);
}

export function blendpd(record: u32): void {
  blendLanes(record, 8);
}

export function pblendw(record: u32): void {
  blendLanes(record, 2);
}

/** INSERTPS: the source is the lane; the immediate says where it goes, and which lanes become zero. */
export function insertps(record: u32): void {
  const order = immediate(record);
  const to = load<u32>(record, R_DST);
  store<u32>(to + ((order >> 4) & 3) * 4, load<u32>(load<u32>(record, R_SRC)));
  for (let i: u32 = 0; i < 4; i++) if ((order >> i) & 1) store<u32>(to + i * 4, 0);
}

/** MPSADBW: eight sums of four absolute differences, of a moving window and a fixed block. */
export function mpsadbw(record: u32): void {
  const order = immediate(record);
  const to = load<u32>(record, R_DST);
  const block = load<u32>(load<u32>(record, R_SRC) + (order & 3) * 4);
  memory.copy(<u32>PAIR, to, 16);
  const window = <u32>PAIR + (order & 4);
  for (let i: u32 = 0; i < 8; i++) {
    let sum: u32 = 0;
    for (let j: u32 = 0; j < 4; j++) {
      const difference = <i32>load<u8>(window + i + j) - <i32>((block >> (j * 8)) & 0xff);
      sum += <u32>abs<i32>(difference);
    }
    store<u16>(to + i * 2, <u16>sum);
  }
}

/** PHMINPOSUW: the least 16-bit lane, and its number. */
export function phminposuw(record: u32): void {
  const from = load<u32>(record, R_SRC);
  let least: u32 = 0;
  for (let i: u32 = 1; i < 8; i++)
    if (load<u16>(from + i * 2) < load<u16>(from + least * 2)) least = i;
  const result = <u64>load<u16>(from + least * 2) | ((<u64>least) << 16);
  const to = load<u32>(record, R_DST);
  store<u64>(to, result);
  store<u64>(to, 0, 8);
}

/** PEXTRB, into a whole register. */
export function pextrb(record: u32): void {
  const from = load<u32>(record, R_SRC) + (immediate(record) & 15);
  store<u64>(load<u32>(record, R_DST), <u64>load<u8>(from));
}

/** PEXTRD and PEXTRQ. */
export function pextrd(record: u32): void {
  const from = load<u32>(record, R_SRC);
  const value =
    widthOf(record) === QUAD
      ? load<u64>(from + (immediate(record) & 1) * 8)
      : <u64>load<u32>(from + (immediate(record) & 3) * 4);
  setDestinationOf(record, value);
}

/** EXTRACTPS, into a whole register. */
export function extractps(record: u32): void {
  const from = load<u32>(record, R_SRC) + (immediate(record) & 3) * 4;
  store<u64>(load<u32>(record, R_DST), <u64>load<u32>(from));
}

export function pinsrb(record: u32): void {
  const to = load<u32>(record, R_DST) + (immediate(record) & 15);
  store<u8>(to, load<u8>(load<u32>(record, R_SRC)));
}

export function pinsrd(record: u32): void {
  const to = load<u32>(record, R_DST) + (immediate(record) & 3) * 4;
  store<u32>(to, load<u32>(load<u32>(record, R_SRC)));
}

export function pinsrq(record: u32): void {
  const to = load<u32>(record, R_DST) + (immediate(record) & 1) * 8;
  store<u64>(to, load<u64>(load<u32>(record, R_SRC)));
}
