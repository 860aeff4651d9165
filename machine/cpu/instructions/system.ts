// Instructions that end their block: RIP, the next RIP, RFLAGS and the time are exact when they run, and they may change anything.
// What they do is system/; here operands are fetched and results put away.

import { FLAG_OF, FLAG_ZF } from "../../../abi/x86/registers.ts";
import {
  FS,
  GS,
  REASON_INVEPT,
  REASON_INVVPID,
  REASON_VMCLEAR,
  S_FLAGS,
  S_GDT_BASE,
  S_GPR,
  S_IDT_BASE,
  S_SEGMENT,
  SEG_BASE,
  SEGMENT_SIZE,
  SS,
} from "../interface.ts";
import { VENDOR_AMD } from "../memory/layout.ts";
import { vendor } from "../memory/machine.ts";
import * as op from "../ops.ts";
import { R_BASE, R_DST, R_EXTRA, R_IMM, R_IMM2, R_OP, R_SEGMENT, R_SRC } from "../records.ts";
import {
  clts,
  isPrivileged,
  lmsw,
  movFromCr,
  movFromDr,
  movToCr,
  movToDr,
  smsw,
} from "../system/control.ts";
import { cpuid } from "../system/cpuid.ts";
import { faulted, raiseGp, raiseUd } from "../system/fault.ts";
import { cli, popFlags, pushedFlags, sti } from "../system/flags.ts";
import {
  hlt,
  hypercall,
  invd,
  invlpg,
  rdpmc,
  rdtsc,
  rdtscp,
  virtualization,
  vmx,
  wbinvd,
  xgetbv,
  xsetbv,
} from "../system/instructions.ts";
import { softwareInterrupt } from "../system/interrupts.ts";
import { interruptReturn } from "../system/iret.ts";
import { inLongCode, inRealAddressing } from "../system/mode.ts";
import { rdmsr, wrmsr } from "../system/msr.ts";
import { portIn, portOut } from "../system/ports.ts";
import { arpl, LAR_FAILED, LSL_FAILED, lar, lsl, verr, verw } from "../system/probe.ts";
import { loadSegment } from "../system/segments.ts";
import {
  readBase,
  swapgs,
  syscall,
  sysenter,
  sysexit,
  sysret,
  writeBase,
} from "../system/syscall.ts";
import { lgdt, lidt, lldt, ltr, sgdt, sidt, sldt, str } from "../system/tables.ts";
import { farCall, farJump, farReturn } from "../system/transfer.ts";
import { readSegment, setAt, valueAt, widthOf, writeSegment } from "./sized.ts";
import { dropBytes, peekSized, popa, pusha, pushSized } from "./stack.ts";
import { stopUnimplemented } from "./unimplemented.ts";

/** Offset of RDX in the state block. */
const RDX: u32 = S_GPR + 2 * 8;
/** SVM exit codes (AMD64 APM volume 2, appendix C). */
const EXIT_CODE_VMRUN: u32 = 0x80;
const EXIT_CODE_INVLPGA: u32 = 0x7a;
/** Width of 16 bits. */
const WORD: u32 = 1;

/** Bytes of a record's operands. */
function sizeOf(record: u32): u32 {
  return (<u32>1) << widthOf(record);
}

function extraOf(record: u32): u32 {
  return load<u8>(record, R_EXTRA);
}

/** Reads at the record's memory operand, `skip` bytes on. */
function readOperand(s: u32, record: u32, skip: u64, width: u32): u64 {
  const offset = load<u64>(load<u32>(record, R_BASE)) + skip;
  return readSegment(s, load<u8>(record, R_SEGMENT), offset, width);
}

/** Selector and offset of a far transfer: immediate, or in memory. */
function farTransfer(s: u32, record: u32, isCall: bool): void {
  let offset = load<u64>(record, R_IMM);
  let selector = <u32>load<u16>(record, R_IMM2);
  if (extraOf(record)) {
    offset = readOperand(s, record, 0, widthOf(record));
    if (faulted(s)) return;
    selector = <u32>readOperand(s, record, sizeOf(record), WORD);
    if (faulted(s)) return;
  }
  if (isCall) farCall(s, selector, offset, sizeOf(record));
  else farJump(s, selector, offset, sizeOf(record));
}

/** LES and its kin. */
function loadFar(s: u32, record: u32): void {
  const offset = readOperand(s, record, 0, widthOf(record));
  if (faulted(s)) return;
  const selector = <u32>readOperand(s, record, sizeOf(record), WORD);
  if (faulted(s)) return;
  loadSegment(s, extraOf(record), selector);
  if (!faulted(s)) setAt(load<u32>(record, R_DST), widthOf(record), offset);
}

