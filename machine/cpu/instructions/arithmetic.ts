// ADD, OR, ADC, SBB, AND, SUB, XOR, CMP, TEST, INC, DEC, NEG, NOT: one function for all widths, and one that leaves the flags alone.

import {
  carry,
  extended,
  flagsOfAdd,
  flagsOfLogic,
  flagsOfSub,
  placed,
  withCarryOf,
} from "../flags.ts";
import { S_CARRIES, S_RESULT } from "../interpreter-state.ts";
import { R_DST } from "../records.ts";
import { destination, put, setDestination, source } from "./operands.ts";

export function add<T extends number>(s: u32, record: u32): void {
  const to = load<u32>(record, R_DST);
  const a = load<T>(to);
  const b = source<T>(record);
  const r = <T>(a + b);
  put<T>(to, r);
  flagsOfAdd<T>(s, a, b, r);
}

export function adc<T extends number>(s: u32, record: u32): void {
  const to = load<u32>(record, R_DST);
  const a = load<T>(to);
  const b = source<T>(record);
  const r = <T>(a + b + <T>carry(s));
  put<T>(to, r);
  flagsOfAdd<T>(s, a, b, r);
}

export function sub<T extends number>(s: u32, record: u32): void {
  const to = load<u32>(record, R_DST);
  const a = load<T>(to);
  const b = source<T>(record);
  const r = <T>(a - b);
  put<T>(to, r);
  flagsOfSub<T>(s, a, b, r);
}

export function sbb<T extends number>(s: u32, record: u32): void {
  const to = load<u32>(record, R_DST);
  const a = load<T>(to);
  const b = source<T>(record);
  const r = <T>(a - b - <T>carry(s));
  put<T>(to, r);
  flagsOfSub<T>(s, a, b, r);
}

export function cmp<T extends number>(s: u32, record: u32): void {
  const a = destination<T>(record);
  const b = source<T>(record);
  flagsOfSub<T>(s, a, b, <T>(a - b));
}

export function and<T extends number>(s: u32, record: u32): void {
  const r = <T>(destination<T>(record) & source<T>(record));
  setDestination<T>(record, r);
  flagsOfLogic<T>(s, r);
}

export function or<T extends number>(s: u32, record: u32): void {
  const r = <T>(destination<T>(record) | source<T>(record));
  setDestination<T>(record, r);
  flagsOfLogic<T>(s, r);
}

export function xor<T extends number>(s: u32, record: u32): void {
  const r = <T>(destination<T>(record) ^ source<T>(record));
  setDestination<T>(record, r);
  flagsOfLogic<T>(s, r);
}

export function test<T extends number>(s: u32, record: u32): void {
  flagsOfLogic<T>(s, <T>(destination<T>(record) & source<T>(record)));
}

export function inc<T extends number>(s: u32, record: u32): void {
  const a = destination<T>(record);
  const r = <T>(a + <T>1);
  setDestination<T>(record, r);
  store<i64>(s, extended<T>(r), S_RESULT);
  store<u64>(s, withCarryOf(placed<T>(<T>(a & ~r)), load<u64>(s, S_CARRIES)), S_CARRIES);
}

export function dec<T extends number>(s: u32, record: u32): void {
  const a = destination<T>(record);
  const r = <T>(a - <T>1);
  setDestination<T>(record, r);
  store<i64>(s, extended<T>(r), S_RESULT);
  store<u64>(s, withCarryOf(placed<T>(<T>(~a & r)), load<u64>(s, S_CARRIES)), S_CARRIES);
}

export function neg<T extends number>(s: u32, record: u32): void {
  const a = destination<T>(record);
  const r = <T>(<T>0 - a);
  setDestination<T>(record, r);
  flagsOfSub<T>(s, <T>0, a, r);
}

export function not<T extends number>(record: u32): void {
  setDestination<T>(record, <T>~destination<T>(record));
}

export function addQuiet<T extends number>(record: u32): void {
  setDestination<T>(record, <T>(destination<T>(record) + source<T>(record)));
}

export function adcQuiet<T extends number>(s: u32, record: u32): void {
  setDestination<T>(record, <T>(destination<T>(record) + source<T>(record) + <T>carry(s)));
}

export function subQuiet<T extends number>(record: u32): void {
  setDestination<T>(record, <T>(destination<T>(record) - source<T>(record)));
}

export function sbbQuiet<T extends number>(s: u32, record: u32): void {
  setDestination<T>(record, <T>(destination<T>(record) - source<T>(record) - <T>carry(s)));
}

export function andQuiet<T extends number>(record: u32): void {
  setDestination<T>(record, <T>(destination<T>(record) & source<T>(record)));
}

export function orQuiet<T extends number>(record: u32): void {
  setDestination<T>(record, <T>(destination<T>(record) | source<T>(record)));
}

export function xorQuiet<T extends number>(record: u32): void {
  setDestination<T>(record, <T>(destination<T>(record) ^ source<T>(record)));
}

export function incQuiet<T extends number>(record: u32): void {
  setDestination<T>(record, <T>(destination<T>(record) + <T>1));
}

export function decQuiet<T extends number>(record: u32): void {
  setDestination<T>(record, <T>(destination<T>(record) - <T>1));
}

export function negQuiet<T extends number>(record: u32): void {
  setDestination<T>(record, <T>(<T>0 - destination<T>(record)));
}
