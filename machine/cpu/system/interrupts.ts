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
  VECTOR_MC,
  VECTOR_NMI,
  VECTOR_PF,
  VECTOR_TS,
} from "../../../abi/x86/registers.ts";
import { EVENT_HAS_CODE, EVENT_VALID } from "../../../abi/x86/svm.ts";
import { call } from "../bus.ts";
import { FEATURE_DECODEASSISTS } from "../features.ts";
import {
  ACTIVITY_HALTED,
  ACTIVITY_RUNNING,
  ACTIVITY_SHUTDOWN,
  BUS_ACKNOWLEDGE,
  EXIT_EXCEPTION,
  EXIT_INIT,
  EXIT_SHUTDOWN,
  FAULT_EXCEPTION,
  FAULT_EXIT,
  FAULT_NONE,
  G_EXCEPTIONS,
  PENDING_INIT,
  PENDING_INTERRUPT,
  PENDING_MACHINE_CHECK,
  PENDING_NMI,
  S_ACTIVITY,
  S_BUS_VALUE,
  S_CR2,
  S_FAULT,
  S_FAULT_ERROR,
  S_FAULT_VECTOR,
  S_FLAGS,
  S_GIF,
  S_GUEST,
  S_HOST_IF,
  S_INDEX,
  S_NMI_BLOCKED,
  S_PENDING,
  S_RIP,
  S_SHADOW,
  S_VIRTUAL,
  SHADOW_REPEAT,
  SHADOW_SS,
  SHADOW_STI,
  VIRTUAL_IGNORES_TPR,
  VIRTUAL_IRQ,
  VIRTUAL_MASKING,
  VIRTUAL_PRIORITY_SHIFT,
  VIRTUAL_TPR,
} from "../interface.ts";
import { S_TRACED } from "../interpreter-state.ts";
import { S_EVENT, S_NEXT } from "../memory/layout.ts";
import { hasFeature, stateOf } from "../memory/machine.ts";
import {
  EXIT_EXCP,
  EXIT_ICEBP,
  EXIT_INIT_SIGNAL,
  EXIT_INTR,
  EXIT_NMI,
  EXIT_SHUTDOWN_SVM,
  EXIT_SWINT,
  EXIT_VINTR,
  intercept,
  interceptWith,
  raiseVmexit,
} from "../svm/intercepts.ts";
import { inGuest, isWanted, S_DELIVERED, S_OLD_CR2 } from "../svm/state.ts";
import { endGeneralDetect, isTrapDue } from "./breakpoints.ts";
import { deliver, SOURCE_EXCEPTION, SOURCE_EXTERNAL, SOURCE_SOFTWARE } from "./deliver.ts";
import { faulted, NO_ERROR, raiseExit, raiseGp } from "./fault.ts";
import { inVirtualMode, ioLevel } from "./flags.ts";
import { beginMachineCheck } from "./machine-check.ts";

/** S_EVENT: nothing waits. */
const EVENT_NONE: u32 = 0;
/** S_EVENT: an interrupt was acknowledged but its delivery exited; bits 7 to 0 are its vector. */
const EVENT_INTERRUPT: u32 = 0x100;
/** S_EVENT: `raise` ended in an exit; the facts are in the state block. */
const EVENT_EXIT: u32 = 0x200;
/** S_EVENT: the vector. */
const EVENT_VECTOR: u32 = 0xff;

/** Types of events, as an exit reports the one whose delivery it has cut short (AMD64 APM volume 2, section 15.7.2). */
const TYPE_INTERRUPT: u32 = 0;
const TYPE_NMI: u32 = 2;
const TYPE_EXCEPTION: u32 = 3;
const TYPE_SOFTWARE: u32 = 4;
const TYPE_SHIFT: u32 = 8;

/** Notes what is going to be delivered, for an exit on the way. */
function noteDelivery(s: u32, type: u32, vector: u32, error: i32): void {
  const known: u64 = error == NO_ERROR ? 0 : EVENT_HAS_CODE | ((<u64>(<u32>error)) << 32);
  store<u64>(s, EVENT_VALID | known | (type << TYPE_SHIFT) | vector, S_DELIVERED);
}

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

/**
 * Sets the exit for an exception that the hypervisor wants to see instead of it, if that is so; `next` is the RIP after the instruction
 * where that is INT3, INTO or INT1. Returns whether it is.
 */
