// Descriptors (AMD64 APM volume 2, sections 4.7 and 4.8): finding them by selector, taking them apart, caching them.

import {
  LDTR,
  S_GDT_BASE,
  S_GDT_LIMIT,
  SEG_ATTRIBUTES,
  SEG_BASE,
  SEG_LIMIT,
  SEG_SELECTOR,
} from "../interface.ts";
import { readSystem, writeAs } from "../memory/access.ts";
import { raiseException } from "./fault.ts";
import { ATTR_ACCESSED, ATTR_G, ATTR_P, segmentAt } from "./mode.ts";

/** Selector: requested privilege level. */
export const SELECTOR_RPL: u32 = 0x3;
/** Selector: the local table. */
const SELECTOR_LOCAL: u32 = 0x4;
/** Selector: index and table, as an error code shows them. */
export const SELECTOR_ERROR: u32 = 0xfffc;
/** Selector: offset in its table. */
const SELECTOR_INDEX: u32 = 0xfff8;
/** Size of a descriptor. */
const DESCRIPTOR_SIZE: u32 = 8;
/** Offset of the byte with type and accessed bit. */
const TYPE_BYTE: u32 = 5;
/** Where the attributes are in a descriptor: bits 47 to 40, and 55 to 52. */
const ATTRIBUTES_LOW_SHIFT: u64 = 40;
const ATTRIBUTES_HIGH_SHIFT: u64 = 52;

/** System descriptor type: 16-bit TSS, available. */
export const TYPE_TSS_16: u32 = 1;
/** LDT. */
export const TYPE_LDT: u32 = 2;
/** Type bit of a TSS that is busy. */
export const TYPE_BUSY: u32 = 2;
/** 16-bit call gate. */
export const TYPE_CALL_16: u32 = 4;
/** Task gate. */
export const TYPE_TASK_GATE: u32 = 5;
/** 16-bit interrupt gate. */
export const TYPE_INTERRUPT_16: u32 = 6;
/** 16-bit trap gate. */
export const TYPE_TRAP_16: u32 = 7;
/** 32-bit TSS, available (64-bit in long mode). */
export const TYPE_TSS_32: u32 = 9;
/** 32-bit call gate (64-bit in long mode). */
export const TYPE_CALL_32: u32 = 12;
/** 32-bit interrupt gate (64-bit in long mode). */
export const TYPE_INTERRUPT_32: u32 = 14;
/** 32-bit trap gate (64-bit in long mode). */
export const TYPE_TRAP_32: u32 = 15;

/** Whether a selector is one of the four null selectors. */
export function isNull(selector: u32): bool {
  return (selector & SELECTOR_ERROR) == 0;
}

/** Attributes of a descriptor, as SEG_ATTRIBUTES has them. */
export function attributesOf(descriptor: u64): u32 {
  return (
    (<u32>(descriptor >> ATTRIBUTES_LOW_SHIFT) & 0xff) |
    ((<u32>(descriptor >> ATTRIBUTES_HIGH_SHIFT) & 0xf) << 8)
  );
}

/** Base of a descriptor, 32 bits. */
export function baseOf(descriptor: u64): u64 {
  return ((descriptor >> 16) & 0xffffff) | ((descriptor >> 32) & 0xff000000);
}

/** Limit of a descriptor in bytes. */
export function limitOf(descriptor: u64): u32 {
  const limit = (<u32>descriptor & 0xffff) | (<u32>(descriptor >> 32) & 0xf0000);
  return attributesOf(descriptor) & ATTR_G ? (limit << 12) | 0xfff : limit;
}

/** Linear address of a selector's descriptor. */
function descriptorAddress(s: u32, selector: u32): u64 {
  const local = (selector & SELECTOR_LOCAL) != 0;
  const base = local ? load<u64>(segmentAt(s, LDTR), SEG_BASE) : load<u64>(s, S_GDT_BASE);
  return base + (selector & SELECTOR_INDEX);
}

/** Whether `bytes` from a selector's descriptor on are within its table. */
export function isInTable(s: u32, selector: u32, bytes: u32): bool {
  const last = (selector & SELECTOR_INDEX) + bytes - 1;
  if (!(selector & SELECTOR_LOCAL)) return last <= load<u32>(s, S_GDT_LIMIT);
  const ldt = segmentAt(s, LDTR);
  return (load<u32>(ldt, SEG_ATTRIBUTES) & ATTR_P) != 0 && last <= load<u32>(ldt, SEG_LIMIT);
}

/** Reads a selector's descriptor; sets `vector` with the selector as error code where it is outside its table. */
export function readDescriptor(s: u32, selector: u32, vector: u32): u64 {
  if (!isInTable(s, selector, DESCRIPTOR_SIZE)) {
    raiseException(s, vector, <i32>(selector & SELECTOR_ERROR));
    return 0;
  }
  return readSystem(s, descriptorAddress(s, selector), DESCRIPTOR_SIZE);
}

/** Reads the second half of a 16-byte descriptor; faults as readDescriptor does. */
export function readUpperHalf(s: u32, selector: u32, vector: u32): u64 {
  if (!isInTable(s, selector, 2 * DESCRIPTOR_SIZE)) {
    raiseException(s, vector, <i32>(selector & SELECTOR_ERROR));
    return 0;
  }
  return readSystem(s, descriptorAddress(s, selector) + DESCRIPTOR_SIZE, DESCRIPTOR_SIZE);
}

/** Sets type bits (ATTR_ACCESSED, TYPE_BUSY) of a descriptor in its table, where they are missing. */
export function markDescriptor(s: u32, selector: u32, descriptor: u64, bits: u32): void {
  const attributes = attributesOf(descriptor);
  if ((attributes & bits) == bits) return;
  writeAs(s, descriptorAddress(s, selector) + TYPE_BYTE, 1, (attributes | bits) & 0xff, 0);
}

/** Clears the busy bit of a TSS descriptor in its table. */
export function clearBusy(s: u32, selector: u32, descriptor: u64): void {
  const attributes = attributesOf(descriptor) & ~TYPE_BUSY;
  writeAs(s, descriptorAddress(s, selector) + TYPE_BYTE, 1, attributes & 0xff, 0);
}

/** Fills a segment's cache. */
export function setSegment(
  s: u32,
  segment: u32,
  selector: u32,
  base: u64,
  limit: u32,
  attributes: u32,
): void {
  const at = segmentAt(s, segment);
  store<u32>(at, selector & 0xffff, SEG_SELECTOR);
  store<u32>(at, attributes, SEG_ATTRIBUTES);
  store<u32>(at, limit, SEG_LIMIT);
  store<u64>(at, base, SEG_BASE);
}

/** Fills a segment's cache from a code or data descriptor, which counts as accessed. */
export function cacheDescriptor(s: u32, segment: u32, selector: u32, descriptor: u64): void {
  const attributes = attributesOf(descriptor) | ATTR_ACCESSED;
  setSegment(s, segment, selector, baseOf(descriptor), limitOf(descriptor), attributes);
}
