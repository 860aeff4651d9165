// The communication region: state of a cell, messages to it and its replies (ABI section 3). What a cell writes there is
// read once per decision and never trusted further than that.
import {
  CELL_FAILED,
  CELL_FAILED_COMM_REV,
  CELL_RUNNING_LOCKED,
  CELL_SHUT_DOWN,
  COMM_CELL_STATE,
  COMM_CONSOLE,
  COMM_FLAG_PUTC_ACTIVE,
  COMM_FLAG_PUTC_PERMITTED,
  COMM_FLAGS,
  COMM_MSG_TO_CELL,
  COMM_REPLY_FROM_CELL,
  COMM_REVISION,
  COMM_SIGNATURE,
  COMM_SIGNATURE_HIGH,
  COMM_SIGNATURE_LOW,
  MSG_RECONFIG_COMPLETED,
  MSG_SHUTDOWN_REQUEST,
  REPLY_NONE,
  REPLY_REQUEST_APPROVED,
} from "../../../abi/comm.ts";
import {
  CELL_CONSOLE,
  CELL_FLAG_PASSIVE_COMMREG,
  CELL_FLAG_VIRTUAL_CONSOLE_ACTIVE,
  CELL_FLAG_VIRTUAL_CONSOLE_PERMITTED,
  CELL_MSG_REPLY_TIMEOUT,
  CONSOLE_SIZE,
} from "../../../abi/config.ts";
import { archCommFill } from "../../arch.ts";
import { now, readComm, relax, writeComm } from "../../platform.ts";
import { hasCommRegion } from "../config.ts";
import { sayLine } from "../console.ts";
import { PAGE_SIZE, REPLY_TIMEOUT, REPLY_TIMEOUT_MAX } from "../limits.ts";
import { Cell } from "./cell.ts";
import { stopCell } from "./cpus.ts";

/** The state that `cell` shows, CELL_* or garbage. Once failed it cannot say otherwise. */
export function cellState(cell: Cell): u32 {
  return cell.failed ? CELL_FAILED : readComm(cell.number, COMM_CELL_STATE);
}

/** Shows `state` (CELL_*) in the communication region of `cell`. */
export function setCellState(cell: Cell, state: u32): void {
  writeComm(cell.number, COMM_CELL_STATE, state);
}

/** Whether `cell` forbids changes of the configuration. */
export function isLocked(cell: Cell): bool {
  return cellState(cell) === CELL_RUNNING_LOCKED;
}

/** Marks `cell` failed, until it is started or made loadable. */
export function failCell(cell: Cell): void {
  cell.failed = 1;
  setCellState(cell, CELL_FAILED);
}

/** Zeroes the communication region of `cell` and fills it in for a start: state running, no message. */
export function fillComm(cell: Cell): void {
  const number = cell.number;
  for (let offset: u32 = 0; offset < PAGE_SIZE; offset += 4) writeComm(number, offset, 0);
  for (let offset: u32 = 0; offset < CONSOLE_SIZE; offset += 4)
    writeComm(number, COMM_CONSOLE + offset, load<u32>(cell.config + offset, CELL_CONSOLE));
  writeComm(number, COMM_FLAGS, commFlags(cell.flags));
  archCommFill(cell);
  writeComm(number, COMM_SIGNATURE + 4, COMM_SIGNATURE_HIGH | (COMM_REVISION << 16));
  writeComm(number, COMM_SIGNATURE, COMM_SIGNATURE_LOW);
}

function commFlags(flags: u32): u32 {
  let result: u32 = 0;
  if (flags & CELL_FLAG_VIRTUAL_CONSOLE_PERMITTED) result |= COMM_FLAG_PUTC_PERMITTED;
  if (flags & CELL_FLAG_VIRTUAL_CONSOLE_ACTIVE) result |= COMM_FLAG_PUTC_ACTIVE;
  return result;
}

/** Whether a cell that shows `state` has ended and will not answer. */
function isTerminal(state: u32): bool {
  return state === CELL_SHUT_DOWN || state === CELL_FAILED || state === CELL_FAILED_COMM_REV;
}

/** Whether messages are sent to `cell`: it has a communication region, is not passive and has not ended. */
function isAsked(cell: Cell): bool {
  if (cell.flags & CELL_FLAG_PASSIVE_COMMREG || !hasCommRegion(cell.config)) return false;
  return !isTerminal(cellState(cell));
}

/** Stops a cell that has not answered the request of CPU `caller`: it stays stopped until it is started or loaded. */
function suspendSilent(cell: Cell, caller: u32): void {
  sayLine("Timeout expired while waiting for reply from target cell");
  stopCell(cell, caller);
  failCell(cell);
}

/**
 * Sends `message` (MSG_*) to `cell` and lets the others run until it has replied or ended, or its time is over: then the
 * cell is stopped and failed. Without the lock. Returns its reply (REPLY_*), or REPLY_NONE if it has ended.
 */
function exchange(cpu: u32, cell: Cell, message: u32): u32 {
  const polls = load<u64>(cell.config, CELL_MSG_REPLY_TIMEOUT);
  const limit = polls ? REPLY_TIMEOUT_MAX : REPLY_TIMEOUT;
  const start = now();
  writeComm(cell.number, COMM_REPLY_FROM_CELL, REPLY_NONE);
  writeComm(cell.number, COMM_MSG_TO_CELL, message);
  for (let poll: u64 = 0; ; poll++) {
    if (isTerminal(cellState(cell))) return REPLY_NONE;
    const reply = readComm(cell.number, COMM_REPLY_FROM_CELL);
    if (reply !== REPLY_NONE) return reply;
    if (now() - start >= limit || (polls && poll >= polls)) break;
    relax(cpu);
  }
  suspendSilent(cell, cpu);
  return REPLY_NONE;
}

/** Asks `cell` to shut down; the calling CPU `cpu` waits. Returns whether it has agreed, has ended or is not to be asked. */
export function requestShutdown(cpu: u32, cell: Cell): bool {
  if (!isAsked(cell)) return true;
  const reply = exchange(cpu, cell, MSG_SHUTDOWN_REQUEST);
  return reply === REPLY_NONE || reply === REPLY_REQUEST_APPROVED;
}

/** Tells `cell` that another one was created or destroyed; any answer will do. */
export function informReconfigured(cpu: u32, cell: Cell): void {
  if (isAsked(cell)) exchange(cpu, cell, MSG_RECONFIG_COMPLETED);
}
