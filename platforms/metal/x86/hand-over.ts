// A CPU changes hands, or is reset: one routine, for everyone who gives a CPU a new owner or a new start. What the guest's
// control block holds is set by start.ts; all else that a processor has of its own is put back here, and nothing at exits.

import * as hw from "../hw.ts";
import { resetMsrs } from "./amd/own-msrs.ts";
import { Cpu } from "./cpu.ts";
import { cleanApic } from "./idle.ts";

/**
 * Takes everything that the last owner of the calling CPU has left: pending interrupts and the local APIC's registers; x87,
 * SSE, AVX and all further components that XSAVE knows, and XCR0; MSRs; breakpoints; and what VMLOAD loads from the control
 * block, where it is as after a reset.
 */
export function handOver(cpu: Cpu, number: u32): void {
  cleanApic(cpu, number);
  hw.resetExtendedState();
  resetMsrs();
  hw.clearBreakpoints();
  hw.loadGuest(hw.physicalOf(cpu.control));
}
