// CMPXCHG, XADD, CMPXCHG8B, CMPXCHG16B. CPUs take turns, so that every instruction is atomic.

import { FLAG_ZF, VECTOR_GP } from "../../../abi/x86/registers.ts";
import { arithmeticFlags, flagsOfAdd, flagsOfSub, setArithmeticFlags } from "../flags.ts";
import { S_GPR } from "../interface.ts";
import { checkWrite, read, write } from "../memory/access.ts";
import { linearAddress } from "../memory/segmentation.ts";
import { R_BASE, R_SEGMENT, R_SRC } from "../records.ts";
import { faulted, raiseException } from "../system/fault.ts";
import { destinationOf, setAt, setDestinationOf, sourceOf, valueAt, widthOf } from "./sized.ts";

/** Offset of RDX in the state block. */
const RDX: u32 = S_GPR + 2 * 8;
/** Offset of RCX in the state block. */
const RCX: u32 = S_GPR + 8;
/** Offset of RBX in the state block. */
const RBX: u32 = S_GPR + 3 * 8;

/** Flags of a comparison of a width. */
export function compareSized(s: u32, a: u64, b: u64, width: u32): void {
  if (width === 3) flagsOfSub<u64>(s, a, b, a - b);
  else if (width === 2) flagsOfSub<u32>(s, <u32>a, <u32>b, <u32>(a - b));
  else if (width === 1) flagsOfSub<u16>(s, <u16>a, <u16>b, <u16>(a - b));
  else flagsOfSub<u8>(s, <u8>a, <u8>b, <u8>(a - b));
}

function addSized(s: u32, a: u64, b: u64, width: u32): void {
  if (width === 3) flagsOfAdd<u64>(s, a, b, a + b);
  else if (width === 2) flagsOfAdd<u32>(s, <u32>a, <u32>b, <u32>(a + b));
  else if (width === 1) flagsOfAdd<u16>(s, <u16>a, <u16>b, <u16>(a + b));
  else flagsOfAdd<u8>(s, <u8>a, <u8>b, <u8>(a + b));
}

/** Where the comparison fails, memory is written with what it holds: the temporary is unchanged. */
export function cmpxchg(s: u32, record: u32): void {
  const width = widthOf(record);
  const accumulator = valueAt(s + S_GPR, width);
  const value = destinationOf(record);
  const source = sourceOf(record);
  compareSized(s, accumulator, value, width);
  if (accumulator === value) setDestinationOf(record, source);
  else setAt(s + S_GPR, width, value);
}

export function xadd(s: u32, record: u32): void {
  const width = widthOf(record);
  const a = destinationOf(record);
  const b = sourceOf(record);
  setAt(load<u32>(record, R_SRC), width, a);
  setDestinationOf(record, a + b);
  addSized(s, a, b, width);
}

/** Sets ZF alone. */
function setZero(s: u32, isEqual: bool): void {
  setArithmeticFlags(s, (arithmeticFlags(s) & ~FLAG_ZF) | (isEqual ? FLAG_ZF : 0));
}

/** Writes memory (either the new value or the old one) and, where they differ, the pair rDX:rAX. */
function exchangePair<T extends number>(s: u32, linear: u64): void {
  const half = sizeof<T>();
  const low = read<T>(s, linear);
  const high = faulted(s) ? low : read<T>(s, linear + half);
  if (faulted(s)) return;
  const isEqual = low === load<T>(s, S_GPR) && high === load<T>(s, RDX);
  write<T>(s, linear, isEqual ? load<T>(s, RBX) : low);
  write<T>(s, linear + half, isEqual ? load<T>(s, RCX) : high);
  if (!isEqual) {
    store<u64>(s, <u64>low, S_GPR);
    store<u64>(s, <u64>high, RDX);
  }
  setZero(s, isEqual);
}

/** CMPXCHG8B, or CMPXCHG16B with 64-bit operands, which must be aligned. */
export function cmpxchgPair(s: u32, record: u32): void {
  const size: u32 = widthOf(record) === 3 ? 16 : 8;
  const offset = load<u64>(load<u32>(record, R_BASE));
  const linear = linearAddress(s, load<u8>(record, R_SEGMENT), offset, size, true);
  if (faulted(s)) return;
  if (size === 16 && linear & 15) return raiseException(s, VECTOR_GP, 0);
  checkWrite(s, linear, size);
  if (faulted(s)) return;
  if (size === 16) exchangePair<u64>(s, linear);
  else exchangePair<u32>(s, linear);
}
