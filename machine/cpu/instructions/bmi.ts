// BMI1, BMI2 and ADX (Intel SDM volume 2; AMD64 APM volume 3). R_DST is the destination, R_SRC the first source, R_BASE the second.

import { FLAG_CF, FLAG_OF, FLAG_SF, FLAG_ZF } from "../../../abi/x86/registers.ts";
import { arithmeticFlags, setArithmeticFlags } from "../flags.ts";
import { S_GPR } from "../interface.ts";
import { R_BASE, R_DST, R_IMM } from "../records.ts";
import {
  bitsOf,
  destinationOf,
  maskOf,
  setAt,
  setDestinationOf,
  signExtend,
  sourceOf,
  valueAt,
  widthOf,
} from "./sized.ts";

/** Offset of RDX in the state block. */
const RDX: u32 = S_GPR + 2 * 8;
/** Width of 64 bits. */
const QUAD: u32 = 3;

/** The second source. */
function other(record: u32): u64 {
  return valueAt(load<u32>(record, R_BASE), widthOf(record));
}

/** Sets the destination, and SF and ZF by it; CF as given, the other flags cleared. */
function finish(s: u32, record: u32, value: u64, carry: bool): void {
  const width = widthOf(record);
  const result = value & maskOf(width);
  let flags: u32 = carry ? FLAG_CF : 0;
  if (result === 0) flags |= FLAG_ZF;
  if (signExtend(result, width) < 0) flags |= FLAG_SF;
  setArithmeticFlags(s, flags);
  setDestinationOf(record, result);
}

export function andn(s: u32, record: u32): void {
  finish(s, record, ~sourceOf(record) & other(record), false);
}

/** BEXTR: bits 7:0 of the second source are the first bit, 15:8 how many. */
export function bextr(s: u32, record: u32): void {
  const control = other(record);
  const first = control & 0xff;
  const count = (control >> 8) & 0xff;
  const value = first < 64 ? sourceOf(record) >> first : 0;
  const isWhole = count >= 64;
  const result = isWhole ? value : value & (((<u64>1) << count) - 1);
  finish(s, record, result, false);
  setArithmeticFlags(s, result === 0 ? FLAG_ZF : 0);
}

/** BLSI: the lowest bit that is set. */
export function blsi(s: u32, record: u32): void {
  const value = sourceOf(record);
  finish(s, record, value & (0 - value), value !== 0);
}

/** BLSMSK: ones up to the lowest bit that is set. */
export function blsmsk(s: u32, record: u32): void {
  const value = sourceOf(record);
  finish(s, record, value ^ (value - 1), value === 0);
}

/** BLSR: without the lowest bit that is set. */
export function blsr(s: u32, record: u32): void {
  const value = sourceOf(record);
  finish(s, record, value & (value - 1), value === 0);
}

/** BZHI: zeros from a bit on, of which the second source's low byte is the number. */
export function bzhi(s: u32, record: u32): void {
  const first = other(record) & 0xff;
  const isAbove = first >= bitsOf(record);
  const value = sourceOf(record);
  finish(s, record, isAbove ? value : value & (((<u64>1) << first) - 1), isAbove);
}

/** PDEP: the low bits of the first source to the places that the second has set. */
export function pdep(record: u32): void {
  let value = sourceOf(record);
  let result: u64 = 0;
  for (let mask = other(record); mask !== 0; mask &= mask - 1) {
    if (value & 1) result |= mask & (0 - mask);
    value >>= 1;
  }
  setDestinationOf(record, result);
}

/** PEXT: the first source's bits from the places that the second has set. */
export function pext(record: u32): void {
  const value = sourceOf(record);
  let result: u64 = 0;
  let place: u64 = 1;
  for (let mask = other(record); mask !== 0; mask &= mask - 1) {
    if (value & mask & (0 - mask)) result |= place;
    place <<= 1;
  }
  setDestinationOf(record, result);
}

function distance(record: u32): u64 {
  return other(record) & (bitsOf(record) - 1);
}

export function sarx(record: u32): void {
  setDestinationOf(
    record,
    <u64>(signExtend(sourceOf(record), widthOf(record)) >> <i64>distance(record)),
  );
}

export function shlx(record: u32): void {
  setDestinationOf(record, sourceOf(record) << distance(record));
}

export function shrx(record: u32): void {
  setDestinationOf(record, sourceOf(record) >> distance(record));
}

export function rorx(record: u32): void {
  const bits = bitsOf(record);
  const by = load<u64>(record, R_IMM) & (bits - 1);
  const value = sourceOf(record);
  setDestinationOf(record, by === 0 ? value : (value >> by) | (value << (bits - by)));
}

/** High 64 bits of a product. */
function highProduct(a: u64, b: u64): u64 {
  const low = <u64>0xffffffff;
  const cross = (a >> 32) * (b & low) + (((a & low) * (b & low)) >> 32);
  const middle = (cross & low) + (a & low) * (b >> 32);
  return (a >> 32) * (b >> 32) + (cross >> 32) + (middle >> 32);
}

/** MULX: RDX times the source; the low half goes to R_BASE, then the high one to the destination. */
export function mulx(s: u32, record: u32): void {
  const width = widthOf(record);
  const a = valueAt(s + RDX, width);
  const b = sourceOf(record);
  const high = width === QUAD ? highProduct(a, b) : (a * b) >> 32;
  setAt(load<u32>(record, R_BASE), width, a * b);
  setAt(load<u32>(record, R_DST), width, high);
}

/** ADCX and ADOX: adds with one flag as carry in and out, and leaves the others alone. */
function addWith(s: u32, record: u32, flag: u32): void {
  const flags = arithmeticFlags(s);
  const a = destinationOf(record);
  const b = sourceOf(record);
  const carry: u64 = flags & flag ? 1 : 0;
  const mask = maskOf(widthOf(record));
  const sum = (a + b + carry) & mask;
  const carries = ((a & b) | ((a | b) & ~sum)) >> (bitsOf(record) - 1);
  setArithmeticFlags(s, (flags & ~flag) | (carries & 1 ? flag : 0));
  setDestinationOf(record, sum);
}

export function adcx(s: u32, record: u32): void {
  addWith(s, record, FLAG_CF);
}

export function adox(s: u32, record: u32): void {
  addWith(s, record, FLAG_OF);
}
