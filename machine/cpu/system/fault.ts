// Faults are state: whoever finds one sets it here and returns; callers test S_FAULT before their first visible write.

import { VECTOR_GP, VECTOR_UD } from "../../../abi/x86/registers.ts";
import {
  FAULT_EXCEPTION,
  FAULT_EXIT,
  S_EXIT_CODE,
  S_EXIT_INFO1,
  S_EXIT_INFO2,
  S_EXIT_LENGTH,
  S_FAULT,
  S_FAULT_ERROR,
  S_FAULT_VECTOR,
  S_RIP,
} from "../interface.ts";
import { S_NEXT } from "../memory/layout.ts";

/** Error code of an exception that has none. */
export const NO_ERROR: i32 = -1;

/** Whether the present instruction has run into a fault. */
export function faulted(s: u32): bool {
  return load<u32>(s, S_FAULT) != 0;
}

/** Sets a pending exception; `error` NO_ERROR for none. RIP stays at the instruction. */
export function raiseException(s: u32, vector: u32, error: i32): void {
  store<u32>(s, FAULT_EXCEPTION, S_FAULT);
  store<u32>(s, vector, S_FAULT_VECTOR);
  store<i32>(s, error, S_FAULT_ERROR);
}

/** #GP with an error code. */
export function raiseGp(s: u32, error: u32): void {
  raiseException(s, VECTOR_GP, <i32>error);
}

/** #UD. */
export function raiseUd(s: u32): void {
  raiseException(s, VECTOR_UD, NO_ERROR);
}

/** Sets a pending exit (EXIT_*) with its two facts; nothing of the instruction may have been done. */
export function raiseExit(s: u32, code: u32, info1: u64, info2: u64): void {
  store<u32>(s, FAULT_EXIT, S_FAULT);
  store<u32>(s, code, S_EXIT_CODE);
  store<u64>(s, info1, S_EXIT_INFO1);
  store<u64>(s, info2, S_EXIT_INFO2);
  store<u32>(s, 0, S_EXIT_LENGTH);
}

/** As raiseExit, for an instruction whose length is known (S_NEXT - S_RIP). */
export function raiseInstructionExit(s: u32, code: u32, info1: u64, info2: u64): void {
  raiseExit(s, code, info1, info2);
  store<u32>(s, <u32>(load<u64>(s, S_NEXT) - load<u64>(s, S_RIP)), S_EXIT_LENGTH);
}
