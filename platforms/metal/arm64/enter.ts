// Taking over the processors from Linux. They come at about the same time: the first one prepares what all share, then each in
// its turn prepares itself; when all have, the first one decides, and all go on as guests or all go back.
// (../rendezvous.ts is the same for x86, whose console and time it imports.)

import { EIO } from "../../../abi/errno.ts";
import * as core from "../../../hypervisor/exports.ts";
import { poolInit } from "../pool.ts";
import { acquire, give, increment } from "../spin.ts";
import { configAddress, flushConsole, publishConsole, say } from "./console.ts";
import { addCpu } from "./cpu.ts";
import * as hw from "./hw.ts";
import { stage2Init, useRootMap } from "./stage2.ts";
import { now } from "./time.ts";

/** Nanoseconds that the first CPU waits for all others; a virtual CPU can be without a processor for a while. */
const PATIENCE: u64 = 5_000_000_000;
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
  /** GO or GO_BACK, or 0. */
  decision: u32;
}

const MEETING: usize = memory.data(24, 4);

function addressOf(offset: usize): usize {
  return MEETING + offset;
}

/** Keeps the first error; `result` is 0 or -errno. */
function report(result: i32): void {
  if (result) hw.compareExchange(addressOf(offsetof<Meeting>("error")), 0, <u32>-result);
}

/** 0, or -errno of the first CPU that failed. */
function outcome(): i32 {
  return -(<i32>hw.loadAcquire(addressOf(offsetof<Meeting>("error"))));
}

/** The first CPU prepares what all share. */
function prepareAll(cpu: u32): i32 {
  poolInit();
  const result = stage2Init();
  return result ? result : core.init(cpu, configAddress(), hw.configSize());
}

/** The calling CPU prepares itself once it is its turn. */
function takeTurn(cpu: u32): void {
  while (!hw.loadAcquire(addressOf(offsetof<Meeting>("isReady")))) hw.pause();
  acquire(addressOf(offsetof<Meeting>("turn")));
  if (!outcome()) report(addCpu(cpu) ? core.initCpu(cpu) : -EIO);
  increment(addressOf(offsetof<Meeting>("done")));
  give(addressOf(offsetof<Meeting>("turn")));
}

/** The first CPU waits until all have had their turn, and reports -EIO if one does not come. */
function awaitAll(): void {
  const start = now();
  while (hw.loadAcquire(addressOf(offsetof<Meeting>("done"))) < hw.onlineCpus()) {
    if (now() - start > PATIENCE) {
      say("Not all processors have come");
      report(-EIO);
      return;
    }
    hw.pause();
  }
}

/** The first CPU decides for all. */
function decide(): void {
  awaitAll();
  if (!outcome()) report(core.activate());
  publishConsole();
  flushConsole();
  hw.storeRelease(addressOf(offsetof<Meeting>("decision")), outcome() ? GO_BACK : GO);
}

/**
 * Called on every CPU that Linux has online, at about the same time. Returns 0 on all of them: Linux goes on as a guest; or
 * -errno on all of them.
 */
export function enter(cpu: u32): i32 {
  const isFirst = hw.compareExchange(addressOf(offsetof<Meeting>("begun")), 0, 1) === 0;
  if (isFirst) {
    report(prepareAll(cpu));
    hw.storeRelease(addressOf(offsetof<Meeting>("isReady")), 1);
  }
  takeTurn(cpu);
  if (isFirst) decide();
  while (!hw.loadAcquire(addressOf(offsetof<Meeting>("decision")))) hw.pause();
  const result = outcome();
  if (!result) useRootMap();
  return result;
}
