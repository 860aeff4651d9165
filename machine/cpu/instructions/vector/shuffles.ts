// Shuffles by an immediate, and moves of one lane. Sources are read before the destination is written: they may be the same.

import { R_DST, R_EXTRA, R_IMM, R_SRC } from "../../records.ts";

/** Lane `number` (two bits of the immediate) of 16 bits. */
function word(from: u32, order: u32, number: u32): u64 {
  return load<u16>(from + (((order >> (number * 2)) & 3) << 1));
}

/** Lane of 32 bits. */
function double(from: u32, order: u32, number: u32): u64 {
  return load<u32>(from + (((order >> (number * 2)) & 3) << 2));
}

/** Four lanes of 16 bits at `from` in the order that the immediate says. */
function fourWords(from: u32, order: u32): u64 {
  return (
    word(from, order, 0) |
    (word(from, order, 1) << 16) |
    (word(from, order, 2) << 32) |
    (word(from, order, 3) << 48)
  );
}

function twoDoubles(from: u32, order: u32, number: u32): u64 {
  return double(from, order, number) | (double(from, order, number + 1) << 32);
}

function set(record: u32, low: u64, high: u64): void {
  const to = load<u32>(record, R_DST);
  store<u64>(to, low);
  store<u64>(to, high, 8);
}

export function pshufd(record: u32): void {
  const from = load<u32>(record, R_SRC);
  const order = load<u32>(record, R_IMM);
  set(record, twoDoubles(from, order, 0), twoDoubles(from, order, 2));
}

/** SHUFPS: two lanes of the destination, then two of the source. */
export function shufps(record: u32): void {
  const order = load<u32>(record, R_IMM);
  const low = twoDoubles(load<u32>(record, R_DST), order, 0);
  set(record, low, twoDoubles(load<u32>(record, R_SRC), order, 2));
}

/** SHUFPD: a half of the destination, then one of the source. */
export function shufpd(record: u32): void {
  const order = load<u32>(record, R_IMM);
  const low = load<u64>(load<u32>(record, R_DST) + ((order & 1) << 3));
  set(record, low, load<u64>(load<u32>(record, R_SRC) + ((order & 2) << 2)));
}

/** PSHUFW, of MMX. */
export function pshufw(record: u32): void {
  const words = fourWords(load<u32>(record, R_SRC), load<u32>(record, R_IMM));
  store<u64>(load<u32>(record, R_DST), words);
}

export function pshuflw(record: u32): void {
  const from = load<u32>(record, R_SRC);
  const low = fourWords(from, load<u32>(record, R_IMM));
  set(record, low, load<u64>(from, 8));
}

export function pshufhw(record: u32): void {
  const from = load<u32>(record, R_SRC);
  const high = fourWords(from + 8, load<u32>(record, R_IMM));
  set(record, load<u64>(from), high);
}

/** PSLLDQ: the source is the number of bytes. */
export function pslldq(record: u32): void {
  const bytes = min<u64>(load<u64>(load<u32>(record, R_SRC)), 16);
  const to = load<u32>(record, R_DST);
  const low = load<u64>(to);
  const high = load<u64>(to, 8);
  const bits = bytes * 8;
  if (bytes >= 16) set(record, 0, 0);
  else if (bytes >= 8) set(record, 0, low << (bits - 64));
  else if (bytes !== 0) set(record, low << bits, (high << bits) | (low >> (64 - bits)));
}

/** PSRLDQ: the source is the number of bytes. */
export function psrldq(record: u32): void {
  const bytes = min<u64>(load<u64>(load<u32>(record, R_SRC)), 16);
  const to = load<u32>(record, R_DST);
  const low = load<u64>(to);
  const high = load<u64>(to, 8);
  const bits = bytes * 8;
  if (bytes >= 16) set(record, 0, 0);
  else if (bytes >= 8) set(record, high >> (bits - 64), 0);
  else if (bytes !== 0) set(record, (low >> bits) | (high << (64 - bits)), high >> bits);
}

/** The highest number of a 16-bit lane: R_EXTRA is 1 for the registers of MMX. */
function lanes(record: u32): u32 {
  return load<u8>(record, R_EXTRA) ? 3 : 7;
}

/** PINSRW: the source's low 16 bits. */
export function pinsrw(record: u32): void {
  const lane = load<u32>(record, R_IMM) & lanes(record);
  store<u16>(load<u32>(record, R_DST) + lane * 2, load<u16>(load<u32>(record, R_SRC)));
}

/** PEXTRW: into a whole register. */
export function pextrw(record: u32): void {
  const lane = load<u32>(record, R_IMM) & lanes(record);
  store<u64>(load<u32>(record, R_DST), <u64>load<u16>(load<u32>(record, R_SRC) + lane * 2));
}