function popSegment(s: u32, record: u32): void {
  const selector = <u32>peekSized(s, widthOf(record), 0) & 0xffff;
  if (faulted(s)) return;
  const segment = extraOf(record);
  // A new SS may have another stack width: the old one counts.
  if (segment === SS) {
    const before = load<u64>(s, S_GPR + 4 * 8);
    dropBytes(s, sizeOf(record));
    loadSegment(s, segment, selector);
    if (faulted(s)) store<u64>(s, before, S_GPR + 4 * 8);
    return;
  }
  loadSegment(s, segment, selector);
  if (!faulted(s)) dropBytes(s, sizeOf(record));
}

function pushf(s: u32, record: u32): void {
  const flags = pushedFlags(s);
  if (!faulted(s)) pushSized(s, widthOf(record), flags);
}

function popf(s: u32, record: u32): void {
  const flags = peekSized(s, widthOf(record), 0);
  if (faulted(s)) return;
  popFlags(s, flags, sizeOf(record));
  if (!faulted(s)) dropBytes(s, sizeOf(record));
}

function portOf(s: u32, record: u32): u32 {
  return extraOf(record) ? <u32>load<u16>(s, RDX) : load<u32>(record, R_IMM);
}

function input(s: u32, record: u32): void {
  const value = portIn(s, portOf(s, record), sizeOf(record));
  if (!faulted(s)) setAt(s + S_GPR, widthOf(record), value);
}

function output(s: u32, record: u32): void {
  portOut(s, portOf(s, record), sizeOf(record), <u32>valueAt(s + S_GPR, widthOf(record)));
}

/** Writes what an instruction stores in its first operand: 16 bits to memory, the operand size to a register. */
function putWritten(s: u32, record: u32, value: u64): void {
  if (faulted(s)) return;
  if (!extraOf(record)) return setAt(load<u32>(record, R_DST), widthOf(record), value);
  const offset = load<u64>(load<u32>(record, R_BASE));
  writeSegment(s, load<u8>(record, R_SEGMENT), offset, WORD, value);
}

/** Width of the base that LGDT and its kin read and write. */
function baseWidth(s: u32): u32 {
  return inLongCode(s) ? 3 : 2;
}

function loadTable(s: u32, record: u32, isGdt: bool): void {
  if (!isPrivileged(s)) return;
  const limit = <u32>readOperand(s, record, 0, WORD);
  if (faulted(s)) return;
  let base = readOperand(s, record, 2, baseWidth(s));
  if (faulted(s)) return;
  if (!inLongCode(s) && widthOf(record) === WORD) base &= 0xffffff;
  if (isGdt) lgdt(s, limit, base);
  else lidt(s, limit, base);
}

function storeTable(s: u32, record: u32, isGdt: bool): void {
  const limit = isGdt ? sgdt(s) : sidt(s);
  if (faulted(s)) return;
  const segment = <u32>load<u8>(record, R_SEGMENT);
  const offset = load<u64>(load<u32>(record, R_BASE));
  const base = load<u64>(s + (isGdt ? S_GDT_BASE : S_IDT_BASE));
  // Both parts are checked before the first is written.
  readSegment(s, segment, offset + 2, baseWidth(s));
  if (faulted(s)) return;
  writeSegment(s, segment, offset, WORD, limit);
  if (!faulted(s)) writeSegment(s, segment, offset + 2, baseWidth(s), base);
}

function setZero(s: u32, isSet: bool): void {
  const flags = load<u64>(s, S_FLAGS);
  store<u64>(s, isSet ? flags | FLAG_ZF : flags & ~(<u64>FLAG_ZF), S_FLAGS);
}

/** LAR and LSL: ZF tells whether there was an answer. */
function putProbed(s: u32, record: u32, answer: u64, isAnswer: bool): void {
  if (faulted(s)) return;
  setZero(s, isAnswer);
  if (isAnswer) setAt(load<u32>(record, R_DST), widthOf(record), answer);
}

function probe(s: u32, record: u32, operation: u32): void {
  const selector = <u32>load<u16>(load<u32>(record, R_SRC));
  if (operation === op.LAR) {
    const rights = lar(s, selector);
    putProbed(s, record, rights, rights !== LAR_FAILED);
  } else if (operation === op.LSL) {
    const limit = lsl(s, selector);
    putProbed(s, record, limit, limit !== LSL_FAILED);
  } else {
    const answer = operation === op.VERR ? verr(s, selector) : verw(s, selector);
    if (!faulted(s)) setZero(s, answer);
  }
}

