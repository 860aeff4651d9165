// LDMXCSR.

import { FX_MXCSR, S_FX } from "../../interface.ts";
import { R_SRC } from "../../records.ts";
import { raiseGp } from "../../system/fault.ts";

/** Bits of MXCSR that there are; setting another is #GP. */
export const MXCSR_BITS: u32 = 0xffff;

/** Sets MXCSR. */
export function loadControl(s: u32, record: u32): void {
  const value = load<u32>(load<u32>(record, R_SRC));
  if (value & ~MXCSR_BITS) raiseGp(s, 0);
  else store<u32>(s, value, S_FX + FX_MXCSR);
}
