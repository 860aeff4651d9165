// What the lists of MSRs say of a register (amd.ts, intel.ts).

import { MSR_ACCESS_READ, MSR_ACCESS_WRITE } from "../../../abi/platform.ts";

/** Read from the processor. */
export const R: u32 = MSR_ACCESS_READ;
/** Written to the processor. */
export const W: u32 = MSR_ACCESS_WRITE;
/** Both. */
export const RW: u32 = R | W;
/** Reads as zero, whatever the processor has. */
export const ZERO: u32 = 0x4;
/** Writes are ignored. */
export const DROP: u32 = 0x8;
/** Read from the processor; writes are ignored. */
export const R_DROP: u32 = R | DROP;
/** Reads as zero; writes are ignored. */
export const ZERO_DROP: u32 = ZERO | DROP;
