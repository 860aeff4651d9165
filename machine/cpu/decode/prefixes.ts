// Prefixes and opcode: what comes before ModRM (AMD64 APM volume 3, sections 1.2 and 1.3).

import { CS, DS, ES, FS, GS, SS } from "../interface.ts";
import { fail, peek, take } from "./bytes.ts";
import {
  D_ADDRESS,
  D_CODE,
  D_LOCK,
  D_MAP,
  D_OPCODE,
  D_OVERRIDE,
  D_REPEAT,
  D_REX,
  D_SIZE_PREFIX,
  D_STATUS,
  D_VEX,
  D_VEX_L,
  D_VVVV,
  field,
  NO_REGISTER,
  PREFIX_REP,
  PREFIX_REPNE,
  REX_B,
  REX_R,
  REX_W,
  REX_X,
  STATUS_OK,
  STATUS_UNDEFINED,
  setField,
  WIDTH_16,
  WIDTH_32,
  WIDTH_64,
} from "./fields.ts";

/** Segment that a prefix byte selects, or NO_REGISTER. */
function segmentOfPrefix(byte: u32): u32 {
  if (byte === 0x26) return ES;
  if (byte === 0x2e) return CS;
  if (byte === 0x36) return SS;
  if (byte === 0x3e) return DS;
  if (byte === 0x64) return FS;
  return byte === 0x65 ? GS : NO_REGISTER;
}

/** Takes note of a legacy prefix; false if the byte is none. */
function isLegacyPrefix(byte: u32): bool {
  const segment = segmentOfPrefix(byte);
  if (segment !== NO_REGISTER) {
    if (field(D_CODE) !== WIDTH_64 || segment >= FS) setField(D_OVERRIDE, segment);
  } else if (byte === 0x66) setField(D_SIZE_PREFIX, 1);
  else if (byte === 0x67) setField(D_ADDRESS, field(D_CODE) === WIDTH_32 ? WIDTH_16 : WIDTH_32);
  else if (byte === 0xf0) setField(D_LOCK, 1);
  else if (byte === 0xf3) setField(D_REPEAT, PREFIX_REP);
  else if (byte === 0xf2) setField(D_REPEAT, PREFIX_REPNE);
  else return false;
  return true;
}

/** Takes prefixes and returns the first byte of the opcode. */
function takePrefixes(): u32 {
  let byte = <u32>take(1);
  while (field(D_STATUS) === STATUS_OK) {
    if (field(D_CODE) === WIDTH_64 && (byte & 0xf0) === 0x40) {
      setField(D_REX, byte);
    } else {
      if (!isLegacyPrefix(byte)) return byte;
      // A REX prefix counts only right before the opcode.
      setField(D_REX, 0);
    }
    byte = <u32>take(1);
  }
  return 0;
}

/** Takes the rest of a VEX prefix whose first byte is `byte`. */
function takeVex(byte: u32): void {
  const first = <u32>take(1);
  let last = first;
  let rex = (~first >> 5) & REX_R;
  let map: u32 = 1;
  if (byte === 0xc4) {
    rex = (~first >> 5) & (REX_R | REX_X | REX_B);
    map = first & 0x1f;
    last = <u32>take(1);
    if (last & 0x80) rex |= REX_W;
  }
  const illegal = field(D_REX) | field(D_LOCK) | field(D_SIZE_PREFIX) | field(D_REPEAT);
  if (illegal || map === 0 || map > 3) fail(STATUS_UNDEFINED);
  const prefix = last & 3;
  setField(D_SIZE_PREFIX, u32(prefix === 1));
  setField(D_REPEAT, prefix === 2 ? PREFIX_REP : prefix === 3 ? PREFIX_REPNE : 0);
  setField(D_VVVV, (~last >> 3) & (field(D_CODE) === WIDTH_64 ? 15 : 7));
  setField(D_VEX_L, (last >> 2) & 1);
  setField(D_VEX, 1);
  setField(D_REX, field(D_CODE) === WIDTH_64 ? rex : rex & REX_W);
  setField(D_MAP, map);
  setField(D_OPCODE, <u32>take(1));
}

/** Takes the opcode: sets D_MAP and D_OPCODE. */
export function takeOpcode(): void {
  const byte = takePrefixes();
  if (byte === 0xc4 || byte === 0xc5) {
    if (field(D_CODE) === WIDTH_64 || (peek() & 0xc0) === 0xc0) {
      takeVex(byte);
      return;
    }
  }
  setField(D_OPCODE, byte);
  if (byte !== 0x0f) return;
  const second = <u32>take(1);
  setField(D_MAP, second === 0x38 ? 2 : second === 0x3a ? 3 : 1);
  setField(D_OPCODE, second === 0x38 || second === 0x3a ? <u32>take(1) : second);
}
