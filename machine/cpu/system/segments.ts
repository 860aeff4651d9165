// Loading segment registers: MOV and POP to a segment, LDS and its family (AMD64 APM volume 2, section 4.6 and 4.11).

import { VECTOR_GP, VECTOR_NP, VECTOR_SS } from "../../../abi/x86/registers.ts";
import { CS, ES, GS, S_CPL, SEG_ATTRIBUTES, SEG_BASE, SEG_SELECTOR, SS } from "../interface.ts";
import { flushPrivilege } from "../memory/tlb.ts";
import {
  attributesOf,
  cacheDescriptor,
  isNull,
  markDescriptor,
  readDescriptor,
  SELECTOR_ERROR,
  SELECTOR_RPL,
  setSegment,
} from "./descriptors.ts";
import { faulted, raiseException, raiseGp } from "./fault.ts";
import {
  ATTR_ACCESSED,
  ATTR_CE,
  ATTR_CODE,
  ATTR_DPL_SHIFT,
  ATTR_P,
  ATTR_RW,
  ATTR_S,
  attributesDpl,
  inLongCode,
  inRealAddressing,
  segmentAt,
  updateMode,
} from "./mode.ts";

/** Shift from a paragraph to a byte address. */
const PARAGRAPH_SHIFT: u32 = 4;

/** Limit of a segment in virtual-8086 mode. */
export const VIRTUAL_LIMIT: u32 = 0xffff;
/** Attributes of a segment in virtual-8086 mode: present, level 3, writable data. */
const VIRTUAL_ATTRIBUTES: u32 = ATTR_P | (3 << ATTR_DPL_SHIFT) | ATTR_S | ATTR_RW | ATTR_ACCESSED;

/** Current privilege level. */
export function currentLevel(s: u32): u32 {
  return load<u32>(s, S_CPL);
}

/** Sets the privilege level; translations are cached for one side of the user boundary only. Needs updateMode. */
export function setLevel(s: u32, level: u32): void {
  const old = load<u32>(s, S_CPL);
  store<u32>(s, level, S_CPL);
  if ((old == 3) != (level == 3)) flushPrivilege(s);
}

/** Loads a segment register in real or virtual-8086 mode: limit and rights stay. */
export function loadParagraph(s: u32, segment: u32, selector: u32): void {
  const at = segmentAt(s, segment);
  store<u32>(at, selector & 0xffff, SEG_SELECTOR);
  store<u64>(at, (<u64>(selector & 0xffff)) << PARAGRAPH_SHIFT, SEG_BASE);
}

/** Loads a segment for virtual-8086 mode, limit and rights included. */
export function loadVirtual(s: u32, segment: u32, selector: u32): void {
  const base = (<u64>(selector & 0xffff)) << PARAGRAPH_SHIFT;
  setSegment(s, segment, selector, base, VIRTUAL_LIMIT, VIRTUAL_ATTRIBUTES);
}

/** Whether a descriptor is a writable data segment. */
export function isWritableData(attributes: u32): bool {
  return (attributes & (ATTR_S | ATTR_CODE | ATTR_RW)) == (ATTR_S | ATTR_RW);
}

function loadNull(s: u32, segment: u32, selector: u32): void {
  const cpl = currentLevel(s);
  const permitted =
    segment != SS || (inLongCode(s) && cpl != 3 && (selector & SELECTOR_RPL) == cpl);
  if (!permitted) raiseGp(s, 0);
  else setSegment(s, segment, selector, 0, 0, 0);
}

/** Checks a stack segment's descriptor for privilege `level`; sets `vector` or #SS (`vector` is #GP or #TS). */
export function checkStack(s: u32, selector: u32, attributes: u32, level: u32, vector: u32): void {
  const error = <i32>(selector & SELECTOR_ERROR);
  const fits = (selector & SELECTOR_RPL) == level && attributesDpl(attributes) == level;
  if (!fits || !isWritableData(attributes)) raiseException(s, vector, error);
  else if (!(attributes & ATTR_P)) raiseException(s, VECTOR_SS, error);
}

/** Checks a data segment's descriptor for privilege `level`; sets `vector` (#GP or #TS) or #NP. */
export function checkDataFor(
  s: u32,
  selector: u32,
  attributes: u32,
  level: u32,
  vector: u32,
): void {
  const error = <i32>(selector & SELECTOR_ERROR);
  const readable = !(attributes & ATTR_CODE) || (attributes & ATTR_RW) != 0;
  const conforming = (attributes & (ATTR_CODE | ATTR_CE)) == (ATTR_CODE | ATTR_CE);
  const dpl = attributesDpl(attributes);
  const reached = conforming || (level <= dpl && (selector & SELECTOR_RPL) <= dpl);
  if (!(attributes & ATTR_S) || !readable || !reached) raiseException(s, vector, error);
  else if (!(attributes & ATTR_P)) raiseException(s, VECTOR_NP, error);
}

/**
 * Loads segment register number `segment` (not CS) with a selector, as MOV, POP and LDS do. Sets #GP, #NP, #SS or #PF.
 */
export function loadSegment(s: u32, segment: u32, selector: u32): void {
  selector &= 0xffff;
  if (inRealAddressing(s)) loadParagraph(s, segment, selector);
  else if (isNull(selector)) loadNull(s, segment, selector);
  else {
    const descriptor = readDescriptor(s, selector, VECTOR_GP);
    if (faulted(s)) return;
    const attributes = attributesOf(descriptor);
    if (segment == SS) checkStack(s, selector, attributes, currentLevel(s), VECTOR_GP);
    else checkDataFor(s, selector, attributes, currentLevel(s), VECTOR_GP);
    if (faulted(s)) return;
    markDescriptor(s, selector, descriptor, ATTR_ACCESSED);
    if (faulted(s)) return;
    cacheDescriptor(s, segment, selector, descriptor);
  }
  if (faulted(s)) return;
  updateMode(s);
}

/**
 * After a return to an outer level: empties the data segments that this level may not use. Bases stay: one that was set by
 * MSR with a null selector is still wanted.
 */
export function dropPrivilegedData(s: u32): void {
  for (let segment: u32 = ES; segment <= GS; segment++) {
    if (segment == CS || segment == SS) continue;
    const at = segmentAt(s, segment);
    const attributes = load<u32>(at, SEG_ATTRIBUTES);
    const conforming = (attributes & (ATTR_CODE | ATTR_CE)) == (ATTR_CODE | ATTR_CE);
    if (conforming || attributesDpl(attributes) >= currentLevel(s)) continue;
    if (attributes & ATTR_P) store<u32>(at, 0, SEG_SELECTOR);
    store<u32>(at, 0, SEG_ATTRIBUTES);
  }
}
