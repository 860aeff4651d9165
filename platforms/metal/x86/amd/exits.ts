// An exit of a guest becomes a call of the core's handler for it (AMD64 Architecture Programmer's Manual, volume 2, sections
// 15.7 to 15.14 and appendix C). The length of an instruction is told where the processor saves the next RIP; otherwise it
// is what the instruction has without prefixes, which it does not need: a guest that puts some there harms itself only. For
// moves to CR0 it is 0, and the core finds out.

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
import {
  VECTOR_AC,
  VECTOR_BP,
  VECTOR_DF,
  VECTOR_OF,
  VECTOR_PF,
  VECTOR_TS,
} from "../../../../abi/x86/registers.ts";
import * as svm from "../../../../abi/x86/svm.ts";
import * as core from "../../../../hypervisor/x86/exports.ts";
import { isCrowded } from "../console.ts";
import { Cpu } from "../cpu.ts";
import { receiveNmi } from "../stop.ts";
import { blockNmis, setEvent } from "./registers.ts";

const EXCEPTIONS: u32 = 32;
/** Exit code: the guest's state is not one that VMRUN takes. */
const EXIT_INVALID: u64 = 0xffffffffffffffff;
const PORT_SIZE_MASK: u32 = 7;
/** CPUID, RDMSR, WRMSR. */
const TWO_BYTES: u32 = 2;
const HLT_BYTES: u32 = 1;
/** VMMCALL, XSETBV, MWAIT. */
const THREE_BYTES: u32 = 3;

/** Whether exceptions with this vector have an error code (table 8-1). */
function hasErrorCode(vector: u32): bool {
  return (
    vector === VECTOR_DF || vector === VECTOR_AC || (vector >= VECTOR_TS && vector <= VECTOR_PF)
  );
}

/** Whether an event comes again by itself when its instruction is executed again: INT n, INT3 and INTO. */
function isRepeated(event: u32): bool {
  const type = event & svm.EVENT_TYPE;
  const vector = event & svm.EVENT_VECTOR;
  return (
    type === svm.EVENT_SOFTWARE ||
    (type === svm.EVENT_EXCEPTION && (vector === VECTOR_BP || vector === VECTOR_OF))
  );
}

/** What was being delivered is to be delivered again, unless a handler gives the guest something else. */
function keepEvent(cpu: Cpu, event: u64): void {
  setEvent(cpu, <u32>event & svm.EVENT_VALID && !isRepeated(<u32>event) ? event : 0);
}

/** Length of the instruction that exited; `usual` where the processor does not tell. */
function lengthOf(control: usize, usual: u32): u32 {
  const next = load<u64>(control, svm.VMCB_NEXT_RIP);
  return next ? <u32>(next - load<u64>(control, svm.VMCB_RIP)) : usual;
}

/**
 * A nested page fault. One on the way to an exception's or interrupt's handler is not of the present instruction either, and
 * so as indirect as that of a page table's entry.
 */
function memoryExit(cpu: u32, control: usize, info: u64, event: u64): void {
  const facts = <u32>info;
  const isIndirect = <u32>(info >> 32) & svm.FAULT_HIGH_TABLE || <u32>event & svm.EVENT_VALID;
  core.exitMmio(
    cpu,
    load<u64>(control, svm.VMCB_EXIT_INFO_2),
    (facts & svm.FAULT_WRITE ? ACCESS_WRITE : 0) |
      (facts & svm.FAULT_FETCH ? ACCESS_FETCH : 0) |
      (isIndirect ? ACCESS_INDIRECT : 0),
  );
}

function portExit(cpu: u32, control: usize, facts: u32): void {
  const next = load<u64>(control, svm.VMCB_EXIT_INFO_2);
  core.exitPio(
    cpu,
    facts >>> svm.PORT_SHIFT,
    (facts >>> svm.PORT_SIZE_SHIFT) & PORT_SIZE_MASK,
    (facts & svm.PORT_IN ? PIO_IN : 0) |
      (facts & svm.PORT_STRING ? PIO_STRING : 0) |
      (facts & svm.PORT_REPEATED ? PIO_REP : 0),
    <u32>(next - load<u64>(control, svm.VMCB_RIP)),
  );
}

function kindOf(code: u64): u32 {
  if (code === EXIT_INVALID) return EXIT_INVALID_STATE;
  return code === svm.EXIT_STGI ? EXIT_VIRTUALISATION_END : EXIT_OTHER;
}

function otherExit(cpu: u32, control: usize, code: u64, info: u64): void {
  const vector = <u32>code - svm.EXIT_EXCEPTION;
  if (vector < EXCEPTIONS)
    core.exitException(cpu, vector, hasErrorCode(vector) ? <i32>info : NO_ERROR_CODE);
  else if (<u32>code === svm.EXIT_SHUTDOWN) core.exitUnhandled(cpu, EXIT_TRIPLE_FAULT, code, 0, 0);
  else core.exitUnhandled(cpu, kindOf(code), code, info, load<u64>(control, svm.VMCB_EXIT_INFO_2));
}

/** A hypercall; not carried out, so that its CPU comes again, while the console's line is far behind. */
function callExit(cpu: Cpu, number: u32): void {
  if (isCrowded()) cpu.prints = 1;
  else core.hypercall(number, lengthOf(cpu.control, THREE_BYTES));
}

/** A halt, watched for the console's sake, is over at once: those who halt expect to wake for no reason of theirs. */
function haltExit(control: usize, usual: u32): void {
  const next = load<u64>(control, svm.VMCB_RIP) + lengthOf(control, usual);
  store<u64>(control, next, svm.VMCB_RIP);
  store<u64>(control, 0, svm.VMCB_INTERRUPT_SHADOW);
}

/** Hands the last exit of CPU `number` to the core. */
export function dispatch(cpu: Cpu, number: u32): void {
  const control = cpu.control;
  const code = load<u64>(control, svm.VMCB_EXIT_CODE);
  const info = load<u64>(control, svm.VMCB_EXIT_INFO_1);
  const event = load<u64>(control, svm.VMCB_EXIT_EVENT);
  keepEvent(cpu, event);
  switch (<u32>code) {
    case svm.EXIT_NESTED_FAULT:
      memoryExit(number, control, info, event);
      break;
    case svm.EXIT_MSR:
      if (info) core.exitMsrWrite(number, lengthOf(control, TWO_BYTES));
      else core.exitMsrRead(number, lengthOf(control, TWO_BYTES));
      break;
    case svm.EXIT_PORT:
      portExit(number, control, <u32>info);
      break;
    case svm.EXIT_CPUID:
      core.exitCpuid(number, lengthOf(control, TWO_BYTES));
      break;
    case svm.EXIT_VMMCALL:
      callExit(cpu, number);
      break;
    case svm.EXIT_HLT:
      haltExit(control, HLT_BYTES);
      break;
    case svm.EXIT_MWAIT:
      haltExit(control, THREE_BYTES);
      break;
    case svm.EXIT_NMI:
      receiveNmi(cpu, number);
      break;
    case svm.EXIT_IRET:
      blockNmis(cpu, false);
      break;
    case svm.EXIT_CR0:
      core.exitCr(number, REG_CR0, 0, 0);
      break;
    case svm.EXIT_XSETBV:
      core.exitXsetbv(number, lengthOf(control, THREE_BYTES));
      break;
    default:
      otherExit(number, control, code, info);
  }
}
