// A 32-bit inmate; EFER proves that long mode is off. Build it with --32.
import { MSR_EFER } from "../../../abi/x86/msr.ts";
import { print, readMsr } from "../../lib/index.ts";

export function main(): void {
  print("This runs in 32-bit mode (EFER: ").hex(readMsr(MSR_EFER)).text(")").line();
}
