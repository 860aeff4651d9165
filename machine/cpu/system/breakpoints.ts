// Debug registers and what becomes of a match (Intel SDM volume 3, sections 17.2 and 17.3; AMD64 APM volume 2, section 13.1).
//
// Nothing looks for breakpoints while DR7 enables none. Pages with a data breakpoint have no entry in the translation caches, so that all
// accesses there take the slow path (memory/access.ts), which asks here. Code in a page with an instruction breakpoint is looked up
// instruction by instruction (lookup.ts), and `run` asks before each.

import { CR4_DE, FLAG_RF, VECTOR_DB } from "../../../abi/x86/registers.ts";
import { S_CR4, S_DR, S_FLAGS, S_SHADOW, SHADOW_SS } from "../interface.ts";
import { S_DEBUG, S_LEAVE, S_UNBROKEN } from "../interpreter-state.ts";
import { PAGE_SHIFT } from "../memory/layout.ts";
import { NO_ERROR, raiseException } from "./fault.ts";

/** DR6: what a breakpoint, any of four, sets. */
const DR6_B: u64 = 0xf;
/** DR6: a debug register was accessed. */
const DR6_BD: u64 = 0x2000;
/** DR6: single step. */
export const DR6_BS: u64 = 0x4000;
/** DR6: switch to a task whose TSS has T set. */
export const DR6_BT: u32 = 0x8000;
/** DR7: L0 to G3. */
const DR7_ENABLES: u32 = 0xff;
/** DR7: general detect. */
const DR7_GD: u64 = 0x2000;
/** DR7: L0 to L3 and LE, which a task switch clears. */
const DR7_LOCAL: u64 = 0x155;
/** Breakpoints. */
const BREAKPOINTS: u32 = 4;
/** DR7: kind and length of breakpoint 0; four bits further on those of the next. */
const DR7_KINDS: u32 = 16;
/** Kinds. */
const KIND_EXECUTE: u32 = 0;
const KIND_WRITE: u32 = 1;
const KIND_IO: u32 = 2;
const KIND_ACCESS: u32 = 3;
/** Ports have 16 bits. */
const PORT_MASK: u64 = 0xffff;

function dr7(s: u32): u32 {
  return load<u32>(s, S_DR + 7 * 8);
}

/** Whether any breakpoint is enabled, locally or globally. */
export function hasBreakpoints(s: u32): bool {
  return (dr7(s) & DR7_ENABLES) !== 0;
}

function isEnabled(control: u32, number: u32): bool {
  return ((control >> (number * 2)) & 3) !== 0;
}

function kindOf(control: u32, number: u32): u32 {
  return (control >> (DR7_KINDS + number * 4)) & 3;
}

/** Length less 1: of 1, 2, 8 and 4 bytes, in the order of their encoding. */
function reachOf(control: u32, number: u32): u64 {
  return (0x3710 >> (((control >> (DR7_KINDS + 2 + number * 4)) & 3) * 4)) & 7;
}

function isData(kind: u32): bool {
  return kind === KIND_WRITE || kind === KIND_ACCESS;
}

/** Whether `size` bytes (or ports) from `at` on touch a breakpoint, which is aligned to its length. */
function touches(s: u32, number: u32, at: u64, size: u32): bool {
  const reach = reachOf(dr7(s), number);
  const start = load<u64>(s + number * 8, S_DR) & ~reach;
  return at - start <= reach || start - at < size;
}

/** Whether the page of `linear` has an enabled breakpoint of code, or of data. */
function isPageOf(s: u32, linear: u64, ofData: bool): bool {
  const control = dr7(s);
  if (!(control & DR7_ENABLES)) return false;
  for (let number: u32 = 0; number < BREAKPOINTS; number++) {
    const kind = kindOf(control, number);
    const isKind = ofData ? isData(kind) : kind === KIND_EXECUTE;
    const isSame = (load<u64>(s + number * 8, S_DR) ^ linear) >> PAGE_SHIFT === 0;
    if (isKind && isSame && isEnabled(control, number)) return true;
  }
  return false;
}

/** Whether accesses of data in the page of `linear` must be looked at. */
export function isWatchedData(s: u32, linear: u64): bool {
  return isPageOf(s, linear, true);
}

/** Whether instructions in the page of `linear` must be looked at. */
export function isWatchedCode(s: u32, linear: u64): bool {
  return isPageOf(s, linear, false);
}

