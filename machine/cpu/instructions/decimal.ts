// DAA, DAS, AAA, AAS, AAM, AAD (AMD64 APM volume 3). Not in 64-bit mode.

import { FLAG_AF, FLAG_CF, VECTOR_DE } from "../../../abi/x86/registers.ts";
import { arithmeticFlags, setArithmeticFlags } from "../flags.ts";
import { S_GPR } from "../interface.ts";
import { R_IMM } from "../records.ts";
import { NO_ERROR, raiseException } from "../system/fault.ts";
import { setLogicFlags } from "./sized.ts";

/** Offset of AH in the state block. */
const AH: u32 = S_GPR + 1;

function finish(s: u32, al: u32, cf: bool, af: bool): void {
  store<u8>(s, <u8>al, S_GPR);
  setLogicFlags(s, al & 0xff, 0);
  setArithmeticFlags(s, arithmeticFlags(s) | (cf ? FLAG_CF : 0) | (af ? FLAG_AF : 0));
}

/** DAA and DAS; `sign` is 1 or -1. */
export function adjustPacked(s: u32, sign: i32): void {
  const flags = arithmeticFlags(s);
  const old = <u32>load<u8>(s, S_GPR);
  const hadCarry = (flags & FLAG_CF) !== 0;
  const low = (old & 15) > 9 || (flags & FLAG_AF) !== 0;
  const high = old > 0x99 || hadCarry;
  let al = <i32>old;
  if (low) al += 6 * sign;
  const borrowed = sign < 0 && low && old < 6;
  if (high) al += 0x60 * sign;
  finish(s, <u32>al, high || borrowed, low);
}

/** AAA and AAS; `sign` is 1 or -1. */
export function adjustUnpacked(s: u32, sign: i32): void {
  const flags = arithmeticFlags(s);
  const adjust = (load<u8>(s, S_GPR) & 15) > 9 || (flags & FLAG_AF) !== 0;
  if (adjust) store<u16>(s, <u16>(<i32>load<u16>(s, S_GPR) + 0x106 * sign), S_GPR);
  const al = <u32>load<u8>(s, S_GPR) & 15;
  finish(s, al, adjust, adjust);
}

/** AAM: #DE with an immediate of 0. */
export function aam(s: u32, record: u32): void {
  const base = <u32>load<u8>(record, R_IMM);
  if (base === 0) return raiseException(s, VECTOR_DE, NO_ERROR);
  const al = <u32>load<u8>(s, S_GPR);
  store<u8>(s, <u8>(al / base), AH);
  finish(s, al % base, false, false);
}

export function aad(s: u32, record: u32): void {
  const value = <u32>load<u8>(s, S_GPR) + <u32>load<u8>(s, AH) * load<u8>(record, R_IMM);
  store<u8>(s, 0, AH);
  finish(s, value & 0xff, false, false);
}