function isTaken(s: u32, vector: u32, error: i32, next: u64): bool {
  const guest = load<u32>(s, S_GUEST);
  if (guest != 0) {
    if (!((load<u32>(guest, G_EXCEPTIONS) >> vector) & 1)) return false;
    raiseExit(s, EXIT_EXCEPTION, vector, <u64>(<u32>error));
    return true;
  }
  if (!isWanted(s, EXIT_EXCP + vector)) return false;
  // The address of a page fault is told, and CR2 is as it was (AMD64 APM volume 2, section 15.12.15).
  const isPageFault = vector == VECTOR_PF;
  const address = isPageFault ? load<u64>(s, S_CR2) : 0;
  if (isPageFault) store<u64>(s, load<u64>(s, S_OLD_CR2), S_CR2);
  raiseVmexit(s, EXIT_EXCP + vector, error == NO_ERROR ? 0 : <u64>(<u32>error), address, next);
  return true;
}

/** A triple fault: an exit under a hypervisor, the end of the CPU without. */
function shutDown(s: u32): void {
  if (isWanted(s, EXIT_SHUTDOWN_SVM)) return raiseVmexit(s, EXIT_SHUTDOWN_SVM, 0, 0, 0);
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
  if (!faulted(s)) {
    store<u64>(s, 0, S_DELIVERED);
    return arrive(s);
  }
  store<u64>(s, (load<u64>(s, S_FLAGS) & ~(<u64>FLAG_RF)) | (flags & FLAG_RF), S_FLAGS);
}

