// The CPUs come at about the same time. The first one prepares what all share; then each in its turn prepares itself; when
// all have, the first one decides, and all go on or all go back.

import { EIO } from "../../abi/errno.ts";
import { compareExchange, loadAcquire, onlineCpus, pause, storeRelease } from "./hw.ts";
import { acquire, give, increment } from "./spin.ts";
import { say } from "./x86/console.ts";
import { now } from "./x86/time.ts";

/** Nanoseconds that the first CPU waits for all others; a virtual CPU can be without a processor for a while. */
const PATIENCE: u64 = 5_000_000_000;
const UNDECIDED: u32 = 0;
const GO: u32 = 1;
const GO_BACK: u32 = 2;

@unmanaged
class Meeting {
  /** 1 once the first CPU has come. */
  begun: u32;
  /** 1 once it has prepared what all share. */
  isReady: u32;
  /** The first error, positive. */
  error: u32;
  /** Held by the CPU whose turn it is. */
  turn: u32;
  /** CPUs that have had their turn. */
  done: u32;
  decision: u32;
}

const MEETING: usize = memory.data(24, 4);

/** Whether the calling CPU is the first. */
export function comeFirst(): bool {
  return compareExchange(MEETING, 0, 1) === 0;
}

/** Keeps the first error; `result` is 0 or -errno. */
export function report(result: i32): void {
  if (result) compareExchange(MEETING + offsetof<Meeting>("error"), 0, <u32>-result);
}

/** 0, or -errno of the first CPU that failed. */
export function outcome(): i32 {
  return -(<i32>loadAcquire(MEETING + offsetof<Meeting>("error")));
}

/** The first CPU has prepared what all share, or has reported why not. */
export function openTurns(): void {
  storeRelease(MEETING + offsetof<Meeting>("isReady"), 1);
}

/** Waits for the turn of the calling CPU. */
export function beginTurn(): void {
  while (!loadAcquire(MEETING + offsetof<Meeting>("isReady"))) pause();
  acquire(MEETING + offsetof<Meeting>("turn"));
}

export function endTurn(): void {
  increment(MEETING + offsetof<Meeting>("done"));
  give(MEETING + offsetof<Meeting>("turn"));
}

/** The first CPU waits until all have had their turn, and reports -EIO if one does not come. */
export function awaitAll(): void {
  const start = now();
  while (loadAcquire(MEETING + offsetof<Meeting>("done")) < onlineCpus()) {
    if (now() - start > PATIENCE) {
      say("Not all processors have come");
      report(-EIO);
      return;
    }
    pause();
  }
}

/** The first CPU decides by the outcome. */
export function decide(): void {
  storeRelease(MEETING + offsetof<Meeting>("decision"), outcome() ? GO_BACK : GO);
}

/** Waits for the decision. Returns 0 to go on, or -errno to go back. */
export function awaitDecision(): i32 {
  while (loadAcquire(MEETING + offsetof<Meeting>("decision")) === UNDECIDED) pause();
  return outcome();
}
