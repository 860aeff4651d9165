// How handlers read and write a record's operands.

import { R_DST, R_SRC } from "../records.ts";

/** The destination's present value. */
export function destination<T extends number>(record: u32): T {
  return load<T>(load<u32>(record, R_DST));
}

/** The source's value. */
export function source<T extends number>(record: u32): T {
  return load<T>(load<u32>(record, R_SRC));
}

/** Writes a register or temporary at `address`: a 32-bit value clears the upper half, smaller ones keep the rest. */
export function put<T extends number>(address: u32, value: T): void {
  if (sizeof<T>() === 4) store<u64>(address, <u64>value);
  else store<T>(address, value);
}

/** Writes the destination. */
export function setDestination<T extends number>(record: u32, value: T): void {
  put<T>(load<u32>(record, R_DST), value);
}
