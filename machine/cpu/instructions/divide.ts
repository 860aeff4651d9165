// MUL, IMUL with one operand, DIV, IDIV.

import { VECTOR_DE } from "../../../abi/x86/registers.ts";
import { flagsOfShift } from "../flags.ts";
import { S_GPR } from "../interface.ts";
import { NO_ERROR, raiseException } from "../system/fault.ts";
import { multiplyHigh, multiplyHighUnsigned } from "./multiply.ts";
import { bitsOf, destinationOf, maskOf, setAt, signExtend, valueAt, widthOf } from "./sized.ts";

/** Offset of RDX in the state block. */
const RDX: u32 = S_GPR + 2 * 8;

/** Writes a double-width result: AX for bytes, else rDX:rAX. */
function setPair(s: u32, width: u32, low: u64, high: u64): void {
  if (width === 0) store<u16>(s, <u16>((high << 8) | (low & 0xff)), S_GPR);
  else {
    setAt(s + S_GPR, width, low);
    setAt(s + RDX, width, high);
  }
}

export function mul(s: u32, record: u32): void {
  const width = widthOf(record);
  const a = valueAt(s + S_GPR, width);
  const b = destinationOf(record);
  const low = a * b;
  const high = width === 3 ? multiplyHighUnsigned(a, b) : (low >> bitsOf(record)) & maskOf(width);
  setPair(s, width, low, high);
  flagsOfShift<u64>(s, <u64>signExtend(low, width), u64(high !== 0), u64(high !== 0));
}

export function imulWide(s: u32, record: u32): void {
  const width = widthOf(record);
  const a = signExtend(valueAt(s + S_GPR, width), width);
  const b = signExtend(destinationOf(record), width);
  const low = a * b;
  const high = width === 3 ? multiplyHigh(a, b) : low >> bitsOf(record);
  const cut = u64(high !== signExtend(<u64>low, width) >> 63);
  setPair(s, width, <u64>low, <u64>high);
  flagsOfShift<u64>(s, <u64>signExtend(<u64>low, width), cut, cut);
}

/** Remainder of the last long division; the quotient is returned. */
const REMAINDER: usize = memory.data(8, 8);

/** Divides high:low by `by`, which is greater than high, bit by bit. */
function divideLong(high: u64, low: u64, by: u64): u64 {
  let rest = high;
  let quotient = low;
  for (let i = 0; i < 64; i++) {
    const carry = rest >> 63;
    rest = (rest << 1) | (quotient >> 63);
    quotient <<= 1;
    if (carry !== 0 || rest >= by) {
      rest -= by;
      quotient |= 1;
    }
  }
  store<u64>(REMAINDER, rest);
  return quotient;
}

/** Divides high:low; needs high < by. */
function divideUnsigned(high: u64, low: u64, by: u64): u64 {
  if (high !== 0) return divideLong(high, low, by);
  store<u64>(REMAINDER, low % by);
  return low / by;
}

/** The dividend of a width up to 32 bits, as one number. */
function shortDividend(s: u32, width: u32): u64 {
  if (width === 0) return load<u16>(s, S_GPR);
  return valueAt(s + S_GPR, width) | (valueAt(s + RDX, width) << ((<u64>8) << width));
}

function divideError(s: u32): void {
  raiseException(s, VECTOR_DE, NO_ERROR);
}

export function div(s: u32, record: u32): void {
  const width = widthOf(record);
  const by = destinationOf(record);
  if (width === 3) {
    const high = load<u64>(s, RDX);
    if (high >= by) return divideError(s);
    const quotient = divideUnsigned(high, load<u64>(s, S_GPR), by);
    setPair(s, width, quotient, load<u64>(REMAINDER));
    return;
  }
  const dividend = shortDividend(s, width);
  if (by === 0 || dividend / by > maskOf(width)) return divideError(s);
  setPair(s, width, dividend / by, dividend % by);
}

/** IDIV of rDX:rAX by 64 bits: by absolute values, signs afterwards. */
function idivLong(s: u32, by: i64): void {
  let low = load<u64>(s, S_GPR);
  let high = load<u64>(s, RDX);
  const isNegative = <i64>high < 0;
  if (isNegative) {
    low = 0 - low;
    high = ~high + u64(low === 0);
  }
  const divisor = by < 0 ? 0 - <u64>by : <u64>by;
  if (high >= divisor) return divideError(s);
  const quotient = divideUnsigned(high, low, divisor);
  const isQuotientNegative = isNegative !== by < 0;
  const most: u64 = 0x7fffffffffffffff + u64(isQuotientNegative);
  if (quotient > most) return divideError(s);
  const rest = load<u64>(REMAINDER);
  setPair(s, 3, isQuotientNegative ? 0 - quotient : quotient, isNegative ? 0 - rest : rest);
}

export function idiv(s: u32, record: u32): void {
  const width = widthOf(record);
  const by = signExtend(destinationOf(record), width);
  if (width === 3) return idivLong(s, by);
  const bits = (<u64>8) << width;
  const shift = <i64>(64 - 2 * bits);
  const dividend = ((<i64>shortDividend(s, width)) << shift) >> shift;
  if (by === 0 || (by === -1 && dividend === i64.MIN_VALUE)) return divideError(s);
  const quotient = dividend / by;
  if (signExtend(<u64>quotient, width) !== quotient) return divideError(s);
  setPair(s, width, <u64>quotient, <u64>(dividend % by));
}
