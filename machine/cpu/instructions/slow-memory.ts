// Loads and stores that the inner loop could not do: the whole access, with segment, both translations, devices and faults.

import { DS, SS } from "../interface.ts";
import { linearAddress } from "../memory/segmentation.ts";
import {
  LOAD,
  LOAD_FLAT,
  LOAD_INDEXED,
  LOADX,
  LOADZX,
  LOADZX_FLAT,
  LOADZX_INDEXED,
  MODIFY,
  MODIFY_FLAT,
  MODIFY_INDEXED,
  MODIFYX,
  PUSH64,
  STORE,
  STORE_FLAT,
  STORE_INDEXED,
  STOREX,
} from "../operations.gen.ts";
import { R_DST, R_OP, R_SEGMENT, R_SRC } from "../records.ts";
import { faulted } from "../system/fault.ts";
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

/** Whether an operation is one of the loads. */
export function isLoad(operation: u32): bool {
  return within(operation, LOAD, STORE - LOAD) || operation === LOADX;
}

/** Whether an operation is one of the stores. */
export function isStore(operation: u32): bool {
  return within(operation, STORE, MODIFY - STORE) || operation === STOREX;
}

/** Whether an operation is one of the loads for a later store. */
export function isModify(operation: u32): bool {
  return within(operation, MODIFY, PUSH64 - MODIFY) || operation === MODIFYX;
}

/**
 * Linear address of the record's operand. In 64-bit code segment bases are already in it, so that FS and GS count as DS here.
 */
function operandAddress(s: u32, record: u32, write: bool): u64 {
  const operation = <u32>load<u16>(record, R_OP);
  const isFlat =
    within(operation, LOAD_FLAT, 4) ||
    within(operation, LOADZX_FLAT, 2) ||
    within(operation, STORE_FLAT, 4) ||
    within(operation, MODIFY_FLAT, 4);
  const isIndexed =
    within(operation, LOAD_INDEXED, 4) ||
    within(operation, LOADZX_INDEXED, 2) ||
    within(operation, STORE_INDEXED, 4) ||
    within(operation, MODIFY_INDEXED, 4);
  const isSegmented = operation === LOADX || operation === STOREX || operation === MODIFYX;
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
