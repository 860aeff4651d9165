// More than one CPU. All CPUs of a cell come out of reset at once; the first runs `main`, the others wait for this.
import { ICR_ASSERT, ICR_MODE_INIT, ICR_MODE_SHIFT, ICR_MODE_SIPI } from "../../abi/x86/apic.ts";
import { add, apicIdOf, exchange, mmioRead32, pause, setNextStack } from "./hardware.ts";
import { allocate } from "./heap.ts";
import { enableApic, sendIpi } from "./interrupts.ts";
import { BOOT_PAGE_NUMBER, READY_COUNTER, STACK_SIZE } from "./layout.ts";
import { delayUs } from "./pm-timer.ts";

/** Between INIT and the first start-up IPI, and between the two of them (Intel manual, volume 3, section 9.4.4). */
const AFTER_INIT_US: u64 = 10000;
const AFTER_SIPI_US: u64 = 200;

const entry = memory.data(4);

/** CPUs of the cell that have come out of reset so far, this one included. */
export function readyCpus(): u32 {
  return mmioRead32(<u64>READY_COUNTER);
}

/** APIC id of the CPU that came out of reset as `number`; 0 is the one that runs `main`. */
export function cpuApicId(number: u32): u32 {
  return apicIdOf(number);
}

/**
 * Starts a waiting CPU: it will call `run` with a stack of its own, its local APIC enabled, interrupts off. Returns when
 * it has begun. Waits by the PM timer.
 */
export function startCpu(apicId: u32, run: () => void): void {
  setNextStack(allocate(STACK_SIZE, STACK_SIZE) + STACK_SIZE);
  exchange(<u32>entry, <u32>changetype<usize>(run));
  sendIpi(ICR_ASSERT | (ICR_MODE_INIT << ICR_MODE_SHIFT), apicId);
  delayUs(AFTER_INIT_US);
  const startUp = ICR_ASSERT | (ICR_MODE_SIPI << ICR_MODE_SHIFT) | BOOT_PAGE_NUMBER;
  sendIpi(startUp, apicId);
  delayUs(AFTER_SIPI_US);
  if (add(<u32>entry, 0) != 0) sendIpi(startUp, apicId);
  while (add(<u32>entry, 0) != 0) pause();
}

/** On the new CPU: takes what it is to run, which tells `startCpu` that it has begun, and runs it. */
export function runStartedCpu(): void {
  enableApic();
  changetype<() => void>(<usize>exchange(<u32>entry, 0))();
}
