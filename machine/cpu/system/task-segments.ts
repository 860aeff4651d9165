// Segments of a task that is being switched to: their selectors are in place, their descriptors are not. Faults are the
// new task's: #TS, #NP and #SS with the selector, at the new task's first instruction.

import { VECTOR_NP, VECTOR_TS } from "../../../abi/x86/registers.ts";
import { CS, ES, GS, LDTR, S_RIP, SEG_LIMIT, SEG_SELECTOR, SS } from "../interface.ts";
import { S_NEXT } from "../memory/layout.ts";
import { isCode } from "./code.ts";
import {
  attributesOf,
  baseOf,
  cacheDescriptor,
  isNull,
  limitOf,
  markDescriptor,
  readDescriptor,
  SELECTOR_ERROR,
  SELECTOR_RPL,
  setSegment,
  TYPE_LDT,
} from "./descriptors.ts";
import { faulted, raiseException, raiseGp } from "./fault.ts";
import {
  ATTR_ACCESSED,
  ATTR_CE,
  ATTR_P,
  ATTR_S,
  ATTR_TYPE,
  attributesDpl,
  segmentAt,
  updateMode,
} from "./mode.ts";
import { checkDataFor, checkStack, loadVirtual, setLevel } from "./segments.ts";

/** Selector bit that names the local table. */
const SELECTOR_LOCAL: u32 = 0x4;

/** Puts a selector in place with an empty descriptor. */
export function setTaskSelector(s: u32, segment: u32, selector: u32): void {
  setSegment(s, segment, selector, 0, 0, 0);
}

function selectorOf(s: u32, segment: u32): u32 {
  return load<u32>(segmentAt(s, segment), SEG_SELECTOR);
}

/** Loads LDTR: #TS if it is no present LDT. */
function loadTable(s: u32): void {
  const selector = selectorOf(s, LDTR);
  if (isNull(selector)) return;
  const error = <i32>(selector & SELECTOR_ERROR);
  if (selector & SELECTOR_LOCAL) return raiseException(s, VECTOR_TS, error);
  const descriptor = readDescriptor(s, selector, VECTOR_TS);
  if (faulted(s)) return;
  const attributes = attributesOf(descriptor);
  if ((attributes & (ATTR_P | ATTR_S | ATTR_TYPE)) != (ATTR_P | TYPE_LDT))
    return raiseException(s, VECTOR_TS, error);
  setSegment(s, LDTR, selector, baseOf(descriptor), limitOf(descriptor), attributes);
}

/** Sets #TS or #NP unless a descriptor may be this task's CS. */
function checkTaskCode(s: u32, selector: u32, attributes: u32): void {
  const error = <i32>(selector & SELECTOR_ERROR);
  const dpl = attributesDpl(attributes);
  const rpl = selector & SELECTOR_RPL;
  const fits = attributes & ATTR_CE ? dpl <= rpl : dpl == rpl;
  if (!isCode(attributes) || !fits) raiseException(s, VECTOR_TS, error);
  else if (!(attributes & ATTR_P)) raiseException(s, VECTOR_NP, error);
}

/** Loads one of ES to GS. */
function loadOne(s: u32, segment: u32, level: u32): void {
  const selector = selectorOf(s, segment);
  if (isNull(selector)) {
    if (segment == CS || segment == SS) raiseException(s, VECTOR_TS, 0);
    return;
  }
  const descriptor = readDescriptor(s, selector, VECTOR_TS);
  if (faulted(s)) return;
  const attributes = attributesOf(descriptor);
  if (segment == CS) checkTaskCode(s, selector, attributes);
  else if (segment == SS) checkStack(s, selector, attributes, level, VECTOR_TS);
  else checkDataFor(s, selector, attributes, level, VECTOR_TS);
  if (faulted(s)) return;
  markDescriptor(s, selector, descriptor, ATTR_ACCESSED);
  if (!faulted(s)) cacheDescriptor(s, segment, selector, descriptor);
}

/** Loads LDTR and all segments by the selectors in place; `virtual` for a task in virtual-8086 mode. */
export function loadTaskSegments(s: u32, virtual: bool): void {
  const level = virtual ? 3 : selectorOf(s, CS) & SELECTOR_RPL;
  setLevel(s, level);
  loadTable(s);
  for (let segment: u32 = ES; virtual && segment <= GS; segment++)
    loadVirtual(s, segment, selectorOf(s, segment));
  if (!virtual && !faulted(s)) loadOne(s, CS, level);
  if (!virtual && !faulted(s)) loadOne(s, SS, level);
  for (let segment: u32 = ES; segment <= GS && !virtual && !faulted(s); segment++)
    if (segment != CS && segment != SS) loadOne(s, segment, level);
  updateMode(s);
  const limit = <u64>load<u32>(segmentAt(s, CS), SEG_LIMIT);
  if (!faulted(s) && load<u64>(s, S_NEXT) > limit) raiseGp(s, 0);
  if (faulted(s)) store<u64>(s, load<u64>(s, S_NEXT), S_RIP);
}
