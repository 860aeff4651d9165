// An exit of a guest becomes a call of the core's handler for it (SDM volume 3C, section 28.2 and appendix C). The processor tells the
// length of every instruction that exits, but not of those that fault in the nested table.

import {
  ACCESS_FETCH,
  ACCESS_INDIRECT,
  ACCESS_WRITE,
  EXIT_INVALID_STATE,
  EXIT_OTHER,
  EXIT_TRIPLE_FAULT,
  EXIT_VIRTUALISATION_END,
  NO_ERROR_CODE,
  PIO_IN,
  PIO_REP,
  PIO_STRING,
  REG_CR0,
} from "../../../../abi/platform.ts";
import { VECTOR_DB, VECTOR_MC } from "../../../../abi/x86/registers.ts";
import * as vmx from "../../../../abi/x86/vmx.ts";
import * as core from "../../../../hypervisor/x86/exports.ts";
import { isCrowded } from "../console.ts";
import { Cpu } from "../cpu.ts";
import * as hw from "../hw.ts";
import { receiveNmi } from "../stop.ts";
import { explainEntry, explainFailure } from "./explain.ts";
import * as intel from "./hw.ts";
import * as at from "./numbers.ts";
import { readRegister } from "./registers.ts";
import * as st from "./state.ts";
import { State, stateOf } from "./state.ts";

const ERROR_CODE_SHIFT: u64 = 32;
const GENERAL_MASK: u32 = 15;
/** Control register exit: MOV to it. */
const ACCESS_MOV_TO: u32 = 0;
const NMI_BLOCKING: u64 = vmx.INTERRUPTIBILITY_NMI;
/** Nested fault: of the operand itself; the second bit means nothing without the first. */
const FAULT_DIRECT: u32 = vmx.FAULT_HAS_LINEAR | vmx.FAULT_IS_PAGE;
const LOW_HALF: u64 = 0xffffffff;
/** Access rights of CS: 64-bit code. */
const RIGHTS_LONG: u64 = 0x2000;

/** Whether an event comes again by itself when its instruction is executed again. */
function isRepeated(event: u32): bool {
  const type = event & vmx.EVENT_TYPE;
  return (
    type === vmx.EVENT_SOFTWARE ||
    type === vmx.EVENT_PRIVILEGED ||
    type === vmx.EVENT_SOFTWARE_EXCEPTION
  );
}

function block(state: State, isBlocked: bool): void {
  const blocking = st.get(state, at.FIELD_INTERRUPTIBILITY);
  const bit: u64 = vmx.INTERRUPTIBILITY_NMI;
  st.set(state, at.FIELD_INTERRUPTIBILITY, isBlocked ? blocking | bit : blocking & ~bit);
}

/**
 * What was being delivered is to be delivered again, unless a handler gives the guest something else. An NMI has blocked others
 * already, and could not be delivered so (section 27.3.1.5).
 */
export function keepEvent(state: State): void {
  const event = <u32>intel.readField(vmx.VMCS_VECTORING_EVENT);
  state.event = 0;
  if (!(event & vmx.EVENT_VALID) || isRepeated(event)) return;
  if ((event & vmx.EVENT_TYPE) === vmx.EVENT_NMI) block(state, false);
  state.event = event & ~vmx.EVENT_UNBLOCKED;
  if (event & vmx.EVENT_HAS_CODE)
    state.event |= intel.readField(vmx.VMCS_VECTORING_ERROR) << ERROR_CODE_SHIFT;
}

function lengthOf(): u32 {
  return <u32>intel.readField(vmx.VMCS_LENGTH);
}

/**
 * A fault in the nested table. One on the way to an exception's or interrupt's handler is not of the present instruction either, and
 * so as indirect as that of a page table's entry. If it was an IRET's, NMIs are blocked again, because it is executed again.
 */
function memoryExit(cpu: u32, state: State, facts: u32): void {
  if (facts & vmx.FAULT_UNBLOCKED && !state.event) block(state, true);
  const isPage = (facts & FAULT_DIRECT) === FAULT_DIRECT;
  const isIndirect = !isPage || state.event !== 0;
  core.exitMmio(
    cpu,
    intel.readField(vmx.VMCS_PHYSICAL),
    (facts & vmx.FAULT_WRITE ? ACCESS_WRITE : 0) |
      (facts & vmx.FAULT_FETCH ? ACCESS_FETCH : 0) |
      (isIndirect ? ACCESS_INDIRECT : 0),
  );
}

function portExit(cpu: u32, facts: u32): void {
  core.exitPio(
    cpu,
    facts >>> vmx.PORT_SHIFT,
    (facts & vmx.PORT_SIZE_MASK) + 1,
    (facts & vmx.PORT_IN ? PIO_IN : 0) |
      (facts & vmx.PORT_STRING ? PIO_STRING : 0) |
      (facts & vmx.PORT_REPEATED ? PIO_REP : 0),
    lengthOf(),
  );
}

/** MOV to CR0 or CR4; CLTS and LMSW change nothing that is the host's, and no other register exits. */
function controlExit(cpu: u32, state: State, facts: u32): void {
  const number = facts & vmx.CR_NUMBER_MASK;
  const access = (facts >>> vmx.CR_ACCESS_SHIFT) & vmx.CR_ACCESS_MASK;
  if (access !== ACCESS_MOV_TO) return otherExit(cpu, vmx.REASON_CONTROL, facts);
  const value = readRegister(cpu, (facts >>> vmx.CR_REGISTER_SHIFT) & GENERAL_MASK);
  const isLong = (st.get(state, at.FIELD_RIGHTS + at.SEGMENT_CS) & RIGHTS_LONG) !== 0;
  const register = number ? REG_CR0 + number - 1 : REG_CR0;
  core.exitCr(cpu, register, isLong ? value : value & LOW_HALF, lengthOf());
}

