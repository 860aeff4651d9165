// A cell of one CPU whose program lies in its communication page, mapped at 0 and entered there in real mode.
import {
  MAP_COMM,
  MAP_EXECUTE,
  MAP_READ,
  MAP_WRITE,
  RANGE_LENGTH,
  RANGE_SIZE,
  RANGE_VIRT,
} from "../../abi/platform.ts";
import {
  assignCpu,
  commit,
  lock,
  map,
  now,
  parkCpu,
  readComm,
  relax,
  release,
  reserve,
  resetCpu,
  resumeCpu,
  stopCpu,
  unlock,
  unmap,
  writeComm,
} from "../../hypervisor/platform.ts";
import { readMsr, writeMsr } from "../../hypervisor/x86/platform.ts";
import { clearEvents } from "./record.ts";

/** The cell and its CPU. */
export const GUEST: u32 = 1;
export const GUEST_CPU: u32 = 1;
/** The CPU that runs the cases. */
export const ROOT_CPU: u32 = 0;
/** Where programs count, in their page. */
export const MARK: u32 = 0x800;
/** Guest-physical range of the cell, bytes. */
export const GUEST_SPACE: u64 = 0x10000;
/** A write to this port ends a program. */
export const PORT_DONE: u32 = 0xf4;
/** A read of this port raises #UD. */
export const PORT_INJECT: u32 = 0xf5;
/** A read of this port makes its handler read an MSR that there is not, a write makes it write one that takes no such value. */
export const PORT_ABSENT_MSR: u32 = 0xf7;

/** A write to this port makes its handler count with the lock. */
export const PORT_LOCK: u32 = 0xf8;

const PAGE: u64 = 4096;
/** Nanoseconds that a guest may take: CPUs of an emulated machine may have to wait for a busy host. */
const PATIENCE: u64 = 10_000_000_000;
const RANGE: usize = memory.data(RANGE_SIZE, 8);
const DONE: usize = memory.data(4, 4);
const LOCKED: usize = memory.data(4, 4);
const DESCRIPTION: usize = memory.data(4, 4);
/** Result of the last access to an MSR that a handler was made to try. */
const TRIED: usize = memory.data(4, 4);
/** No processor has it: it lies in no range that a permission map covers. */
export const ABSENT_MSR: u32 = 0x12345;
/** Protection keys of supervisor pages (Intel's): 32 bits, so that no processor takes more, whether it has them or not. */
const MSR_PKRS: u32 = 0x6e1;
const PKRS_TOO_WIDE: u64 = 0x100000000;
/** Room for what is read. */
const VALUE: usize = memory.data(8, 8);

/** Makes the cell, with an empty map but for its program's page. Returns 0 or -errno. */
export function openGuest(): i32 {
  store<u64>(RANGE, 0, RANGE_VIRT);
  store<u64>(RANGE, GUEST_SPACE, RANGE_LENGTH);
  const result = reserve(GUEST, RANGE, 1);
  if (result) return result;
  map(GUEST, 0, 0, PAGE, MAP_COMM | MAP_READ | MAP_WRITE | MAP_EXECUTE);
  stopCpu(GUEST_CPU);
  assignCpu(GUEST_CPU, GUEST);
  commit(GUEST);
  return 0;
}

/** Gives the CPU back to the root cell and frees the cell. */
export function closeGuest(): void {
  stopCpu(GUEST_CPU);
  assignCpu(GUEST_CPU, 0);
  parkCpu(GUEST_CPU, 1);
  unmap(GUEST, 0, GUEST_SPACE);
  release(GUEST);
  resumeCpu(GUEST_CPU);
}

/** Puts `size` bytes of code at `offset` (a multiple of 4) of the program's page. */
export function putCode(offset: u32, code: usize, size: u32): void {
  for (let at: u32 = 0; at < size; at += 4) writeComm(GUEST, offset + at, load<u32>(code + at));
}

/** Starts the program, without waiting. */
export function startProgram(): void {
  store<u32>(DONE, 0);
  writeComm(GUEST, MARK, 0);
  stopCpu(GUEST_CPU);
  resetCpu(GUEST_CPU, 0);
  clearEvents();
  resumeCpu(GUEST_CPU);
}

/** Waits for the program's end; false when it does not come. */
export function awaitEnd(): bool {
  const start = now();
  while (now() - start < PATIENCE) {
    if (load<u32>(DONE)) return true;
    relax(ROOT_CPU);
  }
  return false;
}

/** Waits until the u32 that programs count in is more than `value`; false when that does not happen. */
export function awaitMark(value: u32): bool {
  const start = now();
  while (now() - start < PATIENCE) {
    if (readMark() > value) return true;
    relax(ROOT_CPU);
  }
  return false;
}

/** The u32 that programs count in: at MARK in their page. */
export function readMark(): u32 {
  return readComm(GUEST, MARK);
}

/** Runs `size` bytes of code to their end. */
export function runProgram(code: usize, size: u32): bool {
  putCode(0, code, size);
  startProgram();
  return awaitEnd();
}

/** Tries an access, for a handler of the guest's CPU. */
export function tryMsr(isRead: bool): void {
  const result = isRead
    ? readMsr(GUEST_CPU, ABSENT_MSR, VALUE)
    : writeMsr(GUEST_CPU, MSR_PKRS, PKRS_TOO_WIDE);
  store<u32>(TRIED, result);
}

/** What the last `tryMsr` gave. */
export function triedMsr(): u32 {
  return load<u32>(TRIED);
}

/** Counts one step with the lock: what others do meanwhile is lost if it is not a lock. */
export function countLocked(): void {
  lock();
  const count = load<u32>(LOCKED);
  now();
  store<u32>(LOCKED, count + 1);
  unlock();
}

/** Steps counted so far. */
export function lockedCount(): u32 {
  return load<u32>(LOCKED);
}

/** Keeps the address of the debug console's description. */
export function setConsole(description: usize): void {
  store<usize>(DESCRIPTION, description);
}

/** The address that `setConsole` got. */
export function consoleDescription(): usize {
  return load<usize>(DESCRIPTION);
}

/** The program of the calling CPU has ended. */
export function endProgram(): void {
  store<u32>(DONE, 1);
  parkCpu(GUEST_CPU, 0);
}