/** Keeps matches until the present instruction is over, and lets the block end there. */
function match(s: u32, bits: u32): void {
  if (bits === 0) return;
  store<u32>(s, load<u32>(s, S_DEBUG) | bits, S_DEBUG);
  store<u32>(s, 1, S_LEAVE);
}

/** Enters that the present instruction or event accesses `size` bytes of data at `linear`. */
export function noteAccess(s: u32, linear: u64, size: u32, isWrite: bool): void {
  const control = dr7(s);
  let bits: u32 = 0;
  for (let number: u32 = 0; number < BREAKPOINTS; number++) {
    const kind = kindOf(control, number);
    const isKind = kind === KIND_ACCESS || (isWrite && kind === KIND_WRITE);
    if (isKind && isEnabled(control, number) && touches(s, number, linear, size))
      bits |= 1 << number;
  }
  match(s, bits);
}

/** Enters that the present instruction accesses `size` ports from `port` on: these breakpoints need CR4.DE. */
export function noteIo(s: u32, port: u32, size: u32): void {
  const control = dr7(s);
  if (!(control & DR7_ENABLES) || !(load<u32>(s, S_CR4) & CR4_DE)) return;
  let bits: u32 = 0;
  for (let number: u32 = 0; number < BREAKPOINTS; number++) {
    const isKind = kindOf(control, number) === KIND_IO && isEnabled(control, number);
    if (isKind && touches(s, number, port & PORT_MASK, size)) bits |= 1 << number;
  }
  match(s, bits);
}

/** Enters that the task that was switched to wants a trap (T in its TSS). */
export function noteTask(s: u32): void {
  match(s, DR6_BT);
}

/** A task switch ends the breakpoints of the old task. */
export function dropLocalBreakpoints(s: u32): void {
  store<u64>(s, load<u64>(s, S_DR + 7 * 8) & ~DR7_LOCAL, S_DR + 7 * 8);
}

/** Whether matches wait that can be reported at this boundary: after a load of SS they wait for one instruction more. */
export function isTrapDue(s: u32): bool {
  return load<u32>(s, S_DEBUG) !== 0 && !(load<u32>(s, S_SHADOW) & SHADOW_SS);
}

/** #DB ends general detect, so that its handler has the debug registers. */
export function endGeneralDetect(s: u32): void {
  store<u64>(s, load<u64>(s, S_DR + 7 * 8) & ~DR7_GD, S_DR + 7 * 8);
}

/**
 * Sets #DB with its reasons (DR6_*, breakpoints' bits). Each #DB says anew which breakpoints matched; the other bits of DR6 stay until
 * software clears them (APM 13.1.1.3; "certain debug exceptions may clear bits 0-3", SDM 17.2.3).
 */
export function raiseDebug(s: u32, reasons: u64): void {
  store<u64>(s, (load<u64>(s, S_DR + 6 * 8) & ~DR6_B) | reasons, S_DR + 6 * 8);
  endGeneralDetect(s);
  raiseException(s, VECTOR_DB, NO_ERROR);
}

/** The trap after an instruction, by what has matched in it and `more` reasons. */
export function raiseTrap(s: u32, more: u64): void {
  const reasons = load<u32>(s, S_DEBUG) | more;
  store<u32>(s, 0, S_DEBUG);
  raiseDebug(s, reasons);
}

/** Sets #DB before a MOV of a debug register, where DR7.GD wants that: as of all faults but breakpoints', its image has RF set. */
export function detectAccess(s: u32): void {
  if (!(load<u64>(s, S_DR + 7 * 8) & DR7_GD)) return;
  store<u64>(s, load<u64>(s, S_FLAGS) | FLAG_RF, S_FLAGS);
  raiseDebug(s, DR6_BD);
}

/** Sets #DB where there is a breakpoint at the instruction at `linear`, unless the instruction is exempt (S_UNBROKEN). */
export function breakAt(s: u32, linear: u64): void {
  const isExempt = load<u32>(s, S_UNBROKEN) !== 0;
  store<u32>(s, 0, S_UNBROKEN);
  if (isExempt) return;
  const control = dr7(s);
  let bits: u64 = 0;
  for (let number: u32 = 0; number < BREAKPOINTS; number++) {
    const isKind = kindOf(control, number) === KIND_EXECUTE && isEnabled(control, number);
    if (isKind && load<u64>(s + number * 8, S_DR) === linear) bits |= (<u64>1) << number;
  }
  if (bits !== 0) raiseDebug(s, bits);
}
