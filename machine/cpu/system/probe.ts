// Questions about selectors: LAR, LSL, VERR, VERW, ARPL (AMD64 APM volume 3). The interpreter sets ZF from the results.

import { VECTOR_GP } from "../../../abi/x86/registers.ts";
import {
  attributesOf,
  isInTable,
  isNull,
  limitOf,
  readDescriptor,
  SELECTOR_RPL,
  TYPE_BUSY,
  TYPE_CALL_16,
  TYPE_CALL_32,
  TYPE_LDT,
  TYPE_TASK_GATE,
  TYPE_TSS_16,
  TYPE_TSS_32,
} from "./descriptors.ts";
import { faulted, raiseUd } from "./fault.ts";
import {
  ATTR_CE,
  ATTR_CODE,
  ATTR_RW,
  ATTR_S,
  ATTR_TYPE,
  attributesDpl,
  inLongMode,
  inRealAddressing,
} from "./mode.ts";
import { currentLevel } from "./segments.ts";

/** Result of `lar`: ZF is clear and the register stays. (A real result has its low byte zero.) */
export const LAR_FAILED: u32 = 1;
/** Result of `lsl`: the same. */
export const LSL_FAILED: u64 = 0xffffffffffffffff;
/** The part of a descriptor's high half that LAR returns. */
const LAR_MASK: u32 = 0x00ffff00;
/** Size of a descriptor. */
const DESCRIPTOR_SIZE: u32 = 8;

/** Whether a selector's descriptor can be asked for: not null, in its table. Sets #UD in real addressing. */
function isReachable(s: u32, selector: u32): bool {
  if (!inRealAddressing(s)) return !isNull(selector) && isInTable(s, selector, DESCRIPTOR_SIZE);
  raiseUd(s);
  return false;
}

/** Whether both CPL and RPL reach a descriptor; conforming code is open to all. */
function isVisible(s: u32, selector: u32, attributes: u32): bool {
  const code = ATTR_S | ATTR_CODE | ATTR_CE;
  if ((attributes & code) == code) return true;
  const dpl = attributesDpl(attributes);
  return currentLevel(s) <= dpl && (selector & SELECTOR_RPL) <= dpl;
}

/** Whether LSL knows a system descriptor's type; LAR also knows gates. */
function hasLimit(s: u32, type: u32): bool {
  if (type == TYPE_LDT || type == TYPE_TSS_32 || type == (TYPE_TSS_32 | TYPE_BUSY)) return true;
  return !inLongMode(s) && (type == TYPE_TSS_16 || type == (TYPE_TSS_16 | TYPE_BUSY));
}

function isKnownToLar(s: u32, type: u32): bool {
  if (hasLimit(s, type) || type == TYPE_CALL_32) return true;
  return !inLongMode(s) && (type == TYPE_CALL_16 || type == TYPE_TASK_GATE);
}

/** LAR: access rights in place, or LAR_FAILED. */
export function lar(s: u32, selector: u32): u32 {
  if (!isReachable(s, selector)) return LAR_FAILED;
  const descriptor = readDescriptor(s, selector, VECTOR_GP);
  if (faulted(s)) return LAR_FAILED;
  const attributes = attributesOf(descriptor);
  const known = (attributes & ATTR_S) != 0 || isKnownToLar(s, attributes & ATTR_TYPE);
  if (!known || !isVisible(s, selector, attributes)) return LAR_FAILED;
  return <u32>(descriptor >> 32) & LAR_MASK;
}

/** LSL: the limit in bytes, or LSL_FAILED. */
export function lsl(s: u32, selector: u32): u64 {
  if (!isReachable(s, selector)) return LSL_FAILED;
  const descriptor = readDescriptor(s, selector, VECTOR_GP);
  if (faulted(s)) return LSL_FAILED;
  const attributes = attributesOf(descriptor);
  const known = (attributes & ATTR_S) != 0 || hasLimit(s, attributes & ATTR_TYPE);
  if (!known || !isVisible(s, selector, attributes)) return LSL_FAILED;
  return limitOf(descriptor);
}

/** Attributes of a code or data segment that CPL and RPL reach, or 0. */
function visibleAttributes(s: u32, selector: u32): u32 {
  if (!isReachable(s, selector)) return 0;
  const descriptor = readDescriptor(s, selector, VECTOR_GP);
  if (faulted(s)) return 0;
  const attributes = attributesOf(descriptor);
  return attributes & ATTR_S && isVisible(s, selector, attributes) ? attributes : 0;
}

/** VERR: whether the segment can be read. */
export function verr(s: u32, selector: u32): bool {
  const attributes = visibleAttributes(s, selector);
  return attributes & ATTR_CODE ? (attributes & ATTR_RW) != 0 : attributes != 0;
}

/** VERW: whether the segment can be written. */
export function verw(s: u32, selector: u32): bool {
  return (visibleAttributes(s, selector) & (ATTR_CODE | ATTR_RW)) == ATTR_RW;
}

/** ARPL: the destination selector with its RPL raised to the source's; ZF is set if that differs. #UD in real addressing. */
export function arpl(s: u32, destination: u32, source: u32): u32 {
  if (inRealAddressing(s)) raiseUd(s);
  const rpl = source & SELECTOR_RPL;
  return (destination & SELECTOR_RPL) < rpl ? (destination & ~SELECTOR_RPL) | rpl : destination;
}
