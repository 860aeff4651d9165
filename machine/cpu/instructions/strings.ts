// MOVS, CMPS, STOS, LODS, SCAS, INS, OUTS, alone and repeated. Each iteration is one tick; a repeated instruction stops between two
// iterations at a fault or when the time is up, and then starts again.

import { PIO_IN, PIO_REP, PIO_STRING } from "../../../abi/platform.ts";
import { FLAG_DF } from "../../../abi/x86/registers.ts";
import { PREFIX_REP } from "../decode/fields.ts";
import { collectFlags } from "../flags.ts";
import { ES, S_DEADLINE, S_FLAGS, S_GPR, S_PENDING, S_TIME } from "../interface.ts";
import { S_LEAVE, S_RESULT } from "../interpreter-state.ts";
import { checkWrite } from "../memory/access.ts";
import { linearAddress } from "../memory/segmentation.ts";
import { CMPS, INS, LODS, MOVS, OUTS, SCAS, STOS } from "../operations.gen.ts";
import { R_ADDRESS_WIDTH, R_EXTRA, R_OP, R_SEGMENT } from "../records.ts";
import { faulted } from "../system/fault.ts";
import {
  checkPort,
  PORT_ADDRESS_SHIFT,
  PORT_SEGMENT_SHIFT,
  portRead,
  portWrite,
} from "../system/ports.ts";
import { compareSized } from "./atomic.ts";
import { readSegment, setAt, valueAt, widthOf, writeSegment } from "./sized.ts";
import { moveMany, storeMany } from "./string-bulk.ts";

/** Offset of RCX in the state block. */
const RCX: u32 = S_GPR + 8;
/** Offset of RDX in the state block. */
const RDX: u32 = S_GPR + 2 * 8;
/** Offset of RSI in the state block. */
export const RSI: u32 = S_GPR + 6 * 8;
/** Offset of RDI in the state block. */
export const RDI: u32 = S_GPR + 7 * 8;

/** Moves a pointer register by an element, in the direction of DF. */
function advance(s: u32, register: u32, record: u32): void {
  const width = <u32>load<u8>(record, R_ADDRESS_WIDTH);
  const size = (<u64>1) << widthOf(record);
  const by = load<u32>(s, S_FLAGS) & FLAG_DF ? 0 - size : size;
  setAt(s + register, width, valueAt(s + register, width) + by);
}

function pointer(s: u32, register: u32, record: u32): u64 {
  return valueAt(s + register, load<u8>(record, R_ADDRESS_WIDTH));
}

function readSource(s: u32, record: u32): u64 {
  return readSegment(s, load<u8>(record, R_SEGMENT), pointer(s, RSI, record), widthOf(record));
}

function readDestination(s: u32, record: u32): u64 {
  return readSegment(s, ES, pointer(s, RDI, record), widthOf(record));
}

function writeDestination(s: u32, record: u32, value: u64): void {
  writeSegment(s, ES, pointer(s, RDI, record), widthOf(record), value);
}

function portFlags(record: u32, direction: u32): u32 {
  const segment = direction === PIO_IN ? ES : <u32>load<u8>(record, R_SEGMENT);
  return (
    PIO_STRING |
    direction |
    (load<u8>(record, R_EXTRA) ? PIO_REP : 0) |
    ((<u32>load<u8>(record, R_ADDRESS_WIDTH)) << PORT_ADDRESS_SHIFT) |
    (segment << PORT_SEGMENT_SHIFT)
  );
}

/** INS: the destination is checked before the port is read. */
function input(s: u32, record: u32): void {
  const size = (<u32>1) << widthOf(record);
  const port = <u32>load<u16>(s, RDX);
  checkPort(s, port, size, portFlags(record, PIO_IN));
  if (faulted(s)) return;
  const linear = linearAddress(s, ES, pointer(s, RDI, record), size, true);
  if (!faulted(s)) checkWrite(s, linear, size);
  if (faulted(s)) return;
  writeDestination(s, record, portRead(s, port, size));
}

