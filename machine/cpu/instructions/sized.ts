// Operands of instructions that are executed outside the inner loop: one function for all widths, which it takes from the record.

import { flagsOfLogic } from "../flags.ts";
import { modify, read, write } from "../memory/access.ts";
import { linearAddress } from "../memory/segmentation.ts";
import { R_DST, R_EXTRA, R_SRC, R_WIDTH } from "../records.ts";
import { faulted } from "../system/fault.ts";

/** Width of a record's operands, 0 to 3. */
export function widthOf(record: u32): u32 {
  return load<u8>(record, R_WIDTH);
}

/** Bits of a record's operands. */
export function bitsOf(record: u32): u32 {
  return (<u32>8) << widthOf(record);
}

/** All ones in as many bits as `width` says. */
export function maskOf(width: u32): u64 {
  return <u64>-1 >> (64 - ((<u64>8) << width));
}

/** A value of a width, sign-extended. */
export function signExtend(value: u64, width: u32): i64 {
  const shift = <i64>(64 - ((<u64>8) << width));
  return ((<i64>value) << shift) >> shift;
}

/** Reads a register or temporary. */
export function valueAt(address: u32, width: u32): u64 {
  if (width === 3) return load<u64>(address);
  if (width === 2) return load<u32>(address);
  return width === 1 ? load<u16>(address) : load<u8>(address);
}

/** Writes a register or temporary; 32 bits clear the upper half. */
export function setAt(address: u32, width: u32, value: u64): void {
  if (width === 3) store<u64>(address, value);
  else if (width === 2) store<u64>(address, value & 0xffffffff);
  else if (width === 1) store<u16>(address, <u16>value);
  else store<u8>(address, <u8>value);
}

/** A record's destination. */
export function destinationOf(record: u32): u64 {
  return valueAt(load<u32>(record, R_DST), widthOf(record));
}

/** A record's source. */
export function sourceOf(record: u32): u64 {
  return valueAt(load<u32>(record, R_SRC), widthOf(record));
}

/** Sets a record's destination. */
export function setDestinationOf(record: u32, value: u64): void {
  setAt(load<u32>(record, R_DST), widthOf(record), value);
}

/** Sets ZF, SF and PF by a result of a width; CF, OF and AF become 0. */
export function setLogicFlags(s: u32, value: u64, width: u32): void {
  flagsOfLogic<u64>(s, <u64>signExtend(value, width));
}

/** Reads linear memory. Sets S_FAULT on a fault. */
export function readSized(s: u32, linear: u64, width: u32): u64 {
  if (width === 3) return read<u64>(s, linear);
  if (width === 2) return read<u32>(s, linear);
  return width === 1 ? read<u16>(s, linear) : read<u8>(s, linear);
}

/** Reads linear memory that will be written. */
export function modifySized(s: u32, linear: u64, width: u32): u64 {
  if (width === 3) return modify<u64>(s, linear);
  if (width === 2) return modify<u32>(s, linear);
  return width === 1 ? modify<u16>(s, linear) : modify<u8>(s, linear);
}

/** Writes linear memory. */
export function writeSized(s: u32, linear: u64, width: u32, value: u64): void {
  if (width === 3) write<u64>(s, linear, value);
  else if (width === 2) write<u32>(s, linear, <u32>value);
  else if (width === 1) write<u16>(s, linear, <u16>value);
  else write<u8>(s, linear, <u8>value);
}

/** Reads at segment:offset. */
export function readSegment(s: u32, segment: u32, offset: u64, width: u32): u64 {
  const linear = linearAddress(s, segment, offset, (<u32>1) << width, false);
  return faulted(s) ? 0 : readSized(s, linear, width);
}

/** Writes at segment:offset. */
export function writeSegment(s: u32, segment: u32, offset: u64, width: u32, value: u64): void {
  const linear = linearAddress(s, segment, offset, (<u32>1) << width, true);
  if (!faulted(s)) writeSized(s, linear, width, value);
}

/** Bytes of a record's operands. */
export function sizeOf(record: u32): u32 {
  return (<u32>1) << widthOf(record);
}

/** The small number that a record has beside its operands. */
export function extraOf(record: u32): u32 {
  return load<u8>(record, R_EXTRA);
}

/** The selector, or another 16-bit value, that a record has as its source. */
export function selectorOf(record: u32): u32 {
  return load<u16>(load<u32>(record, R_SRC));
}
