// BT, BTS, BTR, BTC, BSF, BSR, LZCNT, TZCNT, POPCNT, BSWAP, MOVBE.

import { carriesOf, flagsOfLogic, flagsOfShift } from "../flags.ts";
import { S_CARRIES } from "../interpreter-state.ts";
import { R_DST } from "../records.ts";
import {
  bitsOf,
  destinationOf,
  setAt,
  setDestinationOf,
  signExtend,
  sourceOf,
  widthOf,
} from "./sized.ts";

/** CF alone changes; OF and the others stay. */
function setCarry(s: u32, cf: u64): void {
  const old = load<u64>(s, S_CARRIES);
  const overflow = (old >> 63) ^ ((old >> 62) & 1);
  store<u64>(s, carriesOf(cf, overflow) | ((old << 2) >> 2), S_CARRIES);
}

/** The tested bit's number. */
function numberOf(record: u32): u64 {
  return sourceOf(record) & (bitsOf(record) - 1);
}

function test(s: u32, record: u32): void {
  setCarry(s, (destinationOf(record) >> numberOf(record)) & 1);
}

export function bt(s: u32, record: u32): void {
  test(s, record);
}

export function bts(s: u32, record: u32): void {
  test(s, record);
  setDestinationOf(record, destinationOf(record) | ((<u64>1) << numberOf(record)));
}

export function btr(s: u32, record: u32): void {
  test(s, record);
  setDestinationOf(record, destinationOf(record) & ~((<u64>1) << numberOf(record)));
}

export function btc(s: u32, record: u32): void {
  test(s, record);
  setDestinationOf(record, destinationOf(record) ^ ((<u64>1) << numberOf(record)));
}

/** Moves the offset in the destination (64 bits) to the word that holds bit number `source`, which is signed. */
export function bitAddress(record: u32): void {
  const width = widthOf(record);
  const words = signExtend(sourceOf(record), width) >> (width + 3);
  const to = load<u32>(record, R_DST);
  store<u64>(to, load<u64>(to) + (words << width));
}

/** BSF and BSR leave the destination alone where the source is 0. */
export function bsf(s: u32, record: u32): void {
  const value = sourceOf(record);
  if (value !== 0) setDestinationOf(record, ctz<u64>(value));
  flagsOfLogic<u64>(s, value);
}

export function bsr(s: u32, record: u32): void {
  const value = sourceOf(record);
  if (value !== 0) setDestinationOf(record, 63 - clz<u64>(value));
  flagsOfLogic<u64>(s, value);
}

/** CF tells that the source is 0, ZF that the result is. */
function finishCount(s: u32, record: u32, count: u64, isZero: bool): void {
  setDestinationOf(record, count);
  flagsOfShift<u64>(s, count, u64(isZero), 0);
}

export function lzcnt(s: u32, record: u32): void {
  const value = sourceOf(record);
  finishCount(s, record, clz<u64>(value) - (64 - bitsOf(record)), value === 0);
}

export function tzcnt(s: u32, record: u32): void {
  const value = sourceOf(record);
  finishCount(s, record, min<u64>(ctz<u64>(value), bitsOf(record)), value === 0);
}

/** All flags but ZF are 0: PF and SF too. */
export function popcntOf(s: u32, record: u32): void {
  const value = sourceOf(record);
  setDestinationOf(record, popcnt<u64>(value));
  // A result of 1 has SF and PF clear.
  flagsOfLogic<u64>(s, u64(value !== 0));
  if (value === 0) store<u64>(s, INVERT_PARITY, S_CARRIES);
}

/** Bit of S_CARRIES that inverts PF. */
const INVERT_PARITY: u64 = 2;

/** The bytes of a value of a record's width, reversed. */
function reversed(value: u64, record: u32): u64 {
  return bswap<u64>(value) >> (64 - bitsOf(record));
}

/** With 16-bit operands (undefined) the result is 0, as on real processors. */
export function bswapOf(record: u32): void {
  setDestinationOf(record, widthOf(record) === 1 ? 0 : reversed(destinationOf(record), record));
}

export function movbe(record: u32): void {
  setAt(load<u32>(record, R_DST), widthOf(record), reversed(sourceOf(record), record));
}

/** Castagnoli's polynomial, reflected. */
const CRC_POLYNOMIAL: u32 = 0x82f63b78;

/** CRC32: the checksum of the source's bytes, on from the destination (Intel SDM volume 2). */
export function crc32(record: u32): void {
  const to = load<u32>(record, R_DST);
  let value = sourceOf(record);
  let sum = load<u32>(to);
  for (let bits = bitsOf(record); bits > 0; bits--) {
    const carry = (sum ^ <u32>value) & 1;
    sum = (sum >> 1) ^ (carry ? CRC_POLYNOMIAL : 0);
    value >>= 1;
  }
  store<u64>(to, <u64>sum);
}