function output(s: u32, record: u32): void {
  const size = (<u32>1) << widthOf(record);
  const port = <u32>load<u16>(s, RDX);
  checkPort(s, port, size, portFlags(record, 0));
  if (faulted(s)) return;
  const value = readSource(s, record);
  if (!faulted(s)) portWrite(s, port, size, <u32>value);
}

/** Executes one iteration. With a fault set nothing of it was done. */
function iterate(s: u32, record: u32): void {
  const operation = <u32>load<u16>(record, R_OP);
  const width = widthOf(record);
  if (operation === MOVS) {
    const value = readSource(s, record);
    if (!faulted(s)) writeDestination(s, record, value);
  } else if (operation === STOS) writeDestination(s, record, valueAt(s + S_GPR, width));
  else if (operation === INS) input(s, record);
  else if (operation === OUTS) output(s, record);
  else if (operation === CMPS) {
    const a = readSource(s, record);
    const b = faulted(s) ? a : readDestination(s, record);
    if (!faulted(s)) compareSized(s, a, b, width);
  } else {
    const value = operation === LODS ? readSource(s, record) : readDestination(s, record);
    if (faulted(s)) return;
    if (operation === LODS) setAt(s + S_GPR, width, value);
    else compareSized(s, valueAt(s + S_GPR, width), value, width);
  }
  if (faulted(s)) return;
  if (operation !== STOS && operation !== SCAS && operation !== INS) advance(s, RSI, record);
  if (operation !== LODS && operation !== OUTS) advance(s, RDI, record);
}

/** Whether CMPS or SCAS found what ends the repetition. */
function isFound(s: u32, record: u32): bool {
  const operation = <u32>load<u16>(record, R_OP);
  if (operation !== CMPS && operation !== SCAS) return false;
  return (load<u8>(record, R_EXTRA) === PREFIX_REP) !== (load<i64>(s, S_RESULT) === 0);
}

/** Whether a repeated instruction is over. */
export function isStringDone(s: u32, record: u32): bool {
  return !load<u8>(record, R_EXTRA) || pointer(s, RCX, record) === 0;
}

/** As many iterations as can be done at once in plain RAM, at most `most`; 0 where there is no short cut. */
function iterateMany(s: u32, record: u32, most: u32): u32 {
  const operation = <u32>load<u16>(record, R_OP);
  if (load<u32>(s, S_FLAGS) & FLAG_DF || load<u8>(record, R_ADDRESS_WIDTH) === 1) return 0;
  if (operation === MOVS) return moveMany(s, record, most);
  return operation === STOS ? storeMany(s, record, most) : 0;
}

/**
 * Executes a string instruction for at most `most` (at least 1) iterations. Returns the ticks it took, with REPEAT_FOUND where a
 * comparison ended the repetition; otherwise `isStringDone` tells whether it is over. With a fault set, that iteration is not counted.
 */
export function stringInstruction(s: u32, record: u32, most: u32): u32 {
  if (!load<u8>(record, R_EXTRA)) {
    iterate(s, record);
    return 1;
  }
  const width = <u32>load<u8>(record, R_ADDRESS_WIDTH);
  const start = load<u64>(s, S_TIME);
  const deadline = load<u64>(s, S_DEADLINE);
  let done: u32 = 0;
  while (done < most) {
    const left = valueAt(s + RCX, width);
    if (left === 0) break;
    const limit = <u32>min<u64>(most - done, left);
    let count = limit > 1 ? iterateMany(s, record, limit) : 0;
    if (count === 0) {
      store<u64>(s, start + done, S_TIME);
      if (done > 0) collectFlags(s);
      iterate(s, record);
      if (faulted(s)) return done;
      count = 1;
    }
    done += count;
    // With 32-bit addresses the count's upper half is cleared by the first write.
    setAt(s + RCX, width, left - count);
    if (isFound(s, record)) return REPEAT_FOUND | done;
    if (load<u32>(s, S_LEAVE) | load<u32>(s, S_PENDING)) break;
    if (load<u64>(s, S_DEADLINE) !== deadline) break;
  }
  return max<u32>(done, 1);
}

/** Bit of stringInstruction's result: CMPS or SCAS ended the repetition. */
export const REPEAT_FOUND: u32 = 0x80000000;
