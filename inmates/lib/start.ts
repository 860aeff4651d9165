// What the start-up (start/runtime.c) calls. The build compiles this file together with the inmate's own, which exports
// `main`.
import { checkCommRegion } from "./comm.ts";
import { reportException } from "./exceptions.ts";
import { dispatchInterrupt } from "./interrupts.ts";
import { runStartedCpu } from "./smp.ts";
import { reportTrap } from "./trap.ts";

/** On the first CPU, before `main`. */
export function initialize(): void {
  checkCommRegion();
}

/** On every other CPU, once `startCpu` has started it. */
export function initializeNext(): void {
  runStartedCpu();
}

/** For vectors 32 to 63. */
export function interrupt(vector: u32): void {
  dispatchInterrupt(vector);
}

/** For vectors 0 to 31; does not return. */
export function exception(frame: u32): void {
  reportException(frame);
}

/** For what WebAssembly traps on; does not return. */
export function trap(reason: u32): void {
  reportTrap(reason);
}
