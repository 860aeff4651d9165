// `run`: from one instruction boundary that needs attention to the next, until the deadline or an exit.

import { FLAG_RF, FLAG_TF } from "../../abi/x86/registers.ts";
import { execute } from "./execute.gen.ts";
import { collectFlags, spreadFlags } from "./flags.ts";
import {
  ACTIVITY_HALTED,
  ACTIVITY_RUNNING,
  CS,
  EXIT_DEADLINE,
  EXIT_HALTED,
  EXIT_STOPPED,
  FAULT_EXCEPTION,
  FAULT_EXIT,
  FAULT_VMEXIT,
  PENDING_STOP,
  S_ACTIVITY,
  S_DEADLINE,
  S_EXIT_CODE,
  S_FAULT,
  S_FLAGS,
  S_INSTRUCTIONS,
  S_PENDING,
  S_RIP,
  S_SEGMENT,
  S_SHADOW,
  S_TIME,
  S_VIRTUAL,
  SEG_BASE,
  SEG_LIMIT,
  SEGMENT_SIZE,
  SHADOW_REPEAT,
  SHADOW_SS,
  SHADOW_STI,
  VIRTUAL_IRQ,
} from "./interface.ts";
import {
  S_BLOCK_RIP,
  S_CODE_BASE,
  S_CODE_LIMIT,
  S_DEBUG,
  S_LEAVE,
  S_LEFT,
  S_LIMIT,
  S_LINK,
  S_RECORD,
  S_RIP_MASK,
  S_SINK,
  S_TRACED,
  S_UNBROKEN,
  S_USED_DEADLINE,
} from "./interpreter-state.ts";
import { forgetJumps } from "./jumps.ts";
import { lookUp, lookUpShort } from "./lookup.ts";
import { S_MODE } from "./memory/layout.ts";
import { B_COUNT, B_RECORDS } from "./records.ts";
import { executeOutside } from "./slow-path.ts";
import { leaveGuest } from "./svm/run-guest.ts";
import { breakAt, DR6_BS, hasBreakpoints, isTrapDue, raiseTrap } from "./system/breakpoints.ts";
import { faulted } from "./system/fault.ts";
import { deliverFault, deliverPending } from "./system/interrupts.ts";
import { inLongCode, MODE_CODE_16, MODE_CODE_64, MODE_CODE_MASK } from "./system/mode.ts";

/** Ticks that the inner loop is given at most at a time: engines replace a function by its optimised version only at a call. */
const MOST_TICKS: u64 = 0x40000;
/** "No exit": `run` goes on. */
const NO_EXIT: u32 = 0xffffffff;

/** Takes over what the inner loop keeps of the mode. */
function settleMode(s: u32): void {
  const mode = load<u32>(s, S_MODE);
  const code = mode & MODE_CODE_MASK;
  const isLong = code === MODE_CODE_64;
  const segment = s + S_SEGMENT + CS * SEGMENT_SIZE;
  const mask: u64 = isLong ? <u64>-1 : code === MODE_CODE_16 ? 0xffff : 0xffffffff;
  const base = isLong ? 0 : load<u64>(segment, SEG_BASE);
  const limit: u64 = isLong ? mask : load<u32>(segment, SEG_LIMIT);
  // The jump cache answers without a look at the limit: what it knows was within that of the same segment, or is forgotten.
  if (limit < mask && (limit !== load<u64>(s, S_CODE_LIMIT) || base !== load<u64>(s, S_CODE_BASE)))
    forgetJumps(s);
  store<u64>(s, base, S_CODE_BASE);
  store<u64>(s, min(limit, mask), S_CODE_LIMIT);
  store<u64>(s, mask, S_RIP_MASK);
}

/** Whether the instruction at S_BLOCK_RIP has a breakpoint, whose fault is then set: it comes before those of fetching. */
function isBroken(s: u32): bool {
  if (!hasBreakpoints(s)) return false;
  const linear = load<u64>(s, S_BLOCK_RIP) + load<u64>(s, S_CODE_BASE);
  breakAt(s, inLongCode(s) ? linear : linear & 0xffffffff);
  return faulted(s);
}

