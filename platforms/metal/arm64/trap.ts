// Between a guest and the core's handler, and the two ways that do not lead back to the guest.

import { exitTrap } from "../../../hypervisor/arm64/exports.ts";
import { flushConsole, publishConsole } from "./console.ts";
import { cpuOf, lock, unlock } from "./cpu.ts";
import * as hw from "./hw.ts";
import { leave } from "./hw.ts";

/** Called by native code when the guest of the calling CPU `cpu` has trapped; when it returns the guest goes on. */
export function trap(cpu: u32, esr: u64, far: u64, hpfar: u64): void {
  exitTrap(cpu, esr, far, hpfar);
  lock();
  publishConsole();
  unlock();
  flushConsole();
  if (cpuOf(cpu).released) leave();
  while (cpuOf(cpu).parked) hw.pause();
}
