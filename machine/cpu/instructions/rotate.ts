// RCL, RCR, SHLD, SHRD.

import { carry, flagsOfRotation, flagsOfShift } from "../flags.ts";
import { S_GPR } from "../interface.ts";
import { R_EXTRA, R_IMM, R_SRC } from "../records.ts";
import {
  bitsOf,
  destinationOf,
  maskOf,
  setDestinationOf,
  signExtend,
  sourceOf,
  widthOf,
} from "./sized.ts";

/** A bit of a value. */
function bit(value: u64, number: u32): u64 {
  return (value >> number) & 1;
}

/** The count of a rotation through carry, less than the number of bits and one. */
function rotationCount(record: u32): u32 {
  const bits = bitsOf(record);
  const count = <u32>load<u8>(load<u32>(record, R_SRC)) & (bits === 64 ? 63 : 31);
  return count % (bits + 1);
}

export function rcl(s: u32, record: u32): void {
  const bits = bitsOf(record);
  let value = destinationOf(record);
  let cf = carry(s);
  const count = rotationCount(record);
  for (let i: u32 = 0; i < count; i++) {
    const out = bit(value, bits - 1);
    value = (value << 1) | cf;
    cf = out;
  }
  setDestinationOf(record, value);
  if (count !== 0) flagsOfRotation(s, cf, cf ^ bit(value, bits - 1));
}

export function rcr(s: u32, record: u32): void {
  const bits = bitsOf(record);
  let value = destinationOf(record);
  let cf = carry(s);
  const count = rotationCount(record);
  for (let i: u32 = 0; i < count; i++) {
    const out = value & 1;
    value = (value >> 1) | (cf << (bits - 1));
    cf = out;
  }
  setDestinationOf(record, value);
  if (count !== 0) flagsOfRotation(s, cf, bit(value, bits - 1) ^ bit(value, bits - 2));
}

/** The count of SHLD and SHRD. */
function doubleCount(s: u32, record: u32): u32 {
  const count = load<u8>(record, R_EXTRA) ? load<u8>(s, S_GPR + 8) : load<u8>(record, R_IMM);
  return <u32>count & (bitsOf(record) === 64 ? 63 : 31);
}

function finishDouble(s: u32, record: u32, value: u64, before: u64, cf: u64): void {
  const width = widthOf(record);
  const changed = bit(value ^ before, bitsOf(record) - 1);
  setDestinationOf(record, value);
  flagsOfShift<u64>(s, <u64>signExtend(value & maskOf(width), width), cf, changed);
}

/** With 16 bits and a count above 16 (undefined) the source is followed by the destination again. */
export function shld(s: u32, record: u32): void {
  const count = doubleCount(s, record);
  const bits = bitsOf(record);
  const a = destinationOf(record);
  if (count === 0) return setDestinationOf(record, a);
  const b = sourceOf(record);
  if (bits === 16) {
    const all = (a << 32) | (b << 16) | a;
    const shifted = all << count;
    finishDouble(s, record, (shifted >> 32) & 0xffff, a, bit(all, 48 - count));
    return;
  }
  const value = (a << count) | (b >> (bits - count));
  finishDouble(s, record, value & maskOf(widthOf(record)), a, bit(a, bits - count));
}

export function shrd(s: u32, record: u32): void {
  const count = doubleCount(s, record);
  const bits = bitsOf(record);
  const a = destinationOf(record);
  if (count === 0) return setDestinationOf(record, a);
  const b = sourceOf(record);
  if (bits === 16) {
    const all = (a << 32) | (b << 16) | a;
    finishDouble(s, record, (all >> count) & 0xffff, a, bit(all, count - 1));
    return;
  }
  const value = (a >> count) | (b << (bits - count));
  finishDouble(s, record, value & maskOf(widthOf(record)), a, bit(a, count - 1));
}