/** Finds the block at S_BLOCK_RIP and enters it; false with a fault set. S_LEFT is not 0. */
function enter(s: u32): bool {
  if (isBroken(s)) return false;
  const left = load<i32>(s, S_LEFT);
  let block = lookUp(s);
  if (block === 0) return false;
  if (load<i32>(block, B_COUNT) > left) {
    block = lookUpShort(s, <u32>left);
    if (block === 0) return false;
  }
  store<i32>(s, left - load<i32>(block, B_COUNT), S_LEFT);
  store<u32>(s, block + B_RECORDS, S_RECORD);
  return true;
}

/** Executes from S_BLOCK_RIP on until the ticks are used up, there is a fault, or S_LEAVE. */
function executeTicks(s: u32, ticks: u64): void {
  store<u64>(s, load<u64>(s, S_TIME) + ticks, S_LIMIT);
  store<i32>(s, <i32>ticks, S_LEFT);
  store<u32>(s, 0, S_LEAVE);
  store<u32>(s, s + S_SINK, S_LINK);
  store<u32>(s, 0, S_RECORD);
  for (;;) {
    if (load<u32>(s, S_RECORD) === 0) {
      if (faulted(s) || load<u32>(s, S_LEAVE) || load<i32>(s, S_LEFT) === 0) break;
      if (!enter(s)) break;
    }
    execute(s);
    if (load<u32>(s, S_RECORD) !== 0) executeOutside(s);
  }
  const spent = ticks - load<i32>(s, S_LEFT);
  store<u64>(s, load<u64>(s, S_LIMIT) - load<i32>(s, S_LEFT), S_TIME);
  store<u64>(s, load<u64>(s, S_INSTRUCTIONS) + spent, S_INSTRUCTIONS);
  store<u64>(s, load<u64>(s, S_BLOCK_RIP), S_RIP);
}

/** Delivers a fault at S_RIP, which takes a tick; the exit that `run` must return, or NO_EXIT. */
function settleFault(s: u32): u32 {
  collectFlags(s);
  if (load<u32>(s, S_FAULT) === FAULT_EXCEPTION) {
    store<u64>(s, load<u64>(s, S_TIME) + 1, S_TIME);
    deliverFault(s);
  }
  if (load<u32>(s, S_FAULT) === FAULT_VMEXIT) {
    store<u64>(s, load<u64>(s, S_TIME) + 1, S_TIME);
    leaveGuest(s);
    spreadFlags(s);
  }
  store<u64>(s, load<u64>(s, S_RIP), S_BLOCK_RIP);
  if (load<u32>(s, S_FAULT) !== FAULT_EXIT) return NO_EXIT;
  store<u32>(s, 0, S_FAULT);
  return load<u32>(s, S_EXIT_CODE);
}

/** Lets time pass on a CPU that does not execute. */
function idle(s: u32): u32 {
  if (load<u64>(s, S_TIME) < load<u64>(s, S_DEADLINE))
    store<u64>(s, load<u64>(s, S_DEADLINE), S_TIME);
  return EXIT_DEADLINE;
}

/** Whether an event waits, the processor's or one of an SVM guest's own. */
function isAwaited(s: u32): bool {
  return (load<u32>(s, S_PENDING) | (load<u32>(s, S_VIRTUAL) & VIRTUAL_IRQ)) !== 0;
}

/** At a boundary: interrupts, the deadline. The exit that `run` must return, or NO_EXIT if it can execute. */
function atBoundary(s: u32, isFirst: bool): u32 {
  if (load<u32>(s, S_PENDING) & PENDING_STOP) return EXIT_STOPPED;
  if (isFirst || isAwaited(s)) {
    collectFlags(s);
    deliverPending(s);
    store<u64>(s, load<u64>(s, S_RIP), S_BLOCK_RIP);
    if (faulted(s)) {
      const exit = settleFault(s);
      if (exit !== NO_EXIT) return exit;
    }
  }
  if (load<u32>(s, S_ACTIVITY) !== ACTIVITY_RUNNING) return idle(s);
  return load<u64>(s, S_TIME) >= load<u64>(s, S_DEADLINE) ? EXIT_DEADLINE : NO_EXIT;
}

