// Dead flags: an operation whose flags are overwritten before anything can see them becomes its quiet twin. Whatever may fault,
// leave the inner loop or end the block sees all flags.

import {
  ADC,
  AND,
  CMOV,
  IMUL,
  INC,
  LOAD,
  MOV,
  NEG,
  NOT,
  QUIET,
  ROL,
  SETCC,
  SHL,
  TEST,
} from "../operations.gen.ts";
import { R_IMM, R_OP, R_SRC, RECORD_SIZE } from "../records.ts";

/** CF. */
const LIVE_CF: u32 = 1;
/** OF. */
const LIVE_OF: u32 = 2;
/** The others. */
const LIVE_REST: u32 = 4;
/** All flags. */
const LIVE_ALL: u32 = 7;

/** Whether a shift's count is known and not zero. */
function hasCount(record: u32): bool {
  if (load<u32>(record, R_SRC) !== record + R_IMM) return false;
  const count = load<u32>(record, R_IMM) & 31;
  return count !== 0;
}

/** Flags that an operation below QUIET overwrites for sure. */
function overwritten(operation: u32, record: u32): u32 {
  if (operation < INC) return LIVE_ALL;
  if (operation < NEG) return LIVE_OF | LIVE_REST;
  if (operation < SHL || operation >= IMUL) return LIVE_ALL;
  if (!hasCount(record)) return 0;
  return operation < ROL ? LIVE_ALL : LIVE_CF | LIVE_OF;
}

/** Flags that an operation below QUIET may change. */
function changed(operation: u32): u32 {
  if (operation >= INC && operation < NEG) return LIVE_OF | LIVE_REST;
  return operation >= ROL && operation < IMUL ? LIVE_CF | LIVE_OF : LIVE_ALL;
}

/** Whether an operation at or above QUIET neither looks at flags nor can leave the inner loop. */
function isPlain(operation: u32): bool {
  return operation >= MOV && operation < LOAD && !(operation >= CMOV && operation <= SETCC);
}

/** Replaces operations by their quiet twins in the records from `first` up to `end`. */
export function markDeadFlags(first: u32, end: u32): void {
  let live = LIVE_ALL;
  for (let record = end - RECORD_SIZE; record >= first; record -= RECORD_SIZE) {
    const operation = <u32>load<u16>(record, R_OP);
    if (operation < QUIET) {
      if (!(live & changed(operation))) store<u16>(record, <u16>(operation + QUIET), R_OP);
      live &= ~overwritten(operation, record);
      if (operation >= ADC && operation < AND) live |= LIVE_CF;
    } else if (operation >= TEST && operation < MOV) live = 0;
    else if (operation >= NOT && operation < TEST) continue;
    else if (!isPlain(operation)) live = LIVE_ALL;
  }
}
