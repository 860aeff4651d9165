// Events: exceptions with their escalation to double and triple faults, software, external and non-maskable interrupts
// (AMD64 APM volume 2, sections 8.2.9 and 8.5).

import {
  FLAG_IF,
  FLAG_RF,
  VECTOR_AC,
  VECTOR_DB,
  VECTOR_DE,
  VECTOR_DF,
  VECTOR_GP,
  VECTOR_NMI,
  VECTOR_PF,
  VECTOR_TS,
} from "../../../abi/x86/registers.ts";
import { call } from "../bus.ts";
import {
  ACTIVITY_HALTED,
  ACTIVITY_RUNNING,
  ACTIVITY_SHUTDOWN,
  BUS_ACKNOWLEDGE,
  EXIT_EXCEPTION,
  EXIT_SHUTDOWN,
  FAULT_EXCEPTION,
  FAULT_EXIT,
  FAULT_NONE,
  G_EXCEPTIONS,
  PENDING_INTERRUPT,
  PENDING_NMI,
  S_ACTIVITY,
  S_BUS_VALUE,
  S_FAULT,
  S_FAULT_ERROR,
  S_FAULT_VECTOR,
  S_FLAGS,
  S_GUEST,
  S_INDEX,
  S_NMI_BLOCKED,
  S_PENDING,
  S_RIP,
  S_SHADOW,
  SHADOW_REPEAT,
  SHADOW_SS,
  SHADOW_STI,
} from "../interface.ts";
import { S_TRACED } from "../interpreter-state.ts";
import { S_EVENT, S_NEXT } from "../memory/layout.ts";
import { stateOf } from "../memory/machine.ts";
import { endGeneralDetect, isTrapDue } from "./breakpoints.ts";
import { deliver, SOURCE_EXCEPTION, SOURCE_EXTERNAL, SOURCE_SOFTWARE } from "./deliver.ts";
import { faulted, NO_ERROR, raiseExit, raiseGp } from "./fault.ts";
import { inVirtualMode, ioLevel } from "./flags.ts";

/** S_EVENT: nothing waits. */
const EVENT_NONE: u32 = 0;
/** S_EVENT: an interrupt was acknowledged but its delivery exited; bits 7 to 0 are its vector. */
const EVENT_INTERRUPT: u32 = 0x100;
/** S_EVENT: `raise` ended in an exit; the facts are in the state block. */
const EVENT_EXIT: u32 = 0x200;
/** S_EVENT: the vector. */
const EVENT_VECTOR: u32 = 0xff;

/** Whether a fault during the delivery of this exception counts as contributory. */
function isContributory(vector: u32): bool {
  return vector == VECTOR_DE || (vector >= VECTOR_TS && vector <= VECTOR_GP);
}

/** The vector to deliver when `second` comes up while `first` is delivered. */
function escalate(first: u32, second: u32): u32 {
  const severe = isContributory(first) || first == VECTOR_PF;
  if (severe && isContributory(second)) return VECTOR_DF;
  return first == VECTOR_PF && second == VECTOR_PF ? VECTOR_DF : second;
}

/** Whether the guest control block wants an exit for an exception. */
function isIntercepted(s: u32, vector: u32): bool {
  const guest = load<u32>(s, S_GUEST);
  return guest != 0 && ((load<u32>(guest, G_EXCEPTIONS) >> vector) & 1) != 0;
}

/** A triple fault: an exit under a hypervisor, the end of the CPU without. */
function shutDown(s: u32): void {
  if (load<u32>(s, S_GUEST) != 0) return raiseExit(s, EXIT_SHUTDOWN, 0, 0);
  store<u32>(s, FAULT_NONE, S_FAULT);
  store<u32>(s, ACTIVITY_SHUTDOWN, S_ACTIVITY);
}

/** Hands the delivered event to the run loop: execution goes on at the handler. */
function arrive(s: u32): void {
  store<u64>(s, load<u64>(s, S_NEXT), S_RIP);
  store<u32>(s, 0, S_SHADOW);
  if (load<u32>(s, S_ACTIVITY) == ACTIVITY_HALTED) store<u32>(s, ACTIVITY_RUNNING, S_ACTIVITY);
}

/**
 * Delivers an event at S_RIP, where execution then goes on; sets a fault where that fails. A fault's image has RF set, so that the
 * instruction does not meet its own breakpoint again, and so has what comes between two iterations of a string instruction. Of other
 * events, and #DB, RF is pushed as it is (SDM, volume 3, section 17.3.1.1).
 */
function deliverHere(s: u32, vector: u32, error: i32, source: u32): void {
  const flags = load<u64>(s, S_FLAGS);
  const isFault = source == SOURCE_EXCEPTION && vector != VECTOR_DB;
  if (isFault || load<u32>(s, S_SHADOW) & SHADOW_REPEAT) store<u64>(s, flags | FLAG_RF, S_FLAGS);
  deliver(s, vector, error, source, load<u64>(s, S_RIP));
  if (!faulted(s)) return arrive(s);
  store<u64>(s, (load<u64>(s, S_FLAGS) & ~(<u64>FLAG_RF)) | (flags & FLAG_RF), S_FLAGS);
}

/** Delivers the exception in S_FAULT_*; `first` is the vector during whose delivery it came up, or any benign one. */
function deliverChain(s: u32, first: u32): void {
  while (load<u32>(s, S_FAULT) == FAULT_EXCEPTION) {
    if (first == VECTOR_DF) return shutDown(s);
    const second = load<u32>(s, S_FAULT_VECTOR);
    const vector = escalate(first, second);
    const error = vector == second ? load<i32>(s, S_FAULT_ERROR) : 0;
    if (isIntercepted(s, vector)) return raiseExit(s, EXIT_EXCEPTION, vector, <u64>(<u32>error));
    store<u32>(s, FAULT_NONE, S_FAULT);
    first = vector;
    deliverHere(s, vector, error, SOURCE_EXCEPTION);
  }
}

