// Port I/O: the guest's own permission (IOPL, then the TSS's bitmap; AMD64 APM volume 2, section 12.2.4), then the cell's
// port bitmap, then the bus.

import { PIO_IN, PIO_REP, PIO_STRING } from "../../../abi/platform.ts";
import { VECTOR_GP } from "../../../abi/x86/registers.ts";
import { call } from "../bus.ts";
import { FEATURE_DECODEASSISTS } from "../features.ts";
import {
  BUS_IGNORED,
  BUS_PORT_IN,
  BUS_PORT_OUT,
  EXIT_PIO,
  G_PORTS,
  S_BUS_ADDRESS,
  S_BUS_VALUE,
  S_GUEST,
  S_INDEX,
  SEG_ATTRIBUTES,
  SEG_BASE,
  SEG_LIMIT,
  TR,
} from "../interface.ts";
import { readSystem } from "../memory/access.ts";
import { S_MODE, S_NEXT } from "../memory/layout.ts";
import { hasFeature, sizeMask } from "../memory/machine.ts";
import { EXIT_IOIO, isPortFree, raiseVmexit } from "../svm/intercepts.ts";
import { noteIo } from "./breakpoints.ts";
import { TYPE_TSS_32 } from "./descriptors.ts";
import { faulted, raiseException, raiseInstructionExit } from "./fault.ts";
import { inVirtualMode, ioLevel } from "./flags.ts";
import { ATTR_P, inRealAddressing, MODE_CODE_MASK, segmentAt } from "./mode.ts";
import { currentLevel } from "./segments.ts";

/** TSS: offset of the I/O permission bitmap, u16. */
const TSS_IO_BASE: u32 = 0x66;
/** Last byte of the fixed part of a TSS. */
const TSS_LAST: u32 = 0x67;
/** Beside PIO_*, of string instructions: where the address size (1 to 3 for 16 to 64 bits) and the segment are. */
export const PORT_ADDRESS_SHIFT: u32 = 8;
/** See PORT_ADDRESS_SHIFT. */
export const PORT_SEGMENT_SHIFT: u32 = 12;
const PIO_ALL: u32 = PIO_IN | PIO_STRING | PIO_REP;
/** Where size and PIO_* flags are in EXIT_PIO's second fact. */
const PIO_FLAGS_SHIFT: u32 = 8;

/** Whether the TSS permits all `size` ports from `port` on; may set #PF. */
function bitmapPermits(s: u32, port: u32, size: u32): bool {
  const tss = segmentAt(s, TR);
  const attributes = load<u32>(tss, SEG_ATTRIBUTES);
  const limit = load<u32>(tss, SEG_LIMIT);
  if (!(attributes & ATTR_P) || (attributes & TYPE_TSS_32) != TYPE_TSS_32 || limit < TSS_LAST)
    return false;
  const base = load<u64>(tss, SEG_BASE);
  const at = <u32>readSystem(s, base + TSS_IO_BASE, 2) + (port >> 3);
  if (faulted(s) || at + 1 > limit) return false;
  const bits = <u32>readSystem(s, base + at, 2) >> (port & 7);
  return !faulted(s) && (bits & ((1 << size) - 1)) == 0;
}

/** Whether the guest's own rules permit an access; sets #GP(0) if not. */
function isPermitted(s: u32, port: u32, size: u32): bool {
  const free = inVirtualMode(s) ? false : inRealAddressing(s) || currentLevel(s) <= ioLevel(s);
  if (free || bitmapPermits(s, port, size)) return true;
  if (!faulted(s)) raiseException(s, VECTOR_GP, 0);
  return false;
}

/** Whether the cell owns all `size` ports from `port` on. */
function isGranted(s: u32, port: u32, size: u32): bool {
  const guest = load<u32>(s, S_GUEST);
  if (guest == 0) return true;
  for (let at = port; at < port + size; at++) {
    const bits: u32 = load<u8>(guest + G_PORTS + ((at & 0xffff) >> 3));
    if ((bits >> (at & 7)) & 1) return false;
  }
  return true;
}

/** Facts of a guest's access (AMD64 APM volume 2, section 15.10.2): direction, string, REP, size, address size, segment, port. */
const IOIO_IN: u32 = 0x1;
const IOIO_STRING: u32 = 0x4;
const IOIO_REP: u32 = 0x8;
const IOIO_SIZE_SHIFT: u32 = 4;
const IOIO_ADDRESS_SHIFT: u32 = 7;
const IOIO_SEGMENT_SHIFT: u32 = 10;
const IOIO_PORT_SHIFT: u32 = 16;

/** Sets the exit of an access that the guest's map does not grant; its second fact is the RIP after it. */
function interceptPort(s: u32, port: u32, size: u32, flags: u32): void {
  const isString = (flags & PIO_STRING) != 0;
  const code = load<u32>(s, S_MODE) & MODE_CODE_MASK;
  const width = isString ? ((flags >> PORT_ADDRESS_SHIFT) & 3) - 1 : code;
  const hasSegment = isString && hasFeature(FEATURE_DECODEASSISTS);
  const segment = hasSegment ? (flags >> PORT_SEGMENT_SHIFT) & 7 : 0;
  const info =
    (flags & PIO_IN ? IOIO_IN : 0) |
    (flags & PIO_STRING ? IOIO_STRING : 0) |
    (flags & PIO_REP ? IOIO_REP : 0) |
    (size << IOIO_SIZE_SHIFT) |
    ((<u32>1) << (IOIO_ADDRESS_SHIFT + width)) |
    (segment << IOIO_SEGMENT_SHIFT) |
    ((port & 0xffff) << IOIO_PORT_SHIFT);
  const next = load<u64>(s, S_NEXT);
  raiseVmexit(s, EXIT_IOIO, info, next, next);
}

/**
 * Checks that a port access may happen: #GP(0), or EXIT_PIO with the PIO_* `flags`. String instructions call it before
 * they touch memory; portIn and portOut do so themselves.
 */
export function checkPort(s: u32, port: u32, size: u32, flags: u32): void {
  if (!isPermitted(s, port, size)) return;
  if (!isGranted(s, port, size))
    raiseInstructionExit(s, EXIT_PIO, port, size | ((flags & PIO_ALL) << PIO_FLAGS_SHIFT));
  else if (!isPortFree(s, port, size)) interceptPort(s, port, size, flags);
}

/** Reads a port without checks; `size` is 1, 2 or 4. */
export function portRead(s: u32, port: u32, size: u32): u32 {
  noteIo(s, port, size);
  store<u64>(s, port, S_BUS_ADDRESS);
  const result = call(load<u32>(s, S_INDEX), BUS_PORT_IN, size);
  const value: u64 = result == <i32>BUS_IGNORED ? -1 : load<u64>(s, S_BUS_VALUE);
  return <u32>(value & sizeMask(size));
}

/** Writes a port without checks. */
export function portWrite(s: u32, port: u32, size: u32, value: u32): void {
  noteIo(s, port, size);
  store<u64>(s, port, S_BUS_ADDRESS);
  store<u64>(s, value & sizeMask(size), S_BUS_VALUE);
  call(load<u32>(s, S_INDEX), BUS_PORT_OUT, size);
}

/** IN: the value read, zero-extended; 0 with the fault set. */
export function portIn(s: u32, port: u32, size: u32): u32 {
  checkPort(s, port, size, PIO_IN);
  return faulted(s) ? 0 : portRead(s, port, size);
}

/** OUT. */
export function portOut(s: u32, port: u32, size: u32, value: u32): void {
  checkPort(s, port, size, 0);
  if (!faulted(s)) portWrite(s, port, size, value);
}
