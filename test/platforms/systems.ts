// The shipped system, changed.
import { encode, type SystemConfig } from "../../config/index.ts";
import qemuX86 from "../../configs/x86/qemu-x86.ts";

/** The shipped system with other CPUs, and without a debug console so that nothing is printed on the way. */
export function systemWith(change: Partial<SystemConfig>, cpus = [0, 1, 2, 3]): Uint8Array {
  const debugConsole = { ...qemuX86.debugConsole, type: 0 };
  return encode({
    ...{ ...qemuX86, debugConsole, rootCell: { ...qemuX86.rootCell, cpus } },
    ...change,
  });
}
