// MMX: its registers are the significands of the x87's, in physical order; each of its instructions but EMMS makes all of them
// valid and the stack's top 0 (Intel SDM volume 1, section 9.5.1; AMD64 APM volume 1, section 5.13).

import { VECTOR_MF } from "../../../../abi/x86/registers.ts";
import { FX_STATUS, FX_TAGS, S_FX, S_GPR } from "../../interface.ts";
import { checkWrite, write } from "../../memory/access.ts";
import { linearAddress } from "../../memory/segmentation.ts";
import { R_ADDRESS_WIDTH, R_DST, R_EXTRA, R_SEGMENT, R_SRC } from "../../records.ts";
import { faulted, NO_ERROR, raiseException } from "../../system/fault.ts";
import { valueAt } from "../sized.ts";

/** x87 status word: an unmasked exception waits. */
const STATUS_ES: u32 = 0x80;
/** x87 status word: the stack's top. */
const STATUS_TOP: u32 = 0x3800;
/** All registers hold something. */
const ALL_VALID: u32 = 0xff;
/** Sign and exponent that a write by MMX leaves. */
const ONES: u32 = 0xffff;
/** Offset of the exponent in a register. */
const EXPONENT: u32 = 8;
/** Offset of RDI in the state block. */
const RDI: u32 = S_GPR + 7 * 8;

/** Before any other effect: #MF where an x87 exception waits. */
export function check(s: u32): void {
  if (load<u16>(s, S_FX + FX_STATUS) & STATUS_ES) raiseException(s, VECTOR_MF, NO_ERROR);
}

/** Makes the registers those of MMX. */
export function use(s: u32): void {
  store<u8>(s, <u8>ALL_VALID, S_FX + FX_TAGS);
  const status = load<u16>(s, S_FX + FX_STATUS);
  store<u16>(s, <u16>(status & ~STATUS_TOP), S_FX + FX_STATUS);
}

/** Sets a register of MMX. */
export function put(s: u32, record: u32): void {
  const to = load<u32>(record, R_DST);
  use(s);
  store<u64>(to, load<u64>(load<u32>(record, R_SRC)));
  store<u16>(to, <u16>ONES, EXPONENT);
}

/** EMMS: all registers are empty. */
export function empty(s: u32): void {
  use(s);
  store<u8>(s, 0, S_FX + FX_TAGS);
}

/** MASKMOVQ and MASKMOVDQU: writes the bytes whose mask's sign is set to rDI; R_EXTRA is how many bytes there are. */
export function maskedStore(s: u32, record: u32): void {
  const from = load<u32>(record, R_DST);
  const mask = load<u32>(record, R_SRC);
  const size = <u32>load<u8>(record, R_EXTRA);
  const offset = valueAt(s + RDI, load<u8>(record, R_ADDRESS_WIDTH));
  const linear = linearAddress(s, load<u8>(record, R_SEGMENT), offset, size, true);
  if (faulted(s)) return;
  checkMasked(s, linear, mask, size);
  if (faulted(s)) return;
  for (let i: u32 = 0; i < size; i++)
    if (load<i8>(mask + i) < 0) write<u8>(s, linear + i, load<u8>(from + i));
}

/** Faults as the bytes that are written would. */
function checkMasked(s: u32, linear: u64, mask: u32, size: u32): void {
  for (let i: u32 = 0; i < size; i++) {
    if (load<i8>(mask + i) < 0) checkWrite(s, linear + i, 1);
    if (faulted(s)) return;
  }
}