/** What the processor leaves to the host where a debug exception exits (section 28.1). */
function finishDebug(state: State): void {
  const facts = intel.readField(vmx.VMCS_QUALIFICATION);
  const clear: u64 = vmx.DEBUG_BREAKPOINTS | (facts & vmx.DEBUG_INVERTED);
  const set = facts & (vmx.DEBUG_BREAKPOINTS | vmx.DEBUG_OTHERS);
  intel.writeDebugStatus((hw.readDebug(6) & ~clear) | set);
  st.set(state, at.FIELD_DR7, st.get(state, at.FIELD_DR7) & ~(<u64>vmx.DR7_DETECT));
}

/** An exception, or an NMI. */
function eventExit(cpu: Cpu, number: u32, state: State): void {
  const event = <u32>intel.readField(vmx.VMCS_EXIT_EVENT);
  if ((event & vmx.EVENT_TYPE) === vmx.EVENT_NMI) return receiveNmi(cpu, number);
  const vector = event & vmx.EVENT_VECTOR;
  if (event & vmx.EVENT_UNBLOCKED && !state.event) block(state, true);
  if (isRepeated(event)) {
    state.softwareType = event & vmx.EVENT_TYPE;
    state.softwareLength = lengthOf();
  } else if (vector === VECTOR_DB) finishDebug(state);
  const hasCode = (event & vmx.EVENT_HAS_CODE) !== 0;
  const code = hasCode ? <i32>intel.readField(vmx.VMCS_EXIT_ERROR) : NO_ERROR_CODE;
  core.exitException(number, vector, code);
  state.softwareType = 0;
}

function kindOf(reason: u32): u32 {
  switch (reason) {
    case vmx.REASON_TRIPLE_FAULT:
      return EXIT_TRIPLE_FAULT;
    case vmx.REASON_VMXOFF:
      return EXIT_VIRTUALISATION_END;
    case vmx.REASON_INVALID_STATE:
    case vmx.REASON_INVALID_MSR:
      return EXIT_INVALID_STATE;
    default:
      return EXIT_OTHER;
  }
}

function otherExit(cpu: u32, reason: u32, facts: u64): void {
  const vectoring = intel.readField(vmx.VMCS_VECTORING_EVENT);
  const event = intel.readField(vmx.VMCS_EXIT_EVENT);
  core.exitUnhandled(cpu, kindOf(reason), reason, facts, vectoring | (event << 32));
}

/** A hypercall; not carried out, so that its CPU comes again, while the console's line is far behind. */
function callExit(cpu: Cpu, number: u32): void {
  if (isCrowded()) cpu.prints = 1;
  else core.hypercall(number, lengthOf());
}

/** A halt, watched for the console's sake, is over at once: those who halt expect to wake for no reason of theirs. */
function haltExit(state: State): void {
  st.set(state, at.FIELD_RIP, st.get(state, at.FIELD_RIP) + lengthOf());
  st.set(state, at.FIELD_INTERRUPTIBILITY, st.get(state, at.FIELD_INTERRUPTIBILITY) & NMI_BLOCKING);
}

/** The guest could not be entered. */
function failedExit(cpu: u32, state: State, reason: u32): void {
  if (reason === vmx.REASON_MACHINE_CHECK) return core.exitException(cpu, VECTOR_MC, NO_ERROR_CODE);
  explainEntry(state, reason);
  return otherExit(cpu, reason, intel.readField(vmx.VMCS_QUALIFICATION));
}

/** It was kept out of its guest: by an NMI, a machine check, or both. */
function keptOut(cpu: Cpu, number: u32): void {
  if (intel.hasNmi()) receiveNmi(cpu, number);
  else if (intel.takeMachineCheck()) core.exitException(number, VECTOR_MC, NO_ERROR_CODE);
}

/** Hands the last exit of CPU `number` to the core. */
export function dispatch(cpu: Cpu, number: u32): void {
  const state = stateOf(cpu);
  if (state.result === at.RUN_KEPT_OUT) return keptOut(cpu, number);
  if (state.result === at.RUN_FAILED) {
    explainFailure();
    return core.exitUnhandled(number, EXIT_INVALID_STATE, 0, 0, 0);
  }
  const reason = state.reason;
  if (reason & vmx.REASON_ENTRY_FAILED) return failedExit(number, state, reason & vmx.REASON_MASK);
  const facts = intel.readField(vmx.VMCS_QUALIFICATION);
  switch (reason & vmx.REASON_MASK) {
    case vmx.REASON_NESTED_FAULT:
      return memoryExit(number, state, <u32>facts);
    case vmx.REASON_RDMSR:
      return core.exitMsrRead(number, lengthOf());
    case vmx.REASON_WRMSR:
      return core.exitMsrWrite(number, lengthOf());
    case vmx.REASON_PORT:
      return portExit(number, <u32>facts);
    case vmx.REASON_CPUID:
      return core.exitCpuid(number, lengthOf());
    case vmx.REASON_VMCALL:
      return callExit(cpu, number);
    case vmx.REASON_HLT:
    case vmx.REASON_MWAIT:
      return haltExit(state);
    case vmx.REASON_EVENT:
      return eventExit(cpu, number, state);
    case vmx.REASON_NMI_WINDOW:
      return;
    case vmx.REASON_CONTROL:
      return controlExit(number, state, <u32>facts);
    case vmx.REASON_XSETBV:
      return core.exitXsetbv(number, lengthOf());
    default:
      return otherExit(number, reason & vmx.REASON_MASK, facts);
  }
}
