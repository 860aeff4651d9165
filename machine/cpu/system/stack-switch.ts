// The stack of an inner level, from the TSS (AMD64 APM volume 2, sections 8.7 and 8.9; 12.2 for the TSS).

import { VECTOR_TS } from "../../../abi/x86/registers.ts";
import { SEG_ATTRIBUTES, SEG_BASE, SEG_LIMIT, SEG_SELECTOR, SS, TR } from "../interface.ts";
import { readSystem } from "../memory/access.ts";
import { S_FRAME_DESCRIPTOR, S_FRAME_SELECTOR } from "../memory/layout.ts";
import {
  attributesOf,
  baseOf,
  cacheDescriptor,
  isNull,
  limitOf,
  readDescriptor,
  SELECTOR_ERROR,
  setSegment,
  TYPE_TSS_32,
} from "./descriptors.ts";
import { faulted, raiseException } from "./fault.ts";
import { commitFrame, openFrame, openLongFrame } from "./frame.ts";
import { segmentAt } from "./mode.ts";
import { checkStack } from "./segments.ts";

/** 64-bit TSS: RSP0; the others follow. */
const TSS64_RSP0: u32 = 0x4;
/** 64-bit TSS: IST1; the others follow. */
const TSS64_IST1: u32 = 0x24;
/** 32-bit TSS: ESP0, then SS0; eight bytes a level. */
const TSS32_ESP0: u32 = 0x4;
/** 16-bit TSS: SP0, then SS0; four bytes a level. */
const TSS16_SP0: u32 = 0x2;
/** Bit of a TSS type that says 32-bit. */
const TSS_32_BIT: u32 = TYPE_TSS_32 & 8;

/** Reads a field of the current TSS; #TS with its selector beyond the limit. */
export function readTss(s: u32, offset: u32, size: u32): u64 {
  if (faulted(s)) return 0;
  const at = segmentAt(s, TR);
  if (offset + size - 1 > load<u32>(at, SEG_LIMIT)) {
    raiseException(s, VECTOR_TS, <i32>(load<u32>(at, SEG_SELECTOR) & SELECTOR_ERROR));
    return 0;
  }
  return readSystem(s, load<u64>(at, SEG_BASE) + offset, size);
}

/** Opens a frame on the stack of `level` in legacy mode: #TS, #SS or #PF. */
export function openInnerFrame(s: u32, level: u32): void {
  const wide = (load<u32>(segmentAt(s, TR), SEG_ATTRIBUTES) & TSS_32_BIT) != 0;
  const size: u32 = wide ? 4 : 2;
  const at = wide ? TSS32_ESP0 + level * 8 : TSS16_SP0 + level * 4;
  const pointer = readTss(s, at, size);
  const selector = <u32>readTss(s, at + size, 2);
  if (faulted(s)) return;
  if (isNull(selector)) return raiseException(s, VECTOR_TS, 0);
  const descriptor = readDescriptor(s, selector, VECTOR_TS);
  if (faulted(s)) return;
  const attributes = attributesOf(descriptor);
  checkStack(s, selector, attributes, level, VECTOR_TS);
  if (faulted(s)) return;
  const error = selector & SELECTOR_ERROR;
  openFrame(s, baseOf(descriptor), limitOf(descriptor), attributes, pointer, level, error);
  store<u32>(s, selector, S_FRAME_SELECTOR);
  store<u64>(s, descriptor, S_FRAME_DESCRIPTOR);
}

/** Opens a 64-bit frame on the stack of `level`, or on IST number `ist` if that is not 0. */
export function openInnerLongFrame(s: u32, level: u32, ist: u32): void {
  const at = ist != 0 ? TSS64_IST1 + (ist - 1) * 8 : TSS64_RSP0 + level * 8;
  const pointer = readTss(s, at, 8);
  openLongFrame(s, pointer, level);
  store<u32>(s, level, S_FRAME_SELECTOR);
  store<u64>(s, 0, S_FRAME_DESCRIPTOR);
}

/** Makes the frame of openInnerFrame or openInnerLongFrame the CPU's stack. */
export function commitInnerFrame(s: u32): void {
  const selector = load<u32>(s, S_FRAME_SELECTOR);
  const descriptor = load<u64>(s, S_FRAME_DESCRIPTOR);
  if (descriptor == 0) setSegment(s, SS, selector, 0, 0, 0);
  else cacheDescriptor(s, SS, selector, descriptor);
  commitFrame(s);
}
