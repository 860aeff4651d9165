// Executes the records that the inner loop leaves to others: memory that no translation cache answers for, rare instructions, and
// those of the system. Then the inner loop goes on with the next record, or the block is left.

import { leavesBlock } from "./decode/block.ts";
import { collectFlags, spreadFlags } from "./flags.ts";
import { branch, isBranch } from "./instructions/branches.ts";
import { accessQuickly, DONE, SLOW } from "./instructions/memory.ts";
import { isStringDone, REPEAT_FOUND, stringInstruction } from "./instructions/strings.ts";
import { S_DEADLINE, S_PENDING, S_RIP, S_SHADOW, S_TIME, SHADOW_REPEAT } from "./interface.ts";
import {
  C_REST,
  S_BLOCK_RIP,
  S_CACHE,
  S_LEAVE,
  S_LEFT,
  S_LIMIT,
  S_LINK,
  S_RECORD,
  S_RIP_MASK,
  S_SINK,
  S_USED_DEADLINE,
} from "./interpreter-state.ts";
import { S_NEXT } from "./memory/layout.ts";
import * as op from "./operations.gen.ts";
import { access, compute, systemInstruction } from "./outside.gen.ts";
import {
  R_DISPLACEMENT,
  R_EXTRA,
  R_IMM,
  R_INDEX,
  R_LENGTH,
  R_NEXT,
  R_OFFSET,
  R_OP,
  R_SRC,
  RECORD_SIZE,
} from "./records.ts";
import { faulted } from "./system/fault.ts";

/** Makes S_RIP, S_NEXT, S_TIME and S_FLAGS exact, as they are before the record's instruction. */
function settle(s: u32, record: u32): void {
  const block = load<u64>(s, S_BLOCK_RIP);
  const mask = load<u64>(s, S_RIP_MASK);
  const spent = load<i32>(s, S_LEFT) + <i32>load<u8>(record, R_INDEX);
  store<u64>(s, (block + load<u16>(record, R_OFFSET)) & mask, S_RIP);
  store<u64>(s, (block + load<u16>(record, R_NEXT)) & mask, S_NEXT);
  store<u64>(s, load<u64>(s, S_LIMIT) - spent, S_TIME);
  collectFlags(s);
}

/** Leaves the block at `rip`, with `left` ticks left. */
function leaveAt(s: u32, rip: u64, left: i32): void {
  store<u64>(s, rip, S_BLOCK_RIP);
  store<i32>(s, left, S_LEFT);
  store<u32>(s, 0, S_RECORD);
  store<u32>(s, s + S_SINK, S_LINK);
}

/** Gives up the record's instruction, which has a fault: RIP is at it again, `done` ticks of it are spent. */
function abandon(s: u32, record: u32, done: u32): void {
  leaveAt(s, load<u64>(s, S_RIP), load<i32>(s, S_LEFT) + <i32>load<u8>(record, R_INDEX) - done);
}

/**
 * The operation of a record as its instruction alone has it: not fused with the next, with all flags, and never going on to
 * another block in the inner loop. DEC is fused on registers only, where no record comes before it.
 */
function plainOperation(operation: u32): u32 {
  if (operation === op.CALL_TO64 || operation === op.CALL_TO32) return op.CALL_TOX;
  if (operation === op.JMP_TO64 || operation === op.JMP_TO32) return op.JMP_TOX;
  if (operation >= op.QUIET && operation < 2 * op.QUIET) return operation - op.QUIET;
  if (operation >= op.CMP_JB && operation < op.TEST_JE)
    return op.CMP + ((operation - op.CMP_JB) & 3);
  return operation >= op.TEST_JE && operation < op.DEC_JE
    ? op.TEST + ((operation - op.TEST_JE) & 3)
    : operation;
}

/**
 * Arranges that the block is left after the instruction that `record`, just executed, belongs to: its other records are copied,
 * and a STOP put behind them. A block's last record always leaves it (`leavesBlock`), and nothing is read beyond that one: there
 * lies what earlier blocks have left behind.
 */
function leaveAfter(s: u32, record: u32): void {
  const number = load<u8>(record, R_INDEX);
  const rest = load<u32>(s, S_CACHE) + C_REST;
  let to = rest;
  let from = record + RECORD_SIZE;
  let isLast: bool = false;
  while (!isLast && load<u8>(from, R_INDEX) === number) {
    const operation = <u32>load<u16>(from, R_OP);
    memory.copy(to, from, RECORD_SIZE);
    store<u16>(to, <u16>plainOperation(operation), R_OP);
    if (load<u32>(from, R_SRC) === from + R_IMM) store<u32>(to, to + R_IMM, R_SRC);
    isLast = leavesBlock(operation);
    from += RECORD_SIZE;
    to += RECORD_SIZE;
  }
  const next = <u64>load<u16>(record, R_OFFSET) + load<u8>(record, R_LENGTH);
  store<u16>(to, <u16>op.STOP, R_OP);
  store<u64>(to, next, R_DISPLACEMENT);
  store<u8>(to, <u8>(number - 1), R_INDEX);
  store<u32>(s, rest, S_RECORD);
}