/** Delivers the exception in S_FAULT_*; `first` is the vector during whose delivery it came up, or any benign one. */
function deliverChain(s: u32, first: u32): void {
  while (load<u32>(s, S_FAULT) == FAULT_EXCEPTION) {
    if (first == VECTOR_DF) return shutDown(s);
    const second = load<u32>(s, S_FAULT_VECTOR);
    const vector = escalate(first, second);
    const error = vector == second ? load<i32>(s, S_FAULT_ERROR) : 0;
    if (isTaken(s, vector, error, 0)) return;
    store<u32>(s, FAULT_NONE, S_FAULT);
    first = vector;
    noteDelivery(s, TYPE_EXCEPTION, vector, error);
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
function deliverSoftware(s: u32, vector: u32, source: u32, type: u32): void {
  noteDelivery(s, type, vector, NO_ERROR);
  deliver(s, vector, NO_ERROR, source, load<u64>(s, S_NEXT));
  if (faulted(s)) return;
  store<u64>(s, 0, S_DELIVERED);
  store<u32>(s, 0, S_TRACED);
}

/** INT n: sets S_NEXT to the handler, or a fault. It needs IOPL 3 in virtual-8086 mode. */
export function softwareInterrupt(s: u32, vector: u32): void {
  if (inVirtualMode(s) && ioLevel(s) != 3) return raiseGp(s, 0);
  const info = hasFeature(FEATURE_DECODEASSISTS) ? vector : 0;
  if (interceptWith(s, EXIT_SWINT, info, 0)) return;
  deliverSoftware(s, vector, SOURCE_SOFTWARE, TYPE_SOFTWARE);
}

/** INT3 and INTO: the same for exceptions, which can be intercepted, whatever IOPL is. */
export function softwareException(s: u32, vector: u32): void {
  if (isTaken(s, vector, NO_ERROR, load<u64>(s, S_NEXT))) return;
  deliverSoftware(s, vector, SOURCE_SOFTWARE, TYPE_EXCEPTION);
}

/**
 * INT1: #DB after the instruction, of which DR6 says nothing. Its gate's privilege does not count (SDM, volume 2, "INT n/INTO/INT3/INT1").
 */
export function debugInterrupt(s: u32): void {
  if (intercept(s, EXIT_ICEBP)) return;
  endGeneralDetect(s);
  if (isTaken(s, VECTOR_DB, NO_ERROR, 0)) store<u64>(s, load<u64>(s, S_NEXT), S_RIP);
  else deliverSoftware(s, VECTOR_DB, SOURCE_EXCEPTION, TYPE_EXCEPTION);
}

/** Delivers an interrupt that comes from outside at an instruction boundary. */
function deliverExternal(s: u32, vector: u32, type: u32): void {
  noteDelivery(s, type, vector, NO_ERROR);
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
  else deliverExternal(s, event & EVENT_VECTOR, TYPE_INTERRUPT);
  return true;
}

/** An event that VMRUN injects, `event` as its control block has it; `first` is what escalates with the faults of its delivery. */
export function deliverEventOf(
  s: u32,
  event: u64,
  vector: u32,
  error: i32,
  source: u32,
  first: u32,
): void {
  store<u64>(s, event, S_DELIVERED);
  deliverHere(s, vector, error, source);
  if (faulted(s)) deliverChain(s, first);
}

/** Whether a virtual interrupt (AMD64 APM volume 2, section 15.21.4) waits whose priority is above that of the guest's task. */
function hasVirtualInterrupt(s: u32): bool {
  const virtual = load<u64>(s, S_VIRTUAL);
  if (!(virtual & VIRTUAL_IRQ) || !inGuest(s)) return false;
  const priority = (virtual >> VIRTUAL_PRIORITY_SHIFT) & VIRTUAL_TPR;
  return (virtual & VIRTUAL_IGNORES_TPR) != 0 || priority > (virtual & VIRTUAL_TPR);
}

/** Whether the CPU takes external interrupts: by the guest's RFLAGS.IF, or by the host's where the guest's masks virtual ones. */
function takesInterrupts(s: u32): bool {
  if (inGuest(s) && load<u64>(s, S_VIRTUAL) & VIRTUAL_MASKING) return load<u32>(s, S_HOST_IF) != 0;
  return (load<u32>(s, S_FLAGS) & FLAG_IF) != 0;
}

/** INIT that waits: an exit of the guest, or what the outside is to carry out. Returns whether it comes now. */
function takeInit(s: u32, pending: u32): bool {
  if (!(pending & PENDING_INIT)) return false;
  if (isWanted(s, EXIT_INIT_SIGNAL)) raiseVmexit(s, EXIT_INIT_SIGNAL, 0, 0, 0);
  else raiseExit(s, EXIT_INIT, 0, 0);
  return true;
}

/** A machine check that waits, before all else (AMD64 APM volume 2, sections 8.5 and 15.12.15). Returns whether it comes now. */
function takeMachineCheck(s: u32, pending: u32): bool {
  if (!(pending & PENDING_MACHINE_CHECK)) return false;
  if (!beginMachineCheck(s)) shutDown(s);
  else if (!isTaken(s, VECTOR_MC, NO_ERROR, 0)) {
    noteDelivery(s, TYPE_EXCEPTION, VECTOR_MC, NO_ERROR);
    deliverHere(s, VECTOR_MC, NO_ERROR, SOURCE_EXCEPTION);
    if (faulted(s)) deliverChain(s, VECTOR_MC);
  }
  return true;
}

/** Sets the exit of an event that comes between instructions. */
function leaveFor(s: u32, code: u32): bool {
  raiseVmexit(s, code, 0, 0, 0);
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
  if (load<u32>(s, S_GIF) == 0) return false;
  if (takeMachineCheck(s, pending) || takeInit(s, pending)) return true;
  if (load<u32>(s, S_SHADOW) & (SHADOW_STI | SHADOW_SS) || isTrapDue(s)) return false;
  if (pending & PENDING_NMI && load<u32>(s, S_NMI_BLOCKED) == 0) {
    if (isWanted(s, EXIT_NMI)) return leaveFor(s, EXIT_NMI);
    store<u32>(s, pending & ~PENDING_NMI, S_PENDING);
    store<u32>(s, 1, S_NMI_BLOCKED);
    deliverExternal(s, VECTOR_NMI, TYPE_NMI);
    return true;
  }
  if (pending & PENDING_INTERRUPT && takesInterrupts(s)) {
    if (isWanted(s, EXIT_INTR)) return leaveFor(s, EXIT_INTR);
    call(load<u32>(s, S_INDEX), BUS_ACKNOWLEDGE, 0);
    deliverExternal(s, load<u32>(s, S_BUS_VALUE) & EVENT_VECTOR, TYPE_INTERRUPT);
    return true;
  }
  if (!(load<u32>(s, S_FLAGS) & FLAG_IF) || !hasVirtualInterrupt(s)) return false;
  if (isWanted(s, EXIT_VINTR)) return leaveFor(s, EXIT_VINTR);
  const virtual = load<u64>(s, S_VIRTUAL);
  store<u64>(s, virtual & ~(<u64>VIRTUAL_IRQ), S_VIRTUAL);
  deliverExternal(s, <u32>(virtual >> 32) & EVENT_VECTOR, TYPE_INTERRUPT);
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
