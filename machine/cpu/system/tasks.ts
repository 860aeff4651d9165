// Hardware task switches (AMD64 APM volume 2, section 12.4): far JMP and CALL to a TSS, task gates, IRET with NT.

import { EXIT_UNIMPLEMENTED } from "../interface.ts";
import { raiseInstructionExit } from "./fault.ts";
import { gateSelector } from "./gates.ts";

/** Switch by JMP: the old task becomes available. */
export const SWITCH_JUMP: u32 = 0;
/** Switch by CALL, interrupt or exception: the new task links back. */
export const SWITCH_CALL: u32 = 1;
/** Switch by IRET: back along the link. */
export const SWITCH_RETURN: u32 = 2;

/** Selector of the TSS that a task gate names. */
export function taskOfGate(_s: u32, gate: u64): u32 {
  return gateSelector(gate);
}

/** Switches to the task of TSS `selector`. */
export function switchTask(s: u32, _selector: u32, _how: u32, _hasError: bool, _error: i32): void {
  raiseInstructionExit(s, EXIT_UNIMPLEMENTED, 0, 0);
}

/** IRET with NT set: back along the link of the current TSS. */
export function returnFromTask(s: u32): void {
  switchTask(s, 0, SWITCH_RETURN, false, 0);
}