/** Whether a bus call or a write of code demands that the block be left at the next boundary. */
function mustLeave(s: u32): bool {
  if (load<u32>(s, S_LEAVE) | load<u32>(s, S_PENDING)) return true;
  return load<u64>(s, S_DEADLINE) !== load<u64>(s, S_USED_DEADLINE);
}

function goOn(s: u32, record: u32): void {
  if (mustLeave(s)) leaveAfter(s, record);
  else store<u32>(s, record + RECORD_SIZE, S_RECORD);
}

/** A string instruction: alone it is like any other; repeated it takes a tick for each iteration, and may start again. */
function executeString(s: u32, record: u32): void {
  const left = load<i32>(s, S_LEFT);
  const result = stringInstruction(s, record, <u32>left + 1);
  const ticks = result & ~REPEAT_FOUND;
  if (faulted(s)) {
    const done = load<u8>(record, R_EXTRA) ? ticks : 0;
    if (done !== 0) store<u32>(s, SHADOW_REPEAT, S_SHADOW);
    return abandon(s, record, done);
  }
  if (!load<u8>(record, R_EXTRA)) return goOn(s, record);
  const isOver = (result & REPEAT_FOUND) !== 0 || isStringDone(s, record);
  if (!isOver || mustLeave(s)) {
    if (!isOver) store<u32>(s, SHADOW_REPEAT, S_SHADOW);
    store<u32>(s, 1, S_LEAVE);
    leaveAt(s, load<u64>(s + (isOver ? S_NEXT : S_RIP)), left + 1 - <i32>ticks);
    return;
  }
  store<i32>(s, left + 1 - <i32>ticks, S_LEFT);
  store<u32>(s, record + RECORD_SIZE, S_RECORD);
}

/** A branch that the inner loop could not execute; its access to the stack may have been to a device. */
function executeBranch(s: u32, record: u32): void {
  const target = branch(s, record);
  if (faulted(s)) return abandon(s, record, 0);
  if (mustLeave(s)) store<u32>(s, 1, S_LEAVE);
  leaveAt(s, target, load<i32>(s, S_LEFT));
}

function executeSystem(s: u32, record: u32, operation: u32): void {
  if (!systemInstruction(s, record, operation)) unreachable();
  if (faulted(s)) return abandon(s, record, 0);
  spreadFlags(s);
  store<u32>(s, 1, S_LEAVE);
  leaveAt(s, load<u64>(s, S_NEXT), load<i32>(s, S_LEFT));
}

/** LOAD, LOADZX, STORE, MODIFY. */
function isPlainAccess(operation: u32): bool {
  return operation >= op.LOAD && operation < op.LOADV;
}

/**
 * Executes the record at S_RECORD. Afterwards S_RECORD is the next one, or 0: then S_BLOCK_RIP is where to go on, S_LEFT what
 * is left there, and S_LEAVE or S_FAULT say why, if there is a reason.
 */
export function executeOutside(s: u32): void {
  const record = load<u32>(s, S_RECORD);
  const operation = <u32>load<u16>(record, R_OP);
  if (isPlainAccess(operation)) {
    const quick = accessQuickly(s, record, operation);
    if (quick === DONE) store<u32>(s, record + RECORD_SIZE, S_RECORD);
    if (quick !== SLOW) return;
  }
  if (compute(s, record, operation)) {
    store<u32>(s, record + RECORD_SIZE, S_RECORD);
    return;
  }
  if (operation === op.STOP) {
    const rip = load<u64>(s, S_BLOCK_RIP) + load<u64>(record, R_DISPLACEMENT);
    store<u32>(s, 1, S_LEAVE);
    leaveAt(
      s,
      rip & load<u64>(s, S_RIP_MASK),
      load<i32>(s, S_LEFT) + <i32>load<u8>(record, R_INDEX),
    );
    return;
  }
  settle(s, record);
  if (operation >= op.SYSTEM) executeSystem(s, record, operation);
  else if (operation >= op.MOVS && operation <= op.OUTS) executeString(s, record);
  else if (isBranch(operation)) executeBranch(s, record);
  else {
    if (!access(s, record, operation)) unreachable();
    if (faulted(s)) abandon(s, record, 0);
    else goOn(s, record);
  }
}
