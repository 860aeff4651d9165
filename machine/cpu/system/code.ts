// Loading CS: the checks on code descriptors and targets that all far transfers share (AMD64 APM volume 2, section 4.11).

import { VECTOR_GP, VECTOR_NP } from "../../../abi/x86/registers.ts";
import { CS, SEG_LIMIT, SEG_SELECTOR } from "../interface.ts";
import { S_NEXT } from "../memory/layout.ts";
import { isCanonical } from "../memory/segmentation.ts";
import {
  attributesOf,
  cacheDescriptor,
  isNull,
  limitOf,
  markDescriptor,
  readDescriptor,
  SELECTOR_ERROR,
  SELECTOR_RPL,
} from "./descriptors.ts";
import { faulted, raiseException, raiseGp } from "./fault.ts";
import {
  ATTR_ACCESSED,
  ATTR_CE,
  ATTR_CODE,
  ATTR_DB,
  ATTR_L,
  ATTR_P,
  ATTR_S,
  attributesDpl,
  inLongMode,
  segmentAt,
  updateMode,
} from "./mode.ts";
import { currentLevel, loadParagraph, setLevel } from "./segments.ts";

/** Whether attributes are those of a code segment. */
export function isCode(attributes: u32): bool {
  return (attributes & (ATTR_S | ATTR_CODE)) == (ATTR_S | ATTR_CODE);
}

/** Whether attributes are those of 64-bit code on this CPU. */
export function isLongCode(s: u32, attributes: u32): bool {
  return inLongMode(s) && (attributes & ATTR_L) != 0;
}

/** Sets #NP if a code descriptor is absent, #GP if it is both 64- and 32-bit in long mode. */
export function checkCodeKind(s: u32, selector: u32, attributes: u32, vector: u32): void {
  const error = <i32>(selector & SELECTOR_ERROR);
  if (isLongCode(s, attributes) && attributes & ATTR_DB) raiseException(s, vector, error);
  else if (!(attributes & ATTR_P)) raiseException(s, VECTOR_NP, error);
}

/** Checks a direct JMP or CALL to a code descriptor: #GP or #NP. */
export function checkDirect(s: u32, selector: u32, attributes: u32): void {
  const dpl = attributesDpl(attributes);
  const cpl = currentLevel(s);
  const permitted =
    attributes & ATTR_CE ? dpl <= cpl : dpl == cpl && (selector & SELECTOR_RPL) <= cpl;
  if (!permitted) raiseGp(s, selector & SELECTOR_ERROR);
  else checkCodeKind(s, selector, attributes, VECTOR_GP);
}

/** Checks the target of a return to privilege `level` (the selector's RPL): #GP or #NP. */
export function checkReturn(s: u32, selector: u32, attributes: u32): void {
  const rpl = selector & SELECTOR_RPL;
  const dpl = attributesDpl(attributes);
  const permitted = attributes & ATTR_CE ? dpl <= rpl : dpl == rpl;
  if (!isCode(attributes) || !permitted || rpl < currentLevel(s))
    raiseGp(s, selector & SELECTOR_ERROR);
  else checkCodeKind(s, selector, attributes, VECTOR_GP);
}

/** Sets #GP(0) unless `offset` may be executed in a code segment with this descriptor. */
export function checkTarget(s: u32, descriptor: u64, offset: u64): void {
  const fits = isLongCode(s, attributesOf(descriptor))
    ? isCanonical(offset)
    : offset <= <u64>limitOf(descriptor);
  if (!fits) raiseGp(s, 0);
}

/** Loads CS from a checked descriptor at privilege `level` and goes to `offset`. Cannot fail once the type is marked. */
export function enterCode(s: u32, selector: u32, descriptor: u64, offset: u64, level: u32): void {
  cacheDescriptor(s, CS, (selector & ~SELECTOR_RPL) | level, descriptor);
  setLevel(s, level);
  store<u64>(s, offset, S_NEXT);
  updateMode(s);
}

/** Marks a code descriptor accessed in its table; may fault. */
export function markCode(s: u32, selector: u32, descriptor: u64): void {
  if (!faulted(s)) markDescriptor(s, selector, descriptor, ATTR_ACCESSED);
}

/** Reads the descriptor that a far transfer names: #GP(0) for a null selector. */
export function readTarget(s: u32, selector: u32): u64 {
  if (!isNull(selector)) return readDescriptor(s, selector, VECTOR_GP);
  raiseGp(s, 0);
  return 0;
}

/** Selector in CS. */
export function codeSelector(s: u32): u32 {
  return load<u32>(segmentAt(s, CS), SEG_SELECTOR);
}

/** Goes to selector:offset in real or virtual-8086 mode; #GP(0) beyond the limit. */
export function enterParagraph(s: u32, selector: u32, offset: u64): void {
  if (offset > <u64>load<u32>(segmentAt(s, CS), SEG_LIMIT)) return raiseGp(s, 0);
  loadParagraph(s, CS, selector);
  store<u64>(s, offset, S_NEXT);
}

/** Cuts an offset to an operand size of 2, 4 or 8 bytes. */
export function cutOffset(offset: u64, operandSize: u32): u64 {
  return offset & (<u64>-1 >> (64 - operandSize * 8));
}
