// Loads and stores that the inner loop could not do: the whole access, with segment, both translations, devices and faults.

import { DS, SS } from "../interface.ts";
import { checkWrite, read, write } from "../memory/access.ts";
import { linearAddress } from "../memory/segmentation.ts";
import {
  LOAD_FLAT,
  LOAD_INDEXED,
  LOADV_FLAT,
  LOADV_INDEXED,
  LOADVX,
  LOADX,
  LOADZX,
  LOADZX_FLAT,
  LOADZX_INDEXED,
  MODIFY_FLAT,
  MODIFY_INDEXED,
  MODIFYX,
  STORE_FLAT,
  STORE_INDEXED,
  STOREV_FLAT,
  STOREV_INDEXED,
  STOREVX,
  STOREX,
} from "../operations.gen.ts";
import { R_DST, R_EXTRA, R_OP, R_SEGMENT, R_SRC } from "../records.ts";
import { faulted, raiseGp } from "../system/fault.ts";
import { based, flat, indexed } from "./memory.ts";
import { modifySized, readSized, setAt, valueAt, widthOf, writeSized } from "./sized.ts";

/** Offset of the operand, and which address form it has: the number of the record's operation within its family. */
function offsetOf(record: u32, isIndexed: bool, isFlat: bool): u64 {
  if (isFlat) return flat(record);
  return isIndexed ? indexed(record) : based(record);
}

function within(operation: u32, first: u32, count: u32): bool {
  return operation - first < count;
}

/**
 * Linear address of the record's operand. In 64-bit code segment bases are already in it, so that FS and GS count as DS here.
 */
function operandAddress(s: u32, record: u32, write: bool): u64 {
  const operation = <u32>load<u16>(record, R_OP);
  const isFlat =
    within(operation, LOAD_FLAT, 4) ||
    within(operation, LOADZX_FLAT, 2) ||
    operation === LOADV_FLAT ||
    operation === STOREV_FLAT ||
    within(operation, STORE_FLAT, 4) ||
    within(operation, MODIFY_FLAT, 4);
  const isIndexed =
    within(operation, LOAD_INDEXED, 4) ||
    within(operation, LOADZX_INDEXED, 2) ||
    operation === LOADV_INDEXED ||
    operation === STOREV_INDEXED ||
    within(operation, STORE_INDEXED, 4) ||
    within(operation, MODIFY_INDEXED, 4);
  const isSegmented =
    operation === LOADX ||
    operation === STOREX ||
    operation === MODIFYX ||
    operation === LOADVX ||
    operation === STOREVX;
  const own = <u32>load<u8>(record, R_SEGMENT);
  const segment = isSegmented || own === SS ? own : DS;
  const size = (<u32>1) << widthOf(record);
  return linearAddress(s, segment, offsetOf(record, isIndexed, isFlat), size, write);
}

export function slowLoad(s: u32, record: u32): void {
  const operation = <u32>load<u16>(record, R_OP);
  const linear = operandAddress(s, record, false);
  if (faulted(s)) return;
  const value = readSized(s, linear, widthOf(record));
  if (faulted(s)) return;
  const isExtending = within(operation, LOADZX, 6);
  setAt(load<u32>(record, R_DST), isExtending ? 3 : widthOf(record), value);
}

export function slowModify(s: u32, record: u32): void {
  const linear = operandAddress(s, record, true);
  if (faulted(s)) return;
  const value = modifySized(s, linear, widthOf(record));
  if (!faulted(s)) setAt(load<u32>(record, R_DST), widthOf(record), value);
}

export function slowStore(s: u32, record: u32): void {
  const linear = operandAddress(s, record, true);
  if (faulted(s)) return;
  const width = widthOf(record);
  writeSized(s, linear, width, valueAt(load<u32>(record, R_SRC), width));
}

/** Offset of a vector's high half. */
const HIGH: u32 = 8;
/** Bytes of a vector. */
const VECTOR_SIZE: u32 = 16;

/** Linear address of a vector, with #GP(0) where it must be aligned and is not. */
function vectorAddress(s: u32, record: u32, write: bool): u64 {
  const linear = operandAddress(s, record, write);
  if (!faulted(s) && <u32>linear & load<u8>(record, R_EXTRA)) raiseGp(s, 0);
  return linear;
}

export function slowLoadVector(s: u32, record: u32): void {
  const linear = vectorAddress(s, record, false);
  if (faulted(s)) return;
  const low = read<u64>(s, linear);
  if (faulted(s)) return;
  const high = read<u64>(s, linear + HIGH);
  if (faulted(s)) return;
  const to = load<u32>(record, R_DST);
  store<u64>(to, low);
  store<u64>(to, high, HIGH);
}

export function slowStoreVector(s: u32, record: u32): void {
  const linear = vectorAddress(s, record, true);
  if (faulted(s)) return;
  checkWrite(s, linear, VECTOR_SIZE);
  if (faulted(s)) return;
  const from = load<u32>(record, R_SRC);
  write<u64>(s, linear, load<u64>(from));
  write<u64>(s, linear + HIGH, load<u64>(from, HIGH));
}
