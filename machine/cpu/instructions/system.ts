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
  S_GUEST,
  S_IDT_BASE,
  S_SEGMENT,
  S_SHADOW,
  SEG_BASE,
  SEGMENT_SIZE,
  SHADOW_SS,
  SS,
} from "../interface.ts";
import { VENDOR_AMD } from "../memory/layout.ts";
import { vendor } from "../memory/machine.ts";
import * as op from "../operations.gen.ts";
import { R_BASE, R_DST, R_IMM, R_IMM2, R_SEGMENT, R_SRC } from "../records.ts";
import { svmOperation, vmmcall } from "../svm/instructions.ts";
import {
  EXIT_GDTR_READ,
  EXIT_GDTR_WRITE,
  EXIT_IDTR_READ,
  EXIT_IDTR_WRITE,
  EXIT_POPF,
  EXIT_PUSHF,
  intercept,
} from "../svm/intercepts.ts";
import { isPrivileged, movFromCr, movFromDr, movToCr, movToDr, smsw } from "../system/control.ts";
import { faulted, raiseUd } from "../system/fault.ts";
import { popFlags, pushedFlags } from "../system/flags.ts";
import { hypercall, invlpg, virtualization, vmx } from "../system/instructions.ts";
import { softwareException } from "../system/interrupts.ts";
import { inLongCode, inRealAddressing } from "../system/mode.ts";
import { portIn, portOut } from "../system/ports.ts";
import { arpl, LAR_FAILED, LSL_FAILED, lar, lsl, verr, verw } from "../system/probe.ts";
import { loadSegment } from "../system/segments.ts";
import { readBase, writeBase } from "../system/syscall.ts";
import { lgdt, lidt, sgdt, sidt, sldt, str } from "../system/tables.ts";
import { farCall, farJump } from "../system/transfer.ts";
import {
  extraOf,
  readSegment,
  selectorOf,
  setAt,
  sizeOf,
  valueAt,
  widthOf,
  writeSegment,
} from "./sized.ts";
import { dropBytes, peekSized, pushSized } from "./stack.ts";

/** Offset of RDX in the state block. */
const RDX: u32 = S_GPR + 2 * 8;
/** SVM exit codes (AMD64 APM volume 2, appendix C). */
const EXIT_CODE_VMRUN: u32 = 0x80;
const EXIT_CODE_VMLOAD: u32 = 0x82;
const EXIT_CODE_INVLPGA: u32 = 0x7a;
/** Vector of INTO. */
const OVERFLOW: u32 = 4;
/** Width of 16 bits. */
const WORD: u32 = 1;

/** Reads at the record's memory operand, `skip` bytes on. */
function readOperand(s: u32, record: u32, skip: u64, width: u32): u64 {
  const offset = load<u64>(load<u32>(record, R_BASE)) + skip;
  return readSegment(s, load<u8>(record, R_SEGMENT), offset, width);
}

