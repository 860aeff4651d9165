// Stopping CPUs, and the one lock of the core.
//
// A CPU follows a request to stop only at points of its own choice: between its guest and it (run.ts), in `relax`, and while it
// waits for the lock. There it says which request it follows and waits until that is over. So:
// - Whoever holds the lock or is in the middle of a handler is never stopped there; the requester waits for it.
// - Requests are made with the lock, so that there is one requester at a time, nobody who has the lock has a request to follow, and
//   nobody who is stopped takes the lock: it looks at its request before each attempt.
// - There is no deadlock: a requester has the lock, and every other wait is a point where requests are followed.
// - A guest is brought out by an NMI, which follows every request: nobody has to know who is in a guest, and entering one costs
//   nothing. If the CPU has stopped by itself, the NMI ends its next guest at once, and no guest sees it.
// - At most one such NMI is on its way to a CPU (`kicked`): a processor keeps one pending, so that two could become one. Who
//   finds it on its way sends none: that one has yet to come, and the CPU looks at its request after it has. So the NMIs that
//   come to a CPU, less one for each time `kicked` was set, are its guest's, in whatever order they come. (One of the guest's
//   that is pending together with ours is one with it for the processor, and lost.)
// - Each stop and each resume has a number of its own, so that nobody has to wait until a CPU has noticed that it may go on: if it
//   is stopped again before that, it follows the new request anew, after having gone on.
// - All CPUs that a request has stopped are resumed with the lock, together: one that goes on can stop no other before.
// A CPU that was blocked in a handler and has been given a new state goes to the start of `run` on an empty stack.
// test/platforms/stop/ executes all this in every order.

import { NO_ERROR_CODE } from "../../../abi/platform.ts";
import { VECTOR_MC } from "../../../abi/x86/registers.ts";
import { exitManagement } from "../../../hypervisor/exports.ts";
import { exitException } from "../../../hypervisor/x86/exports.ts";
import { takeMachineCheck, takeNmi } from "./amd/hw.ts";
import { saveState } from "./amd/registers.ts";
import { sendNmi } from "./apic.ts";
import { Cpu, cpuOf } from "./cpu.ts";
import * as hw from "./hw.ts";
import { now } from "./time.ts";

/** Nanoseconds that one `relax` lasts. */
const RELAX_TIME: u64 = 50_000;

const LOCK: usize = memory.data(4, 4);
/** 1 once the lock has been given back: something may have been printed, which is done with the lock. */
const USED: usize = memory.data(4, 4);

/** Whether the CPU has been asked to stop. */
export function isRequested(cpu: Cpu): bool {
  return (hw.loadAcquire(changetype<usize>(cpu)) & 1) !== 0;
}

/** Follows a request, if there is one: returns when it is over. */
function follow(cpu: Cpu): void {
  saveState(cpu);
  const request = hw.loadAcquire(changetype<usize>(cpu));
  hw.storeRelease(changetype<usize>(cpu) + offsetof<Cpu>("followed"), request);
  while (hw.loadAcquire(changetype<usize>(cpu)) === request) hw.pause();
}

/** Follows a request of the calling CPU between its guest and its handlers, and tells the core. */
export function followBetween(cpu: u32): void {
  const self = cpuOf(cpu);
  follow(self);
  exitManagement(cpu);
  self.replaced = 0;
}

/** After a restart: ends the stop during which the CPU's handler was abandoned. */
export function finishStop(cpu: u32): void {
  const self = cpuOf(cpu);
  if (!self.replaced) return;
  exitManagement(cpu);
  self.replaced = 0;
}

/** Follows a request of the calling CPU in the middle of a handler. Does not return if it has been given a new state. */
function followInside(): void {
  const self = cpuOf(hw.cpuIndex());
  if (!isRequested(self)) return;
  follow(self);
  if (self.replaced) hw.restart();
}

function kickedOf(cpu: Cpu): usize {
  return changetype<usize>(cpu) + offsetof<Cpu>("kicked");
}

/** Brings a CPU out of its guest. */
export function kick(cpu: Cpu): void {
  if (!hw.compareExchange(kickedOf(cpu), 0, 1)) sendNmi(cpu.apicId);
}

/**
 * Keeps others from sending NMIs to the calling CPU, which is in no guest and may have none come; returns false if one is on its
 * way. Who would have sent one finds that so, as if it was.
 */
export function holdKicks(cpu: Cpu): bool {
  return !hw.compareExchange(kickedOf(cpu), 0, 1);
}

/** Ends that. What others wanted is seen before the CPU enters its guest. */
export function allowKicks(cpu: Cpu): void {
  hw.compareExchange(kickedOf(cpu), 1, 0);
}

/** Takes the NMI that has brought the calling CPU out of a guest. One that nobody here has sent is for its guest. */
export function receiveNmi(cpu: Cpu, number: u32): void {
  takeNmi();
  if (!hw.compareExchange(kickedOf(cpu), 1, 0)) cpu.guestNmi = 1;
  if (takeMachineCheck()) exitException(number, VECTOR_MC, NO_ERROR_CODE);
}

/** Before the processor goes back to Linux: takes an NMI that is on its way from here, so that Linux does not get it. */
export function awaitKick(cpu: Cpu): void {
  if (hw.loadAcquire(kickedOf(cpu))) takeNmi();
}

/** The waist's stopCpu. */
export function stopCpu(cpu: u32): void {
  const target = cpuOf(cpu);
  let request = hw.loadAcquire(changetype<usize>(target));
  if (!(request & 1)) {
    request++;
    hw.storeRelease(changetype<usize>(target), request);
    kick(target);
  }
  while (hw.loadAcquire(changetype<usize>(target) + offsetof<Cpu>("followed")) !== request)
    hw.pause();
}

/** The waist's resumeCpu. The CPU goes on when it notices; nobody waits for that. */
export function resumeCpu(cpu: u32): void {
  const target = cpuOf(cpu);
  const request = hw.loadAcquire(changetype<usize>(target));
  if (request & 1) hw.storeRelease(changetype<usize>(target), request + 1);
}

/** The waist's lock. */
export function lock(): void {
  for (;;) {
    followInside();
    if (!hw.compareExchange(LOCK, 0, 1)) return;
    hw.pause();
  }
}

/** The waist's unlock. */
export function unlock(): void {
  store<u32>(USED, 1);
  hw.storeRelease(LOCK, 0);
}

/** Whether anybody may have printed since this was asked last. */
export function wasUsed(): bool {
  const isUsed = load<u32>(USED) !== 0;
  if (isUsed) store<u32>(USED, 0);
  return isUsed;
}

/** The waist's relax. */
export function relax(_cpu: u32): void {
  const start = now();
  do {
    followInside();
    hw.pause();
  } while (now() - start < RELAX_TIME);
}
