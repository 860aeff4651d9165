// A CPU changes hands, or is reset: one routine, for everyone who gives a CPU a new owner or a new start. What the guest's
// state in memory holds is set by cpus.ts; all else that a processor has of its own is put back here, and nothing at exits.

import { Cpu } from "./cpu.ts";
import * as hw from "./hw.ts";
import { cleanApic } from "./idle.ts";
import { loadGuest, resetMsrs } from "./vcpu.ts";

/**
 * Takes everything that the last owner of the calling CPU has left: pending interrupts and the local APIC's registers; x87,
 * SSE, AVX and all further components that XSAVE knows, and XCR0; MSRs; breakpoints; and what the processor keeps of a guest while
 * the hypervisor executes.
 */
export function handOver(cpu: Cpu, number: u32): void {
  cleanApic(cpu, number);
  hw.resetExtendedState();
  resetMsrs();
  hw.clearBreakpoints();
  loadGuest(cpu);
}
