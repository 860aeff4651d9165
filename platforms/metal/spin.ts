// Mutual exclusion of CPUs inside the platform, for a few instructions; nothing else is waited for meanwhile.
import { compareExchange, pause, storeRelease } from "./hw.ts";

/** Waits until the u32 at `lock` is 0, and makes it 1. */
export function acquire(lock: usize): void {
  while (compareExchange(lock, 0, 1)) pause();
}

/** Ends acquire. */
export function give(lock: usize): void {
  storeRelease(lock, 0);
}

/** Adds 1 to the u32 at `address`, as one step. */
export function increment(address: usize): void {
  for (;;) {
    const value = load<u32>(address);
    if (compareExchange(address, value, value + 1) === value) return;
  }
}