/** ARPL reads its destination itself, because it writes it only where that changes. */
function adjustLevel(s: u32, record: u32): void {
  const inMemory = extraOf(record) !== 0;
  const old = inMemory
    ? <u32>readOperand(s, record, 0, WORD)
    : <u32>load<u16>(load<u32>(record, R_DST));
  if (faulted(s)) return;
  const flags = load<u64>(s, S_FLAGS);
  const selector = arpl(s, old, load<u16>(load<u32>(record, R_SRC)));
  if (faulted(s) || selector === old) return;
  if (inMemory) putWritten(s, record, selector);
  else store<u16>(load<u32>(record, R_DST), <u16>selector);
  if (faulted(s)) store<u64>(s, flags, S_FLAGS);
}

function moveControl(s: u32, record: u32, operation: u32): void {
  const number = extraOf(record);
  const width = widthOf(record);
  const source = valueAt(load<u32>(record, R_SRC), width);
  if (operation === op.TOCR) return movToCr(s, number, source);
  if (operation === op.TODR) return movToDr(s, number, source);
  const value = operation === op.FROMCR ? movFromCr(s, number) : movFromDr(s, number);
  if (!faulted(s)) setAt(load<u32>(record, R_DST), width, value);
}

function moveBase(s: u32, record: u32, operation: u32): void {
  const segment = operation === op.RDFSBASE || operation === op.WRFSBASE ? FS : GS;
  const width = widthOf(record) === 3 ? 3 : 2;
  if (operation === op.WRFSBASE || operation === op.WRGSBASE)
    return writeBase(s, segment, valueAt(load<u32>(record, R_SRC), width));
  const base = readBase(s, segment);
  if (!faulted(s)) setAt(load<u32>(record, R_DST), width, base);
}

/** INVLPG ignores limits and faults of its operand's address. */
function invalidate(s: u32, record: u32): void {
  const segment = <u32>load<u8>(record, R_SEGMENT);
  const offset = load<u64>(load<u32>(record, R_BASE));
  const plain = inLongCode(s) && segment < FS;
  const base = plain ? 0 : load<u64>(s + S_SEGMENT + segment * SEGMENT_SIZE + SEG_BASE);
  invlpg(s, inLongCode(s) ? base + offset : (base + offset) & 0xffffffff);
}

function isVmx(operation: u32): bool {
  return operation >= op.VMCLEAR && operation <= op.INVVPID;
}

/** Exit reason of an instruction of VMX: in ops.ts all but two are in the order of their reasons. */
function vmxReason(operation: u32): u32 {
  if (operation === op.INVEPT) return REASON_INVEPT;
  if (operation === op.INVVPID) return REASON_INVVPID;
  return REASON_VMCLEAR + (operation - op.VMCLEAR);
}

/** The virtualization instructions: #UD on the other vendor's processor. */
function virtualize(s: u32, operation: u32): void {
  const isAmd = vendor() === VENDOR_AMD;
  if (isVmx(operation)) {
    if (isAmd) raiseUd(s);
    else vmx(s, vmxReason(operation));
  } else if (!isAmd) raiseUd(s);
  else if (operation === op.INVLPGA) virtualization(s, EXIT_CODE_INVLPGA);
  else virtualization(s, EXIT_CODE_VMRUN + svmNumber(operation));
}

/** Place of an SVM instruction's exit code after VMRUN's. */
function svmNumber(operation: u32): u32 {
  if (operation === op.VMRUN) return 0;
  if (operation === op.VMLOAD) return 2;
  if (operation === op.VMSAVE) return 3;
  if (operation === op.STGI) return 4;
  return operation === op.CLGI ? 5 : 6;
}

/** Far transfers, interrupts and returns. */
function transfer(s: u32, record: u32, operation: u32): bool {
  switch (operation) {
    case op.CALLF:
      farTransfer(s, record, true);
      return true;
    case op.JMPF:
      farTransfer(s, record, false);
      return true;
    case op.RETF:
      farReturn(s, sizeOf(record), load<u16>(record, R_IMM));
      return true;
    case op.IRET:
      interruptReturn(s, sizeOf(record));
      return true;
    case op.INT3:
      softwareInterrupt(s, 3);
      return true;
    case op.INT:
      softwareInterrupt(s, load<u8>(record, R_IMM));
      return true;
    case op.INTO:
      if (load<u32>(s, S_FLAGS) & FLAG_OF) softwareInterrupt(s, 4);
      return true;
    case op.INT1:
      softwareInterrupt(s, 1);
      return true;
    case op.SYSCALL:
      syscall(s);
      return true;
    case op.SYSRET:
      sysret(s, widthOf(record) === 3 ? 8 : 4);
      return true;
    case op.SYSENTER:
      sysenter(s);
      return true;
    case op.SYSEXIT:
      sysexit(s, widthOf(record) === 3 ? 8 : 4);
      return true;
    default:
      return false;
  }
}

