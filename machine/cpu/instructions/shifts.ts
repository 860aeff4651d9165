// SHL, SHR, SAR, ROL, ROR: counts are cut to 5 bits (6 with 64-bit operands), and a count of 0 leaves the flags alone. OF is computed
// for every count as it is defined for 1.

import { extended, flagsOfRotation, flagsOfShift } from "../flags.ts";
import { destination, setDestination, source } from "./operands.ts";

/** The count of a shift of T. */
function countOf<T extends number>(record: u32): u64 {
  return <u64>source<u8>(record) & (sizeof<T>() === 8 ? 63 : 31);
}

/** T's topmost bit. */
function top<T extends number>(value: T): u64 {
  return (<u64>value >> (sizeof<T>() * 8 - 1)) & 1;
}

export function shl<T extends number>(s: u32, record: u32): void {
  const count = countOf<T>(record);
  if (count === 0) {
    setDestination<T>(record, destination<T>(record));
    return;
  }
  const a = <u64>destination<T>(record);
  const cf = sizeof<T>() === 8 ? (a >> (64 - count)) & 1 : ((a << count) >> (sizeof<T>() * 8)) & 1;
  const r = <T>(a << count);
  setDestination<T>(record, r);
  flagsOfShift<T>(s, r, cf, cf ^ top<T>(r));
}

export function shr<T extends number>(s: u32, record: u32): void {
  const count = countOf<T>(record);
  if (count === 0) {
    setDestination<T>(record, destination<T>(record));
    return;
  }
  const a = <u64>destination<T>(record);
  const r = <T>(a >> count);
  setDestination<T>(record, r);
  flagsOfShift<T>(s, r, (a >> (count - 1)) & 1, top<T>(<T>a));
}

export function sar<T extends number>(s: u32, record: u32): void {
  const count = <i64>countOf<T>(record);
  if (count === 0) {
    setDestination<T>(record, destination<T>(record));
    return;
  }
  const a = extended<T>(destination<T>(record));
  const r = <T>(a >> count);
  setDestination<T>(record, r);
  flagsOfShift<T>(s, r, <u64>(a >> (count - 1)) & 1, 0);
}

export function rol<T extends number>(s: u32, record: u32): void {
  const count = countOf<T>(record);
  const r = rotl<T>(destination<T>(record), <T>count);
  setDestination<T>(record, r);
  if (count === 0) return;
  flagsOfRotation(s, <u64>r & 1, (<u64>r & 1) ^ top<T>(r));
}

export function ror<T extends number>(s: u32, record: u32): void {
  const count = countOf<T>(record);
  const r = rotr<T>(destination<T>(record), <T>count);
  setDestination<T>(record, r);
  if (count === 0) return;
  flagsOfRotation(s, top<T>(r), top<T>(r) ^ top<T>(<T>(r << (<T>1))));
}

export function shlQuiet<T extends number>(record: u32): void {
  setDestination<T>(record, <T>((<u64>destination<T>(record)) << countOf<T>(record)));
}

export function shrQuiet<T extends number>(record: u32): void {
  setDestination<T>(record, <T>(<u64>destination<T>(record) >> countOf<T>(record)));
}

export function sarQuiet<T extends number>(record: u32): void {
  setDestination<T>(record, <T>(extended<T>(destination<T>(record)) >> <i64>countOf<T>(record)));
}

export function rolQuiet<T extends number>(record: u32): void {
  setDestination<T>(record, rotl<T>(destination<T>(record), <T>countOf<T>(record)));
}

export function rorQuiet<T extends number>(record: u32): void {
  setDestination<T>(record, rotr<T>(destination<T>(record), <T>countOf<T>(record)));
}
