// Fast system calls: SYSCALL, SYSRET, SYSENTER, SYSEXIT (AMD64 APM volume 2, section 6.1), SWAPGS and the FS and GS base
// instructions.

import {
  CR0_PE,
  CR4_FSGSBASE,
  EFER_SCE,
  FLAG_FIXED,
  FLAG_IF,
  FLAG_RF,
  FLAG_TF,
  FLAG_VM,
} from "../../../abi/x86/registers.ts";
import {
  CS,
  GS,
  S_CR0,
  S_CR4,
  S_CSTAR,
  S_EFER,
  S_FLAGS,
  S_GPR,
  S_KERNEL_GS_BASE,
  S_LSTAR,
  S_SFMASK,
  S_STAR,
  S_SYSENTER_CS,
  S_SYSENTER_EIP,
  S_SYSENTER_ESP,
  S_TSC_AUX,
  SEG_BASE,
  SS,
} from "../interface.ts";
import { S_TRACED } from "../interpreter-state.ts";
import { S_NEXT, VENDOR_INTEL } from "../memory/layout.ts";
import { vendor } from "../memory/machine.ts";
import { isCanonical } from "../memory/segmentation.ts";
import { isPrivileged } from "./control.ts";
import { SELECTOR_ERROR, setSegment } from "./descriptors.ts";
import { raiseGp, raiseUd } from "./fault.ts";
import { S_RSP } from "./frame.ts";
import {
  ATTR_ACCESSED,
  ATTR_CODE,
  ATTR_DB,
  ATTR_DPL_SHIFT,
  ATTR_G,
  ATTR_L,
  ATTR_P,
  ATTR_RW,
  ATTR_S,
  inLongCode,
  inLongMode,
  segmentAt,
  updateMode,
} from "./mode.ts";
import { setLevel } from "./segments.ts";

/** Offsets of RCX, RDX and R11 in the state block. */
const S_RCX: u32 = S_GPR + 8;
const S_RDX: u32 = S_GPR + 16;
const S_R11: u32 = S_GPR + 88;
/** STAR: selectors for SYSCALL and SYSRET. */
const STAR_CALL_SHIFT: u64 = 32;
const STAR_RETURN_SHIFT: u64 = 48;
/** Limit of the segments that these instructions make up. */
const FLAT_LIMIT: u32 = 0xffffffff;
/** Attributes of a flat data segment but for its level. */
const FLAT_DATA: u32 = ATTR_P | ATTR_S | ATTR_RW | ATTR_ACCESSED | ATTR_G | ATTR_DB;

/** Sets CS and SS to flat segments of a privilege level. */
function setFlat(s: u32, code: u32, stack: u32, level: u32, long: bool): void {
  const attributes = (FLAT_DATA & ~ATTR_DB) | ATTR_CODE | (level << ATTR_DPL_SHIFT);
  setSegment(s, CS, code, 0, FLAT_LIMIT, attributes | (long ? ATTR_L : ATTR_DB));
  setSegment(s, SS, stack, 0, FLAT_LIMIT, FLAT_DATA | (level << ATTR_DPL_SHIFT));
  setLevel(s, level);
  updateMode(s);
}

/** Sets #UD unless EFER.SCE, in a mode where this vendor has the instruction; returns whether it may go on. */
function hasSyscall(s: u32): bool {
  const enabled = (load<u32>(s, S_EFER) & EFER_SCE) != 0 && (load<u32>(s, S_CR0) & CR0_PE) != 0;
  if (enabled && (vendor() != VENDOR_INTEL || inLongCode(s))) return true;
  raiseUd(s);
  return false;
}

/** SYSCALL. */
export function syscall(s: u32): void {
  if (!hasSyscall(s)) return;
  const star = load<u64>(s, S_STAR);
  const selector = <u32>(star >> STAR_CALL_SHIFT) & SELECTOR_ERROR;
  const flags = load<u64>(s, S_FLAGS);
  store<u64>(s, load<u64>(s, S_NEXT), S_RCX);
  // A single step traps after SYSCALL only where its mask leaves TF set.
  if (inLongMode(s) && load<u64>(s, S_SFMASK) & FLAG_TF) store<u32>(s, 0, S_TRACED);
  if (inLongMode(s)) {
    const target = inLongCode(s) ? S_LSTAR : S_CSTAR;
    store<u64>(s, flags, S_R11);
    const kept = flags & ~load<u64>(s, S_SFMASK) & ~(<u64>FLAG_RF);
    store<u64>(s, kept | FLAG_FIXED, S_FLAGS);
    store<u64>(s, load<u64>(s + target), S_NEXT);
    return setFlat(s, selector, selector + 8, 0, true);
  }
  store<u64>(s, flags & ~(<u64>(FLAG_IF | FLAG_RF | FLAG_VM)), S_FLAGS);
  store<u64>(s, star & 0xffffffff, S_NEXT);
  setFlat(s, selector, selector + 8, 0, false);
}