/** Stack, segments, flags and ports. */
function moveState(s: u32, record: u32, operation: u32): bool {
  switch (operation) {
    case op.PUSHA:
      pusha(s, record);
      return true;
    case op.POPA:
      popa(s, record);
      return true;
    case op.PUSHF:
      pushf(s, record);
      return true;
    case op.POPF:
      popf(s, record);
      return true;
    case op.IN:
      input(s, record);
      return true;
    case op.OUT:
      output(s, record);
      return true;
    case op.MOV_TO_SEGMENT:
      loadSegment(s, extraOf(record), load<u16>(load<u32>(record, R_SRC)));
      return true;
    case op.POP_SEGMENT:
      popSegment(s, record);
      return true;
    case op.LOAD_FAR:
      loadFar(s, record);
      return true;
    case op.CLI:
      cli(s);
      return true;
    case op.STI:
      sti(s);
      return true;
    default:
      return false;
  }
}

/** Descriptor tables and what probes them. */
function tables(s: u32, record: u32, operation: u32): bool {
  switch (operation) {
    case op.SGDT:
      storeTable(s, record, true);
      return true;
    case op.SIDT:
      storeTable(s, record, false);
      return true;
    case op.LGDT:
      loadTable(s, record, true);
      return true;
    case op.LIDT:
      loadTable(s, record, false);
      return true;
    case op.SLDT:
      if (inRealAddressing(s)) raiseUd(s);
      else putWritten(s, record, sldt(s));
      return true;
    case op.STR:
      if (inRealAddressing(s)) raiseUd(s);
      else putWritten(s, record, str(s));
      return true;
    case op.LLDT:
      lldt(s, load<u16>(load<u32>(record, R_SRC)));
      return true;
    case op.LTR:
      ltr(s, load<u16>(load<u32>(record, R_SRC)));
      return true;
    case op.ARPL:
      adjustLevel(s, record);
      return true;
    case op.VERR:
    case op.VERW:
    case op.LAR:
    case op.LSL:
      probe(s, record, operation);
      return true;
    default:
      return false;
  }
}

/** Control registers, MSRs, time and what is left. */
function control(s: u32, record: u32, operation: u32): bool {
  switch (operation) {
    case op.FROMCR:
    case op.FROMDR:
    case op.TOCR:
    case op.TODR:
      moveControl(s, record, operation);
      return true;
    case op.SMSW:
      putWritten(s, record, smsw(s));
      return true;
    case op.LMSW:
      lmsw(s, load<u16>(load<u32>(record, R_SRC)));
      return true;
    case op.CLTS:
      clts(s);
      return true;
    case op.INVLPG:
      invalidate(s, record);
      return true;
    case op.INVD:
      invd(s);
      return true;
    case op.WBINVD:
      wbinvd(s);
      return true;
    case op.CPUID:
      cpuid(s);
      return true;
    case op.RDTSC:
      rdtsc(s);
      return true;
    case op.RDTSCP:
      rdtscp(s);
      return true;
    case op.RDPMC:
      rdpmc(s);
      return true;
    case op.RDMSR:
      rdmsr(s);
      return true;
    case op.WRMSR:
      wrmsr(s);
      return true;
    case op.HLT:
      hlt(s);
      return true;
    case op.XGETBV:
      xgetbv(s);
      return true;
    case op.XSETBV:
      xsetbv(s);
      return true;
    case op.SWAPGS:
      swapgs(s);
      return true;
    default:
      return false;
  }
}

/** Executes one of these instructions. */
export function systemInstruction(s: u32, record: u32): void {
  const operation = <u32>load<u16>(record, R_OP);
  if (transfer(s, record, operation) || moveState(s, record, operation)) return;
  if (tables(s, record, operation) || control(s, record, operation)) return;
  if (operation === op.VMCALL || operation === op.VMMCALL) hypercall(s, operation === op.VMMCALL);
  else if (operation >= op.RDFSBASE && operation <= op.WRGSBASE) moveBase(s, record, operation);
  else if (operation === op.UNDEFINED || operation === op.CLAC || operation === op.STAC) raiseUd(s);
  else if (operation === op.FETCH_FAULT) raiseGp(s, 0);
  else if (operation === op.UNIMPLEMENTED) stopUnimplemented(s, record);
  else virtualize(s, operation);
}
