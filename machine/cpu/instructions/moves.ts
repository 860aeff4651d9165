// MOV, MOVZX, MOVSX, CWD and its kin, CMOVcc, SETcc.

import { holds } from "../flags.ts";
import { R_DST, R_IMM, R_SRC } from "../records.ts";
import { put, setDestination, source } from "./operands.ts";

export function mov<T extends number>(record: u32): void {
  setDestination<T>(record, source<T>(record));
}

/** Extends From (signed or not) to To. */
export function extend<From extends number, To extends number>(record: u32): void {
  setDestination<To>(record, <To>(source<From>(record) + <From>0));
}

/** Fills the destination with the source's sign. `I` is the signed type of T's width. */
export function sign<T extends number, I extends number>(record: u32): void {
  setDestination<T>(record, source<I>(record) < <I>0 ? <T>-1 : <T>0);
}

/** A 32-bit destination is zero-extended even where the condition does not hold. */
export function cmov<T extends number>(s: u32, record: u32): void {
  const from = holds(s, load<u32>(record, R_IMM)) ? R_SRC : R_DST;
  setDestination<T>(record, load<T>(load<u32>(record + from)));
}

export function setcc(s: u32, record: u32): void {
  put<u8>(load<u32>(record, R_DST), u8(holds(s, load<u32>(record, R_IMM))));
}
