// The decoder's choice of a row alone, for what counts encodings.
import {
  D_BYTES,
  D_LENGTH,
  D_ROW,
  DECODER,
  field,
  STATUS_OK,
  STATUS_UNDEFINED,
} from "../../../../machine/cpu/decode/fields";
import { parse } from "../../../../machine/cpu/decode/parse";
import { ROW_SIZE } from "../../../../machine/cpu/rows";
import { ROWS } from "../../../../machine/cpu/table.gen";

/** Where the 15 bytes of an instruction go. */
export function bytes(): u32 {
  return <u32>DECODER + D_BYTES;
}

/** Number of the table's row for the bytes in code of a size (WIDTH_16 to WIDTH_64), or -1. */
export function rowOf(code: u32): i32 {
  const status = parse(code, 15);
  if (field(D_ROW) === 0 || (status !== STATUS_OK && status !== STATUS_UNDEFINED)) return -1;
  return <i32>((field(D_ROW) - <u32>ROWS) / ROW_SIZE);
}

/** Bytes of the instruction that `rowOf` looked at last. */
export function lengthOf(): u32 {
  return field(D_LENGTH);
}
