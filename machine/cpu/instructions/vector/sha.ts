// SHA extensions (FIPS 180-4; Intel SDM volume 2): words of a vector are W0 to W3 from the lowest here.

import { R_DST, R_IMM, R_SRC } from "../../records.ts";

/** SHA-1's constants for rounds of 20. */
const SHA1_K: usize = memory.data<u32>([0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6]);

function word(from: u32, i: u32): u32 {
  return load<u32>(from + i * 4);
}

function set(record: u32, w3: u32, w2: u32, w1: u32, w0: u32): void {
  const to = load<u32>(record, R_DST);
  store<u32>(to, w0);
  store<u32>(to, w1, 4);
  store<u32>(to, w2, 8);
  store<u32>(to, w3, 12);
}

/** The function of a group of SHA-1's rounds. */
function sha1Function(group: u32, b: u32, c: u32, d: u32): u32 {
  if (group === 0) return (b & c) ^ (~b & d);
  return group === 2 ? (b & c) ^ (b & d) ^ (c & d) : b ^ c ^ d;
}

/** SHA1RNDS4: four rounds; A to D in the destination from the highest, the words with E added to the first in the source. */
export function sha1Rounds(record: u32): void {
  const dst = load<u32>(record, R_DST);
  const src = load<u32>(record, R_SRC);
  const group = load<u32>(record, R_IMM) & 3;
  const constant = load<u32>(SHA1_K + group * 4);
  let a = word(dst, 3);
  let b = word(dst, 2);
  let c = word(dst, 1);
  let d = word(dst, 0);
  let e: u32 = 0;
  for (let i: u32 = 0; i < 4; i++) {
    const sum = sha1Function(group, b, c, d) + rotl<u32>(a, 5) + word(src, 3 - i) + e + constant;
    e = d;
    d = c;
    c = rotl<u32>(b, 30);
    b = a;
    a = sum;
  }
  set(record, a, b, c, d);
}

/** SHA1NEXTE: E of four rounds on, added to the source's highest word. */
export function sha1NextE(record: u32): void {
  const src = load<u32>(record, R_SRC);
  const e = rotl<u32>(word(load<u32>(record, R_DST), 3), 30);
  set(record, word(src, 3) + e, word(src, 2), word(src, 1), word(src, 0));
}

/** SHA1MSG1: the first half of four words of the schedule. */
export function sha1Message1(record: u32): void {
  const dst = load<u32>(record, R_DST);
  const src = load<u32>(record, R_SRC);
  const w0 = word(dst, 3);
  const w1 = word(dst, 2);
  const w2 = word(dst, 1);
  const w3 = word(dst, 0);
  set(record, w2 ^ w0, w3 ^ w1, word(src, 3) ^ w2, word(src, 2) ^ w3);
}

/** SHA1MSG2: the second half. */
export function sha1Message2(record: u32): void {
  const dst = load<u32>(record, R_DST);
  const src = load<u32>(record, R_SRC);
  const w16 = rotl<u32>(word(dst, 3) ^ word(src, 2), 1);
  const w17 = rotl<u32>(word(dst, 2) ^ word(src, 1), 1);
  const w18 = rotl<u32>(word(dst, 1) ^ word(src, 0), 1);
  set(record, w16, w17, w18, rotl<u32>(word(dst, 0) ^ w16, 1));
}

/** SHA256RNDS2: two rounds; C, D, G, H in the destination from the highest, A, B, E, F in the source, the words and constants in XMM0. */
export function sha256Rounds(record: u32, words: u32): void {
  const dst = load<u32>(record, R_DST);
  const src = load<u32>(record, R_SRC);
  let a = word(src, 3);
  let b = word(src, 2);
  let c = word(dst, 3);
  let d = word(dst, 2);
  let e = word(src, 1);
  let f = word(src, 0);
  let g = word(dst, 1);
  let h = word(dst, 0);
  const first = load<u32>(words);
  const second = load<u32>(words, 4);
  for (let i: u32 = 0; i < 2; i++) {
    const s1 = rotr<u32>(e, 6) ^ rotr<u32>(e, 11) ^ rotr<u32>(e, 25);
    const s0 = rotr<u32>(a, 2) ^ rotr<u32>(a, 13) ^ rotr<u32>(a, 22);
    const t1 = h + s1 + ((e & f) ^ (~e & g)) + (i === 0 ? first : second);
    const t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  set(record, a, b, e, f);
}

function sigma0(x: u32): u32 {
  return rotr<u32>(x, 7) ^ rotr<u32>(x, 18) ^ (x >> 3);
}

function sigma1(x: u32): u32 {
  return rotr<u32>(x, 17) ^ rotr<u32>(x, 19) ^ (x >> 10);
}

/** SHA256MSG1: the first half of four words of the schedule. */
export function sha256Message1(record: u32): void {
  const dst = load<u32>(record, R_DST);
  const w4 = word(load<u32>(record, R_SRC), 0);
  const w3 = word(dst, 3);
  const w2 = word(dst, 2);
  const w1 = word(dst, 1);
  const w0 = word(dst, 0);
  set(record, w3 + sigma0(w4), w2 + sigma0(w3), w1 + sigma0(w2), w0 + sigma0(w1));
}

/** SHA256MSG2: the second half. */
export function sha256Message2(record: u32): void {
  const dst = load<u32>(record, R_DST);
  const src = load<u32>(record, R_SRC);
  const w16 = word(dst, 0) + sigma1(word(src, 2));
  const w17 = word(dst, 1) + sigma1(word(src, 3));
  const w18 = word(dst, 2) + sigma1(w16);
  set(record, word(dst, 3) + sigma1(w17), w18, w17, w16);
}
