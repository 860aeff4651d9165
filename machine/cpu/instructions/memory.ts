// Loads and stores of the inner loop: only what a translation cache answers. Each function returns false, having changed nothing,
// where it does not; the caller then leaves the inner loop, and access.ts does the whole access.

import { mayBeCode } from "../code-pages.ts";
import { S_GPR } from "../interface.ts";
import { refill } from "../memory/access.ts";
import {
  M_RAM_BASE,
  PAGE_SHIFT,
  TLB_ADDEND,
  TLB_BESIDE_CODE,
  TLB_ENTRIES,
  TLB_ENTRY_SHIFT,
  TLB_READ,
  TLB_WRITE,
} from "../memory/layout.ts";
import { MACHINE } from "../memory/machine.ts";
import * as op from "../operations.gen.ts";
import {
  R_BASE,
  R_DISPLACEMENT,
  R_DST,
  R_EXTRA,
  R_IMM,
  R_INDEX_REGISTER,
  R_SCALE,
  R_SRC,
} from "../records.ts";
import { put, source } from "./operands.ts";

/** Offset of RSP in the state block. */
export const RSP: u32 = S_GPR + 4 * 8;
/** Offset of RBP in the state block. */
export const RBP: u32 = S_GPR + 5 * 8;
/** Bits of a page's number in an address, in place. */
const PAGE_BITS: u64 = 0xfffffffffffff000;

/** Address form of LOAD, STORE, MODIFY: base + displacement. */
export function based(record: u32): u64 {
  return load<u64>(load<u32>(record, R_BASE)) + load<u64>(record, R_DISPLACEMENT);
}

/** Address form of LOAD_INDEXED and its kin: base + (index << scale) + displacement. */
export function indexed(record: u32): u64 {
  return (
    based(record) + (load<u64>(load<u32>(record, R_INDEX_REGISTER)) << load<u8>(record, R_SCALE))
  );
}

/** Address form of LOAD_FLAT and its kin: as indexed, 32 bits. */
export function flat(record: u32): u64 {
  return <u64>(
    ((load<u32>(load<u32>(record, R_BASE)) +
      load<u32>(record, R_DISPLACEMENT) +
      (load<u32>(load<u32>(record, R_INDEX_REGISTER)) << load<u8>(record, R_SCALE))) as u32)
  );
}

/** Address of the entry of a translation cache that may answer for `linear`. */
function entryFor(s: u32, cache: u32, linear: u64): u32 {
  const offset =
    (<u32>linear >> (PAGE_SHIFT - TLB_ENTRY_SHIFT)) & ((TLB_ENTRIES - 1) << TLB_ENTRY_SHIFT);
  return s + cache + offset;
}

/** Whether an entry answers for all of `size` bytes at `linear`. */
function answers(entry: u32, linear: u64, size: u32): bool {
  return ((linear + (size - 1)) & PAGE_BITS) === load<u64>(entry);
}

/** The same of an entry of the write cache whose page has decoded code. */
function answersBesideCode(entry: u32, linear: u64, size: u32): bool {
  return (((linear + (size - 1)) & PAGE_BITS) | TLB_BESIDE_CODE) === load<u64>(entry);
}

/** Whether such an entry answers, and no decoded code is where `size` bytes at `linear` go. */
function takesBesideCode(entry: u32, linear: u64, size: u32): bool {
  if (!answersBesideCode(entry, linear, size)) return false;
  return !mayBeCode(<u64>(host(entry, linear) - load<u32>(MACHINE, M_RAM_BASE)), size);
}

/** Host address that an entry gives for `linear`. */
function host(entry: u32, linear: u64): u32 {
  return <u32>linear + load<u32>(entry, TLB_ADDEND);
}

export function loadTo<T extends number>(s: u32, record: u32, linear: u64): bool {
  const entry = entryFor(s, TLB_READ, linear);
  if (!answers(entry, linear, sizeof<T>())) return false;
  put<T>(load<u32>(record, R_DST), load<T>(host(entry, linear)));
  return true;
}

export function loadExtendedTo<T extends number>(s: u32, record: u32, linear: u64): bool {
  const entry = entryFor(s, TLB_READ, linear);
  if (!answers(entry, linear, sizeof<T>())) return false;
  store<u64>(load<u32>(record, R_DST), <u64>load<T>(host(entry, linear)));
  return true;
}

/** MODIFY: what follows it writes, and looks where. */
export function modifyTo<T extends number>(s: u32, record: u32, linear: u64): bool {
  const entry = entryFor(s, TLB_WRITE, linear);
  const size = <u32>sizeof<T>();
  if (!answers(entry, linear, size) && !answersBesideCode(entry, linear, size)) return false;
  put<T>(load<u32>(record, R_DST), load<T>(host(entry, linear)));
  return true;
}

export function storeFrom<T extends number>(s: u32, record: u32, linear: u64): bool {
  const entry = entryFor(s, TLB_WRITE, linear);
  if (!answers(entry, linear, sizeof<T>())) return false;
  store<T>(host(entry, linear), source<T>(record));
  return true;
}

/** A store of an operation's width where storeFrom does not answer for the page because of decoded code elsewhere in it. */
function storeBesideCode<T extends number>(s: u32, record: u32, linear: u64): bool {
  const entry = entryFor(s, TLB_WRITE, linear);
  if (!takesBesideCode(entry, linear, sizeof<T>())) return false;
  store<T>(host(entry, linear), source<T>(record));
  return true;
}

