// A 32-bit inmate; EFER proves that long mode is off. Build it with --32.
import { MSR_EFER, print, readMsr } from "jailhouse-ts/inmate";

export function main(): void {
  print("This runs in 32-bit mode (EFER: ").hex(readMsr(MSR_EFER)).text(")").line();
}
