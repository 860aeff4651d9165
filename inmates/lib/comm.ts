// The communication region: what the cell tells the hypervisor and what it is told (ABI section 3).
import {
  CELL_FAILED_COMM_REV,
  COMM_CELL_STATE,
  COMM_FLAGS,
  COMM_MSG_TO_CELL,
  COMM_NUM_CPUS,
  COMM_PM_TIMER_ADDRESS,
  COMM_REPLY_FROM_CELL,
  COMM_REVISION,
  COMM_REVISION_OFFSET,
  COMM_SIGNATURE,
  COMM_SIGNATURE_HIGH,
  COMM_SIGNATURE_LOW,
  MSG_NONE,
} from "../../abi/comm.ts";
import { mmioRead16, mmioRead32, mmioWrite32, stop } from "./hardware.ts";
import { COMM_REGION } from "./layout.ts";

/** Reads a u32 of the communication region, as it is now. */
export function commRead32(offset: u32): u32 {
  return mmioRead32(<u64>(COMM_REGION + offset));
}

/** Reads a u16 of the communication region, as it is now. */
export function commRead16(offset: u32): u32 {
  return mmioRead16(<u64>(COMM_REGION + offset));
}

function commWrite32(offset: u32, value: u32): void {
  mmioWrite32(<u64>(COMM_REGION + offset), value);
}

/** Sets the state that the cell is in (CELL_*). */
export function setCellState(state: u32): void {
  commWrite32(COMM_CELL_STATE, state);
}

/** The message to the cell (MSG_*) that has not been answered, or MSG_NONE. */
export function pendingMessage(): u32 {
  return commRead32(COMM_MSG_TO_CELL);
}

/** Answers the pending message (REPLY_*): first takes the message away, then replies. */
export function reply(answer: u32): void {
  commWrite32(COMM_MSG_TO_CELL, MSG_NONE);
  commWrite32(COMM_REPLY_FROM_CELL, answer);
}

/** Flags of the region (COMM_FLAG_*). */
export function commFlags(): u32 {
  return commRead32(COMM_FLAGS);
}

/** Number of CPUs of the cell. */
export function cellCpus(): u32 {
  return commRead16(COMM_NUM_CPUS);
}

/** Port of the PM timer. */
export function pmTimerPort(): u32 {
  return commRead16(COMM_PM_TIMER_ADDRESS);
}

/** Stops with CELL_FAILED_COMM_REV unless the region is of the revision that this library was written for. */
export function checkCommRegion(): void {
  const isKnown =
    commRead32(COMM_SIGNATURE) == COMM_SIGNATURE_LOW &&
    commRead16(COMM_SIGNATURE + 4) == COMM_SIGNATURE_HIGH &&
    commRead16(COMM_REVISION_OFFSET) == COMM_REVISION;
  if (isKnown) return;
  setCellState(CELL_FAILED_COMM_REV);
  stop();
}
