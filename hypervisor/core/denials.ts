// What cells were denied: a table in memory (abi/denials.ts) that the root cell reads. Guarded by the lock; a report's
// `fatal` has taken it.
import { SYS_FLAG_LEARN, SYS_FLAGS } from "../../abi/config.ts";
import * as table from "../../abi/denials.ts";
import { EINVAL } from "../../abi/errno.ts";
import { archCodeBytes, archPosition } from "../arch.ts";
import { Cell } from "./cells/cell.ts";
import { cellOfCpu } from "./cells/percpu.ts";
import { systemConfig } from "./config.ts";
import { print, printHex, printLine } from "./console.ts";
import { PAGE_SIZE } from "./limits.ts";
import { allocatePages } from "./memory/pool.ts";

const CAPACITY: u32 = (table.DENIALS_SIZE - table.DENIALS_RECORDS) / table.DENIAL_SIZE;

/** Address of the table. */
const TABLE: usize = memory.data(4, 4);

function base(): usize {
  return load<usize>(TABLE);
}

/** Makes the empty table, once the system configuration is known. Returns false when the pool is exhausted. */
export function denialsInit(): bool {
  const address = allocatePages(table.DENIALS_SIZE / PAGE_SIZE);
  if (!address) return false;
  store<usize>(TABLE, address);
  store<u32>(address, table.DENIALS_MAGIC, table.DENIALS_SIGNATURE);
  store<u32>(address, table.DENIALS_VERSION_1, table.DENIALS_VERSION);
  store<u32>(address, CAPACITY, table.DENIALS_CAPACITY);
  if (isLearning()) store<u32>(address, table.DENIALS_FLAG_LEARNING, table.DENIALS_FLAGS);
  return true;
}

/** Address of the table; 0 before `init` has made it. */
export function denialTable(): usize {
  return base();
}

/** Whether the root cell is allowed what its configuration forgot. */
export function isLearning(): bool {
  return (load<u32>(systemConfig(), SYS_FLAGS) & SYS_FLAG_LEARN) !== 0;
}

/** Word `index` of the table; -EINVAL beyond it. */
export function denialWord(index: u32): i32 {
  if (index >= table.DENIALS_SIZE >>> 2) return -EINVAL;
  return load<i32>(base() + (index << 2));
}

function slot(sequence: u32): usize {
  return base() + table.DENIALS_RECORDS + (sequence % CAPACITY) * table.DENIAL_SIZE;
}

/** Whether `record` is of the same access, so that it only happened again. */
function isSame(record: usize, kind: u32, flags: u32, size: u32, address: u64, cell: Cell): bool {
  return (
    <u32>load<u8>(record, table.DENIAL_KIND) === kind &&
    <u32>load<u8>(record, table.DENIAL_FLAGS) === flags &&
    <u32>load<u8>(record, table.DENIAL_ACCESS_SIZE) === size &&
    load<u64>(record, table.DENIAL_ADDRESS) === address &&
    load<u32>(record, table.DENIAL_CELL) === cell.id
  );
}

/** The record of an earlier access of the same kind, or 0. */
function findSame(kind: u32, flags: u32, size: u32, address: u64, cell: Cell): usize {
  const count = load<u32>(base(), table.DENIALS_COUNT);
  for (let index: u32 = 0; index < min(count, CAPACITY); index++)
    if (isSame(slot(index), kind, flags, size, address, cell)) return slot(index);
  return 0;
}

/**
 * Records an access of `cpu` (calling, stopped at the instruction): DENIAL_KIND_*, DENIAL_FLAG_*, size in bytes, address
 * as that kind has it, value written. One that happens again is counted, at the instruction where it was first. With the
 * lock. Returns the record.
 */
export function recordDenial(
  cpu: u32,
  kind: u32,
  flags: u32,
  size: u32,
  address: u64,
  value: u64,
): usize {
  const cell = cellOfCpu(cpu);
  const same = findSame(kind, flags, size, address, cell);
  const count = load<u32>(base(), table.DENIALS_COUNT);
  const record = same ? same : slot(count);
  if (!same) {
    memory.fill(record, 0, table.DENIAL_SIZE);
    store<u8>(record, <u8>kind, table.DENIAL_KIND);
    store<u8>(record, <u8>flags, table.DENIAL_FLAGS);
    store<u8>(record, <u8>size, table.DENIAL_ACCESS_SIZE);
    store<u16>(record, <u16>cpu, table.DENIAL_CPU);
    store<u32>(record, cell.id, table.DENIAL_CELL);
    store<u64>(record, address, table.DENIAL_ADDRESS);
    store<u64>(record, value, table.DENIAL_VALUE);
    store<u64>(record, archPosition(cpu), table.DENIAL_RIP);
    archCodeBytes(cpu, record);
    store<u32>(base(), count + 1, table.DENIALS_COUNT);
  }
  store<u32>(record, load<u32>(record, table.DENIAL_TIMES) + 1, table.DENIAL_TIMES);
  return record;
}

/** Prints a record, which may be 0, word for word: whoever has only the serial line explains it from that. */
export function printDenial(record: usize): void {
  if (!record) return;
  print("Denial: ");
  for (let at: u32 = 0; at < table.DENIAL_SIZE; at += 8) printHex(load<u64>(record + at), 16);
  printLine("");
}

/** Notes that the access of `record` was allowed, with `length` of what its kind counts from its address on. */
export function noteAllowed(record: usize, length: u32): void {
  store<u32>(record, length, table.DENIAL_LENGTH);
}
