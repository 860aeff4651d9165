// AMD-V around a guest: switched on and off, entered and left, events, translations (AMD64 Architecture Programmer's Manual, volume 2,
// chapter 15). The contracts are in ../vcpu.ts.

import { MSR_EFER, MSR_PAT, MSR_SPEC_CTRL } from "../../../../abi/x86/msr.ts";
import {
  CR4_PGE,
  CR4_PSE,
  CR4_SMAP,
  CR4_SMEP,
  EFER_SVME,
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_USER,
  PTE_WRITABLE,
  VECTOR_NMI,
} from "../../../../abi/x86/registers.ts";
import * as svm from "../../../../abi/x86/svm.ts";
import { Cpu } from "../cpu.ts";
import { freeRoot, rootFor } from "../host.ts";
import * as hw from "../hw.ts";
import { setIntercepts, setStart } from "./control-block.ts";
import * as amd from "./hw.ts";
import { blockNmis, setEvent } from "./registers.ts";

const EDX: u32 = 3;
const FREE_CR4: u64 = CR4_PSE | CR4_PGE | CR4_SMEP | CR4_SMAP;
/** Cpu.matched is known; none of FREE_CR4. */
const MATCHED: u64 = 1;
const NO_EXECUTE: u64 = 1 << 63;
/** Nested tables are walked as by user code. What the processor would set is set, so that entries stay comparable. */
const READ_BITS: u64 = PTE_PRESENT | PTE_USER | PTE_ACCESSED | PTE_DIRTY;
/** VMMCALL. */
export const EXIT_INSTRUCTION: u32 = 0xd9010f;
/** Address space identifier of idle CPUs: not the guests', so that translations do not mix. */
const IDLE_ASID: u32 = 2;

export function switchOn(cpu: Cpu): void {
  hw.writeMsr(MSR_EFER, hw.readMsr(MSR_EFER) | EFER_SVME);
  hw.writeMsr(svm.MSR_HOST_SAVE, hw.physicalOf(cpu.host));
}

/** Another hypervisor, because of which this one does not stay, may have a host save area of its own. */
export function switchOff(cpu: Cpu): void {
  if (!(hw.readMsr(MSR_EFER) & EFER_SVME)) return;
  if (hw.readMsr(svm.MSR_HOST_SAVE) === hw.physicalOf(cpu.host)) hw.writeMsr(svm.MSR_HOST_SAVE, 0);
}

export function nestedBits(isWritable: bool, isExecutable: bool): u64 {
  return READ_BITS | (isWritable ? PTE_WRITABLE : 0) | (isExecutable ? 0 : NO_EXECUTE);
}

export function nestedTop(root: usize): u64 {
  return rootFor(root, 0);
}

export function freeNestedTop(root: usize, top: u64): void {
  freeRoot(root, top);
}

export function flush(cpu: Cpu): void {
  store<u8>(cpu.control, <u8>svm.TLB_FLUSH_ALL, svm.VMCB_TLB_CONTROL);
  store<u32>(cpu.control, 0, svm.VMCB_CLEAN);
}

export function hasEvent(cpu: Cpu): bool {
  return (<u32>load<u64>(cpu.control, svm.VMCB_EVENT) & svm.EVENT_VALID) !== 0;
}

/** Its handler ends with an IRET, which exits (section 15.20). */
export function injectNmi(cpu: Cpu): void {
  blockNmis(cpu, true);
  setEvent(cpu, svm.EVENT_VALID | svm.EVENT_NMI | VECTOR_NMI);
}

/**
 * Gives the host the bits of CR4 that its guest has, where they are the same to it: it has neither global pages nor pages of
 * user code. Each exit costs less where CR4 does not change; an emulated processor then keeps translations.
 */
function matchHost(cpu: Cpu): void {
  const wanted = (load<u64>(cpu.control, svm.VMCB_CR4) & FREE_CR4) | MATCHED;
  if (wanted === cpu.matched) return;
  hw.writeCr4((hw.readControl(4) & ~FREE_CR4) | (wanted & ~MATCHED));
  cpu.matched = wanted;
}

/** Whether the guest comes out when it would halt, so that the console's line is served meanwhile. */
export function watchHalts(cpu: Cpu, isWatched: bool): void {
  const control = cpu.control;
  const first = load<u32>(control, svm.VMCB_INTERCEPT_1);
  const wanted = isWatched ? first | svm.INTERCEPT_1_HLT : first & ~svm.INTERCEPT_1_HLT;
  if (wanted === first) return;
  const second = load<u32>(control, svm.VMCB_INTERCEPT_2) & ~svm.INTERCEPT_2_MWAIT;
  store<u32>(control, wanted, svm.VMCB_INTERCEPT_1);
  store<u32>(control, isWatched ? second | svm.INTERCEPT_2_MWAIT : second, svm.VMCB_INTERCEPT_2);
  const clean = load<u32>(control, svm.VMCB_CLEAN);
  store<u32>(control, clean & ~svm.CLEAN_INTERCEPTS, svm.VMCB_CLEAN);
}

export function runGuest(cpu: Cpu): void {
  amd.runGuest(hw.physicalOf(cpu.control), cpu.registers);
}

export function finishExit(cpu: Cpu): void {
  const control = cpu.control;
  matchHost(cpu);
  store<u8>(control, 0, svm.VMCB_TLB_CONTROL);
  store<u32>(control, ~0, svm.VMCB_CLEAN);
}

/** The page is its own table, of each level. */
export function idleTable(page: usize): u64 {
  store<u64>(page, hw.physicalOf(page) | PTE_PRESENT | PTE_WRITABLE | PTE_USER);
  return rootFor(page, 0);
}

/** The permission maps are not looked at by its code; any page will do. */
export function prepareIdle(cpu: Cpu, top: u64, page: u64): void {
  const control = cpu.idle;
  setIntercepts(control, IDLE_ASID);
  store<u64>(control, top, svm.VMCB_NESTED_CR3);
  store<u64>(control, page, svm.VMCB_IOPM);
  store<u64>(control, page, svm.VMCB_MSRPM);
}

export function runIdle(cpu: Cpu, at: u32, flags: u32, stack: u32): bool {
  const control = cpu.idle;
  setStart(control, at);
  store<u64>(control, flags, svm.VMCB_RFLAGS);
  store<u64>(control, stack, svm.VMCB_RSP);
  amd.runGuest(hw.physicalOf(control), cpu.registers);
  store<u8>(control, 0, svm.VMCB_TLB_CONTROL);
  return load<u32>(control, svm.VMCB_EXIT_CODE) === svm.EXIT_NMI;
}

export function loadGuest(cpu: Cpu): void {
  amd.loadGuest(hw.physicalOf(cpu.control));
}

export function leave(cpu: Cpu): void {
  hw.writeMsr(MSR_PAT, load<u64>(cpu.control, svm.VMCB_PAT));
  if (hw.cpuid(svm.CPUID_SVM, 0, EDX) & svm.SVM_SPEC_CTRL)
    hw.tryWriteMsr(MSR_SPEC_CTRL, load<u64>(cpu.control, svm.VMCB_SPEC_CTRL));
  hw.writeMsr(svm.MSR_HOST_SAVE, 0);
  amd.leave(cpu.control, cpu.registers);
}
