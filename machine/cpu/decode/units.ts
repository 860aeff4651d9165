// Which unit an instruction belongs to: where it cannot be used, it is refused as CR0 and CR4 say (Intel SDM volume 3, table 9-3; AMD64
// APM volume 2, sections 3.1 and 11.3).

import { ROW_ATTRIBUTES, ROW_IS_MMX, ROW_IS_SSE, ROW_IS_X87 } from "../rows.ts";
import { D_ROW, field } from "./fields.ts";

/** None of these: stops at once. */
export const UNIT_OTHER: u32 = 0;
/** x87 and FXSAVE: #NM with CR0.EM or CR0.TS. */
export const UNIT_X87: u32 = 1;
/** MMX: #UD with CR0.EM, then #NM with CR0.TS. */
export const UNIT_MMX: u32 = 2;
/** SSE: #UD with CR0.EM or without CR4.OSFXSR, then #NM with CR0.TS. */
export const UNIT_SSE: u32 = 3;

/** The unit of the instruction at hand. */
export function unitOf(): u32 {
  const row = field(D_ROW);
  if (row === 0) return UNIT_OTHER;
  const attributes = <u32>load<u16>(row, ROW_ATTRIBUTES);
  if (attributes & ROW_IS_SSE) return UNIT_SSE;
  if (attributes & ROW_IS_MMX) return UNIT_MMX;
  return attributes & ROW_IS_X87 ? UNIT_X87 : UNIT_OTHER;
}
