// Operands of 128 bits: what operations.txt calls on a record's destination and source.

import { FX_XMM, S_FX } from "../../interface.ts";
import { R_DST, R_SRC } from "../../records.ts";

/** The destination, which is the first operand. */
export function first(record: u32): v128 {
  return v128.load(load<u32>(record, R_DST));
}

/** The source, which is the second. */
export function second(record: u32): v128 {
  return v128.load(load<u32>(record, R_SRC));
}

/** Sets the destination. */
export function put(record: u32, value: v128): void {
  v128.store(load<u32>(record, R_DST), value);
}

/** 64 bits of the source, zero-extended. */
export function quad(record: u32): v128 {
  return v128.load64_zero(load<u32>(record, R_SRC));
}

/** 32 bits of the source, zero-extended. */
export function double(record: u32): v128 {
  return v128.load32_zero(load<u32>(record, R_SRC));
}

/** Count of a shift: the source's low 64 bits. */
export function count(record: u32): u64 {
  return load<u64>(load<u32>(record, R_SRC));
}

/** Zero. */
export function zero(): v128 {
  return i64x2.splat(0);
}

/** XMM0, which selects lanes by their signs. */
export function selector(s: u32): v128 {
  return v128.load(selectorPlace(s));
}

/** Where XMM0 is. */
export function selectorPlace(s: u32): u32 {
  return s + S_FX + FX_XMM;
}

/** Sets the destination's bits where `mask` has ones to the source's. */
export function blend(record: u32, mask: v128): void {
  put(record, v128.bitselect(second(record), first(record), mask));
}
