// Calls to the hypervisor (ABI section 2).
import { isAmd } from "./cpu.ts";
import { vmcall, vmmcall } from "./hardware.ts";

const UNKNOWN: u32 = 0;
const BY_VMCALL: u32 = 1;
const BY_VMMCALL: u32 = 2;

let instruction: u32 = UNKNOWN;

/** Calls the hypervisor. The result is a value, or a negative errno. */
export function hypercall(number: u32, first: u32 = 0, second: u32 = 0): i32 {
  if (instruction == UNKNOWN) instruction = isAmd() ? BY_VMMCALL : BY_VMCALL;
  if (instruction == BY_VMMCALL) return <i32>vmmcall(number, first, second);
  return <i32>vmcall(number, first, second);
}