/**
 * Delivers the exception that the present instruction ran into (S_FAULT is FAULT_EXCEPTION, S_RIP the instruction's): the
 * handler's address is then in S_RIP and S_FAULT clear. Otherwise S_FAULT is FAULT_EXIT, or the CPU is shut down.
 */
export function deliverFault(s: u32): void {
  deliverChain(s, VECTOR_AC);
}

/** Enters the handler of an instruction that calls one; no single step traps on the way there. */
function deliverSoftware(s: u32, vector: u32, source: u32): void {
  deliver(s, vector, NO_ERROR, source, load<u64>(s, S_NEXT));
  if (!faulted(s)) store<u32>(s, 0, S_TRACED);
}

/** INT n: sets S_NEXT to the handler, or a fault. It needs IOPL 3 in virtual-8086 mode. */
export function softwareInterrupt(s: u32, vector: u32): void {
  if (inVirtualMode(s) && ioLevel(s) != 3) return raiseGp(s, 0);
  deliverSoftware(s, vector, SOURCE_SOFTWARE);
}

/** INT3 and INTO: the same for exceptions, which can be intercepted, whatever IOPL is. */
export function softwareException(s: u32, vector: u32): void {
  if (isIntercepted(s, vector)) return raiseExit(s, EXIT_EXCEPTION, vector, <u64>(<u32>NO_ERROR));
  deliverSoftware(s, vector, SOURCE_SOFTWARE);
}

/**
 * INT1: #DB after the instruction, of which DR6 says nothing. Its gate's privilege does not count (SDM, volume 2, "INT n/INTO/INT3/INT1").
 */
export function debugInterrupt(s: u32): void {
  endGeneralDetect(s);
  if (!isIntercepted(s, VECTOR_DB)) return deliverSoftware(s, VECTOR_DB, SOURCE_EXCEPTION);
  store<u64>(s, load<u64>(s, S_NEXT), S_RIP);
  raiseExit(s, EXIT_EXCEPTION, VECTOR_DB, <u64>(<u32>NO_ERROR));
}

/** Delivers an interrupt that comes from outside at an instruction boundary. */
function deliverExternal(s: u32, vector: u32): void {
  deliverHere(s, vector, NO_ERROR, SOURCE_EXTERNAL);
  if (!faulted(s)) return;
  deliverChain(s, VECTOR_AC);
  // An exit (a stack that the cell's map does not grant) must not lose the interrupt.
  if (load<u32>(s, S_FAULT) == FAULT_EXIT) store<u32>(s, EVENT_INTERRUPT | vector, S_EVENT);
}

/** Delivers what an exit has held up; returns whether there was something. */
function deliverEvent(s: u32): bool {
  const event = load<u32>(s, S_EVENT);
  if (event == EVENT_NONE) return false;
  store<u32>(s, EVENT_NONE, S_EVENT);
  if (event & EVENT_EXIT) store<u32>(s, FAULT_EXIT, S_FAULT);
  else deliverExternal(s, event & EVENT_VECTOR);
  return true;
}

/**
 * To be called at an instruction boundary with S_RIP exact and no fault set, by `run` when it starts and whenever
 * S_PENDING, RFLAGS.IF or the shadow change: delivers a held-up event, an NMI or an external interrupt, whichever is first
 * and permitted, and wakes a halted CPU. Returns whether it did anything; S_FAULT may then be FAULT_EXIT.
 */
export function deliverPending(s: u32): bool {
  if (load<u32>(s, S_ACTIVITY) > ACTIVITY_HALTED) return false;
  if (deliverEvent(s)) return true;
  const pending = load<u32>(s, S_PENDING);
  if (load<u32>(s, S_SHADOW) & (SHADOW_STI | SHADOW_SS) || isTrapDue(s)) return false;
  if (pending & PENDING_NMI && load<u32>(s, S_NMI_BLOCKED) == 0) {
    store<u32>(s, pending & ~PENDING_NMI, S_PENDING);
    store<u32>(s, 1, S_NMI_BLOCKED);
    deliverExternal(s, VECTOR_NMI);
    return true;
  }
  if (!(pending & PENDING_INTERRUPT) || !(load<u32>(s, S_FLAGS) & FLAG_IF)) return false;
  call(load<u32>(s, S_INDEX), BUS_ACKNOWLEDGE, 0);
  deliverExternal(s, load<u32>(s, S_BUS_VALUE) & EVENT_VECTOR);
  return true;
}

/**
 * Delivers an exception at the present RIP of a CPU that is not executing, not intercepted itself; `error` is NO_ERROR for
 * none. What goes wrong on the way escalates; an exit that comes of it is returned by the next `run`.
 */
export function raise(cpu: u32, vector: u32, error: i32): void {
  const s = stateOf(cpu);
  store<u32>(s, FAULT_NONE, S_FAULT);
  deliverHere(s, vector, error, SOURCE_EXCEPTION);
  if (!faulted(s)) return;
  deliverChain(s, vector);
  if (load<u32>(s, S_FAULT) != FAULT_EXIT) return;
  store<u32>(s, FAULT_NONE, S_FAULT);
  store<u32>(s, EVENT_EXIT, S_EVENT);
}