/** SYSRET; `operandSize` 8 returns to 64-bit code, 4 to 32-bit code. */
export function sysret(s: u32, operandSize: u32): void {
  if (!hasSyscall(s)) return;
  if (!isPrivileged(s)) return;
  const long = operandSize == 8;
  const target = load<u64>(s, S_RCX);
  if (long && vendor() == VENDOR_INTEL && !isCanonical(target)) return raiseGp(s, 0);
  const selector = <u32>(load<u64>(s, S_STAR) >> STAR_RETURN_SHIFT);
  const user: u32 = 3;
  if (inLongMode(s)) {
    const flags = load<u64>(s, S_R11) & 0x3c7fd7;
    store<u64>(s, flags | FLAG_FIXED, S_FLAGS);
  } else store<u64>(s, load<u64>(s, S_FLAGS) | FLAG_IF, S_FLAGS);
  store<u64>(s, long ? target : target & 0xffffffff, S_NEXT);
  setFlat(s, (selector + (long ? 16 : 0)) | user, (selector + 8) | user, user, long);
}

/** Whether SYSENTER and SYSEXIT exist here: #UD in long mode on AMD, #GP(0) outside protected mode or without a CS. */
function hasSysenter(s: u32): bool {
  if (inLongMode(s) && vendor() != VENDOR_INTEL) {
    raiseUd(s);
    return false;
  }
  if (load<u32>(s, S_CR0) & CR0_PE && load<u32>(s, S_SYSENTER_CS) & SELECTOR_ERROR) return true;
  raiseGp(s, 0);
  return false;
}

/** SYSENTER. */
export function sysenter(s: u32): void {
  if (!hasSysenter(s)) return;
  const long = inLongMode(s);
  const selector = load<u32>(s, S_SYSENTER_CS) & SELECTOR_ERROR;
  const mask: u64 = long ? 0xffffffffffffffff : 0xffffffff;
  store<u64>(s, load<u64>(s, S_FLAGS) & ~(<u64>(FLAG_IF | FLAG_RF | FLAG_VM)), S_FLAGS);
  store<u64>(s, load<u64>(s, S_SYSENTER_ESP) & mask, S_RSP);
  store<u64>(s, load<u64>(s, S_SYSENTER_EIP) & mask, S_NEXT);
  setFlat(s, selector, selector + 8, 0, long);
}

/** SYSEXIT; `operandSize` 8 returns to 64-bit code. */
export function sysexit(s: u32, operandSize: u32): void {
  if (!hasSysenter(s) || !isPrivileged(s)) return;
  const long = operandSize == 8;
  const target = load<u64>(s, S_RDX);
  const stack = load<u64>(s, S_RCX);
  if (long && !(isCanonical(target) && isCanonical(stack))) return raiseGp(s, 0);
  const selector = (load<u32>(s, S_SYSENTER_CS) & SELECTOR_ERROR) + (long ? 32 : 16);
  store<u64>(s, long ? target : target & 0xffffffff, S_NEXT);
  store<u64>(s, long ? stack : stack & 0xffffffff, S_RSP);
  setFlat(s, selector | 3, (selector + 8) | 3, 3, long);
}

/** SWAPGS: #UD outside 64-bit code. */
export function swapgs(s: u32): void {
  if (!inLongCode(s)) return raiseUd(s);
  if (!isPrivileged(s)) return;
  const at = segmentAt(s, GS);
  const base = load<u64>(at, SEG_BASE);
  store<u64>(at, load<u64>(s, S_KERNEL_GS_BASE), SEG_BASE);
  store<u64>(s, base, S_KERNEL_GS_BASE);
}

/** Sets #UD unless 64-bit code with CR4.FSGSBASE; returns whether it is. */
function hasBaseAccess(s: u32): bool {
  if (inLongCode(s) && load<u32>(s, S_CR4) & CR4_FSGSBASE) return true;
  raiseUd(s);
  return false;
}

/** RDFSBASE, RDGSBASE: base of FS or GS; the caller cuts it to the operand size. */
export function readBase(s: u32, segment: u32): u64 {
  return hasBaseAccess(s) ? load<u64>(segmentAt(s, segment), SEG_BASE) : 0;
}

/** WRFSBASE, WRGSBASE: #GP(0) unless canonical. The caller has zero-extended a 32-bit operand. */
export function writeBase(s: u32, segment: u32, base: u64): void {
  if (!hasBaseAccess(s)) return;
  if (!isCanonical(base)) raiseGp(s, 0);
  else store<u64>(segmentAt(s, segment), base, SEG_BASE);
}

/** TSC_AUX, for RDPID. */
export function tscAux(s: u32): u64 {
  return load<u64>(s, S_TSC_AUX);
}
