// The life of a CPU under the hypervisor: its guest, the handlers of its exits, what others want of it, until it leaves.

import { flushConsole, publish, serveConsole } from "./console.ts";
import { Cpu, cpuOf } from "./cpu.ts";
import { handOver } from "./hand-over.ts";
import * as hw from "./hw.ts";
import { halt } from "./idle.ts";
import { awaitKick, finishStop, followBetween, isRequested } from "./stop.ts";
import { dispatch, finishExit, hasEvent, injectNmi, leave, runGuest, watchHalts } from "./vcpu.ts";

/**
 * Lets the guest have an NMI that came for it, unless something else is to be delivered or its handler of the last one has
 * not ended: as a processor does, which cannot know of an injected one.
 */
function deliverNmi(cpu: Cpu): void {
  if (cpu.nmiBlocked || hasEvent(cpu)) return;
  cpu.guestNmi = 0;
  injectNmi(cpu);
}

/** Runs the guest until an exit, and handles that. */
function step(cpu: Cpu, number: u32): void {
  if (cpu.soiled) {
    cpu.soiled = 0;
    handOver(cpu, number);
  }
  if (cpu.guestNmi && !cpu.parked) deliverNmi(cpu);
  publish();
  watchHalts(cpu, serveConsole(cpu));
  // One that comes later brings the CPU out with an NMI.
  if (isRequested(cpu)) {
    followBetween(number);
    return;
  }
  if (cpu.parked) {
    halt(cpu, number);
    return;
  }
  runGuest(cpu);
  finishExit(cpu);
  cpu.hasCpuid = 0;
  dispatch(cpu, number);
}

/** Never returns. After a restart the CPU's handler has been abandoned. */
export function run(): void {
  const number = hw.cpuIndex();
  const cpu = cpuOf(number);
  finishStop(number);
  while (!cpu.released) step(cpu, number);
  publish();
  flushConsole();
  awaitKick(cpu);
  leave(cpu);
}