/** Linear address by a form: 0 as LOAD, 1 as LOAD_INDEXED, 2 as LOAD_FLAT. */
function addressed(record: u32, form: u32): u64 {
  return form === 0 ? based(record) : form === 1 ? indexed(record) : flat(record);
}

/** STORE, STORE_INDEXED or STORE_FLAT (`number` from STORE on) in a page with decoded code, beside it. */
function storeNumbered(s: u32, record: u32, number: u32): bool {
  const linear = addressed(record, number >> 2);
  const width = number & 3;
  if (width === 0) return storeBesideCode<u8>(s, record, linear);
  if (width === 1) return storeBesideCode<u16>(s, record, linear);
  if (width === 2) return storeBesideCode<u32>(s, record, linear);
  return storeBesideCode<u64>(s, record, linear);
}

/** The record is as before: it can be executed in the inner loop now. */
export const AGAIN: u32 = 2;
/** The record is executed. */
export const DONE: u32 = 1;
/** It must take the slow path. */
export const SLOW: u32 = 0;

/**
 * What can be done quickly for a LOAD, LOADZX, STORE or MODIFY that the inner loop has given up: a store beside decoded code, or an entry
 * for the translation cache from the second level. DONE, AGAIN or SLOW.
 */
export function accessQuickly(s: u32, record: u32, operation: u32): u32 {
  if (operation >= op.STORE && operation < op.MODIFY)
    if (storeNumbered(s, record, operation - op.STORE)) return DONE;
  const isNarrow = operation >= op.LOADZX && operation < op.STORE;
  const writes = operation >= op.STORE;
  const first = isNarrow
    ? op.LOADZX
    : operation >= op.MODIFY
      ? op.MODIFY
      : writes
        ? op.STORE
        : op.LOAD;
  // Of LOADZX there are two widths, of the others four.
  const bits: u32 = isNarrow ? 1 : 2;
  const number = operation - first;
  const size = (<u32>1) << (number & ((1 << bits) - 1));
  return refill(s, addressed(record, number >> bits), size, writes) ? AGAIN : SLOW;
}

/** Bytes of a vector. */
const VECTOR_SIZE: u32 = 16;

/** LOADV: R_EXTRA is the bits of the address that must be 0. */
export function loadVector(s: u32, record: u32, linear: u64): bool {
  const entry = entryFor(s, TLB_READ, linear);
  if (!answers(entry, linear, VECTOR_SIZE)) return false;
  if (<u32>linear & load<u8>(record, R_EXTRA)) return false;
  v128.store(load<u32>(record, R_DST), v128.load(host(entry, linear)));
  return true;
}

/** STOREV. */
export function storeVector(s: u32, record: u32, linear: u64): bool {
  const entry = entryFor(s, TLB_WRITE, linear);
  if (!answers(entry, linear, VECTOR_SIZE)) return false;
  if (<u32>linear & load<u8>(record, R_EXTRA)) return false;
  v128.store(host(entry, linear), v128.load(load<u32>(record, R_SRC)));
  return true;
}

/** Pushes a value on a flat stack whose pointer is a T; values are as wide as pointers. */
export function pushValue<T extends number>(s: u32, value: T): bool {
  const to = <u64>(<T>(load<T>(s, RSP) - <T>sizeof<T>()));
  const entry = entryFor(s, TLB_WRITE, to);
  if (!answers(entry, to, sizeof<T>())) return false;
  store<T>(host(entry, to), value);
  store<u64>(s, to, RSP);
  return true;
}

export function push<T extends number>(s: u32, record: u32): bool {
  return pushValue<T>(s, load<T>(load<u32>(record, R_SRC)));
}

export function pop<T extends number>(s: u32, record: u32): bool {
  const from = <u64>load<T>(s, RSP);
  const entry = entryFor(s, TLB_READ, from);
  if (!answers(entry, from, sizeof<T>())) return false;
  store<u64>(s, <u64>(<T>(<T>from + <T>sizeof<T>())), RSP);
  store<u64>(load<u32>(record, R_DST), <u64>load<T>(host(entry, from)));
  return true;
}

export function leave<T extends number>(s: u32): bool {
  const from = <u64>load<T>(s, RBP);
  const entry = entryFor(s, TLB_READ, from);
  if (!answers(entry, from, sizeof<T>())) return false;
  store<u64>(s, <u64>(<T>(<T>from + <T>sizeof<T>())), RSP);
  store<u64>(s, <u64>load<T>(host(entry, from)), RBP);
  return true;
}

/** Host address of the return address on a flat stack, or 0 where no cache answers. */
export function returnSlot<T extends number>(s: u32): u32 {
  const from = <u64>load<T>(s, RSP);
  const entry = entryFor(s, TLB_READ, from);
  return answers(entry, from, sizeof<T>()) ? host(entry, from) : 0;
}

/** Moves the stack pointer over a return address and R_IMM bytes more. */
export function dropReturn<T extends number>(s: u32, record: u32): void {
  store<u64>(s, <u64>(<T>(load<T>(s, RSP) + <T>(sizeof<T>() + load<u32>(record, R_IMM)))), RSP);
}

/** LEA with 16-bit addresses. */
export function leaNarrow(record: u32): void {
  const sum =
    load<u32>(load<u32>(record, R_BASE)) +
    (load<u32>(load<u32>(record, R_INDEX_REGISTER)) << load<u8>(record, R_SCALE)) +
    load<u32>(record, R_DISPLACEMENT);
  store<u64>(load<u32>(record, R_DST), sum & 0xffff);
}
