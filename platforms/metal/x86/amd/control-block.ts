// What control blocks begin with: Linux' own state, the start state of a cell (docs/abi.md, section 4), the maps of a cell. The contracts
// are in ../vcpu.ts.

import { MSR_PAT, MSR_SPEC_CTRL, PAT_RESET_LOW } from "../../../../abi/x86/msr.ts";
import { CR0_RESET, EFER_SVME, FLAG_FIXED } from "../../../../abi/x86/registers.ts";
import * as svm from "../../../../abi/x86/svm.ts";
import { exceptions } from "../../../../hypervisor/x86/exports.ts";
import { cellOf } from "../cells.ts";
import { Cpu } from "../cpu.ts";
import * as hw from "../hw.ts";
import * as linux from "../numbers.ts";
import { blockNmis } from "./registers.ts";

/** Attributes of segments as the control block packs them (descriptor bits 47:40 and 55:52). */
const CODE_16: u32 = 0x9b;
const DATA_16: u32 = 0x93;
const TSS_BUSY: u32 = 0x8b;
const LDT: u32 = 0x82;
const CODE_64: u32 = 0xa9b;
const DATA_FLAT: u32 = 0xc93;
const LIMIT_16: u32 = 0xffff;
const LIMIT_FLAT: u32 = 0xffffffff;
const DPL_SHIFT: u32 = 5;
const RPL: u32 = 3;
const DR6_RESET: u64 = 0xffff0ff0;
const DR7_RESET: u64 = 0x400;
/** CS of a start address, docs/abi.md, section 4. */
const SELECTOR_SHIFT: u32 = 4;
const SELECTOR_MASK: u64 = 0xf000;
const OFFSET_MASK: u64 = 0xffff;
const ROOT: u32 = 0;
/** Part of CPUID's result. */
const PART_EDX: u32 = 3;
/** Of all guests. */
const ASID: u32 = 1;
const INTERCEPTS: u32 =
  svm.INTERCEPT_1_NMI |
  svm.INTERCEPT_1_INIT |
  svm.INTERCEPT_1_CR0 |
  svm.INTERCEPT_1_CPUID |
  svm.INTERCEPT_1_INVD |
  svm.INTERCEPT_1_INVLPGA |
  svm.INTERCEPT_1_PORTS |
  svm.INTERCEPT_1_MSRS |
  svm.INTERCEPT_1_SHUTDOWN;

function setSegment(
  control: usize,
  segment: u32,
  selector: u32,
  attributes: u32,
  limit: u32,
  base: u64,
): void {
  const at = control + segment;
  store<u16>(at, <u16>selector);
  store<u16>(at, <u16>attributes, svm.SEGMENT_ATTRIBUTES);
  store<u32>(at, limit, svm.SEGMENT_LIMIT);
  store<u64>(at, base, svm.SEGMENT_BASE);
}

/** What the hypervisor wants to know of every guest. All have the same `asid`: a CPU flushes when it changes hands. */
export function setIntercepts(control: usize, asid: u32): void {
  store<u32>(control, exceptions(), svm.VMCB_INTERCEPT_EXCEPTIONS);
  store<u32>(control, INTERCEPTS, svm.VMCB_INTERCEPT_1);
  store<u32>(
    control,
    svm.INTERCEPT_2_VIRTUALIZATION | svm.INTERCEPT_2_XSETBV,
    svm.VMCB_INTERCEPT_2,
  );
  store<u32>(control, asid, svm.VMCB_ASID);
  store<u64>(control, svm.NESTED_PAGING, svm.VMCB_NESTED);
  store<u8>(control, <u8>svm.TLB_FLUSH_ALL, svm.VMCB_TLB_CONTROL);
}

/** The start state, entered at `entry`: real mode, nothing set up. */
export function setStart(control: usize, entry: u64): void {
  memory.fill(control + svm.VMCB_ES, 0, svm.VMCB_SAVED_END - svm.VMCB_ES);
  for (let segment = svm.VMCB_ES; segment <= svm.VMCB_GS; segment += svm.VMCB_SEGMENT_SIZE)
    setSegment(control, segment, 0, DATA_16, LIMIT_16, 0);
  const selector = <u32>((entry >> SELECTOR_SHIFT) & SELECTOR_MASK);
  setSegment(control, svm.VMCB_CS, selector, CODE_16, LIMIT_16, entry & ~OFFSET_MASK);
  setSegment(control, svm.VMCB_GDTR, 0, 0, LIMIT_16, 0);
  setSegment(control, svm.VMCB_IDTR, 0, 0, LIMIT_16, 0);
  setSegment(control, svm.VMCB_LDTR, 0, LDT, LIMIT_16, 0);
  setSegment(control, svm.VMCB_TR, 0, TSS_BUSY, LIMIT_16, 0);
  store<u64>(control, EFER_SVME, svm.VMCB_EFER);
  store<u64>(control, CR0_RESET, svm.VMCB_CR0);
  store<u64>(control, DR6_RESET, svm.VMCB_DR6);
  store<u64>(control, DR7_RESET, svm.VMCB_DR7);
  store<u64>(control, FLAG_FIXED, svm.VMCB_RFLAGS);
  store<u64>(control, entry & OFFSET_MASK, svm.VMCB_RIP);
  store<u64>(control, ((<u64>PAT_RESET_LOW) << 32) | PAT_RESET_LOW, svm.VMCB_PAT);
  store<u64>(control, 0, svm.VMCB_INTERRUPT_SHADOW);
  store<u64>(control, 0, svm.VMCB_EVENT);
  store<u32>(control, 0, svm.VMCB_CLEAN);
}