/** Selector and offset of a far transfer: immediate, or in memory. */
export function farTransfer(s: u32, record: u32, isCall: bool): void {
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
export function loadFar(s: u32, record: u32): void {
  const offset = readOperand(s, record, 0, widthOf(record));
  if (faulted(s)) return;
  const selector = <u32>readOperand(s, record, sizeOf(record), WORD);
  if (faulted(s)) return;
  loadSegment(s, extraOf(record), selector);
  if (!faulted(s)) setAt(load<u32>(record, R_DST), widthOf(record), offset);
}

export function popSegment(s: u32, record: u32): void {
  const selector = <u32>peekSized(s, widthOf(record), 0) & 0xffff;
  if (faulted(s)) return;
  const segment = extraOf(record);
  // A new SS may have another stack width: the old one counts.
  if (segment === SS) {
    const before = load<u64>(s, S_GPR + 4 * 8);
    dropBytes(s, sizeOf(record));
    loadSegment(s, segment, selector);
    if (faulted(s)) store<u64>(s, before, S_GPR + 4 * 8);
    else store<u32>(s, SHADOW_SS, S_SHADOW);
    return;
  }
  loadSegment(s, segment, selector);
  if (!faulted(s)) dropBytes(s, sizeOf(record));
}

export function pushf(s: u32, record: u32): void {
  const flags = pushedFlags(s);
  if (!faulted(s) && !intercept(s, EXIT_PUSHF)) pushSized(s, widthOf(record), flags);
}

export function popf(s: u32, record: u32): void {
  if (intercept(s, EXIT_POPF)) return;
  const flags = peekSized(s, widthOf(record), 0);
  if (faulted(s)) return;
  popFlags(s, flags, sizeOf(record));
  if (!faulted(s)) dropBytes(s, sizeOf(record));
}

function portOf(s: u32, record: u32): u32 {
  return extraOf(record) ? <u32>load<u16>(s, RDX) : load<u32>(record, R_IMM);
}

export function input(s: u32, record: u32): void {
  const value = portIn(s, portOf(s, record), sizeOf(record));
  if (!faulted(s)) setAt(s + S_GPR, widthOf(record), value);
}

export function output(s: u32, record: u32): void {
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

export function loadTable(s: u32, record: u32, isGdt: bool): void {
  if (!isPrivileged(s) || intercept(s, isGdt ? EXIT_GDTR_WRITE : EXIT_IDTR_WRITE)) return;
  const limit = <u32>readOperand(s, record, 0, WORD);
  if (faulted(s)) return;
  let base = readOperand(s, record, 2, baseWidth(s));
  if (faulted(s)) return;
  if (!inLongCode(s) && widthOf(record) === WORD) base &= 0xffffff;
  if (isGdt) lgdt(s, limit, base);
  else lidt(s, limit, base);
}

export function storeTable(s: u32, record: u32, isGdt: bool): void {
  const limit = isGdt ? sgdt(s) : sidt(s);
  if (faulted(s) || intercept(s, isGdt ? EXIT_GDTR_READ : EXIT_IDTR_READ)) return;
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

export function probe(s: u32, record: u32, operation: u32): void {
  const selector = selectorOf(record);
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
export function adjustLevel(s: u32, record: u32): void {
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

export function moveControl(s: u32, record: u32, operation: u32): void {
  const number = extraOf(record);
  const width = widthOf(record);
  const isWrite = operation === op.TOCR || operation === op.TODR;
  const gpr = (load<u32>(record + (isWrite ? R_SRC : R_DST)) - s - S_GPR) >> 3;
  const source = valueAt(load<u32>(record, R_SRC), width);
  if (operation === op.TOCR) return movToCr(s, number, source, gpr);
  if (operation === op.TODR) return movToDr(s, number, source, gpr);
  const value = operation === op.FROMCR ? movFromCr(s, number, gpr) : movFromDr(s, number, gpr);
  if (!faulted(s)) setAt(load<u32>(record, R_DST), width, value);
}

export function moveBase(s: u32, record: u32, operation: u32): void {
  const segment = operation === op.RDFSBASE || operation === op.WRFSBASE ? FS : GS;
  const width = widthOf(record) === 3 ? 3 : 2;
  if (operation === op.WRFSBASE || operation === op.WRGSBASE)
    return writeBase(s, segment, valueAt(load<u32>(record, R_SRC), width));
  const base = readBase(s, segment);
  if (!faulted(s)) setAt(load<u32>(record, R_DST), width, base);
}

/** INVLPG ignores limits and faults of its operand's address. */
export function invalidate(s: u32, record: u32): void {
  const segment = <u32>load<u8>(record, R_SEGMENT);
  const offset = load<u64>(load<u32>(record, R_BASE));
  const plain = inLongCode(s) && segment < FS;
  const base = plain ? 0 : load<u64>(s + S_SEGMENT + segment * SEGMENT_SIZE + SEG_BASE);
  invlpg(s, inLongCode(s) ? base + offset : (base + offset) & 0xffffffff);
}

/** Exit reason of an instruction of VMX: among the operations all but two are in the order of their reasons. */
function vmxReason(operation: u32): u32 {
  if (operation === op.INVEPT) return REASON_INVEPT;
  if (operation === op.INVVPID) return REASON_INVVPID;
  return REASON_VMCLEAR + (operation - op.VMCLEAR);
}

/** An instruction of VMX: #UD on AMD's processor. */
export function vmxInstruction(s: u32, operation: u32): void {
  if (vendor() === VENDOR_AMD) raiseUd(s);
  else vmx(s, vmxReason(operation));
}

/** Exit code of an instruction of SVM (AMD64 APM volume 2, appendix C). */
function svmExitCode(operation: u32): u32 {
  if (operation === op.INVLPGA) return EXIT_CODE_INVLPGA;
  if (operation === op.VMRUN) return EXIT_CODE_VMRUN;
  return EXIT_CODE_VMLOAD + (operation - op.VMLOAD);
}

/** An instruction of SVM: #UD on Intel's processor. */
export function svmInstruction(s: u32, operation: u32): void {
  if (load<u32>(s, S_GUEST) === 0) svmOperation(s, operation);
  else if (vendor() === VENDOR_AMD) virtualization(s, svmExitCode(operation));
  else raiseUd(s);
}

/** VMMCALL: of a guest of VMRUN, or of a cell. */
export function vmmcallInstruction(s: u32): void {
  if (load<u32>(s, S_GUEST) === 0) vmmcall(s);
  else hypercall(s, true);
}

/** INTO. */
export function interruptOnOverflow(s: u32): void {
  if (load<u32>(s, S_FLAGS) & FLAG_OF) softwareException(s, OVERFLOW);
}

/** MOV to a segment register. After MOV and POP to SS, but not LSS, the next instruction can load the stack pointer undisturbed. */
export function moveToSegment(s: u32, record: u32): void {
  loadSegment(s, extraOf(record), selectorOf(record));
  if (extraOf(record) === SS && !faulted(s)) store<u32>(s, SHADOW_SS, S_SHADOW);
}

/** SLDT and STR. */
export function storeSelector(s: u32, record: u32, operation: u32): void {
  if (inRealAddressing(s)) raiseUd(s);
  else putWritten(s, record, operation === op.SLDT ? sldt(s) : str(s));
}

/** SMSW. */
export function storeStatusWord(s: u32, record: u32): void {
  putWritten(s, record, smsw(s));
}

/** Bytes of the operands of SYSRET and SYSEXIT. */
export function wordSizeOf(record: u32): u32 {
  return widthOf(record) === 3 ? 8 : 4;
}
