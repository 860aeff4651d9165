// The instruction's bytes, taken one field after the other.

import {
  D_AVAILABLE,
  D_BYTES,
  D_LENGTH,
  D_STATUS,
  DECODER,
  field,
  MAX_LENGTH,
  STATUS_OK,
  STATUS_TOO_LONG,
  STATUS_TRUNCATED,
  setField,
} from "./fields.ts";

/** Notes why the instruction cannot be parsed; the first reason counts. */
export function fail(status: u32): void {
  if (field(D_STATUS) === STATUS_OK) setField(D_STATUS, status);
}

/** Reads the next `size` (1, 2, 4, 8) bytes, zero-extended; 0 with the status set where they are missing. */
export function take(size: u32): u64 {
  const at = field(D_LENGTH);
  if (at + size > MAX_LENGTH) fail(STATUS_TOO_LONG);
  else if (at + size > field(D_AVAILABLE)) fail(STATUS_TRUNCATED);
  if (field(D_STATUS) !== STATUS_OK) return 0;
  setField(D_LENGTH, at + size);
  const from = <u32>DECODER + D_BYTES + at;
  if (size === 1) return load<u8>(from);
  if (size === 2) return load<u16>(from);
  return size === 4 ? load<u32>(from) : load<u64>(from);
}

/** Reads the next bytes, sign-extended. */
export function takeSigned(size: u32): i64 {
  const shift = <i64>(64 - size * 8);
  return ((<i64>take(size)) << shift) >> shift;
}

/** The byte after those consumed, not consumed. */
export function peek(): u32 {
  const at = field(D_LENGTH);
  if (at >= field(D_AVAILABLE)) return 0;
  return load<u8>(<u32>DECODER + D_BYTES + at);
}
