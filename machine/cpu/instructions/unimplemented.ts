// What the emulator lacks stops the CPU, with the instruction's bytes, unless the processor would refuse it anyway.

import { CR0_EM, CR0_TS, CR4_OSFXSR, VECTOR_NM } from "../../../abi/x86/registers.ts";
import { UNIT_MMX, UNIT_OTHER, UNIT_SSE, UNIT_X87 } from "../decode/units.ts";
import { EXIT_UNIMPLEMENTED, S_CR0, S_CR4, S_EXIT_BYTES, S_EXIT_LENGTH } from "../interface.ts";
import { S_BLOCK_RIP, S_CODE_BASE } from "../interpreter-state.ts";
import { readAs } from "../memory/access.ts";
import { R_EXTRA, R_LENGTH, R_OFFSET } from "../records.ts";
import { NO_ERROR, raiseException, raiseExit, raiseUd } from "../system/fault.ts";

/** Whether a unit's instructions are #UD under these control registers. */
function isUndefined(unit: u32, cr0: u32, cr4: u32): bool {
  if (unit === UNIT_SSE && (cr4 & CR4_OSFXSR) === 0) return true;
  return (unit === UNIT_SSE || unit === UNIT_MMX) && (cr0 & CR0_EM) !== 0;
}

/** Whether they are #NM, not being #UD. */
function isUnavailable(unit: u32, cr0: u32): bool {
  if (unit === UNIT_OTHER) return false;
  return (cr0 & CR0_TS) !== 0 || (unit === UNIT_X87 && (cr0 & CR0_EM) !== 0);
}

/** Stops with EXIT_UNIMPLEMENTED at the record's instruction. */
function stop(s: u32, record: u32): void {
  const length = <u32>load<u8>(record, R_LENGTH);
  const linear =
    load<u64>(s, S_BLOCK_RIP) + load<u64>(s, S_CODE_BASE) + load<u16>(record, R_OFFSET);
  memory.fill(s + S_EXIT_BYTES, 0, 16);
  for (let i: u32 = 0; i < length; i++)
    store<u8>(s + S_EXIT_BYTES + i, <u8>readAs(s, linear + i, 1, 0));
  raiseExit(s, EXIT_UNIMPLEMENTED, 0, 0);
  store<u32>(s, length, S_EXIT_LENGTH);
}

/** Executes an instruction of an absent unit (R_EXTRA, UNIT_*): #UD, #NM, or EXIT_UNIMPLEMENTED. */
export function stopUnimplemented(s: u32, record: u32): void {
  const unit = <u32>load<u8>(record, R_EXTRA);
  const cr0 = load<u32>(s, S_CR0);
  if (isUndefined(unit, cr0, load<u32>(s, S_CR4))) raiseUd(s);
  else if (isUnavailable(unit, cr0)) raiseException(s, VECTOR_NM, NO_ERROR);
  else stop(s, record);
}