/** #DB after an instruction, by what has matched in it and `more` reasons. It ends HLT (SDM, volume 2, "HLT"). */
function trap(s: u32, more: u64): u32 {
  if (load<u32>(s, S_ACTIVITY) === ACTIVITY_HALTED) store<u32>(s, ACTIVITY_RUNNING, S_ACTIVITY);
  raiseTrap(s, more);
  return settleFault(s);
}

/**
 * What RF and S_SHADOW say of the next instruction is over with it: both are as before only where it has a fault. `shadow` and `flags`
 * are what they were.
 */
function restoreBoundary(s: u32, shadow: u32, flags: u32): void {
  store<u32>(s, shadow, S_SHADOW);
  store<u64>(s, load<u64>(s, S_FLAGS) | (flags & FLAG_RF), S_FLAGS);
}

/** After instructions without a fault: the trap that they lead to, or HLT. */
function settleStep(s: u32): u32 {
  // A load of SS puts off what has matched, and there is no single step after it (SDM, volume 3, section 6.8.3).
  if (!(load<u32>(s, S_SHADOW) & SHADOW_SS)) {
    if (load<u32>(s, S_TRACED)) return trap(s, DR6_BS);
    if (isTrapDue(s)) return trap(s, 0);
  }
  return load<u32>(s, S_ACTIVITY) === ACTIVITY_HALTED ? EXIT_HALTED : NO_EXIT;
}

/** Executes up to the next boundary that needs attention; the exit that `run` must return, or NO_EXIT. */
function step(s: u32): u32 {
  if (isTrapDue(s)) return trap(s, 0);
  const shadow = load<u32>(s, S_SHADOW);
  const flags = load<u32>(s, S_FLAGS);
  const held = load<u32>(s, S_DEBUG);
  const isTraced = (flags & FLAG_TF) !== 0;
  store<u32>(s, u32(isTraced), S_TRACED);
  const deadline = load<u64>(s, S_DEADLINE);
  store<u64>(s, deadline, S_USED_DEADLINE);
  settleMode(s);
  store<u32>(s, u32((shadow & (SHADOW_SS | SHADOW_REPEAT)) | (flags & FLAG_RF)), S_UNBROKEN);
  store<u64>(s, load<u64>(s, S_FLAGS) & ~(<u64>FLAG_RF), S_FLAGS);
  store<u32>(s, 0, S_SHADOW);
  const isBlocking = (shadow & (SHADOW_STI | SHADOW_SS)) !== 0;
  const isSingle = isTraced || held !== 0 || (isBlocking && isAwaited(s));
  const start = load<u64>(s, S_TIME);
  const rip = load<u64>(s, S_RIP);
  executeTicks(s, isSingle ? 1 : min(deadline - start, MOST_TICKS));
  const ticks = load<u64>(s, S_TIME) - start;
  if (faulted(s)) {
    store<u32>(s, held, S_DEBUG);
    // INT1 is over where #DB is intercepted.
    if (ticks === 0 && load<u64>(s, S_RIP) === rip) restoreBoundary(s, shadow, flags);
    return settleFault(s);
  }
  // Of several loads of SS in a row the first alone has an effect on what comes after it.
  if (shadow & SHADOW_SS && ticks === 1)
    store<u32>(s, load<u32>(s, S_SHADOW) & ~SHADOW_SS, S_SHADOW);
  return settleStep(s);
}

/** Executes until S_DEADLINE or an exit; returns EXIT_*. */
export function runState(s: u32): u32 {
  spreadFlags(s);
  store<u64>(s, load<u64>(s, S_RIP), S_BLOCK_RIP);
  let exit = atBoundary(s, true);
  while (exit === NO_EXIT) {
    exit = step(s);
    if (exit === NO_EXIT) exit = atBoundary(s, false);
  }
  collectFlags(s);
  return exit;
}