/**
 * A data segment of Linux. All that a descriptor of its GDT says that selector tells as well: they are flat. A selector of
 * an LDT in DS or ES at the moment of taking over is not expected.
 */
function setLinuxData(control: usize, segment: u32, selector: u32): void {
  const attributes = selector & ~RPL ? DATA_FLAT | ((selector & RPL) << DPL_SHIFT) : 0;
  setSegment(control, segment, selector, attributes, attributes ? LIMIT_FLAT : 0, 0);
}

/** A value of LINUX_*, put at an offset of the control block. */
function copyLinux(control: usize, offset: u32, field: u32): void {
  store<u64>(control + offset, hw.linuxState(field));
}

/** The state that Linux called the entry with on this CPU, behind that call, with 0 as its result. */
function setLinux(cpu: Cpu): void {
  const control = cpu.control;
  setStart(control, 0);
  setSegment(control, svm.VMCB_CS, <u32>hw.linuxState(linux.LINUX_CS), CODE_64, LIMIT_FLAT, 0);
  setLinuxData(control, svm.VMCB_SS, <u32>hw.linuxState(linux.LINUX_SS));
  setLinuxData(control, svm.VMCB_DS, <u32>hw.linuxState(linux.LINUX_DS));
  setLinuxData(control, svm.VMCB_ES, <u32>hw.linuxState(linux.LINUX_ES));
  setSegment(
    control,
    svm.VMCB_GDTR,
    0,
    0,
    <u32>hw.linuxState(linux.LINUX_GDT_LIMIT),
    hw.linuxState(linux.LINUX_GDT_BASE),
  );
  setSegment(
    control,
    svm.VMCB_IDTR,
    0,
    0,
    <u32>hw.linuxState(linux.LINUX_IDT_LIMIT),
    hw.linuxState(linux.LINUX_IDT_BASE),
  );
  copyLinux(control, svm.VMCB_CR0, linux.LINUX_CR0);
  copyLinux(control, svm.VMCB_CR3, linux.LINUX_CR3);
  copyLinux(control, svm.VMCB_CR4, linux.LINUX_CR4);
  copyLinux(control, svm.VMCB_RFLAGS, linux.LINUX_RFLAGS);
  copyLinux(control, svm.VMCB_RSP, linux.LINUX_RSP);
  copyLinux(control, svm.VMCB_RIP, linux.LINUX_RIP);
  store<u64>(control, hw.linuxState(linux.LINUX_EFER) | EFER_SVME, svm.VMCB_EFER);
  store<u64>(control, hw.readControl(2), svm.VMCB_CR2);
  store<u64>(control, hw.readDebug(6), svm.VMCB_DR6);
  store<u64>(control, hw.readDebug(7), svm.VMCB_DR7);
  store<u64>(control, hw.readMsr(MSR_PAT), svm.VMCB_PAT);
  if (hw.cpuid(svm.CPUID_SVM, 0, PART_EDX) & svm.SVM_SPEC_CTRL)
    store<u64>(control, hw.readMsr(MSR_SPEC_CTRL), svm.VMCB_SPEC_CTRL);
  const registers = cpu.registers;
  store<u64>(registers + (3 << 3), hw.linuxState(linux.LINUX_RBX));
  store<u64>(registers + (5 << 3), hw.linuxState(linux.LINUX_RBP));
  for (let index: u32 = 0; index < 4; index++)
    store<u64>(registers + ((12 + index) << 3), hw.linuxState(linux.LINUX_R12 + index));
}

/**
 * The root cell may use INVLPGB where the processor lets guests: Linux has chosen it before it was taken over. No other cell may:
 * all guests have one address space identifier, so that it would empty the TLBs of others, too.
 */
function nestedControl(cell: u32): u64 {
  const isKnown = hw.cpuid(svm.CPUID_SVM, 0, PART_EDX) & svm.SVM_INVLPGB;
  return svm.NESTED_PAGING | (cell === ROOT && isKnown ? svm.NESTED_INVLPGB : 0);
}

export function setCell(cpu: Cpu, cell: u32): void {
  const control = cpu.control;
  const record = cellOf(cell);
  store<u64>(control, 0, svm.VMCB_TSC_OFFSET);
  store<u64>(control, nestedControl(cell), svm.VMCB_NESTED);
  store<u64>(control, hw.physicalOf(record.ports), svm.VMCB_IOPM);
  store<u64>(control, hw.physicalOf(record.msrs), svm.VMCB_MSRPM);
  store<u64>(control, record.top, svm.VMCB_NESTED_CR3);
  store<u8>(control, <u8>svm.TLB_FLUSH_ALL, svm.VMCB_TLB_CONTROL);
  store<u32>(control, 0, svm.VMCB_CLEAN);
}

export function adoptLinux(cpu: Cpu): void {
  setIntercepts(cpu.control, ASID);
  setLinux(cpu);
}

export function startAt(cpu: Cpu, entry: u64): void {
  setStart(cpu.control, entry);
}

export function dropEvents(cpu: Cpu): void {
  blockNmis(cpu, false);
  store<u64>(cpu.control, 0, svm.VMCB_EVENT);
}
